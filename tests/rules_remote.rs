//! `ouzel rules list` and `rules validate`: the rules that the service has, and what it says to rules.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::expect;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};
use support::{PASSWORD, Setup, Sim, Stdout};

const TWO: &str =
    "ouzel.rules {\n  { value = 'rocket', tag = 'launch' },\n  { value = 'coffee' },\n}";

/// The ids of the scripted service lie years back, and the ages with them.
fn without_ages(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<_> = line.split("  ").filter(|word| !word.is_empty()).collect();
        let is_age = |word: &str| word.ends_with(" d");
        let words = words.iter().map(|word| {
            if is_age(word.trim()) {
                "AGE"
            } else {
                word.trim()
            }
        });
        words.collect::<Vec<_>>().join(" | ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_remote_rule_is_listed_with_its_owner_and_whether_it_is_declared() {
    let run = Setup::new()
        .remote_rule("theirs", Some("x"))
        .remote_rule("coffee", Some("bean"))
        .script("ouzel.rules { { value = 'rocket', tag = 'launch' }, { value = 'tea' } }")
        .start();
    run.wait_for("stream connected");
    let ended = run.drain();
    let ended = ended
        .again()
        .command("rules")
        .script(TWO)
        .arguments(&["list"])
        .ends();
    ended.assert_code(0);
    assert_eq!(ended.stderr, "");
    expect![[r#"
        id | age | owner | declared | tag | rule
        1635659407703232501 | AGE | others | no | x | theirs
        1635659407703232502 | AGE | others | as - | bean | coffee
        1635659407703232503 | AGE | ouzel | yes | launch | rocket
        1635659407703232504 | AGE | ouzel | no | - | tea
        4 rules: 2 ouzel's, 2 of others; 1 declared, 1 with another tag"#]]
    .assert_eq(&without_ages(ended.output()));
    // It only asks, and only the rules endpoint.
    assert!(ended.powertrack().asked().ends_with(" list"));

    let ended = ended.again().arguments(&["--json"]).ends();
    let json: Value = sonic_rs::from_str(ended.output()).unwrap();
    let rules = json["rules"].as_array().unwrap();
    let shown = |rule: &Value| {
        format!(
            "{} {} {:?} {} {} {}",
            rule["id"].as_i64().unwrap(),
            rule["id_str"].as_str().unwrap(),
            rule["tag"].as_str(),
            rule["created_at"].as_str().unwrap(),
            rule["owner"].as_str().unwrap(),
            rule["declared"].as_bool().unwrap()
        )
    };
    expect![[r#"1635659407703232502 1635659407703232502 Some("bean") 2023-03-14T15:09:26.535Z others true"#]]
        .assert_eq(&shown(&rules[1]));
    assert!(rules[1]["declared_tag"].is_null() && rules[1].get("declared_tag").is_some());
    assert!(rules[0].get("declared_tag").is_none());
    assert!(rules[2]["age_seconds"].as_i64().unwrap() > 0);
}

#[test]
fn the_list_works_beside_a_run() {
    let run = Setup::new().script(TWO).start();
    run.wait_for("stream connected");
    let (code, stdout, stderr) = run.another_command(&["rules", "list"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    expect![[r#"
        id | age | owner | declared | tag | rule
        1635659407703232501 | AGE | ouzel | yes | launch | rocket
        1635659407703232502 | AGE | ouzel | yes | - | coffee
        2 rules: 2 ouzel's, 0 of others; 2 declared"#]]
    .assert_eq(&without_ages(&stdout));
    run.drain();
}

#[test]
fn without_a_script_or_a_database_the_list_says_what_it_cannot_know() {
    let setup = Setup::rules()
        .remote_rule("theirs", None)
        .arguments(&["list"]);
    let ended = setup.ends();
    ended.assert_code(0);
    expect![[r#"
        id | age | owner | declared | tag | rule
        1635659407703232501 | AGE | others | - | - | theirs
        1 rule: 0 ouzel's, 1 of others"#]]
    .assert_eq(&without_ages(ended.output()));
    expect![[r#"
        which rules are declared is not known: cannot read the script `scripts/main.lua`: No such file or directory (os error 2)
        there is no database `data/ouzel.db`, so no rule is known to be ouzel's
    "#]]
    .assert_eq(&ended.stderr);
    // A script that somebody names has to be there.
    let ended = ended.again().arguments(&["other.lua"]).ends();
    ended
        .assert_code(3)
        .assert_says("cannot read the script `other.lua`");
    // Nothing was made by looking.
    assert!(!ended.folder().join("data").exists());
}

#[test]
fn an_empty_set_is_no_table() {
    let ended = Setup::rules().script(TWO).arguments(&["list"]).ends();
    ended.assert_code(0);
    expect![[r#"
        0 rules: 0 ouzel's, 0 of others
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn what_others_wrote_cannot_command_the_terminal() {
    let ended = Setup::rules()
        .script("ouzel.rules {}")
        .remote_rule("\"a\u{1b}[2J\u{202e}b\"", Some("t\u{1b}[31m\nx\tfake  yes"))
        .remote_rule("🍕 \"الإعصار\" e\u{301}", Some(&"x".repeat(255)))
        .arguments(&["list"])
        .ends();
    ended.assert_code(0);
    let text = ended.output();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    assert!(text.contains("\"a\\u{1b}[2J\\u{202e}b\""), "{text}");
    assert!(text.contains("t\\u{1b}[31m\\nx\\tfake"), "{text}");
    assert!(text.contains("🍕 \"الإعصار\" e\u{301}\n"), "{text}");
    assert!(text.contains("xxx…  "), "{text}");
}

#[test]
fn an_id_that_says_no_time_has_no_age() {
    let setup = Setup::rules().script("ouzel.rules {}").arguments(&["list"]);
    let body = r#"{"rules":[{"value":"a","tag":null,"id":7},{"value":"b","tag":null,"id":9223372036854775807}]}"#;
    setup.powertrack().refuse_rules("list", 200, body);
    let ended = setup.ends();
    expect![[r#"
        id                       age  owner   declared  tag  rule
        7                    unknown  others  no        -    a
        9223372036854775807  unknown  others  no        -    b
        2 rules: 0 ouzel's, 2 of others; 0 declared
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn what_goes_wrong_is_said_with_the_next_step() {
    let ends = |setup: Setup| setup.script(TWO).arguments(&["list"]).ends();
    let refused = |status| {
        let setup = Setup::rules();
        setup.powertrack().refuse_rules("list", status, "");
        let ended = ends(setup);
        ended.assert_code(1);
        assert_eq!(ended.output(), "");
        ended.stderr
    };
    expect![[r#"
        error: the rules endpoint answered 401 unauthorized
        hint: check `username` and `password`
    "#]]
    .assert_eq(&refused(401));
    expect![[r#"
        error: the rules endpoint answered 404 not found
        hint: check the spelling of `account` and `label`, which are case-sensitive
    "#]]
    .assert_eq(&refused(404));
    // That may pass.
    let setup = Setup::rules();
    setup.powertrack().refuse_rules("list", 503, "");
    let ended = ends(setup);
    ended.assert_code(0).assert_says(
        "WARN a request failed; it is sent again after a while error=the rules endpoint answered 503 service unavailable delay=",
    );

    // Nobody listens there.
    let ended = ends(Setup::rules().environment(
        "OUZEL_RULES_URL",
        "http://127.0.0.1:1/rules/powertrack/x.json",
    ));
    ended
        .assert_code(1)
        .assert_says("error: the rules endpoint could not be reached: ");
    let ended = ends(Setup::rules().without("OUZEL_PASSWORD"));
    ended.assert_code(2).assert_says("password");
    let ended = ends(Setup::rules().without("OUZEL_RULES_URL"));
    ended
        .assert_code(2)
        .assert_says("`account` cannot be used: it is not set");
    // The URL of the stream is not needed.
    ends(Setup::rules().without("OUZEL_URL")).assert_code(0);
    // A password never shows.
    let setup = Setup::rules().arguments(&["--log", "trace"]);
    setup.powertrack().refuse_rules("list", 401, "");
    ends(setup).assert_silent_about(PASSWORD);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let ended = Setup::rules()
        .script(TWO)
        .remote_rule("theirs", None)
        .stdout(Stdout::Closed)
        .arguments(&["list"])
        .ends();
    ended.assert_code(0);
}

#[test]
fn the_rules_of_replay_are_another_set() {
    let sim = Sim::start(&[]);
    let list = |arguments: &[&str]| {
        let ended = Setup::rules()
            .against(&sim)
            .script("ouzel.rules {}")
            .arguments(&["list"])
            .arguments(arguments)
            .ends();
        ended.assert_code(0);
        ended.output().to_owned()
    };
    sim.change_rules("replay:dev", "", r#"{"rules":[{"value":"tea"}]}"#);
    assert!(list(&["--replay"]).contains("others  no        -    tea\n"));
    assert!(list(&[]).starts_with("0 rules"));
    // The rule is new: its age is seconds, or minutes on a busy machine.
    let listed = list(&["--replay"]);
    let is_new = [" s  others", " min  others"]
        .iter()
        .any(|age| listed.contains(age));
    assert!(is_new, "{listed}");
}

fn validate(script: &str) -> Setup {
    Setup::rules().script(script).arguments(&["validate"])
}

#[test]
fn the_service_is_asked_about_each_rule_and_its_answer_stands_beside_the_lint() {
    let sim = Sim::start(&[]);
    let script = "ouzel.rules {
  { tag = 'launch', value = '(rocket OR launch) lang:en' },
  { tag = 'wide', value = 'lang:en' },
  { tag = 'fish', value = 'fish AND bird' },
  { tag = 'odd', value = '^hat' },
}";
    let ended = validate(script).against(&sim).ends();
    ended.assert_code(3);
    expect![[r#"
        warning  main.lua:2  launch  (rocket OR launch) lang:en  every Tweet of this rule is also one of `lang:en`
        warning  main.lua:3  wide    lang:en                     nothing narrows this down: it matches a large part of all Tweets, and each one counts
        refused  main.lua:4  fish    fish AND bird               Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text (at position 6); write `fish bird`
        refused  main.lua:5  odd     ^hat                        no viable alternative at character '^' (at position 1); ouzel was in doubt: the service may refuse this: whether a word can begin with this character is not documented
        4 rules: 0 valid, 2 valid with a warning, 2 refused
    "#]].assert_eq(ended.output());
    expect![[r#"
        error: the service would refuse 2 of 4 rules
    "#]]
    .assert_eq(&ended.stderr);
    // Nothing was changed.
    assert_eq!(sim.rules("dev"), "");
}

#[test]
fn where_the_two_disagree_it_is_said() {
    let setup = validate(
        "ouzel.rules {
  { tag = 'new', value = 'min_joy:5 fish', unchecked = true },
  { tag = 'plain', value = 'coffee' },
  { tag = 'words', value = 'fish AND bird' },
  { value = 'tea' },
}",
    );
    let body = r#"{"summary":{"valid":1,"not_valid":2},"detail":[
        {"rule":{"value":"min_joy:5 fish","tag":"new"},"valid":true},
        {"rule":{"value":"coffee","tag":"plain"},"valid":false,"message":"No coffee today\n\u001b[31m\n"},
        {"rule":{"value":"fish AND bird","tag":"words"},"valid":false,"message":"Other words\n"}],"sent":"x"}"#;
    setup.powertrack().refuse_rules("validate", 200, body);
    let ended = setup.ends();
    ended.assert_code(3);
    expect![[r#"
        differs  main.lua:2  new    min_joy:5 fish  the service takes it, and ouzel would refuse it: there is no operator `min_joy`
        differs  main.lua:3  plain  coffee          the service refuses it, and ouzel would take it: No coffee today; \u{1b}[31m
        refused  main.lua:4  words  fish AND bird   Other words; write `fish bird`; ouzel expected: Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text (at position 6)
        unknown  main.lua:5  -      tea             the service said nothing about it
        4 rules: 0 valid, 1 refused, 2 on which the service and ouzel do not agree, 1 unknown
        hint: where the two differ, the service is right; report the rule, so that ouzel learns it
    "#]].assert_eq(ended.output());

    let setup = ended.again().arguments(&["--json"]);
    setup.powertrack().refuse_rules("validate", 200, body);
    let ended = setup.ends();
    ended.assert_code(3);
    expect![[r#"
        {"rules":[{"verdict":"differs","value":"min_joy:5 fish","tag":"new","place":"main.lua:2","service":{"valid":true,"message":null},"ouzel":{"valid":false,"message":"Reference to invalid field 'min_joy' (at position 1)\nReference to invalid field 'min_joy', must be from the list: [contains, url, url_title, url_description, url_contains, lang, source, sample, from, to, retweets_of, retweets_of_status_id, in_reply_to_status_id, bio, bio_name, bio_location, followers_count, friends_count, statuses_count, listed_count, place, place_country, point_radius, bounding_box, profile_country, profile_region, profile_subregion, profile_locality, profile_point_radius, profile_bounding_box, has:geo, has:profile_geo, has:links, has:mentions, has:hashtags, has:symbols, has:media, has:images, has:videos, is:retweet, is:reply, is:quote, is:verified, is:nullcast] (at position 1)\n"},"suggestion":null,"warnings":[]},{"verdict":"differs","value":"coffee","tag":"plain","place":"main.lua:3","service":{"valid":false,"message":"No coffee today\n\u001b[31m"},"ouzel":{"valid":true,"message":null},"suggestion":null,"warnings":[]},{"verdict":"refused","value":"fish AND bird","tag":"words","place":"main.lua:4","service":{"valid":false,"message":"Other words"},"ouzel":{"valid":false,"message":"Ambiguous use of and as a keyword. Use a space to logically join two clauses, or \"and\" to find occurrences of and in text (at position 6)\n"},"suggestion":"fish bird","warnings":[]},{"verdict":"unknown","value":"tea","tag":null,"place":"main.lua:5","service":null,"ouzel":{"valid":true,"message":null},"suggestion":null,"warnings":[]}]}
    "#]].assert_eq(ended.output());
}

#[test]
fn good_rules_end_well_and_those_of_files_can_be_asked_about_too() {
    let ended = validate(TWO).ends();
    ended.assert_code(0);
    expect![[r#"
        valid  main.lua:2  launch  rocket
        valid  main.lua:3  -       coffee
        2 rules: 2 valid
    "#]]
    .assert_eq(ended.output());
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.powertrack().asked(), "validate");
    let request = &ended.powertrack().requests()[0];
    assert_eq!(
        request.path,
        "/rules/powertrack/accounts/acme/publishers/twitter/prod/validation.json"
    );
    expect![[r#"{"rules":[{"value":"rocket","tag":"launch"},{"value":"coffee"}]}"#]]
        .assert_eq(&request.body);

    let ended = Setup::rules()
        .file("rules.txt", "#tea\n\nmilk\n")
        .arguments(&["validate", "--rules", "rules.txt"])
        .ends();
    ended.assert_code(0);
    expect![[r#"
        valid  rules.txt:1  -  #tea
        valid  rules.txt:3  -  milk
        2 rules: 2 valid
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_rule_without_an_answer_is_not_taken_for_a_good_one() {
    let setup = validate(TWO);
    let body = r#"{"detail":[{"rule":{"value":"rocket"},"valid":true}]}"#;
    setup.powertrack().refuse_rules("validate", 200, body);
    let ended = setup.ends();
    ended.assert_code(1);
    expect![[r#"
        valid    main.lua:2  launch  rocket
        unknown  main.lua:3  -       coffee  the service said nothing about it
        2 rules: 1 valid, 1 unknown
    "#]]
    .assert_eq(ended.output());
    expect![[r#"
        error: the service said nothing about 1 of 2 rules
        hint: check `rules_url` and any proxy on the way
    "#]]
    .assert_eq(&ended.stderr);
    // An answer of another kind is no answer.
    let setup = validate(TWO);
    setup.powertrack().refuse_rules("validate", 200, "<html>");
    setup
        .ends()
        .assert_code(1)
        .assert_says("could not be understood");
}

#[test]
fn thousands_of_rules_are_asked_about_in_few_requests() {
    let rules: String = (0..7_000).map(|n| format!("word{n}\n")).collect();
    let ended = Setup::rules()
        .file("rules.txt", rules)
        .arguments(&["validate", "--rules", "rules.txt"])
        .ends();
    ended.assert_code(0);
    assert_eq!(ended.powertrack().asked(), "validate validate validate");
    assert!(ended.output().ends_with("7 000 rules: 7 000 valid\n"));
}
