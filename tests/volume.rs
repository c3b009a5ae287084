//! What Tweets cost: the month's cap, and rules that bring too much.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::{Expect, expect};
use support::{Setup, ouzel, tagged};

const SCRIPT: &str = r#"
ouzel.rules { { tag = "launch", value = "rocket" }, { tag = "quiet", value = "rare" } }
ouzel.enrich(function(t) ouzel.log.info("handled", t.id .. ".") end)
"#;

#[test]
fn parts_of_the_cap_are_told_once_also_over_restarts() {
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_MONTHLY_CAP", "20");
    let run = setup.start();
    let said = run.wait_for("INFO Tweets of this month tweets=0 cap=20 percent=0.0");
    assert!(!said.contains("forecast"), "{said}");
    run.powertrack()
        .send_all((1..=10).map(|id| tagged(id, &["launch"])));
    run.wait_for("50 % of the month's Tweets are spent tweets=10 cap=20");
    let ended = run.drain();
    ended.assert_code(0);
    let run = ended.again().start();
    run.wait_for("INFO Tweets of this month tweets=10 cap=20 percent=50.0");
    run.powertrack().wait_for_connection(2);
    // One that has come before costs nothing.
    run.powertrack()
        .send_all((10..=19).map(|id| tagged(id, &["launch"])));
    run.wait_for("95 % of the month's Tweets are spent tweets=19 cap=20");
    let ended = run.drain();
    ended.assert_silent_about("50 % of the month");
    assert_eq!(
        ended.rows("SELECT month = strftime('%Y-%m'), cap, percent FROM _ouzel_warned"),
        "1|20|95"
    );
    // What a run could not say any more, the next one says.
    ended.rows("UPDATE _ouzel_warned SET percent = 80");
    let run = ended.again().start();
    run.wait_for("INFO Tweets of this month tweets=19 cap=20 percent=95.0");
    run.wait_for("95 % of the month's Tweets are spent tweets=19 cap=20");
    let ended = run.drain();
    assert_eq!(ended.rows("SELECT sum(tweets) FROM _ouzel_minutes"), "19");
}

#[test]
fn a_rule_that_brings_too_much_is_named_with_samples() {
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_MONTHLY_CAP", "1_000_000")
        .environment("OUZEL_ALARM_PER_MINUTE", "9");
    let run = setup.start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    run.powertrack().send(tagged(13, &["quiet"]));
    let said = run.wait_for("ALARM: a rule brings more than usual");
    let alarm = said.lines().find(|line| line.contains("ALARM")).unwrap();
    for expected in [
        "tag=launch",
        "per_minute=",
        "limit=9",
        "per_day=",
        "of_cap=",
        "hello 12",
        "hello 10",
    ] {
        assert!(alarm.contains(expected), "{expected}: {alarm}");
    }
    let ended = run.drain();
    ended.assert_silent_about("tag=quiet");
    assert_eq!(ended.log().matches("ALARM").count(), 1);
}

