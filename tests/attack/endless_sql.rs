//! SQL of a script that never ends: it is stopped, its Tweet alone fails, and all others have their rows once.

use expect_test::{Expect, expect};

use super::support::{Setup, tweet};

/// Handles Tweets 1 to 100. Those that end in 7 run this Lua.
#[track_caller]
fn check(sevenths: &str, expected: Expect) {
    let script = format!(
        "local seen = ouzel.table('seen', {{ id = 'INTEGER PRIMARY KEY' }})
         local endless = 'WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n) '
         ouzel.enrich(function(t) seen:insert {{ id = t.id }} end)
         ouzel.enrich(function(t) if t.id % 10 == 7 then {sevenths} end end)"
    );
    let run = Setup::new()
        .script(&script)
        .environment("OUZEL_SCRIPT_TIME", "20ms")
        .environment("OUZEL_SCRIPT_BREACHES", "0")
        .arguments(&["--limit", "100"])
        .start();
    run.powertrack().send_all((1..=100).map(tweet));
    let ended = run.ends();
    ended.assert_code(0);
    assert_eq!(
        ended.rows("SELECT count(*), count(DISTINCT id), max(id) FROM seen"),
        "90|90|100"
    );
    assert_eq!(
        ended.rows("SELECT group_concat(tweet_id, ' ' ORDER BY tweet_id) FROM _ouzel_quarantine"),
        "7 17 27 37 47 57 67 77 87 97"
    );
    ended.assert_rows(
        "SELECT DISTINCT error, hint FROM _ouzel_quarantine",
        expected,
    );
}

#[test]
fn an_endless_query_fails_its_tweet() {
    check(
        "ouzel.db.one(endless .. 'SELECT max(i) FROM n')",
        expect![
            "the handlers of one Tweet took longer than 20ms|look for a loop that does not end; `time` under `[script_limits]` allows more"
        ],
    );
}

#[test]
fn an_endless_statement_that_writes_fails_its_tweet_and_no_other() {
    check(
        "ouzel.db.exec(endless .. 'INSERT INTO seen SELECT i FROM n')",
        expect![
            "the handlers of one Tweet took longer than 20ms|look for a loop that does not end; `time` under `[script_limits]` allows more"
        ],
    );
    check(
        "pcall(ouzel.db.exec, endless .. 'INSERT INTO seen SELECT i FROM n')",
        expect![
            "the handlers of one Tweet took longer than 20ms|look for a loop that does not end; `time` under `[script_limits]` allows more"
        ],
    );
}

#[test]
fn an_endless_trigger_fails_the_tweet_whose_row_it_is_of() {
    check(
        "ouzel.db.exec [[CREATE TRIGGER t AFTER UPDATE ON seen BEGIN
           INSERT INTO seen SELECT i FROM (WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);
         END]]
         seen:update(t.id, { id = -t.id })",
        expect!["the handlers of one Tweet took longer than 20ms|look for a loop that does not end; `time` under `[script_limits]` allows more"],
    );
}
