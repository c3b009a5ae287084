//! The rules on the server follow those in the script.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::expect;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use support::{Setup, tweet};

const TWO: &str = "ouzel.rules { { value = 'rocket', tag = 'launch' }, { value = 'coffee' } }";
const ONE: &str = "ouzel.rules { { value = 'rocket', tag = 'launch' } }";

#[test]
fn what_is_missing_is_added_in_one_request_before_the_stream_is_opened() {
    let run = Setup::new().script(TWO).start();
    run.wait_for("stream connected");
    let ended = run.drain();
    let powertrack = ended.powertrack();
    assert_eq!(powertrack.asked(), "list add list stream");
    expect![[r#"{"rules":[{"value":"rocket","tag":"launch"},{"value":"coffee"}]}"#]]
        .assert_eq(&powertrack.bodies("add").join("\n"));
    expect![[r#"
        rocket [launch]
        coffee [-]"#]]
    .assert_eq(&powertrack.rules());
    let ids = powertrack.rule_ids();
    assert_eq!(
        ended.rows("SELECT id FROM _ouzel_rules ORDER BY id"),
        format!("{}\n{}", ids[0], ids[1])
    );
}

#[test]
fn rules_of_others_are_left_alone() {
    let run = Setup::new()
        .remote_rule("theirs", Some("x"))
        .remote_rule("coffee", None)
        .script(TWO)
        .start();
    run.wait_for("stream connected");
    let ended = run.drain();
    expect![[r#"
        theirs [x]
        coffee [-]
        rocket [launch]"#]]
    .assert_eq(&ended.powertrack().rules());
    assert_eq!(ended.powertrack().asked(), "list add list stream");
    ended.assert_says("added=1 retagged=0 deleted=0 unchanged=1");
    ended.assert_says(
        "the stream has rules that are not this script's; their Tweets come too rules=1",
    );
    // Not even when the script drops the rule that they had first.
    let run = ended
        .again()
        .script("ouzel.rules { { value = 'tea' } }")
        .start();
    run.wait_for("stream connected");
    expect![[r#"
        theirs [x]
        coffee [-]
        tea [-]"#]]
    .assert_eq(&run.drain().powertrack().rules());
}

#[test]
fn a_rule_is_deleted_by_its_exact_id_when_the_script_drops_it_also_after_a_restart() {
    let run = Setup::new().script(TWO).start();
    run.wait_for("stream connected");
    let ended = run.drain();
    let ids = ended.powertrack().rule_ids();
    let run = ended.again().script(ONE).start();
    run.wait_for("stream connected");
    let ended = run.drain();
    let body: Value = sonic_rs::from_str(&ended.powertrack().bodies("delete")[0]).unwrap();
    assert_eq!(body["rule_ids"].as_array().unwrap().len(), 1);
    assert_eq!(body["rule_ids"][0].as_i64(), Some(ids[1]));
    expect!["rocket [launch]"].assert_eq(&ended.powertrack().rules());
    ended.assert_rows(
        "SELECT value, tag FROM _ouzel_rules",
        expect!["rocket|launch"],
    );
}

#[test]
fn a_changed_tag_is_covered_by_the_rule_in_parentheses() {
    let run = Setup::new().script(ONE).start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", &ONE.replace("launch", "space"));
    run.wait_for("script loaded generation=2 rules=+1 -1");
    run.wait_for("rules reconciled");
    let ended = run.drain();
    assert_eq!(
        ended.powertrack().asked(),
        "list add list stream list add delete add delete list"
    );
    expect![[r#"
        {"rules":[{"value":"rocket","tag":"launch"}]}
        {"rules":[{"value":"(rocket)","tag":"space"}]}
        {"rules":[{"value":"rocket","tag":"space"}]}"#]]
    .assert_eq(&ended.powertrack().bodies("add").join("\n"));
    expect!["rocket [space]"].assert_eq(&ended.powertrack().rules());
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_rule_that_somebody_else_tags_otherwise_is_left_alone_with_a_warning() {
    let run = Setup::new()
        .remote_rule("rocket", Some("theirs"))
        .script(ONE)
        .start();
    run.wait_for(
        "somebody else added this rule, so its tag stays value=\"rocket\" wanted=\"launch\" tag=\"theirs\"",
    );
    run.wait_for("stream connected");
    expect!["rocket [theirs]"].assert_eq(&run.drain().powertrack().rules());
}

#[test]
fn a_reload_reconciles_over_the_same_connection() {
    let run = Setup::new().script(ONE).start();
    run.wait_for("stream connected");
    run.write("scripts/main.lua", TWO);
    run.wait_for("added=1 retagged=0 deleted=0 unchanged=1");
    run.write("scripts/main.lua", ONE);
    run.wait_for("added=0 retagged=0 deleted=1 unchanged=1");
    let ended = run.drain();
    expect!["rocket [launch]"].assert_eq(&ended.powertrack().rules());
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_reload_that_changes_no_rule_asks_nothing_of_the_server() {
    let run = Setup::new().script(ONE).start();
    run.wait_for("stream connected");
    for number in 2..5 {
        run.write("scripts/main.lua", &format!("-- {number}\n{ONE}"));
        run.wait_for(&format!("script loaded generation={number}"));
    }
    run.write("scripts/main.lua", TWO);
    run.wait_for("added=1");
    assert_eq!(
        run.drain().powertrack().asked(),
        "list add list stream list add list"
    );
}

const REJECTED: &str = r#"{"summary":{"created":0,"not_created":1},"detail":[{"rule":{"value":"rocket","tag":"launch"},"created":false,"message":"Cannot parse rule at 'rocket' (position 1)\n"}]}"#;

#[test]
fn a_rule_that_the_server_rejects_at_the_start_ends_the_run_and_is_named() {
    let setup = Setup::new().script(&format!("-- rules\n{ONE}"));
    setup.powertrack().refuse_rules("add", 422, REJECTED);
    let ended = setup.ends();
    ended.assert_code(3);
    expect![[r#"
        INFO script loaded generation=1 rules=+1 -0 handlers=+0 -0 tables=+0 -0
        ERROR the service rejects a rule value="rocket" place="main.lua:2" reason="Cannot parse rule at 'rocket' (position 1)"
        error: the rules endpoint rejected a rule
          `rocket`
            = Cannot parse rule at 'rocket' (position 1)"#]].assert_eq(&ended.log());
    assert_eq!(ended.powertrack().connections(), 0);
}

#[test]
fn a_rule_that_the_server_rejects_later_is_logged_and_the_run_goes_on() {
    let run = Setup::new()
        .script("ouzel.rules { { value = 'coffee' } }")
        .start();
    run.wait_for("stream connected");
    run.powertrack().refuse_rules("add", 422, REJECTED);
    run.write(
        "scripts/main.lua",
        &format!("{ONE} ouzel.enrich(function(t) ouzel.log.info('handled', t.id) end)"),
    );
    run.wait_for("the service rejects a rule");
    run.wait_for("the rules stay as they were");
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1");
    let ended = run.drain();
    expect!["coffee [-]"].assert_eq(&ended.powertrack().rules());
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_rules_endpoint_in_trouble_does_not_keep_the_stream_waiting() {
    let setup = Setup::new().script(ONE);
    setup.powertrack().refuse_rules("list", 503, "");
    let run = setup.start();
    run.wait_for("rules not reconciled");
    run.wait_for("stream connected");
    run.drain();
}

#[test]
fn a_refusal_of_the_rules_endpoint_ends_the_run() {
    for (status, hint) in [
        (401, "check `username` and `password`"),
        (404, "check the spelling of `account` and `label`"),
    ] {
        let setup = Setup::new().script(ONE);
        setup.powertrack().refuse_rules("list", status, "");
        let ended = setup.ends();
        ended.assert_code(1).assert_says(hint);
        assert_eq!(ended.powertrack().connections(), 0);
    }
}

#[test]
fn a_script_without_rules_is_told_so() {
    let run = Setup::new().script("ouzel.rules {}").start();
    run.wait_for("the script declares no rules");
    run.wait_for("stream connected");
    assert_eq!(run.drain().powertrack().asked(), "list stream");
}

/// A script with so many rules, each with a tag of its own.
fn many(count: usize) -> String {
    let rules = (0..count).map(|at| format!("{{ value = 'word{at}', tag = 't{at}' }}"));
    format!("ouzel.rules {{ {} }}", rules.collect::<Vec<_>>().join(", "))
}

#[test]
fn a_save_that_loses_many_rules_changes_none_and_says_so() {
    let run = Setup::new().script(&many(20)).start();
    run.wait_for("stream connected");
    let before = run.powertrack().rules();
    run.write("scripts/main.lua", &many(13));
    run.wait_for(
        "the rules stay as they were: the script loses too many of them reason=\"it would delete 7 rules of 20 without another in their place, and `max_delete_percent` is 30\"",
    );
    run.write("scripts/main.lua", "ouzel.rules {}");
    run.wait_for("reason=\"no rules are declared, and it would delete 20 rules\"");
    assert_eq!(run.powertrack().rules(), before);
    // Six of twenty may go, and each rule may become another one.
    run.write("scripts/main.lua", &many(14));
    run.wait_for("added=0 retagged=0 deleted=6 unchanged=14");
    run.write("scripts/main.lua", &many(14).replace("word", "other"));
    run.wait_for("added=14 retagged=0 deleted=14 unchanged=0");
    run.write("scripts/main.lua", "ouzel.rules {}");
    run.wait_for("the rules stay as they were");
    let ended = run.drain();
    // The same at a start, which goes on with the rules that there are.
    let run = ended.again().start();
    run.wait_for("the rules stay as they were");
    run.wait_for("stream connected");
    assert_eq!(run.drain().powertrack().rule_ids().len(), 14);
}

#[test]
fn the_settings_say_what_may_be_deleted() {
    let begin = |which: &str| {
        let run = Setup::new()
            .remote_rule("theirs", Some("x"))
            .environment("OUZEL_RULES_PRUNE", which)
            .script(TWO)
            .start();
        run.wait_for("stream connected");
        run.write("scripts/main.lua", ONE);
        run
    };
    let run = begin("all");
    run.wait_for("deleted=1");
    expect!["rocket [launch]"].assert_eq(&run.drain().powertrack().rules());
    let run = begin("none");
    run.wait_for("script loaded generation=2");
    run.write("scripts/main.lua", &ONE.replace("launch", "space"));
    run.wait_for("retagged=1");
    expect![[r#"
        theirs [x]
        coffee [-]
        rocket [space]"#]]
    .assert_eq(&run.drain().powertrack().rules());
    let setup = Setup::new().script(ONE).file(
        "ouzel.toml",
        "[rules]\nprune = \"all\"\nmax_delete_percent = 0\ncheck_every = \"off\"\n",
    );
    let run = setup.remote_rule("theirs", None).start();
    run.wait_for("rules reconciled added=1 retagged=0 deleted=1");
    run.drain();
    for (name, value, says) in [
        (
            "OUZEL_RULES_PRUNE",
            "some",
            "`some` is none of `owned`, `all` and `none`",
        ),
        (
            "OUZEL_RULES_MAX_DELETE_PERCENT",
            "101",
            "it is a share from 0 to 100",
        ),
        (
            "OUZEL_RULES_CHECK_EVERY",
            "1ms",
            "it has to be 1s or more, or `off`",
        ),
    ] {
        let ended = Setup::new().script(ONE).environment(name, value).ends();
        ended.assert_code(2).assert_says(says);
    }
}

#[test]
fn what_others_change_is_noticed_and_ones_own_rules_come_back() {
    let run = Setup::new()
        .environment("OUZEL_RULES_CHECK_EVERY", "1s")
        .script(TWO)
        .start();
    run.wait_for("stream connected");
    run.powertrack().add_rule("theirs", Some("x"));
    run.powertrack().delete_rule("coffee");
    run.wait_for("somebody else has added rules to the stream value=theirs tag=\"x\"");
    run.wait_for("somebody else has deleted rules of this ouzel value=coffee");
    run.wait_for("rules reconciled added=1 retagged=0 deleted=0 unchanged=1");
    // Once more: then it is no accident.
    run.powertrack().delete_rule("coffee");
    run.wait_for("somebody else changes the rules of this stream again and again value=\"coffee\" hint=\"is another ouzel running on this stream?");
    run.wait_for("rules reconciled added=1");
    let ended = run.drain();
    expect![[r#"
        rocket [launch]
        theirs [x]
        coffee [-]"#]]
    .assert_eq(&ended.powertrack().rules());
}

#[test]
fn the_plan_can_be_shown_without_carrying_it_out() {
    let run = Setup::new()
        .remote_rule("theirs", Some("x"))
        .remote_rule("coffee", None)
        .arguments(&["--rules-only-plan"])
        .script(TWO)
        .start();
    run.wait_for("would add a rule value=rocket tag=launch");
    run.wait_for("the plan for the rules, of which nothing is carried out add=1 retag=0 delete=0 unchanged=1 foreign=1");
    run.wait_for("stream connected");
    run.write("scripts/main.lua", "ouzel.rules {}");
    run.wait_for("the plan for the rules, of which nothing is carried out add=0 retag=0 delete=0 unchanged=0 foreign=2");
    let ended = run.drain();
    assert_eq!(ended.powertrack().asked(), "list stream list");
}

#[test]
fn a_busy_rules_endpoint_is_asked_again_soon() {
    let setup = Setup::new().script(ONE);
    setup.powertrack().refuse_rules("add", 429, "");
    let run = setup.start();
    run.wait_for("the rules endpoint refused a change because it is busy with another one");
    run.wait_for("rules reconciled added=1");
    assert_eq!(
        run.drain().powertrack().asked().replace("stream ", ""),
        "list add list add list"
    );
}
