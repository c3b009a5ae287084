//! What Tweets cost: the month's cap, and rules that bring too much.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use support::{Setup, tagged};

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
    run.wait_for("INFO Tweets of this month tweets=0 cap=20 percent=0.0");
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
