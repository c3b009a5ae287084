//! `ouzel bench`: what it prints, and the folder that it is told to write to.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::expect;
use support::{Setup, tweet};

const STORE: &str = "
local seen = ouzel.table('seen', { id = 'INTEGER' })
ouzel.enrich(function(t) seen:insert { id = t.id } ouzel.emit('handled ' .. t.id) end)
";

/// Long enough for rows, short enough for a test.
const BENCH: &[&str] = &["--tweets", "200", "--runs", "1", "--data-dir", "data"];

#[test]
fn rows_of_the_last_measurement_stay_in_the_folder() {
    let bench = || Setup::new().command("bench").arguments(BENCH);
    let first = bench().ends();
    first.assert_code(0);
    let rows = first.rows("SELECT count(*) FROM tweets");
    assert!(rows.parse::<u32>().unwrap() > 20, "{rows}");
    for journal in [&[][..], &["--journal"][..]] {
        let ended = bench().arguments(journal).ends();
        ended.assert_code(0).assert_says("making 200 Tweets");
        let again = ended.again().command("bench").arguments(BENCH);
        let again = again.arguments(journal).ends();
        again.assert_code(0);
        assert_eq!(again.rows("SELECT count(*) FROM tweets"), rows);
        let mut files: Vec<_> = fs::read_dir(again.folder().join("data"))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with("ouzel.db-"))
            .collect();
        files.sort();
        assert_eq!(files, ["lock", "ouzel.db"]);
    }
}

#[test]
fn the_data_of_a_run_is_left_as_it_is() {
    let run = Setup::new().script(STORE).start();
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.powertrack().send(tweet(2));
    run.wait_for_output("handled 2");
    let ended = run.drain();
    ended.assert_rows("SELECT id FROM seen", expect!["1\n2"]);
    let ended = ended.again().command("bench").arguments(BENCH).ends();
    ended
        .assert_code(2)
        .assert_says("`data` holds the journal of a run, so it is left as it is")
        .assert_says("hint: ")
        .assert_rows("SELECT id FROM seen", expect!["1\n2"]);
    // Nor without the journal, which somebody may have removed to have room.
    fs::remove_dir_all(ended.folder().join("data/journal")).unwrap();
    let ended = ended.again().command("bench").arguments(BENCH).ends();
    ended
        .assert_code(2)
        .assert_says("`data/ouzel.db` was not made by `ouzel bench`, so it is left as it is")
        .assert_rows("SELECT id FROM seen", expect!["1\n2"]);
}

#[test]
fn a_run_can_go_on_in_the_folder_and_then_it_is_not_measured_in_again() {
    let arguments = [BENCH, &["--journal"]].concat();
    let bench = Setup::new().command("bench").arguments(&arguments).ends();
    bench.assert_code(0);
    let run = bench.again().command("run").script(STORE).start();
    run.wait_for("stream connected");
    run.powertrack().send(tweet(1));
    run.wait_for_output("handled 1");
    let ended = run.drain();
    ended.assert_rows("SELECT id FROM seen", expect!["1"]);
    fs::remove_dir_all(ended.folder().join("data/journal")).unwrap();
    let ended = ended.again().command("bench").arguments(&arguments).ends();
    ended
        .assert_code(2)
        .assert_rows("SELECT id FROM seen", expect!["1"]);
}

#[test]
fn a_folder_in_which_ouzel_runs_is_not_measured_in() {
    let run = Setup::new().script(STORE).start();
    run.wait_for("stream connected");
    let mut bench = support::command(run.folder());
    bench.arg("bench").args(BENCH);
    let (code, _, stderr) = support::Process::start(bench).wait();
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("the data folder `data` is in use by another ouzel, process "),
        "{stderr}"
    );
    run.powertrack().send(tweet(1));
    run.wait_for_output("handled 1");
    run.drain().assert_rows("SELECT id FROM seen", expect!["1"]);
}

#[test]
fn what_lies_where_the_database_would_be_is_not_removed() {
    for (name, text) in [
        ("ouzel.db", "notes"),
        ("ouzel.db", ""),
        ("ouzel.db-wal", "x"),
    ] {
        let file = format!("data/{name}");
        let ended = Setup::new()
            .file(&file, text)
            .command("bench")
            .arguments(BENCH)
            .ends();
        assert_ne!(ended.code, 0, "{name}: {}", ended.stderr);
        assert_eq!(
            fs::read_to_string(ended.folder().join(&file)).unwrap(),
            text,
            "{name}"
        );
    }
}
