//! The database's file, taken away or replaced while a run writes to it.

use std::fs;

use expect_test::expect;

use super::support::{Run, Setup, tweet};

const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
local sink = ouzel.sink("seen.jsonl")
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  ouzel.emit({ id = t.id }, sink)
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

fn with_ten_tweets() -> Run {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all((1..=10).map(tweet));
    run.wait_for("handled 10.");
    run
}

#[test]
fn a_database_that_is_removed_ends_the_run_at_once_with_the_reason() {
    let run = with_ten_tweets();
    fs::remove_file(run.folder().join("data/ouzel.db")).unwrap();
    // Nothing more has to come.
    let ended = run.ends();
    ended.assert_code(1).assert_says(
        "error: the database `data/ouzel.db` has been removed or replaced while ouzel was writing to it",
    );
}

#[test]
fn a_database_that_is_replaced_ends_the_run_and_the_next_start_goes_on_from_the_new_one() {
    let run = with_ten_tweets();
    let file = run.folder().join("data/ouzel.db");
    let ended = run.drain();
    // An older copy, in the place of the newer one.
    fs::copy(&file, file.with_extension("old")).unwrap();
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(11));
    run.wait_for("handled 11.");
    fs::rename(file.with_extension("old"), &file).unwrap();
    let ended = run.ends();
    ended
        .assert_code(1)
        .assert_says("has been removed or replaced");
    for end in ["db-wal", "db-shm"] {
        let _ = fs::remove_file(file.with_extension(end));
    }
    let run = ended.again().start();
    run.wait_for("handled 11.");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id) FROM seen",
        expect!["11|11"],
    );
    let lines = fs::read_to_string(ended.folder().join("data/sinks/seen.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 11, "{lines}");
}

#[test]
fn a_database_that_is_gone_while_its_sinks_are_there_is_told() {
    for emptied in [false, true] {
        let ended = with_ten_tweets().drain();
        let file = ended.database();
        for end in ["db-wal", "db-shm"] {
            let _ = fs::remove_file(file.with_extension(end));
        }
        match emptied {
            true => fs::write(&file, "").unwrap(),
            false => fs::remove_file(&file).unwrap(),
        }
        let run = ended.again().start();
        let said = run.wait_for("the sink is older than the database");
        assert!(said.contains(" WARN "), "{said}");
        assert!(
            said.contains("path=data/sinks/seen.jsonl bytes=91 hint="),
            "{said}"
        );
        run.wait_for("handled 10.");
        let ended = run.drain();
        // It knows the file from now on.
        let run = ended.again().start();
        run.wait_for("stream connected");
        run.drain().assert_silent_about("the sink is older");
    }
}

#[test]
fn a_sink_that_is_there_before_anything_was_handled_is_no_matter() {
    let run = Setup::new()
        .script(STORE)
        .file("data/sinks/seen.jsonl", "{\"id\":0}\n")
        .start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    run.drain().assert_silent_about("the sink is older");
}

#[test]
fn a_sink_that_was_cut_in_the_middle_of_a_line_goes_on_with_a_new_one() {
    let ended = with_ten_tweets().drain();
    let path = ended.folder().join("data/sinks/seen.jsonl");
    fs::write(&path, "{\"id\":1}\n{\"id").unwrap();
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(11));
    run.wait_for("handled 11.");
    let ended = run.drain();
    let whole = "{\"id\":1}\n{\"id\n{\"id\":11}\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    // And the one after it is none of its business.
    ended.assert_rows("SELECT length FROM _ouzel_sinks", expect!["24"]);
}
