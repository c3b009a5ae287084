//! Tweets whose handler failed: kept, looked at, tried again, dropped.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::{Expect, expect};
use support::{Ended, Setup, tweet};

/// Fails on Tweet 2 after it has written and emitted for it, and counts what it handles.
const FAILING: &str = "local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', times = 'INTEGER DEFAULT 1' })
local function look(t)
  if t.id == 2 then return t.place.name end
end
ouzel.on('*', function(t)
  ouzel.db.exec('INSERT INTO seen (id) VALUES (?) ON CONFLICT DO UPDATE SET times = times + 1', t.id)
  ouzel.emit(t.id)
  look(t)
end)
";

/// Does the same to the rows and does not fail.
const FIXED: &str = "ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', times = 'INTEGER DEFAULT 1' })
ouzel.on('*', function(t)
  ouzel.db.exec('INSERT INTO seen (id) VALUES (?) ON CONFLICT DO UPDATE SET times = times + 1', t.id)
  ouzel.emit(t.id)
end)
";

const SEEN: &str = "SELECT id, times FROM seen ORDER BY id";

/// A run in which Tweet 2 of 3 has failed.
fn failed() -> Ended {
    let run = Setup::new().script(FAILING).start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=3).map(tweet));
    run.wait_for_output("3");
    run.drain()
}

fn quarantine(before: Ended, arguments: &[&str]) -> Ended {
    before
        .again()
        .command("quarantine")
        .arguments(arguments)
        .ends()
}

