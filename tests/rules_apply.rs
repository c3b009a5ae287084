//! `ouzel rules plan`, `apply`, `copy` and `adopt`: the rules on the service become those of a script, by a plan.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::fs;

use expect_test::expect;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use support::{Ended, Process, Setup, Sim, Stdout, command, tweet};

const TWO: &str =
    "ouzel.rules {\n  { value = 'rocket', tag = 'launch' },\n  { value = 'coffee' },\n}";

fn rules(script: &str, arguments: &[&str]) -> Setup {
    Setup::rules().script(script).arguments(arguments)
}

/// The next command of the same project.
fn next(ended: Ended, script: &str, arguments: &[&str]) -> Ended {
    let setup = ended.again().command("rules");
    setup.script(script).arguments(arguments).ends()
}

/// Without what differs from run to run: the port, and ids that a simulator gives.
fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, after) = rest.split_at(at);
        steady += before;
        let end = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        let (digits, after) = after.split_at(end);
        steady += match digits.len() {
            19 => "ID",
            _ if steady.ends_with("127.0.0.1:") => "PORT",
            _ => digits,
        };
        rest = after;
    }
    steady + rest
}

/// What was done, without how long it took.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once(" deleted in ") {
        Some((before, _)) => format!("{before} deleted\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_plan_shows_every_change_and_changes_nothing() {
    let ended = rules(TWO, &["apply"])
        .remote_rule("theirs", Some("x"))
        .remote_rule("milk", Some("theirs"))
        .ends();
    ended.assert_code(0);
    let script = "ouzel.rules {
  { value = 'rocket', tag = 'space' },
  { value = 'tea', tag = 'cup' },
  { value = 'milk', tag = 'ours' },
}";
    let before = ended.powertrack().rules();
    let ended = next(ended, script, &["plan"]);
    ended.assert_code(4);
    expect![[r#"
          +  main.lua:3           cup                       tea
          ~  main.lua:2           launch -> space           rocket
          -  1635659407703232504  -                         coffee
          ?  1635659407703232502  theirs, declared as ours  milk
          ?  1635659407703232501  x                         theirs
        plan: 1 to add, 1 to retag, 1 to delete, 0 unchanged; the service has 4 rules
        cost: 7 requests, about 7 seconds at 60 a minute
        note: 1 declared rule has another tag there and is not ouzel's, so it stays; `ouzel rules adopt` makes it ouzel's
    "#]].assert_eq(ended.output());
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.powertrack().rules(), before);

    let ended = next(ended, script, &["plan", "--json"]);
    ended.assert_code(4);
    expect![[r#"
        {"endpoint":"http://127.0.0.1:PORT/rules/powertrack/accounts/acme/publishers/twitter/prod.json","add":[{"value":"tea","tag":"cup","place":"main.lua:3","estimate":null}],"estimate":null,"sample_tweets":null,"retag":[{"value":"rocket","tag":"space","place":"main.lua:2","from":{"id":ID,"id_str":"ID","value":"rocket","tag":"launch"},"gap":false}],"delete":[{"id":ID,"id_str":"ID","value":"coffee","tag":null}],"leftover":[],"conflicts":[{"declared_tag":"ours","remote":{"id":ID,"id_str":"ID","value":"milk","tag":"theirs"}}],"foreign":[{"id":ID,"id_str":"ID","value":"theirs","tag":"x"}],"kept":[],"adoptable":[],"paused":[],"unchanged":0,"remote":4,"changes":3,"requests":7,"seconds":7,"refused":null,"fingerprint":"4-27c5f3a47cd883eafa67d943e4589e38"}
    "#]].assert_eq(&steady(ended.output()));
}

#[test]
fn apply_carries_it_out_and_reads_it_back_and_then_nothing_is_left() {
    let ended = rules(TWO, &["apply"]).ends();
    ended.assert_code(0);
    expect![[r#"
          +  main.lua:2  launch  rocket
          +  main.lua:3  -       coffee
        plan: 2 to add, 0 to retag, 0 to delete, 0 unchanged; the service has 0 rules
        cost: 2 requests, about 2 seconds at 60 a minute
        done: 2 added, 0 retagged, 0 deleted
        the rules are as they should be
    "#]]
    .assert_eq(&timeless(ended.output()));
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.powertrack().asked(), "list add list");
    expect![[r#"
        rocket [launch]
        coffee [-]"#]]
    .assert_eq(&ended.powertrack().rules());

    let ended = next(ended, TWO, &["plan"]);
    ended.assert_code(0);
    expect![[r#"
          = 2 unchanged
        plan: nothing to change; the service has 2 rules
    "#]]
    .assert_eq(ended.output());
    let ended = next(ended, TWO, &["apply"]);
    ended.assert_code(0);
    expect![[r#"
          = 2 unchanged
        plan: nothing to change; the service has 2 rules
        the rules are as they should be
    "#]]
    .assert_eq(&timeless(ended.output()));

    // A run finds everything as it should be: apply and run share what they know.
    let run = ended.again().command("run").start();
    run.wait_for("stream connected");
    let ended = run.drain();
    ended.assert_silent_about("rules reconciled");
    assert!(ended.powertrack().asked().ends_with("list stream"));

    let ended = next(
        ended,
        "ouzel.rules { { value = 'coffee' } }",
        &["apply", "--json"],
    );
    ended.assert_code(0);
    let json: Value = sonic_rs::from_str(ended.output()).unwrap();
    let result = &json["result"];
    assert_eq!(result["deleted"].as_i64(), Some(1));
    assert_eq!(result["as_declared"].as_bool(), Some(true));
    assert_eq!(json["plan"]["delete"].as_array().unwrap().len(), 1);
    assert!(json["plan"]["estimate"].is_null());
    expect!["coffee [-]"].assert_eq(&ended.powertrack().rules());
}

#[test]
fn a_retag_has_no_gap_and_shows_as_such() {
    let ended = rules(TWO, &["apply"]).ends();
    let ended = next(ended, &TWO.replace("launch", "space"), &["apply"]);
    ended.assert_code(0);
    expect![[r#"
          ~  main.lua:2  launch -> space  rocket
          = 1 unchanged
        plan: 0 to add, 1 to retag, 0 to delete, 1 unchanged; the service has 2 rules
        cost: 5 requests, about 5 seconds at 60 a minute
        done: 0 added, 1 retagged, 0 deleted
        the rules are as they should be
    "#]]
    .assert_eq(&timeless(ended.output()));
    expect![[r#"
        coffee [-]
        rocket [space]"#]]
    .assert_eq(&ended.powertrack().rules());
}

#[test]
fn a_rule_that_the_service_refuses_is_named_and_the_others_are_added() {
    let sim = Sim::start(&[]);
    let script = "ouzel.rules {
  { value = 'rocket', tag = 'launch' },
  { value = '^hat', tag = 'odd\\27[31m', unchecked = true },
}";
    let ended = rules(script, &["apply"]).against(&sim).ends();
    ended.assert_code(3);
    expect![[r#"
          +  main.lua:2  launch         rocket
          +  main.lua:3  odd\u{1b}[31m  ^hat
        plan: 2 to add, 0 to retag, 0 to delete, 0 unchanged; the service has 0 rules
        cost: 2 requests, about 2 seconds at 60 a minute
        refused  main.lua:3  odd\u{1b}[31m  ^hat  no viable alternative at character '^' (at position 1)
        done: 1 added, 0 retagged, 0 deleted
        the rules are not as they should be: 1 to add, 0 to retag, 0 to delete
    "#]].assert_eq(&timeless(ended.output()));
    expect![[r#"
        error: the service refused a rule
    "#]]
    .assert_eq(&ended.stderr);
    expect!["rocket [launch]"].assert_eq(&sim.rules("dev"));
    let ended = next(ended, script, &["apply", "--json"]);
    ended.assert_code(3);
    let json: Value = sonic_rs::from_str(ended.output()).unwrap();
    let refused = &json["result"]["refused"][0];
    assert_eq!(refused["value"].as_str(), Some("^hat"));
    assert_eq!(refused["place"].as_str(), Some("main.lua:3"));
    assert_eq!(json["result"]["as_declared"].as_bool(), Some(false));
}

#[test]
fn a_plan_that_loses_too_much_takes_force() {
    let many = |count: usize| {
        let rules: String = (0..count)
            .map(|n| format!("{{ value = 'word{n}' }}, "))
            .collect();
        format!("ouzel.rules {{ {rules} }}")
    };
    let ended = rules(&many(20), &["apply"]).ends();
    ended.assert_code(0);
    let ended = next(ended, &many(10), &["plan"]);
    ended.assert_code(4);
    let last = |ended: &Ended| ended.output().lines().last().unwrap().to_owned();
    expect!["refused without `--force`: it would delete 10 rules of 20 without another in their place, and `max_delete_percent` is 30"].assert_eq(&last(&ended));
    let ended = next(ended, &many(10), &["apply"]);
    ended.assert_code(1);
    expect![[r#"
        error: the plan is not carried out: it would delete 10 rules of 20 without another in their place, and `max_delete_percent` is 30
        hint: if it is meant so, `--force` carries it out
    "#]].assert_eq(&ended.stderr);
    assert_eq!(ended.powertrack().rule_ids().len(), 20);
    // The share is a setting, for every command that plans.
    let ended = next(
        ended,
        &many(10),
        &["apply", "--rules-max-delete-percent", "50"],
    );
    ended.assert_code(0);
    assert_eq!(ended.powertrack().rule_ids().len(), 10);
    // Nothing declared deletes nothing.
    let ended = next(ended, "ouzel.rules {}", &["apply"]);
    ended.assert_code(1);
    expect![[r#"
        error: the plan is not carried out: no rules are declared, and it would delete 10 rules
        hint: if it is meant so, `--force` carries it out
    "#]]
    .assert_eq(&ended.stderr);
    let ended = next(ended, "ouzel.rules {}", &["apply", "--force"]);
    ended.assert_code(0);
    assert_eq!(ended.powertrack().rules(), "");
    let ended = next(ended, "ouzel.rules {}", &["apply", "--rules-prune", "some"]);
    ended
        .assert_code(2)
        .assert_says("`some` is none of `owned`, `all` and `none`");
}

#[test]
fn a_saved_plan_is_carried_out_as_it_was_read() {
    let ended = rules(TWO, &["plan", "--out", "rules.plan"]).ends();
    ended.assert_code(4);
    expect![[r#"
        there is no database `data/ouzel.db`, so no rule is known to be ouzel's
        saved; `ouzel rules apply rules.plan` carries it out
    "#]]
    .assert_eq(&ended.stderr);
    // The script has gone on. The plan says what was meant.
    let ended = next(
        ended,
        "ouzel.rules { { value = 'tea' } }",
        &["apply", "rules.plan"],
    );
    ended.assert_code(0);
    expect![[r#"
          +  main.lua:2  launch  rocket
          +  main.lua:3  -       coffee
        plan: 2 to add, 0 to retag, 0 to delete, 0 unchanged; the service has 0 rules
        cost: 2 requests, about 2 seconds at 60 a minute
        done: 2 added, 0 retagged, 0 deleted
        the rules are as they should be
    "#]]
    .assert_eq(&timeless(ended.output()));
    expect![[r#"
        rocket [launch]
        coffee [-]"#]]
    .assert_eq(&ended.powertrack().rules());
    // It is done, so the rules are not those that it was made for.
    let ended = next(ended, TWO, &["apply", "rules.plan"]);
    ended.assert_code(1);
    expect![[r#"
        error: the plan in `rules.plan` is not carried out: the rules on the service have changed since it was made; there were 0, and there are 2
        hint: make it again with `ouzel rules plan --out FILE`
    "#]].assert_eq(&ended.stderr);
}

#[test]
fn a_saved_plan_is_refused_when_the_rules_have_changed_since() {
    let ended = rules(TWO, &["apply"]).ends();
    let ended = next(
        ended,
        "ouzel.rules { { value = 'coffee' } }",
        &["plan", "--out", "rules.plan"],
    );
    ended.assert_code(4);
    ended.powertrack().add_rule("theirs", None);
    let before = ended.powertrack().rules();
    let ended = next(ended, TWO, &["apply", "rules.plan"]);
    ended.assert_code(1);
    expect![[r#"
        error: the plan in `rules.plan` is not carried out: the rules on the service have changed since it was made; there were 2, and there are 3
        hint: make it again with `ouzel rules plan --out FILE`
    "#]].assert_eq(&ended.stderr);
    assert_eq!(ended.powertrack().rules(), before);
    // Nor is it for another stream.
    let other = ended
        .powertrack()
        .url("rules")
        .replace("prod.json", "dev.json");
    let ended = ended.again().environment("OUZEL_RULES_URL", other).ends();
    ended
        .assert_code(1)
        .assert_says("dev.json\nhint: make it again");
}

#[test]
fn a_plan_that_is_no_plan_says_so() {
    let ended = rules(TWO, &["plan", "--out", "rules.plan"]).ends();
    let plan = fs::read_to_string(ended.folder().join("rules.plan")).unwrap();
    let mut ended = ended;
    let mut says = |text: &str| {
        let setup = std::mem::replace(&mut ended, rules(TWO, &["plan"]).ends()).again();
        let tried = setup
            .command("rules")
            .file("odd.plan", text)
            .arguments(&["apply", "odd.plan"])
            .ends();
        tried.assert_code(2);
        assert_eq!(tried.powertrack().rules(), "");
        let said = tried.stderr.clone();
        ended = tried;
        said
    };
    expect![[r#"
        error: `odd.plan` is no plan that can be carried out: it was changed after it was saved
        hint: make it again with `ouzel rules plan --out FILE`
    "#]]
    .assert_eq(&says(&plan.replace("rocket", "racket")));
    expect![[r#"
        error: `odd.plan` is no plan that can be carried out: it has form 1, and this ouzel reads form 2
        hint: make it again with `ouzel rules plan --out FILE`
    "#]].assert_eq(&says(&plan.replace("\"ouzel_plan\":2", "\"ouzel_plan\":1")));
    for text in [
        &plan[..plan.len() / 2],
        "{}",
        "{\"ouzel_plan\":\"x\"}",
        "  {\"ouzel_plan\":2}",
        &"{\"a\":[".repeat(100_000),
        &plan.replace("\"add\":[", "\"more\":1,\"add\":["),
    ] {
        let said = says(text);
        assert!(
            said.starts_with("error: `odd.plan` is no plan that can be carried out: "),
            "{said}"
        );
        assert!(
            said.ends_with("hint: make it again with `ouzel rules plan --out FILE`\n"),
            "{said}"
        );
        assert!(said.len() < 1_000, "{said}");
    }
}

#[test]
fn a_plan_without_an_end_is_not_read() {
    let setup = rules(TWO, &["apply", "odd.plan"]).file("odd.plan", "{");
    let file = fs::File::options()
        .write(true)
        .open(setup.folder().join("odd.plan"));
    file.unwrap().set_len(1 << 40).unwrap();
    let ended = setup.ends();
    ended
        .assert_code(2)
        .assert_says("it is longer than 256 MiB\n");
    assert_eq!(ended.powertrack().asked(), "");
}

#[test]
fn a_terminal_shows_colours_and_no_more() {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&paths).any(|folder| folder.join("script").exists()) {
        support::skipped(
            "a_terminal_shows_colours_and_no_more",
            "`script` is missing",
        );
        return;
    }
    let ended = rules(
        "ouzel.rules { { value = 'rocket', tag = 'a\\27[2Jb' } }",
        &["apply"],
    )
    .ends();
    ended.assert_code(0);
    let shown = |no_colour: bool| {
        let ouzel = command(ended.folder());
        let mut terminal = std::process::Command::new("script");
        terminal
            .args([
                "-qfec",
                &format!("{} rules list", ouzel.get_program().to_string_lossy()),
                "/dev/null",
            ])
            .current_dir(ended.folder())
            .env("OUZEL_RULES_URL", ended.powertrack().url("rules"))
            .env("OUZEL_USERNAME", "ada@example.com")
            .env("OUZEL_PASSWORD", "open-sesame-3141")
            .env("TERM", "xterm");
        match no_colour {
            true => terminal.env("NO_COLOR", "1"),
            false => terminal.env_remove("NO_COLOR"),
        };
        let (code, stdout, _) = Process::start(terminal).wait();
        let text = String::from_utf8(stdout).unwrap();
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("a\\u{1b}[2Jb"), "{text}");
        text
    };
    ended.powertrack().add_rule("theirs", None);
    assert!(shown(false).contains("\u{1b}[2m"));
    assert!(!shown(true).contains('\u{1b}'));
}

#[test]
fn a_plan_is_not_saved_over_anything_else() {
    let ended = rules(TWO, &["plan", "--out", "scripts/main.lua"]).ends();
    ended.assert_code(2);
    expect![[r#"
        there is no database `data/ouzel.db`, so no rule is known to be ouzel's
        error: `scripts/main.lua` is there and is no plan, so it is not overwritten
        hint: give `--out` another name
    "#]]
    .assert_eq(&ended.stderr);
    assert_eq!(
        fs::read_to_string(ended.folder().join("scripts/main.lua")).unwrap(),
        TWO
    );
    let ended = next(ended, TWO, &["plan", "--out", "nowhere/rules.plan"]);
    ended
        .assert_code(1)
        .assert_says("cannot write `nowhere/rules.plan`");
    // A plan is replaced by a plan.
    let mut ended = ended;
    for _ in 0..2 {
        ended = next(ended, TWO, &["plan", "--out", "rules.plan"]);
        ended.assert_code(4);
    }
}

#[test]
fn beside_a_run_it_plans_and_does_not_apply() {
    let run = Setup::new().script(TWO).start();
    run.wait_for("stream connected");
    let (code, stdout, stderr) = run.another_command(&["rules", "plan"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    expect![[r#"
          = 2 unchanged
        plan: nothing to change; the service has 2 rules
    "#]]
    .assert_eq(&stdout);
    for command in ["apply", "adopt"] {
        let (code, stdout, stderr) = run.another_command(&["rules", command]);
        assert_eq!((code, stdout.as_str()), (2, ""));
        let process = run.process().id();
        assert_eq!(
            stderr,
            format!(
                "error: the data folder `data` is in use by another ouzel, process {process}\n\
                 hint: an `ouzel run` changes the rules by itself: save the script, or stop the run\n"
            )
        );
    }
    run.drain();
}

#[test]
fn adopted_rules_are_ouzels_own() {
    let setup = rules(TWO, &["adopt"])
        .remote_rule("coffee", None)
        .remote_rule("rocket", Some("theirs"))
        .remote_rule("tea", None);
    let ended = setup.ends();
    ended.assert_code(0);
    expect![[r#"
        1635659407703232501  -       coffee
        1635659407703232502  theirs  rocket
        2 rules are ouzel's own now
        note: the next apply or run gives the declared tag to 1 rule
    "#]]
    .assert_eq(ended.output());
    ended.assert_rows(
        "SELECT value, tag, id FROM _ouzel_rules ORDER BY value",
        expect![[r#"
            coffee|NULL|1635659407703232501
            rocket|theirs|1635659407703232502"#]],
    );
    // Nothing has changed on the service.
    assert_eq!(ended.powertrack().asked(), "list");
    let ended = next(ended, TWO, &["adopt"]);
    expect![[r#"
        nothing to adopt
    "#]]
    .assert_eq(ended.output());

    let ended = next(ended, TWO, &["adopt", "--all", "--json"]);
    ended.assert_code(0);
    expect![[r#"
        {"adopted":[{"id":1635659407703232503,"id_str":"1635659407703232503","value":"tea","tag":null,"next":"deleted"}]}
    "#]].assert_eq(ended.output());
    let ended = next(ended, TWO, &["apply"]);
    ended.assert_code(0);
    expect![[r#"
          ~  main.lua:2           theirs -> launch  rocket
          -  1635659407703232503  -                 tea
          = 1 unchanged
        plan: 0 to add, 1 to retag, 1 to delete, 1 unchanged; the service has 3 rules
        cost: 6 requests, about 6 seconds at 60 a minute
        done: 0 added, 1 retagged, 1 deleted
        the rules are as they should be
    "#]]
    .assert_eq(&timeless(ended.output()));
    expect![[r#"
        coffee [-]
        rocket [launch]"#]]
    .assert_eq(&ended.powertrack().rules());
}

#[test]
fn rules_are_copied_from_label_to_label_and_to_replay() {
    let sim = Sim::start(&["--label", "dev", "--label", "prod"]);
    sim.change_rules(
        "prod",
        "",
        r#"{"rules":[{"value":"rocket","tag":"launch"},{"value":"🍕 \"الإعصار\""}]}"#,
    );
    sim.change_rules("dev", "", r#"{"rules":[{"value":"theirs"}]}"#);
    let copy = |arguments: &[&str]| {
        Setup::rules()
            .against(&sim)
            .arguments(&["copy"])
            .arguments(arguments)
            .ends()
    };
    let ended = copy(&["--from", "prod", "--to", "dev", "--plan"]);
    ended.assert_code(4);
    expect![[r#"
          +  prod                 launch  rocket
          +  prod                 -       🍕 "الإعصار"
          ?  ID  -       theirs
        plan: 2 to add, 0 to retag, 0 to delete, 0 unchanged; the service has 1 rule
        cost: 2 requests, about 2 seconds at 60 a minute
    "#]]
    .assert_eq(&steady(ended.output()));
    let ended = copy(&["--from", "prod", "--to", "dev"]);
    ended.assert_code(0);
    expect![[r#"
          +  prod                 launch  rocket
          +  prod                 -       🍕 "الإعصار"
          ?  ID  -       theirs
        plan: 2 to add, 0 to retag, 0 to delete, 0 unchanged; the service has 1 rule
        cost: 2 requests, about 2 seconds at 60 a minute
        done: 2 added, 0 retagged, 0 deleted
        the rules are as they should be
    "#]]
    .assert_eq(&steady(&timeless(ended.output())));
    expect![[r#"
        theirs [-]
        rocket [launch]
        🍕 "الإعصار" [-]"#]]
    .assert_eq(&sim.rules("dev"));
    copy(&["--from", "prod", "--to", "replay:prod"]).assert_code(0);
    assert_eq!(sim.rules("replay:prod"), sim.rules("prod"));
    copy(&["--from", "replay:prod", "--to", "replay:dev"]).assert_code(0);
    assert_eq!(sim.rules("replay:dev"), sim.rules("prod"));

    let ended = copy(&["--from", "prod", "--to", "prod"]);
    ended
        .assert_code(2)
        .assert_says("error: `--from` and `--to` are the same rules, http://");
    let ended = copy(&["--from", "prod", "--to", "nowhere"]);
    ended
        .assert_code(1)
        .assert_says("hint: check the spelling of `account` and `label`");
    let ended = copy(&["--from", "replay:", "--to", "prod"]);
    ended
        .assert_code(2)
        .assert_says("write `LABEL` or `replay:LABEL`");
}

#[test]
fn a_request_that_fails_is_tried_again_and_a_refusal_is_not() {
    let sim = Sim::start(&[]);
    sim.control(
        "POST",
        "faults",
        r#"{"fault":"rules-lost","every":1,"times":1}"#,
    );
    let ended = rules(TWO, &["apply"]).against(&sim).ends();
    ended.assert_code(0).assert_says(
        "WARN a request failed; the rules are read and the plan goes on after a while",
    );
    expect![[r#"
        rocket [launch]
        coffee [-]"#]]
    .assert_eq(&sim.rules("dev"));

    let setup = rules(TWO, &["apply"]);
    setup.powertrack().refuse_rules("add", 401, "");
    let ended = setup.ends();
    ended
        .assert_code(1)
        .assert_says("check `username` and `password`");
    let setup = ended.again();
    setup.powertrack().refuse_rules("list", 503, "");
    let ended = setup.ends();
    ended
        .assert_code(0)
        .assert_says("WARN a request failed; it is sent again after a while error=the rules endpoint answered 503");
}

#[test]
fn a_signal_stops_it_and_the_next_plan_goes_on() {
    let sim = Sim::start(&[]);
    let setup = rules(TWO, &["apply"]).against(&sim);
    sim.control("POST", "faults", r#"{"fault":"rules-lost","every":1}"#);
    let run = setup.start();
    run.wait_for("a request failed");
    run.process().signal("INT");
    let ended = run.ends();
    ended
        .assert_code(1)
        .assert_says("stopped before the plan was carried out");
    sim.control("DELETE", "faults", "");
    let ended = next(ended, TWO, &["apply"]);
    ended.assert_code(0);
    let ended = next(ended, TWO, &["plan"]);
    ended.assert_code(0);
    expect![[r#"
        rocket [launch]
        coffee [-]"#]]
    .assert_eq(&sim.rules("dev"));
}

#[test]
fn a_script_that_does_not_load_plans_nothing() {
    for command in ["plan", "apply", "adopt"] {
        let ended = rules("ouzel.rules { { vlaue = 'x' } }", &[command]).ends();
        ended
            .assert_code(3)
            .assert_says("hint: did you mean `value`?");
        assert_eq!(ended.powertrack().asked(), "");
        assert_eq!(ended.output(), "");
    }
}

#[test]
fn forty_thousand_rules_are_copied_in_few_requests_and_then_nothing_is_left() {
    let sim = Sim::start(&["--label", "dev", "--label", "prod"]);
    for part in 0..10 {
        let rules: Vec<_> = (0..4_000)
            .map(|n| format!("{{\"value\":\"word{}\",\"tag\":\"t\"}}", part * 4_000 + n))
            .collect();
        sim.change_rules("prod", "", &format!("{{\"rules\":[{}]}}", rules.join(",")));
    }
    let copy = |stdout| {
        Setup::rules()
            .against(&sim)
            .stdout(stdout)
            .arguments(&["copy", "--from", "prod", "--to", "dev"])
            .ends()
    };
    copy(Stdout::Closed).assert_code(0);
    let ended = copy(Stdout::Heard);
    ended.assert_code(0);
    expect![[r#"
          = 40 000 unchanged
        plan: nothing to change; the service has 40 000 rules
        note: 40 000 unchanged rules are not ouzel's; `ouzel rules adopt` makes them so
        the rules are as they should be
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn what_is_added_is_estimated_by_the_journal() {
    let run = Setup::new()
        .script(&format!("{TWO} ouzel.on('*', function() end)"))
        .arguments(&["--limit", "2"])
        .start();
    run.wait_for("stream connected");
    run.powertrack().send_all([tweet(1), tweet(2)]);
    let ended = run.ends();
    ended.assert_code(0);
    let ended = next(ended, "ouzel.rules { { value = 'hello' } }", &["plan"]);
    ended.assert_code(4);
    assert!(
        ended.output().contains("\nestimate: what is added brings "),
        "{}",
        ended.output()
    );
    let ended = next(
        ended,
        "ouzel.rules { { value = 'hello' } }",
        &["plan", "--json"],
    );
    let json: Value = sonic_rs::from_str(ended.output()).unwrap();
    assert!(
        json["add"][0]["estimate"]["matches"].is_u64(),
        "{}",
        ended.output()
    );
    assert!(json["estimate"].is_object(), "{}", ended.output());
}

#[test]
fn a_plan_is_not_carried_out_where_it_was_not_made_for() {
    let ended = next(rules(TWO, &["apply"]).ends(), TWO, &["apply"]);
    let one = "ouzel.rules { { value = 'coffee' } }";
    let ended = next(ended, one, &["plan", "--out", "p.plan"]);
    let before = ended.powertrack().rules();
    let ended = next(ended, one, &["apply", "p.plan", "--data-dir", "other"]);
    ended
        .assert_code(1)
        .assert_says("the plan in `p.plan` is not carried out: it was made for the rules that `")
        .assert_says("hint: give `apply` the data folder and the settings that `plan` had");
    let ended = next(ended, one, &["apply", "p.plan", "--rules-prune", "none"]);
    ended.assert_code(1).assert_says(
        "it was made with `prune` being `owned` and `max_delete_percent` 30, and the settings say `prune` being `none` and `max_delete_percent` 30",
    );
    assert_eq!(ended.powertrack().rules(), before);
    let forced = ["apply", "--force", "p.plan", "--rules-prune", "none"];
    let ended = next(ended, one, &forced);
    ended.assert_code(0);
    expect!["coffee [-]"].assert_eq(&ended.powertrack().rules());

    // Where it takes force, that is said.
    let ended = next(ended, "ouzel.rules {}", &["plan", "--out", "p.plan"]);
    ended.assert_says("saved; `ouzel rules apply --force p.plan` carries it out");
    let ended = next(ended, "ouzel.rules {}", &["apply", "--force", "p.plan"]);
    ended.assert_code(0);
    assert!(!ended.output().contains("refused"), "{}", ended.output());
    assert!(
        ended
            .output()
            .contains("carried out because of `--force`: no rules are declared")
    );
}

/// The answer to the addition with the new tag is lost.
#[test]
fn a_change_whose_answer_is_lost_is_counted_as_what_it_is() {
    let one = |tag: &str| format!("ouzel.rules {{ {{ value = 'coffee', tag = '{tag}' }} }}");
    for every in 1..=4 {
        let sim = Sim::start(&["--rule-requests-per-minute", "0"]);
        let ended = rules(&one("old"), &["apply"]).against(&sim).ends();
        ended.assert_code(0);
        let fault = format!("{{\"fault\":\"rules-lost\",\"every\":{every},\"times\":1}}");
        sim.control("POST", "faults", &fault);
        let ended = next(ended, &one("new"), &["apply"]);
        ended.assert_code(0);
        let done = ended.output().lines().find(|line| line.starts_with("done"));
        let done = done.unwrap_or_default();
        assert!(
            done.starts_with("done: 0 added, 1 retagged, 0 deleted in "),
            "{done}"
        );
    }
}
