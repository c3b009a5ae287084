//! `ouzel replay --compare`: how what two scripts write and emit differs.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use support::{Ended, Setup, tweet};

const BEFORE: &str = "
local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', text = 'TEXT', reach = 'INTEGER' })
local log = ouzel.table('log', { what = 'TEXT', n = 'REAL' })
local old = ouzel.table('old', { id = 'INTEGER' })
ouzel.on('*', function(t)
  if t.id ~= 4 then seen:insert { id = t.id, text = t.text, reach = t.id } end
  log:insert { what = 'same', n = 1 }
  log:insert { what = 'before', n = t.id % 2 }
  old:insert { id = t.id }
  ouzel.emit { parity = t.id % 2 }
end)
";

const AFTER: &str = "
local seen = ouzel.table('seen', { id = 'INTEGER PRIMARY KEY', text = 'TEXT', reach = 'INTEGER', at = 'TEXT' })
local log = ouzel.table('log', { what = 'TEXT', n = 'REAL' })
local new = ouzel.table('new', { id = 'INTEGER' })
ouzel.on('*', function(t)
  if t.id == 3 then error('three') end
  local text = t.id == 2 and t.text:upper() or t.text
  seen:insert { id = t.id, text = text, reach = t.id == 1 and ouzel.json.null or t.id }
  log:insert { what = 'same', n = 1 }
  log:insert { what = 'after', n = 0 }
  ouzel.emit { parity = 0 }
end)
";

fn compare(before: &str, after: &str, arguments: &[&str]) -> Ended {
    let mut tweets = String::new();
    for id in 1..=5 {
        let _ = writeln!(tweets, "{}", tweet(id));
    }
    Setup::new()
        .script(before)
        .file("after.lua", after)
        .file("tweets.jsonl", tweets)
        .command("replay")
        .arguments(&["tweets.jsonl", "--compare", "after.lua"])
        .arguments(arguments)
        .ends()
}

#[track_caller]
fn check(ended: &Ended, code: i32, stdout: Expect) {
    assert_eq!(ended.code, code, "{}", ended.stderr);
    stdout.assert_eq(ended.output());
    assert!(!ended.folder().join("data").exists());
}

