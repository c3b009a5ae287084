//! The example projects: whoever has only the binary gets them, and each does what it says, in both formats of Tweets.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use expect_test::expect;
use rusqlite::Connection;
use support::{
    Run, Setup, Sim, capture, example, examples, files_below, ouzel, rules_of, tagged, wait_until,
};

/// A project of an example, made by the binary.
#[track_caller]
fn made(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = ouzel(folder.path(), &["new", "it", "--example", name]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let project = folder.path().join("it");
    (folder, project)
}

/// An example as a project of the test.
fn setup(name: &str) -> Setup {
    let files = files_below(&example(name)).into_iter();
    files.fold(Setup::new(), |setup, (path, bytes)| {
        setup.file(&path, bytes)
    })
}

#[test]
fn the_binary_makes_each_example() {
    let (_, help, _) = ouzel(Path::new("."), &["new", "--help"]);
    // It is broken into lines as the terminal wants.
    let listed = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in examples() {
        let (_folder, project) = made(&name);
        let files = files_below(&example(&name));
        for (path, bytes) in &files {
            let made = fs::read(project.join(path)).unwrap_or_default();
            assert_eq!(&made, bytes, "{name}/{path}");
        }
        // What every project has stands beside them, and nothing else.
        let has = |path: &str| files.iter().any(|(own, _)| own == path);
        for (path, _) in files_below(&project) {
            let is_common = [
                ".gitignore",
                ".luarc.json",
                "ouzel.toml",
                "scripts/ouzel.lua",
            ]
            .contains(&path.as_str());
            assert!(has(&path) || is_common, "{name}/{path}");
        }
        // The sentence below the title says what it is, also in the help.
        let page = fs::read_to_string(example(&name).join("README.md")).unwrap();
        assert!(page.lines().count() <= 40, "{name}: more than a screen");
        let about = page.lines().nth(2).unwrap();
        assert!(listed.contains(&format!("- {name}: {about}")), "{help}");
    }
}

#[test]
fn an_example_that_there_is_not_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = ouzel(folder.path(), &["new", "it", "--example", "trend"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("[possible values: brand-mentions, trends, "),
        "{stderr}"
    );
    assert!(
        stderr.contains("a similar value exists: 'trends'"),
        "{stderr}"
    );
    assert!(!folder.path().join("it").exists());
}

#[test]
fn each_example_passes_its_checks_and_its_tests() {
    for name in examples() {
        let (_folder, project) = made(&name);
        let (code, said, stderr) = ouzel(&project, &["check", "--strict"]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{name}: {said}");
        for word in ["warning", "note:", "error"] {
            assert!(!said.contains(&format!("\n{word}")), "{name}: {said}");
        }
        let (code, said, _) = ouzel(&project, &["test"]);
        assert_eq!(code, 0, "{name}: {said}");
        let rules: Vec<_> = rules_of(setup(&name))
            .into_iter()
            .map(|rule| rule.value)
            .collect();
        fs::write(project.join("rules.txt"), rules.join("\n")).unwrap();
        let (code, said, stderr) = ouzel(&project, &["rules", "lint", "rules.txt"]);
        assert_eq!(code, 0, "{name}: {said}{stderr}");
        assert!(said.contains(": 0 not valid, 0 warnings"), "{name}: {said}");
    }
}

#[test]
fn each_example_runs_at_once() {
    for name in examples() {
        let (_folder, project) = made(&name);
        let (code, _, stderr) = ouzel(
            &project,
            &["run", "--sim", "--rate", "5000", "--limit", "300"],
        );
        assert_eq!(code, 0, "{name}: {stderr}");
        assert!(stderr.contains("failed 0\n"), "{name}: {stderr}");
        // Sinks have lines where tables have rows.
        let wrote = match &*name {
            "geofence" => "00 lines emitted\n",
            _ => " rows written to data/sim/ouzel.db\n",
        };
        assert!(stderr.contains(wrote), "{name}: {stderr}");
        for word in [" WARN ", " ERROR "] {
            assert!(!stderr.contains(word), "{name}: {stderr}");
        }
    }
}

/// What a replay has written: all tables of the script, and all that it has emitted.
fn written(folder: &Path, emitted: &str) -> String {
    let database = Connection::open(folder.join("data/replay.db")).unwrap();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_ouzel_*' AND name NOT GLOB 'sqlite_*' ORDER BY name";
    let mut names = database.prepare(names).unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut text = emitted.to_owned();
    for name in names {
        let name = name.unwrap();
        let mut statement = database
            .prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2"))
            .unwrap();
        let columns: Vec<_> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let _ = write!(text, "{name}");
            for (at, column) in columns.iter().enumerate() {
                // The Tweet itself is in its own format.
                if column != "json" {
                    let _ = write!(text, " {column}={:?}", row.get_ref(at).unwrap());
                }
            }
            text.push('\n');
        }
    }
    if let Ok(sinks) = fs::read_dir(folder.join("data/replay.db.sinks")) {
        for sink in sinks {
            text += &fs::read_to_string(sink.unwrap().path()).unwrap();
        }
    }
    text
}

/// A Tweet an hour later, which no rule has matched: it lets the timers of a replay run.
const LATER: &str = r#"{"id":9000000000000000001,"id_str":"9000000000000000001","created_at":"Sat Mar 14 16:30:00 +0000 2026","text":"later","matching_rules":[]}"#;
const LATER_ACTIVITY: &str = r#"{"objectType":"activity","verb":"post","id":"tag:search.twitter.com,2005:9000000000000000001","postedTime":"2026-03-14T16:30:00.000Z","body":"later","gnip":{"matching_rules":[]}}"#;

#[test]
fn each_example_writes_the_same_from_both_formats() {
    let mut rules = Vec::new();
    for name in examples() {
        rules.extend(rules_of(setup(&name)));
    }
    let captured = |format: &str, later: &str| {
        let made = [
            "--format",
            format,
            "--start",
            "2026-03-14T15:00:00Z",
            "--as-fast-as-possible",
        ];
        let sim = Sim::start(&made);
        let ended = Setup::new()
            .script(&capture(&rules))
            .against(&sim)
            .arguments(&["--limit", "1000"])
            .ends();
        ended.assert_code(0);
        format!("{}{later}\n", ended.output())
    };
    let native = captured("native", LATER);
    let activity = captured("activity", LATER_ACTIVITY);
    for name in examples() {
        let [native, activity] = [&native, &activity].map(|tweets| {
            let setup = setup(&name).command("replay").file("tweets.jsonl", tweets);
            let ended = setup.arguments(&["tweets.jsonl"]).ends();
            ended.assert_code(0).assert_says("failed 0\n");
            written(ended.folder(), ended.output())
        });
        assert!(native.lines().count() > 3, "{name}: {native}");
        let differs = native
            .lines()
            .zip(activity.lines())
            .find(|(native, activity)| native != activity);
        assert_eq!(differs, None, "{name}");
        assert_eq!(native.len(), activity.len(), "{name}");
    }
}

/// Waits until a query of a run's database gives this number.
#[track_caller]
fn wait_for_number(run: &Run, sql: &str, number: i64) {
    let database = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    wait_until(&format!("{number} from {sql}"), || {
        let found = database.query_row(sql, [], |row| row.get::<_, i64>(0));
        found.is_ok_and(|found| found == number)
    });
}

#[test]
fn a_saved_lexicon_counts_without_a_new_connection() {
    let run = setup("sentiment").start();
    run.wait_for("stream connected");
    let good = |id: i64| tagged(id, &["coffee"]).replace("hello", "good coffee");
    run.powertrack().send(good(1));
    wait_for_number(&run, "SELECT count(*) FROM sentiment", 1);
    let lexicon = fs::read_to_string(run.folder().join("scripts/lexicon.csv")).unwrap();
    // A list with a mistake changes nothing.
    run.write(
        "scripts/lexicon.csv",
        &lexicon.replace("good,2", "good,two"),
    );
    run.wait_for("reload failed still_running=1");
    run.wait_for("lexicon.csv: the score of `good` is no number: `two`");
    run.powertrack().send(good(2));
    wait_for_number(&run, "SELECT count(*) FROM sentiment", 2);
    run.write("scripts/lexicon.csv", &lexicon.replace("good,2", "good,-1"));
    run.wait_for("script loaded generation=2 rules=+0 -0");
    run.powertrack().send(good(3));
    wait_for_number(&run, "SELECT count(*) FROM sentiment", 3);
    let ended = run.drain();
    ended.assert_rows(
        "SELECT id, score FROM sentiment ORDER BY id",
        expect![[r#"
            1|2.0
            2|2.0
            3|-1.0"#]],
    );
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_saved_zone_has_its_rule_without_a_new_connection() {
    let run = setup("geofence").start();
    run.wait_for("rules reconciled added=2");
    run.wait_for("stream connected");
    let script = fs::read_to_string(run.folder().join("scripts/main.lua")).unwrap();
    let more = script.replace(
        "local zones = {\n",
        "local zones = {\n  { tag = \"zone-kyoto\", longitude = 135.7681, latitude = 35.0116, km = 10.5 },\n",
    );
    run.write("scripts/main.lua", &more);
    run.wait_for("rules reconciled added=1 retagged=0 deleted=0 unchanged=2");
    let ended = run.drain();
    let added = ended.powertrack().bodies("add").concat();
    assert!(
        added.contains("point_radius:[135.7681 35.0116 10.5km]"),
        "{added}"
    );
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn what_a_script_counts_survives_a_save_and_a_restart() {
    let run = setup("trends").start();
    run.wait_for("stream connected");
    let coffee = |id: i64| tagged(id, &["coffee"]);
    run.powertrack().send_all([coffee(1), coffee(2)]);
    let script = fs::read_to_string(run.folder().join("scripts/main.lua")).unwrap();
    run.write(
        "scripts/main.lua",
        &script.replace("RISE, LEAST = 3", "RISE, LEAST = 4"),
    );
    run.wait_for("script loaded generation=2");
    run.powertrack().send(coffee(3));
    let counted = "SELECT CAST(value AS INTEGER) FROM _ouzel_state WHERE key = 'coffee'";
    wait_for_number(&run, counted, 3);
    let again = run.drain().again();
    let script = again.folder().join("scripts/main.lua");
    let often = fs::read_to_string(&script)
        .unwrap()
        .replace("\"1m\"", "\"100ms\"");
    fs::write(script, often).unwrap();
    let run = again.start();
    wait_for_number(&run, "SELECT count(*) FROM trend", 1);
    run.drain().assert_rows(
        "SELECT minute, topic, tweets FROM trend",
        expect!["2018-10-10 20:19|coffee|3"],
    );
}
