//! What imports what: the sources' structure, as the map says it (`src/README.md`, "Who may import what").
#![allow(
    clippy::unwrap_used,
    reason = "a failing test panics, and says what it found"
)]

mod imports;

use std::path::Path;

use imports::Modules;

/// The crates of the workspace, by their folder below `src`; the client's is `src` itself.
const CRATES: [&str; 4] = ["", "rule/", "sim/", "text/"];

/// Where a heavy crate may be named: in one folder, or by decision in two, which the map says.
const HOMES: &[(&[&str], &[&str])] = &[
    (
        &["hyper_rustls", "webpki_roots", "async_compression"],
        &["powertrack/"],
    ),
    (
        &["hyper", "hyper_util", "http_body_util"],
        &["powertrack/", "control/", "status/"],
    ),
    (&["rustls"], &["powertrack/", "sim/"]),
    (&["axum"], &["sim/", "status/", "control/"]),
    (&["rcgen", "tokio_rustls"], &["sim/"]),
    (&["mlua", "notify", "regex", "csv"], &["script/"]),
    // The other two name `rustls::crypto::ring`, which reads the same.
    (&["ring"], &["script/", "powertrack/", "sim/"]),
    (&["rusqlite"], &["store/"]),
    (&["clap", "clap_complete", "clap_mangen"], &["cli/"]),
    (&["sd_notify"], &["host/"]),
    (&["aho_corasick"], &["rule/"]),
    (&["indicatif"], &["status/"]),
    (&["ratatui"], &["cli/top/"]),
    (&["zstd"], &["cli/", "journal/"]),
];

/// Each folder for one outside world, and what of the client's own crate it may use.
const WORLDS: &[(&str, &[&str])] = &[
    ("powertrack", &["powertrack", "rule", "text", "tweet"]),
    (
        "script",
        &[
            "script", "row", "state", "metric", "tweet", "rule", "doing", "volume", "text",
        ],
    ),
    ("store", &["store", "row", "state"]),
    ("journal", &["journal", "text"]),
];

fn crate_in(folder: &str) -> Modules {
    let others: &[&str] = if folder.is_empty() {
        &["rule", "sim", "text"]
    } else {
        &[]
    };
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    Modules::read(&sources.join(folder), folder, others)
}

#[test]
fn no_two_files_need_each_other() {
    for folder in CRATES {
        let modules = crate_in(folder);
        assert!(modules.iter().count() > 3, "src/{folder} was not read");
        assert_eq!(modules.circles(), Vec::<String>::new());
    }
}

#[test]
fn heavy_crates_are_imported_in_their_folders_only() {
    let mut seen = Vec::new();
    for folder in CRATES {
        for module in crate_in(folder).iter() {
            for path in &module.paths {
                let home = HOMES.iter().find(|(crates, _)| crates.contains(&&*path[0]));
                let Some((_, homes)) = home else { continue };
                seen.push(path[0].clone());
                assert!(
                    homes.iter().any(|home| module.file.starts_with(home)),
                    "src/{} imports {}",
                    module.file,
                    path.join("::")
                );
            }
        }
    }
    for (crates, _) in HOMES {
        for name in *crates {
            assert!(seen.iter().any(|one| one == name), "nobody imports {name}");
        }
    }
}

#[test]
fn the_worlds_do_not_know_each_other() {
    for module in crate_in("").iter() {
        let world = WORLDS
            .iter()
            .find(|(world, _)| module.file.starts_with(&format!("{world}/")));
        let Some((_, known)) = world else { continue };
        for path in &module.paths {
            let foreign =
                path[0] == "crate" && !path.get(1).is_some_and(|name| known.contains(&&**name));
            assert!(!foreign, "src/{} uses {}", module.file, path.join("::"));
        }
    }
}