#[test]
fn scripts_that_do_the_same_are_equal_in_whatever_order_they_do_it() {
    let after = format!("-- Another text.\n{BEFORE}");
    let ended = compare(BEFORE, &after, &[]);
    check(
        &ended,
        0,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets

        table log: 10 the same

        table old: 5 the same

        table seen: 4 the same

        emitted: 5 the same

        no difference
    "#]],
    );
    assert_eq!(ended.stderr, "");
    let one = "ouzel.on('*', function(t) ouzel.emit(1) ouzel.emit(2) end)";
    let other = "ouzel.on('*', function(t) ouzel.emit(2) ouzel.emit(1) end)";
    check(
        &compare(one, other, &["--json"]),
        0,
        expect![[r#"
            {"equal":true,"scripts":["scripts/main.lua","after.lua"],"tweets":5,"failed":[0,0],"matches":[{"matched":0,"matching":0,"tags":{"t":5},"uncalled":[]},{"matched":0,"matching":0,"tags":{"t":5},"uncalled":[]}],"tables":[],"emitted":{"removed":0,"added":0,"same":10,"lines_removed":[],"lines_added":[]},"sinks":{}}
        "#]],
    );
}

#[test]
fn rows_and_lines_that_differ_are_shown() {
    let ended = compare(BEFORE, AFTER, &[]);
    check(
        &ended,
        1,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets
        Tweets whose handler failed: -0 +1

        table log: 6 removed, 4 added, 4 the same
          - what='before' n=0.0
          - what='before' n=1.0
          - what='same' n=1.0
          - and 3 more
          + what='after' n=0.0
          + and 3 more

        table new: only in +, 0 rows

        table old: only in -, 5 rows

        table seen: 1 removed, 1 added, 2 changed, 1 the same
          + columns at, not compared
          - id=3 text='hello 3' reach=3
          + id=4 text='hello 4' reach=4
          ~ id=1: reach 1 -> NULL
          ~ id=2: text 'hello 2' -> 'HELLO 2'

        emitted: 3 removed, 2 added, 2 the same
          - {"parity":1}
          - and 2 more
          + {"parity":0}
          + and 1 more

        the scripts differ
    "#]],
    );
    ended.assert_silent_about("error:");
    check(
        &compare(BEFORE, AFTER, &["--show", "1"]),
        1,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets
        Tweets whose handler failed: -0 +1

        table log: 6 removed, 4 added, 4 the same
          - what='before' n=0.0
          - and 5 more
          + what='after' n=0.0
          + and 3 more

        table new: only in +, 0 rows

        table old: only in -, 5 rows

        table seen: 1 removed, 1 added, 2 changed, 1 the same
          + columns at, not compared
          - id=3 text='hello 3' reach=3
          + id=4 text='hello 4' reach=4
          ~ id=1: reach 1 -> NULL
          ~ and 1 more

        emitted: 3 removed, 2 added, 2 the same
          - {"parity":1}
          - and 2 more
          + {"parity":0}
          + and 1 more

        the scripts differ
    "#]],
    );
    check(
        &compare(BEFORE, AFTER, &["--json", "--show", "1"]),
        1,
        expect![[r#"
            {"equal":false,"scripts":["scripts/main.lua","after.lua"],"tweets":5,"failed":[0,1],"matches":[{"matched":0,"matching":0,"tags":{"t":5},"uncalled":[]},{"matched":0,"matching":0,"tags":{"t":5},"uncalled":[]}],"tables":[{"table":"log","there":[true,true],"key":[],"columns_removed":[],"columns_added":[],"removed":6,"added":4,"changed":0,"same":4,"rows":[{"removed":{"what":"before","n":0.0}},{"added":{"what":"after","n":0.0}}]},{"table":"new","there":[false,true],"key":[],"columns_removed":[],"columns_added":[],"removed":0,"added":0,"changed":0,"same":0,"rows":[]},{"table":"old","there":[true,false],"key":[],"columns_removed":[],"columns_added":[],"removed":5,"added":0,"changed":0,"same":0,"rows":[]},{"table":"seen","there":[true,true],"key":["id"],"columns_removed":[],"columns_added":["at"],"removed":1,"added":1,"changed":2,"same":1,"rows":[{"removed":{"id":3,"text":"hello 3","reach":3}},{"added":{"id":4,"text":"hello 4","reach":4}},{"changed":{"key":{"id":1},"before":{"reach":1},"after":{"reach":null}}}]}],"emitted":{"removed":3,"added":2,"same":2,"lines_removed":["{\"parity\":1}"],"lines_added":["{\"parity\":0}"]},"sinks":{}}
        "#]],
    );
}

#[test]
fn equal_is_what_has_the_same_bytes_and_the_same_type() {
    let script = |value: &str| {
        format!(
            "local t = ouzel.table('t', {{ k = 'TEXT COLLATE NOCASE PRIMARY KEY', v }})
             local u = ouzel.table('u', {{ v = 'TEXT COLLATE NOCASE' }})
             ouzel.filter(function(tweet) return tweet.id == 1 end)
             ouzel.enrich(function() t:insert {{ k = 'a', v = {value} }} u:insert {{ v = {value} }} end)"
        )
        .replace(", v }", ", v = 'BLOB' }")
    };
    for (one, other, code) in [
        ("'x'", "'x'", 0),
        ("'x'", "'X'", 1),
        ("1", "1.0", 1),
        ("'1'", "1", 1),
        ("ouzel.json.null", "0", 1),
        ("'a\\0b'", "'a\\0c'", 1),
    ] {
        let ended = compare(&script(one), &script(other), &[]);
        assert_eq!(
            ended.code,
            code,
            "{one} {other}: {} {}",
            ended.stderr,
            ended.output()
        );
    }
}

#[test]
fn keys_of_several_columns_and_keys_that_are_null_are_compared() {
    let script = |value: i32| {
        format!(
            "ouzel.db.exec [[CREATE TABLE pair (a, b, v, PRIMARY KEY (b, a))]]
             ouzel.db.exec [[CREATE TABLE null_key (k TEXT PRIMARY KEY, v)]]
             ouzel.enrich(function(t)
               ouzel.db.exec('INSERT INTO pair VALUES (?, ?, ?)', t.id % 2, t.id, t.id == 3 and {value} or 0)
               ouzel.db.exec('INSERT INTO null_key VALUES (NULL, ?)', t.id == 3 and {value} or 0)
             end)"
        )
    };
    check(
        &compare(&script(1), &script(1), &[]),
        0,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets

        table null_key: 5 the same

        table pair: 5 the same

        no difference
    "#]],
    );
    check(
        &compare(&script(1), &script(2), &[]),
        1,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets

        table null_key: 1 removed, 1 added, 4 the same
          - k=NULL v=1
          + k=NULL v=2

        table pair: 1 changed, 4 the same
          ~ a=1 b=3: v 1 -> 2

        the scripts differ
    "#]],
    );
}

#[test]
fn what_is_emitted_into_files_is_compared_file_by_file() {
    let script = |name: &str, value: &str| {
        format!(
            "local both, own = ouzel.sink('both.jsonl'), ouzel.sink('{name}.jsonl')
             ouzel.on('*', function(t) ouzel.emit(t.id, both) ouzel.emit({value}, own) end)"
        )
    };
    let equal = compare(&script("one", "1"), &script("one", "1"), &[]);
    check(
        &equal,
        0,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets

        emitted into both.jsonl: 5 the same

        emitted into one.jsonl: 5 the same

        no difference
    "#]],
    );
    let differ = compare(&script("one", "1"), &script("other", "2"), &["--show", "1"]);
    check(
        &differ,
        1,
        expect![[r#"
        - scripts/main.lua
        + after.lua
        over 5 Tweets

        emitted into both.jsonl: 5 the same

        emitted into one.jsonl: 5 removed
          - 1
          - and 4 more

        emitted into other.jsonl: 5 added
          + 2
          + and 4 more

        the scripts differ
    "#]],
    );
}

#[test]
fn the_log_says_which_of_the_two_scripts_it_was() {
    let failing = "
ouzel.filter(function(t) return t.id == 3 end)
ouzel.on('*', function(t) ouzel.log.warn('looks at', t.id) error('not this one') end)
";
    let ended = compare(failing, AFTER, &["--log", "warn"]);
    ended.assert_code(1);
    let mut lines: Vec<_> = ended
        .log()
        .lines()
        .filter(|line| line.contains("compare{"))
        .map(|line| line.split(" error=").next().unwrap().to_owned())
        .collect();
    lines.sort();
    expect![[r#"
        ERROR compare{script=after.lua}: handler failed tweet="3" handler="on \"*\"" times=1
        ERROR compare{script=scripts/main.lua}: handler failed tweet="3" handler="on \"*\"" times=1
        WARN compare{script=scripts/main.lua}: looks at 3"#]]
    .assert_eq(&lines.join("\n"));
    // Where one script runs there is nothing to tell apart.
    let ended = ended.again().command("replay").arguments(&["tweets.jsonl"]);
    ended
        .ends()
        .assert_says("handler failed")
        .assert_silent_about("script=");
}

#[test]
fn what_cannot_be_compared_says_so() {
    let ended = compare(BEFORE, "ouzel.on(", &[]);
    ended
        .assert_code(3)
        .assert_says("script `after.lua` could not be loaded");
    let ended = compare("ouzel.on(", AFTER, &[]);
    ended
        .assert_code(3)
        .assert_says("script `main.lua` could not be loaded");
    compare(BEFORE, AFTER, &["--db", "x.db"])
        .assert_code(2)
        .assert_says("the argument '--compare <SCRIPT>' cannot be used with '--db <FILE>'");
    // What differs in a part of the Tweets would say nothing of the rest.
    let packed = zstd::encode_all(tweet(1).as_bytes(), 1).unwrap();
    let cut = Setup::new()
        .script(BEFORE)
        .file("after.lua", AFTER)
        .file("cut.zst", &packed[..packed.len() - 8])
        .command("replay")
        .arguments(&["cut.zst", "--compare", "after.lua"])
        .ends();
    cut.assert_code(1)
        .assert_says("error: cannot read `cut.zst`: ")
        .assert_silent_about("differ");
    assert_eq!(cut.output(), "");
    // A limit holds for both.
    let ended = compare(BEFORE, BEFORE, &["--limit", "2"]);
    ended.assert_code(0);
    assert!(
        ended.output().contains("over 2 Tweets"),
        "{}",
        ended.output()
    );
}