/// Without the times, which are those of the test.
fn timeless(text: &str) -> String {
    let word = |word: &str| {
        let is_time = word.len() > 20 && word.starts_with("20") && word.ends_with('Z');
        if is_time { "TIME" } else { word }.to_owned()
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(|text| line(text) + "\n").collect()
}

#[track_caller]
fn check(ended: &Ended, code: i32, stdout: Expect, stderr: Expect) {
    assert_eq!(ended.code, code, "{}", ended.stderr);
    stdout.assert_eq(&timeless(ended.output()));
    stderr.assert_eq(&timeless(&ended.log()));
}

#[test]
fn a_failed_tweet_is_kept_with_its_error_and_the_rest_of_the_batch_is_there() {
    let ended = failed();
    ended
        .assert_says("1 Tweet is in quarantine: `ouzel quarantine list` shows it")
        .assert_rows(
            SEEN,
            expect![[r#"
            1|1
            3|1"#]],
        );
    expect![[r#"
        1
        3
    "#]]
    .assert_eq(ended.output());
    ended.assert_rows(
        "SELECT id, tweet_id, received_at LIKE '20%Z', failed_at LIKE '20%Z', generation, script, handler, file,
             line_number, code, error, hint, traceback, attempts, CAST(line AS TEXT) FROM _ouzel_quarantine",
        expect![[r#"
            1|2|1|1|1|scripts/main.lua|on "*"|main.lua|3|  if t.id == 2 then return t.place.name end|attempt to index a nil value (field 'place')|this Tweet has no `place`; look first: `if t.place then … end`|main.lua:3: in upvalue 'look'
            main.lua:8: in function <main.lua:5>|1|{"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":2,"id_str":"2","text":"hello 2","user":{"id":7,"id_str":"7","screen_name":"ada","followers_count":2},"entities":{"hashtags":[]},"matching_rules":[{"tag":"t","id":1,"id_str":"1"}]}"#]],
    );
    let ended = quarantine(ended, &["list"]);
    check(
        &ended,
        0,
        expect![[r#"
        id  Tweet  failed                    attempts  handler  error
         1      2  TIME         1  on "*"   main.lua:3: attempt to index a nil value (field 'place')
    "#]],
        expect![""],
    );
    let ended = quarantine(ended, &["show", "1"]);
    check(
        &ended,
        0,
        expect![[r#"
            1: Tweet 2
            received    TIME
            failed      TIME
            script      scripts/main.lua, generation 1
            handler     on "*"
             --> main.lua:3
              |
            3 |   if t.id == 2 then return t.place.name end
              |
              = attempt to index a nil value (field 'place')
                in main.lua:3: in upvalue 'look'
                in main.lua:8: in function <main.lua:5>
            hint: this Tweet has no `place`; look first: `if t.place then … end`

            {
              "created_at": "Wed Oct 10 20:19:24 +0000 2018",
              "id": 2,
              "id_str": "2",
              "text": "hello 2",
              "user": {
                "id": 7,
                "id_str": "7",
                "screen_name": "ada",
                "followers_count": 2
              },
              "entities": {
                "hashtags": []
              },
              "matching_rules": [
                {
                  "tag": "t",
                  "id": 1,
                  "id_str": "1"
                }
              ]
            }
        "#]],
        expect![""],
    );
    let ended = quarantine(ended, &["list", "--json"]);
    let json = ended
        .output()
        .replace("Z\"", "Z \"")
        .replace(":\"2", ":\" 2");
    expect![[r#"
        [{"id":1,"tweet_id":" 2","received_at":" TIME ","failed_at":" TIME ","attempts":1,"script":"scripts/main.lua","generation":1,"handler":"on \"*\"","file":"main.lua","line":3,"code":"  if t.id == 2 then return t.place.name end","error":"attempt to index a nil value (field 'place')","hint":"this Tweet has no `place`; look first: `if t.place then … end`","traceback":"main.lua:3: in upvalue 'look'\nmain.lua:8: in function <main.lua:5>"}]
    "#]].assert_eq(&timeless(&json));
    let ended = quarantine(ended, &["show", "1", "--json"]);
    assert!(
        ended
            .output()
            .ends_with(&format!("\"tweet\":{}}}\n", tweet(2))),
        "{}",
        ended.output()
    );
}

#[test]
fn a_fixed_script_takes_it_out_of_quarantine_and_its_row_is_there_once() {
    let ended = quarantine(failed(), &["retry"]);
    check(
        &ended,
        1,
        expect![""],
        expect![[r#"
            1 failed again: main.lua:3: attempt to index a nil value (field 'place')
                 3 |   if t.id == 2 then return t.place.name end
                     in main.lua:3: in upvalue 'look'
                     in main.lua:8: in function <main.lua:5>
               hint: this Tweet has no `place`; look first: `if t.place then … end`
            tried again: 0 handled, 1 failed
            error: 1 Tweet failed again and stays in quarantine
        "#]],
    );
    ended.assert_rows("SELECT id, attempts FROM _ouzel_quarantine", expect!["1|2"]);
    ended.assert_rows(
        SEEN,
        expect![[r#"
        1|1
        3|1"#]],
    );
    let ended = ended
        .again()
        .file("fixed.lua", FIXED)
        .command("quarantine")
        .arguments(&["retry", "1", "--script", "fixed.lua"])
        .ends();
    check(
        &ended,
        0,
        expect![[r#"
        2
    "#]],
        expect![[r#"
            tried again: 1 handled, 0 failed
        "#]],
    );
    ended.assert_rows(
        SEEN,
        expect![[r#"
        1|1
        2|1
        3|1"#]],
    );
    let ended = quarantine(ended, &["list"]);
    check(
        &ended,
        0,
        expect![[r#"
        no Tweet is in quarantine
    "#]],
        expect![""],
    );
    let ended = quarantine(ended, &["retry"]);
    check(
        &ended,
        0,
        expect![""],
        expect![[r#"
        no Tweet is in quarantine
    "#]],
    );
}

#[test]
fn what_is_not_worth_it_is_dropped() {
    let run = Setup::new()
        .script("ouzel.filter(function(t) error('never') end)")
        .start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=25).map(tweet));
    run.wait_for("times=16");
    let ended = run.drain();
    ended.assert_says("25 Tweets are in quarantine: `ouzel quarantine list` shows them");
    let ended = quarantine(ended, &["list", "--limit", "2"]);
    check(
        &ended,
        0,
        expect![[r#"
        id  Tweet  failed                    attempts  handler  error
        25     25  TIME         1  filter   main.lua:1: never
        24     24  TIME         1  filter   main.lua:1: never
    "#]],
        expect![[r#"
        the newest 2 of 25; `--limit N` shows more
    "#]],
    );
    let ended = quarantine(ended, &["drop", "3", "4", "3"]);
    check(
        &ended,
        0,
        expect![""],
        expect![[r#"
        2 Tweets dropped
    "#]],
    );
    // A number that is wrong drops none of the others.
    let ended = quarantine(ended, &["drop", "3", "5", "99"]);
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: not in quarantine: `3`, `99`
        hint: `ouzel quarantine list` shows what is, by the number in its first column
    "#]],
    );
    ended.assert_rows("SELECT count(*) FROM _ouzel_quarantine", expect!["23"]);
    let ended = quarantine(ended, &["retry"]);
    ended
        .assert_code(1)
        .assert_says("and so on; `ouzel quarantine list` shows all");
    let ended = quarantine(ended, &["drop", "--all"]);
    check(
        &ended,
        0,
        expect![""],
        expect![[r#"
        23 Tweets dropped
    "#]],
    );
    let ended = quarantine(ended, &["list", "--json"]);
    assert_eq!(ended.output(), "[]\n");
    // Numbers are not given again.
    let run = ended.again().command("run").start();
    run.wait_for("stream connected");
    run.powertrack().send(tweet(26));
    run.wait_for("handler failed");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT id, tweet_id FROM _ouzel_quarantine",
        expect!["26|26"],
    );
}

#[test]
fn beside_a_run_it_can_be_looked_at_and_not_changed() {
    let run = Setup::new().script(FAILING).start();
    run.wait_for("stream connected");
    run.powertrack().send_all((1..=3).map(tweet));
    run.wait_for_output("3");
    // What came before a load is committed by it.
    run.write("scripts/main.lua", &format!("{FAILING}\n"));
    run.wait_for("Tweets are in quarantine; `ouzel quarantine list` shows them tweets=1");
    let beside = |arguments: &[&str]| {
        let data = run.folder().join("data");
        Setup::new()
            .environment("OUZEL_DATA_DIR", data.to_str().unwrap())
            .command("quarantine")
            .arguments(arguments)
            .ends()
    };
    let ended = beside(&["list"]);
    ended.assert_code(0);
    assert_eq!(ended.output().lines().count(), 2, "{}", ended.output());
    beside(&["show", "1"]).assert_code(0);
    for arguments in [&["retry"][..], &["drop", "--all"]] {
        beside(arguments)
            .assert_code(2)
            .assert_says("is in use by another ouzel, process ");
    }
    let ended = run.drain();
    // The next run says that it is there.
    let run = ended.again().command("run").start();
    run.wait_for("Tweets are in quarantine; `ouzel quarantine list` shows them tweets=1");
    run.drain();
}

#[test]
fn what_is_not_there_says_so() {
    let ended = Setup::new()
        .command("quarantine")
        .arguments(&["list"])
        .ends();
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: there is no database `data/ouzel.db`
        hint: `ouzel run` makes one; `--data-dir` or `--db` says where it is
    "#]],
    );
    let ended = quarantine(ended, &["retry", "1"]);
    assert_eq!(ended.code, 2);
    assert!(!ended.folder().join("data").exists());
    let ended = quarantine(failed(), &["show", "7"]);
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: not in quarantine: `7`
        hint: `ouzel quarantine list` shows what is, by the number in its first column
    "#]],
    );
    let ended = quarantine(ended, &["retry", "7", "8"]);
    check(
        &ended,
        2,
        expect![""],
        expect![[r#"
        error: not in quarantine: `7`, `8`
        hint: `ouzel quarantine list` shows what is, by the number in its first column
    "#]],
    );
    let ended = quarantine(ended, &["show", "one"]);
    ended
        .assert_code(2)
        .assert_says("invalid value 'one' for '<ID>'");
    let ended = quarantine(ended, &["drop"]);
    ended.assert_code(2);
    let ended = ended
        .again()
        .file("broken.lua", "ouzel.on(")
        .command("quarantine")
        .arguments(&["retry", "--script", "broken.lua"])
        .ends();
    ended
        .assert_code(3)
        .assert_says("script `broken.lua` could not be loaded")
        .assert_rows("SELECT attempts FROM _ouzel_quarantine", expect!["1"]);
    // No database at all, and one without a quarantine.
    fs::write(
        ended.folder().join("text.db"),
        "this is text, and not a database",
    )
    .unwrap();
    let ended = quarantine(ended, &["list", "--db", "text.db"]);
    check(
        &ended,
        1,
        expect![""],
        expect![[r#"
        error: cannot open the database `text.db`: file is not a database
    "#]],
    );
    fs::write(ended.folder().join("empty.db"), "").unwrap();
    let ended = quarantine(ended, &["list", "--db", "empty.db"]);
    check(
        &ended,
        0,
        expect![[r#"
        no Tweet is in quarantine
    "#]],
        expect![""],
    );
}