#[test]
fn samples_are_plain_text_on_one_line() {
    let setup = Setup::new().script(SCRIPT);
    let run = setup.environment("OUZEL_ALARM_PER_MINUTE", "1").start();
    let tweets = (1..=2).map(|id| tagged(id, &["launch"]));
    let odd = r#"a \"quoted\" \u001b[31m\n line \u202e"#;
    run.powertrack()
        .send_all(tweets.map(|tweet| tweet.replace("hello 2", odd)));
    let said = run.wait_for("ALARM");
    let alarm = said.lines().find(|line| line.contains("ALARM")).unwrap();
    assert!(
        alarm.contains(r#"samples=["a \"quoted\" \u{1b}[31m\n line \u{202e}", "hello 1"] hint="#),
        "{alarm}"
    );
}

#[test]
fn without_alarms_nothing_is_said() {
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_ALARM_PER_MINUTE", "0");
    let run = setup.environment("OUZEL_MONTHLY_CAP", "8").start();
    run.powertrack()
        .send_all((1..=8).map(|id| tagged(id, &["launch"])));
    // The bill of the same look has been made by then.
    run.wait_for("100 % of the month's Tweets are spent");
    run.drain().assert_silent_about("ALARM");
}

#[test]
fn a_script_hears_of_an_alarm_and_its_writes_are_its_own() {
    let script = format!(
        r#"{SCRIPT}
local heard = ouzel.table("heard", {{ who = "TEXT", what = "TEXT" }})
ouzel.on_alarm(function(alarm)
  heard:insert {{ who = "first", what = "lost" }}
  error("the first one fails")
end)
ouzel.on_alarm(function(alarm)
  alarm.more = "the table is this function's own"
  assert(math.type(alarm.per_minute) == "integer" and alarm.per_minute >= 12)
  assert(alarm.limit == 9 and alarm.usual == nil and alarm.per_day == alarm.per_minute * 1440)
  heard:insert {{ who = alarm.tag, what = table.concat(alarm.samples, ", ") }}
  ouzel.emit("heard")
end)
ouzel.on_alarm(function(alarm) while true do end end)
ouzel.on_alarm(function(alarm) ouzel.emit(tostring(alarm.more)) end)
"#
    );
    let setup = Setup::new().script(&script);
    let run = setup.environment("OUZEL_ALARM_PER_MINUTE", "9").start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    run.wait_for_output("nil");
    let ended = run.drain();
    ended.assert_code(0);
    for said in [
        "error=main.lua:8: the first one fails",
        "error=main.lua:17: one call of `ouzel.on_alarm` took longer than 250ms",
    ] {
        let said = format!("hearing of an alarm failed function=\"on_alarm\" times=1 {said}");
        ended.assert_says(&said);
    }
    assert_eq!(
        ended.rows("SELECT who, what FROM heard"),
        "launch|hello 12, hello 11, hello 10"
    );
}

#[test]
fn what_hears_of_alarms_has_to_be_a_function_of_the_loading_script() {
    let check = |script: &str, expected: Expect| {
        let ended = Setup::check().script(script).ends();
        expected.assert_eq(&ended.log());
        assert_eq!(ended.code, 3);
    };
    check(
        "ouzel.on_alarm({})",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.on_alarm({})
          |
          = what `ouzel.on_alarm` calls has to be a function, not a table"#]],
    );
    check(
        "ouzel.on_alarm()",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.on_alarm()
          |
          = `ouzel.on_alarm` takes `call`, not 0 arguments"#]],
    );
    check(
        "ouzel.on_alarm(print, print)",
        expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:1
          |
        1 | ouzel.on_alarm(print, print)
          |
          = `ouzel.on_alarm` takes `call`, not 2 arguments"#]],
    );
    check(
        "for i = 1, 101 do\n  ouzel.on_alarm(print)\nend",
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:2
              |
            2 |   ouzel.on_alarm(print)
              |
              = a script can have 100 functions that hear of alarms, and this is one more"#]],
    );
    let script = "ouzel.on('*', function()\n  ouzel.on_alarm(print)\nend)";
    let run = Setup::new().script(script).start();
    run.powertrack().send(tagged(1, &["launch"]));
    run.wait_for("main.lua:2: `ouzel.on_alarm` can only be called while the script loads, not from a handler");
}

#[test]
fn the_breaker_pauses_a_rule_until_somebody_asks_for_it_also_over_restarts() {
    let setup = Setup::new()
        .remote_rule("theirs", Some("launch"))
        .script(SCRIPT)
        .environment("OUZEL_ALARM_PER_MINUTE", "9")
        .environment("OUZEL_BREAKER", "pause-rule")
        .environment("OUZEL_RULES_PRUNE", "none");
    let run = setup.start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    let said = run.wait_for("BREAKER: the rules with this tag are taken off the stream");
    assert!(
        said.contains("WARN BREAKER") && said.contains("tag=launch rules=1"),
        "{said}"
    );
    run.wait_for("deleted=1");
    let rules = expect![[r#"
        theirs [launch]
        rare [quiet]"#]];
    rules.assert_eq(&run.powertrack().rules());
    // Reading the rules beside it shows the rule as paused.
    let (code, shown, _) = run.another_command(&["rules", "plan"]);
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("  !  main.lua:2           launch  rocket"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "note: 1 declared rule is paused by the breaker; `ouzel rules resume TAG` puts it back"
        ),
        "{shown}"
    );
    let (_, shown, _) = run.another_command(&["rules", "list"]);
    assert!(
        shown.contains("paused: the rules with the tag `launch`, "),
        "{shown}"
    );
    // A save does not bring it back, and one killed process neither.
    run.write(
        "scripts/main.lua",
        &format!("{SCRIPT}ouzel.rules {{ {{ value = 'tea', tag = 'tea' }} }}"),
    );
    run.wait_for("added=1");
    let ended = run.kill();
    assert_eq!(
        ended.rows("SELECT tag, per_minute >= 12, most, until_ms FROM _ouzel_paused"),
        "launch|1|9|NULL"
    );
    let ended = ended.again().command("rules").arguments(&["apply"]).ends();
    ended.assert_code(0);
    let run = ended.again().command("run").arguments(&[]).start();
    run.wait_for("BREAKER: the rules with this tag are off the stream tag=launch since=");
    run.wait_for("stream connected");
    expect![[r#"
        theirs [launch]
        rare [quiet]
        tea [tea]"#]]
    .assert_eq(&run.powertrack().rules());
    let (code, _, said) = run.another_command(&["rules", "resume", "lunch"]);
    assert_eq!(code, 1);
    expect![[r#"
        error: the rules with the tag `lunch` are not paused
        hint: paused are `launch`
    "#]]
    .assert_eq(&said);
    let (code, shown, said) = run.another_command(&["rules", "resume", "launch"]);
    assert_eq!((code, said.as_str()), (0, ""));
    expect![[r#"
        `launch` is not paused any more: the run puts 1 rule back on the stream now
    "#]]
    .assert_eq(&shown);
    run.wait_for("added=1");
    assert!(run.powertrack().rules().ends_with("rocket [launch]"));
    // It can be too much again.
    run.powertrack()
        .send_all((21..=40).map(|id| tagged(id, &["launch"])));
    run.wait_for("BREAKER: the rules with this tag are taken off the stream");
    run.wait_for("deleted=1");
    let ended = run.drain();
    ended.assert_code(0);
    // Without a run it is for the next one.
    let resume = || ["resume", "launch"];
    let ended = ended.again().command("rules").arguments(&resume()).ends();
    ended.assert_code(0);
    expect![[r#"
        no ouzel runs here; the rules with the tag `launch` are not paused any more: the next `ouzel run` or `ouzel rules apply` adds them
    "#]].assert_eq(ended.output());
    let ended = ended.again().ends();
    ended.assert_code(1);
    ended.assert_says("the rules with the tag `launch` are not paused\nhint: no tag is paused");
}

#[test]
fn paused_rules_go_back_when_their_time_has_come() {
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_ALARM_PER_MINUTE", "9")
        .environment("OUZEL_BREAKER", "pause-rule")
        .environment("OUZEL_RESUME_AFTER", "1s");
    let run = setup.start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    run.wait_for("BREAKER: the rules with this tag are taken off the stream");
    run.wait_for("deleted=1");
    run.wait_for("the rules with this tag go back to the stream tag=launch rules=1 why=\"its time has come\"");
    run.wait_for("added=1");
    let (code, report, _) = run.another_command(&["report"]);
    assert_eq!(code, 0);
    assert!(
        report.contains(" 1 tag was off the stream for a time, because too much came."),
        "{report}"
    );
    assert!(
        report.contains("Rules that were off the stream\n  "),
        "{report}"
    );
    assert!(report.contains("more than 9; back since "), "{report}");
    let ended = run.drain();
    assert_eq!(ended.rows("SELECT count(*) FROM _ouzel_paused"), "0");
    assert_eq!(
        ended.rows("SELECT tag, ended_ms - since_ms BETWEEN 1000 AND 20000 FROM _ouzel_pauses"),
        "launch|1"
    );
    assert_eq!(ended.powertrack().asked().matches("delete").count(), 1);
}

#[test]
fn the_breaker_pauses_nothing_that_it_was_not_asked_to_or_that_is_not_the_scripts() {
    let alarm = || {
        Setup::new()
            .script(SCRIPT)
            .environment("OUZEL_ALARM_PER_MINUTE", "9")
    };
    let run = alarm().start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["launch"])));
    run.wait_for("ALARM");
    let ended = run.drain();
    ended.assert_silent_about("BREAKER");
    let (_, report, _) = ouzel(ended.folder(), &["report"]);
    assert!(!report.contains("off the stream"), "{report}");
    assert_eq!(ended.powertrack().asked(), "list add list stream");
    // A hostile tag of somebody else's rule.
    let run = alarm()
        .environment("OUZEL_BREAKER", "pause-rule")
        .remote_rule("theirs", Some("x\u{1b}[31m\ny"))
        .start();
    run.powertrack()
        .send_all((1..=12).map(|id| tagged(id, &["x\\u001b[31m\\ny"])));
    run.wait_for("BREAKER: a rule brings too much and stays on the stream tag=x\\u{1b}[31m\\ny");
    let ended = run.drain();
    assert_eq!(ended.powertrack().asked(), "list add list stream");
    for (name, value, said) in [
        (
            "OUZEL_BREAKER",
            "on",
            "`on` is neither `off` nor `pause-rule`",
        ),
        ("OUZEL_RESUME_AFTER", "10ms", "it has to be 1s or more"),
        (
            "OUZEL_ALARM_PER_MINUTE",
            "0",
            "it follows alarms, and `alarm_per_minute` is 0",
        ),
    ] {
        let setup = alarm().environment("OUZEL_BREAKER", "pause-rule");
        let ended = setup.environment(name, value).ends();
        ended.assert_code(2);
        ended.assert_says(said);
    }
}

#[test]
fn what_is_usual_in_this_hour_of_the_week_is_known_after_three_weeks() {
    let setup = Setup::new()
        .script(SCRIPT)
        .environment("OUZEL_ALARM_PER_MINUTE", "1000");
    let run = setup.start();
    run.wait_for("stream connected");
    let ended = run.drain();
    // Ten a minute, each week, also if the hour ends meanwhile. One odd week changes nothing.
    let mut weeks = String::new();
    for week in 1..=4 {
        for hour in 0..=1 {
            let tweets = if week == 4 { 60_000 } else { 600 };
            weeks += &format!(
                "INSERT INTO _ouzel_minutes SELECT strftime('%Y-%m-%dT%H:00Z', 'now', '-{} hours'), {tweets};
                 INSERT INTO _ouzel_volume SELECT strftime('%Y-%m-%dT%H:00Z', 'now', '-{} hours'), 'launch', {tweets};",
                week * 7 * 24 - hour,
                week * 7 * 24 - hour,
            );
        }
    }
    let database = rusqlite::Connection::open(ended.database()).unwrap();
    database.execute_batch(&weeks).unwrap();
    drop(database);
    let run = ended.again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack()
        .send_all((1..=70).map(|id| tagged(id, &["launch"])));
    run.powertrack()
        .send_all((101..=170).map(|id| tagged(id, &["quiet"])));
    let said = run.wait_for("ALARM: a rule brings more than usual");
    let alarm = said.lines().find(|line| line.contains("ALARM")).unwrap();
    assert!(
        alarm.contains(" tag=launch ") && alarm.contains(" usual=10.0 "),
        "{alarm}"
    );
    let ended = run.drain();
    ended.assert_silent_about("tag=quiet");
    assert_eq!(ended.log().matches("ALARM").count(), 1);
}
