//! `ouzel.every`: functions that run between two Tweets, from time to time.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::{Expect, expect};
use support::{Ended, Setup, tagged, tweet};

#[test]
fn a_timer_runs_while_no_tweets_come_and_its_writes_stay() {
    let script = r#"
local beats = ouzel.table("beats", { n = "INTEGER PRIMARY KEY", at = "INTEGER" })
ouzel.every("100ms", function(now)
  ouzel.state.n = (ouzel.state.n or 0) + 1
  beats:insert { n = ouzel.state.n, at = now }
  ouzel.emit { n = ouzel.state.n, near = math.abs(now - os.time()) < 5 }
end)
"#;
    let run = Setup::new().script(script).start();
    run.wait_for_output(r#"{"n":3,"near":true}"#);
    let ended = run.kill();
    let count = |ended: &Ended, sql: &str| ended.rows(sql).parse::<i64>().unwrap();
    let kept = count(&ended, "SELECT value FROM _ouzel_state WHERE key = 'n'");
    assert_eq!(count(&ended, "SELECT count(*) FROM beats"), kept);
    assert!(kept >= 2, "{kept}");
    // It goes on where the rows say that it was.
    let run = ended.again().start();
    run.wait_for_output(&format!("{{\"n\":{}", kept + 2));
    let ended = run.drain();
    ended.assert_code(0);
    assert_eq!(
        count(&ended, "SELECT count(*) FROM beats"),
        count(&ended, "SELECT value FROM _ouzel_state WHERE key = 'n'")
    );
}

#[test]
fn a_failing_timer_takes_its_writes_back_and_goes_on() {
    let script = r#"
local beats = ouzel.table("beats", { n = "INTEGER PRIMARY KEY" })
local calls = 0
ouzel.every("100ms", function()
  calls = calls + 1
  beats:insert { n = calls }
  ouzel.state.list = ouzel.state.list or {}
  table.insert(ouzel.state.list, calls)
  ouzel.emit(calls)
  if calls % 2 == 0 then
    local nothing = ouzel.state.nothing
    return nothing.at
  end
end)
ouzel.on("*", function(t) beats:insert { n = 1000 + t.id } end)
"#;
    let run = Setup::new().script(script).start();
    let said = run.wait_for("timer failed");
    let (_, said) = said.split_once("timer failed ").unwrap();
    expect![[r#"timer="every \"100ms\"" times=1 error=main.lua:12: attempt to index a nil value (local 'nothing')"#]]
        .assert_eq(said.lines().next().unwrap());
    run.wait_for_output("3\n");
    run.powertrack().send_all((1..=3).map(tweet));
    run.wait_for_output("5\n");
    let ended = run.drain();
    ended.assert_code(0);
    assert_eq!(
        ended
            .rows("SELECT count(*), sum(n % 2 = 0) FROM beats WHERE n < 1000")
            .split_once('|')
            .unwrap()
            .1,
        "0"
    );
    assert_eq!(ended.rows("SELECT count(*) FROM beats WHERE n > 1000"), "3");
    assert_eq!(
        ended.rows("SELECT count(*) FROM _ouzel_state WHERE parent = 1 AND value % 2 = 0"),
        "0"
    );
    assert!(!ended.output().contains("2\n"), "{}", ended.output());
    assert_eq!(ended.rows("SELECT count(*) FROM _ouzel_quarantine"), "0");
}

/// Both: what the timer undoes, and what it makes impossible to commit.
#[test]
fn a_timer_that_breaks_the_transaction_costs_no_tweet() {
    for breaking in [
        "pcall(ouzel.db.exec, 'INSERT INTO one VALUES (1)')",
        "ouzel.db.exec 'INSERT INTO child VALUES (99)'",
    ] {
        let script = format!(
            r#"
ouzel.db.exec "CREATE TABLE one (a INTEGER UNIQUE ON CONFLICT ROLLBACK)"
ouzel.db.exec "INSERT INTO one VALUES (1)"
ouzel.db.exec "CREATE TABLE parent (id INTEGER PRIMARY KEY)"
ouzel.db.exec "CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)"
ouzel.table("seen", {{ id = "INTEGER PRIMARY KEY" }})
ouzel.on("*", function(t)
  ouzel.db.exec("INSERT INTO seen VALUES (?)", t.id)
  ouzel.state.n = (ouzel.state.n or 0) + 1
end)
ouzel.every("1m", function(now)
  ouzel.state.n = 1000
  {breaking}
end)
"#
        );
        let ended = replay(&script, &[0, 30, 61, 62, 130]);
        assert!(ended.stderr.contains("timer failed"), "{}", ended.stderr);
        assert_eq!(
            ended.rows_of("a.db", "SELECT count(*), (SELECT value FROM _ouzel_state), (SELECT count(*) FROM _ouzel_quarantine) FROM seen"),
            "5|5|0",
            "{}",
            ended.stderr
        );
    }
    // The same in a run, where the Tweets come again from the journal.
    let script = r#"
ouzel.db.exec "CREATE TABLE one (a INTEGER UNIQUE ON CONFLICT ROLLBACK)"
ouzel.db.exec "INSERT INTO one VALUES (1)"
ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
ouzel.on("*", function(t)
  ouzel.db.exec("INSERT INTO seen VALUES (?)", t.id)
  ouzel.state.n = (ouzel.state.n or 0) + 1
  for i = 1, 20000 do end
  if t.id == 600 then ouzel.log.info("all handled") end
end)
ouzel.every("100ms", function() pcall(ouzel.db.exec, "INSERT INTO one VALUES (1)") end)
"#;
    let run = Setup::new().script(script).start();
    run.wait_for("timer failed");
    run.powertrack().send_all((1..=600).map(tweet));
    run.wait_for("all handled");
    let ended = run.drain();
    assert_eq!(
        ended.rows("SELECT count(*), (SELECT value FROM _ouzel_state), (SELECT count(*) FROM _ouzel_quarantine) FROM seen"),
        "600|600|0"
    );
}

#[test]
fn timers_end_with_their_generation() {
    let ticking =
        |name: &str| format!("ouzel.every('100ms', function() ouzel.log.info('{name} ticks') end)");
    let run = Setup::new().script(&ticking("old")).start();
    run.wait_for("old ticks");
    run.write("scripts/main.lua", &ticking("new"));
    run.wait_for("script loaded generation=2");
    run.wait_for("new ticks");
    run.wait_for("new ticks");
    // A load that fails leaves the timers that there are.
    run.write(
        "scripts/main.lua",
        &format!("{}\nerror('no')", ticking("broken")),
    );
    run.wait_for("reload failed");
    run.wait_for("new ticks");
    let ended = run.drain();
    let (_, after) = ended
        .stderr
        .split_once("script loaded generation=2")
        .unwrap();
    assert!(!after.contains("old ticks"), "{after}");
    ended.assert_silent_about("broken ticks");
}

/// Replays Tweets that were made at these seconds after a full minute.
fn replay(script: &str, seconds: &[i64]) -> Ended {
    let lines = (1..).zip(seconds).map(|(id, second)| {
        let millis = format!(
            "\"timestamp_ms\":\"{}\",\"id\"",
            (1_539_202_740 + second) * 1_000
        );
        tagged(id, &["t"]).replacen("\"id\"", &millis, 1)
    });
    Setup::new()
        .script(script)
        .file("tweets.jsonl", lines.collect::<Vec<_>>().join("\n"))
        .command("replay")
        .arguments(&["tweets.jsonl", "--db", "a.db"])
        .ends()
}

#[test]
fn the_times_of_the_tweets_are_the_clock_of_a_replay() {
    let script = r#"
ouzel.on("*", function(t) ouzel.emit(t.id) end)
ouzel.every("1m", function(now) ouzel.emit { minute = now - 1539202740 } end)
ouzel.every("2m", function(now) ouzel.emit { two = now - 1539202740 } end)
"#;
    // One that is older than those before it, and a gap of many minutes.
    let ended = replay(script, &[0, 10, 61, 30, 62, 119, 120, 1_000, 1_001, 1_021]);
    ended.assert_code(0);
    expect![[r#"
        1
        2
        {"minute":61}
        3
        4
        5
        6
        {"minute":120}
        {"two":120}
        7
        {"minute":1000}
        {"two":1000}
        8
        9
        {"minute":1021}
        10
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_wrong_timer_is_an_error() {
    let check = |script: &str, expected: Expect| {
        let ended = Setup::check().script(script).ends();
        expected.assert_eq(&ended.log());
        assert_eq!(ended.code, 3);
    };
    check(
        "ouzel.every(60, print)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.every(60, print)
          |
          = the time that `ouzel.every` takes first has to be a string, not a number
        hint: write it with its unit, such as "30s", "1m" or "2h""#]],
    );
    check(
        "ouzel.every('often', print)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.every('often', print)
          |
          = `often` is no length of time; write one such as `35s`, `100ms` or `2h`"#]],
    );
    check(
        "ouzel.every('60', print)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.every('60', print)
          |
          = `60` is no length of time; write one such as `35s`, `100ms` or `2h`"#]],
    );
    check(
        "ouzel.every('-1m', print)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.every('-1m', print)
          |
          = `-1m` is negative"#]],
    );
    check(
        "ouzel.every('10ms', print)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.every('10ms', print)
          |
          = `ouzel.every` takes `100ms` or more, not `10ms`"#]],
    );
    check(
        "ouzel.every('1m')",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.every('1m')
          |
          = `ouzel.every` takes `time` and `call`, not 1 argument"#]],
    );
    check(
        "for i = 1, 101 do\n  ouzel.every('1m', print)\nend",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   ouzel.every('1m', print)
              |
              = a script can have 100 timers, and this is one more"#]],
    );
}

#[test]
fn a_handler_declares_no_timer() {
    let script = "ouzel.on('*', function()\n  ouzel.every('1m', print)\nend)";
    let ended = replay(script, &[0]);
    ended.assert_says(
        "main.lua:2: `ouzel.every` can only be called while the script loads, not from a handler",
    );
}
