//! The shape of the sources: what lies where, and what stands in it.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use support::Setup;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder whose names end so, with their paths in it.
fn files(folder: &str, end: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            // What a run of the fuzzer leaves is nobody's business.
            let is_left = ["target", "corpus", "artifacts"]
                .iter()
                .any(|name| path.ends_with(name));
            if path.is_dir() && !is_left {
                walk(&path, found);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    let folder = root().join(folder);
    let mut found = Vec::new();
    walk(&folder, &mut found);
    found.sort();
    found
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(end))
        .map(|path| {
            let name = path
                .strip_prefix(&folder)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn every_module_that_logs_can_be_named_in_the_level() {
    let macros = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];
    let logs = |text: &str| {
        macros.iter().any(|call| {
            text.match_indices(call)
                .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    let mut modules = Vec::new();
    for (file, text) in files("src", ".rs") {
        // What scripts write has a name of its own.
        if logs(&text) && file != "script/api/log.rs" {
            let module = file.trim_end_matches(".rs").trim_end_matches("/mod");
            modules.push(module.replace('/', "::"));
        }
    }
    modules.sort();
    let text = fs::read_to_string(root().join("src/host/logging/wanted.rs")).unwrap();
    let list = text.split("MODULES: &[&str] = &[").nth(1).unwrap();
    let listed: Vec<_> = list.split("];").next().unwrap().split('"').collect();
    let listed: Vec<_> = listed.into_iter().skip(1).step_by(2).collect();
    assert_eq!(listed, modules);
}

#[test]
fn the_top_level_holds_what_it_should() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "src",
        "scripts",
        "examples",
        "tests",
    ];
    // What git does not keep is nobody's business.
    let made = ["target", "data"];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.')
                || allowed.contains(&name.as_str())
                || made.contains(&name.as_str()),
            "{name}"
        );
    }
}

#[test]
fn few_files_of_the_sources_lie_loose() {
    let loose: Vec<_> = files("src", ".rs")
        .into_iter()
        .map(|(file, _)| file)
        .filter(|file| !file.contains('/') && !["main.rs", "lib.rs"].contains(&file.as_str()))
        .collect();
    assert!(loose.len() <= 6, "{loose:?}");
    // A folder is its `mod.rs` and what lies beside it, never a file of its name above it.
    for (file, _) in files("src", "/mod.rs") {
        let folder = root().join("src").join(file.trim_end_matches("/mod.rs"));
        assert!(!folder.with_extension("rs").exists(), "{file}");
    }
}

#[test]
fn the_map_names_what_is_there() {
    let map = fs::read_to_string(root().join("src/README.md")).unwrap();
    let sources = files("src", "");
    let named: Vec<_> = map.split('`').skip(1).step_by(2).collect();
    for name in &named {
        let is_file = name.ends_with(".rs") && !name.contains(' ') && !name.contains('*');
        let is_there = |path: &String| {
            let at = path.strip_suffix(name);
            at.is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        assert!(
            !is_file
                || name.starts_with("tests/")
                || sources.iter().any(|(path, _)| is_there(path)),
            "the map names `{name}`"
        );
    }
    for (file, _) in &sources {
        let folder = file.split_once('/').map(|(folder, _)| format!("{folder}/"));
        assert!(
            folder.is_none_or(|folder| named.contains(&folder.as_str())),
            "the map says nothing of the folder of {file}"
        );
    }
}

#[test]
fn no_file_grows_without_end_or_is_left_unfinished() {
    let banned = [
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["#[ign", "ore"].concat(),
    ];
    for folder in ["src", "tests"] {
        for (file, text) in files(folder, ".rs") {
            let lines = text.lines().count();
            assert!(
                folder == "tests" || lines <= 620,
                "{folder}/{file} has {lines} lines"
            );
            assert!(
                lines < 10 || text.starts_with("//!") || text.starts_with("#!["),
                "{folder}/{file} does not say what it is for"
            );
            for word in &banned {
                assert!(!text.contains(word), "{folder}/{file} holds `{word}`");
            }
        }
    }
}

#[test]
fn every_fuzz_target_has_a_function_a_test_and_seeds() {
    let module = fs::read_to_string(root().join("src/fuzz/mod.rs")).unwrap();
    let list = module.split("pub use self::{").nth(1).unwrap();
    let functions: Vec<_> = list
        .split("};")
        .next()
        .unwrap()
        .split(',')
        .map(str::trim)
        .collect();
    let mut functions: Vec<_> = functions
        .into_iter()
        .filter_map(|path| path.split("::").nth(1))
        .collect();
    functions.sort_unstable();
    assert!(!functions.is_empty());

    let targets: Vec<_> = files("tests/fuzz/fuzz_targets", ".rs")
        .into_iter()
        .map(|(file, text)| {
            let name = file.trim_end_matches(".rs").to_owned();
            assert!(
                text.contains(&format!("ouzel::fuzz::{name}(data)")),
                "{file}"
            );
            name
        })
        .collect();
    assert_eq!(targets, functions);

    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    let bins: Vec<_> = manifest.split("[[bin]]\nname = \"").skip(1).collect();
    let bins: Vec<_> = bins
        .into_iter()
        .map(|bin| bin.split('"').next().unwrap())
        .collect();
    assert_eq!(bins, functions);

    let tests = fs::read_to_string(root().join("src/fuzz/tests.rs")).unwrap();
    for name in functions {
        assert!(
            tests.contains(&format!("check(\"{name}\", super::{name})")),
            "{name}"
        );
        let seeds = fs::read_dir(root().join("tests/fuzz/seeds").join(name));
        assert!(
            seeds.is_ok_and(|mut seeds| seeds.next().is_some()),
            "{name} has no seeds"
        );
    }
}

#[test]
fn no_test_sleeps() {
    let sleeps = [
        ["thread::sl", "eep"].concat(),
        ["Command::new(\"sl", "eep"].concat(),
        // Waiting has a deadline and says what for: `support::wait_until`.
        ["yield", "_now"].concat(),
    ];
    for (file, text) in files("tests", ".rs") {
        for sleep in &sleeps {
            assert!(!text.contains(sleep), "tests/{file}");
        }
    }
}

#[test]
fn every_script_that_ships_loads() {
    let mut checked = 0;
    for folder in ["scripts", "examples"] {
        for (file, text) in files(folder, ".lua") {
            // A module is loaded by the script that requires it, a stub by the editor, and tests by `ouzel test`.
            if file.ends_with("_test.lua") {
                continue;
            }
            if folder == "examples" && !file.ends_with("main.lua") || text.starts_with("---@meta") {
                continue;
            }
            let path = root().join(folder).join(&file);
            let ended = Setup::check().arguments(&[path.to_str().unwrap()]).ends();
            assert_eq!(ended.code, 0, "{folder}/{file}:\n{text}\n{}", ended.stderr);
            checked += 1;
        }
    }
    assert!(checked > 0);
}
