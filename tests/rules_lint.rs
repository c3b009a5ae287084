//! `ouzel rules lint`: rules of files, without a script.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use expect_test::expect;
use support::Setup;

fn lint(name: &str, text: &str) -> Setup {
    Setup::rules().file(name, text).arguments(&["lint", name])
}

#[test]
fn rules_of_a_text_file_are_explained() {
    let ended = lint(
        "rules.txt",
        "#coffee\n\nfish AND bird\nlang:en\n🍕 OR x ⚽ or y\n",
    )
    .ends();
    ended.assert_code(3);
    expect![[r#"
        error: the rule is not valid
         --> rules.txt:3
          |
          | fish AND bird
          |      ^^^
          = `AND` is no operator: a blank between two clauses already means "and"
            leave it out, or quote it to look for the word
        hint: write `fish bird`

        warning: nothing narrows this down: it matches a large part of all Tweets, and each one counts
         --> rules.txt:4
          |
          | lang:en
          | ^^^^^^^

        error: the rule is not valid
         --> rules.txt:5
          |
          | 🍕 OR x ⚽ or y
          |         ^^
          = `⚽` is one of the symbols that have to be quoted
            quote it to look for it
        hint: write `🍕 OR x "⚽" OR y`

        4 rules: 2 not valid, 1 warning
    "#]].assert_eq(ended.output());
    expect![[r#"
        error: 2 of 4 rules are not valid
    "#]]
    .assert_eq(&ended.stderr);
}

#[test]
fn good_rules_end_well() {
    let ended = lint("rules.txt", "#coffee\n(rocket OR launch) lang:en\n").ends();
    ended.assert_code(0);
    expect![[r#"
        2 rules: 0 not valid, 0 warnings
    "#]]
    .assert_eq(ended.output());
    assert_eq!(ended.stderr, "");
}

#[test]
fn json_is_answered_as_the_service_answers() {
    let rules = r#"{"rules":[{"value":"x -x","tag":"t"},{"value":"aaaaa OR","tag":null},{"value":"coffee"}]}"#;
    let ended = lint("rules.json", rules).arguments(&["--json"]).ends();
    ended.assert_code(3);
    let (answer, sent) = ended.output().split_once("\"sent\":").unwrap();
    assert_eq!(
        sent.len(),
        "\"2026-11-21T00:00:00.000Z\"}\n".len(),
        "{sent}"
    );
    expect![[r#"{"summary":{"valid":2,"not_valid":1},"detail":[{"rule":{"value":"x -x","tag":"t"},"valid":true,"warnings":[{"code":"never-matches","position":4,"message":"this rule can never match: `x` and `-x` contradict each other","suggestion":null}]},{"rule":{"value":"aaaaa OR","tag":null},"valid":false,"message":"Cannot parse rule at '<EOF>' (position 9)\n","suggestion":"aaaaa","warnings":[]},{"rule":{"value":"coffee","tag":null},"valid":true,"warnings":[]}],"#]].assert_eq(answer);
    let ended = lint("rules.json", rules).ends();
    ended.assert_code(3);
    expect![[r#"
        warning: this rule can never match: `x` and `-x` contradict each other
         --> rules.json, rule 1
          |
          | x -x
          |    ^

        error: the rule is not valid
         --> rules.json, rule 2
          |
          | aaaaa OR
          |       ^^
          = `OR` has nothing on its right
            take it out, or write what is missing
        hint: write `aaaaa`

        3 rules: 1 not valid, 1 warning
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    let ended = Setup::rules().arguments(&["lint", "none.txt"]).ends();
    ended.assert_code(1);
    expect![[r#"
        error: cannot read `none.txt`: No such file or directory (os error 2)
    "#]]
    .assert_eq(&ended.stderr);
    let ended = lint("rules.json", "{\"rule\":[]}").ends();
    ended.assert_code(2);
    expect![[r#"
        error: `rules.json` begins like JSON and is not `{"rules":[{"value":…,"tag":…}]}`: missing field `rules` at line 1 column 11
    "#]].assert_eq(&ended.stderr);
}

#[test]
fn stdin_is_read_where_no_file_is_named() {
    // The test's stdin is empty.
    let ended = Setup::rules().arguments(&["lint"]).ends();
    ended.assert_code(0);
    expect![[r#"
        0 rules: 0 not valid, 0 warnings
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn of_thousands_of_findings_the_first_ones_are_told() {
    let rules: String = (0..400)
        .map(|number| {
            format!("fish{number} AND bird\nlang:en has:links followers_count:{number}\n")
        })
        .collect();
    let ended = lint("rules.txt", &rules).ends();
    ended.assert_code(3);
    let output = ended.output();
    assert_eq!(output.matches("error: the rule is not valid").count(), 100);
    assert!(
        output.contains("and 300 more rules that are not valid; `--json` has all\n"),
        "{output}"
    );
    assert!(output.matches("\nwarning: ").count() <= 100);
    assert!(
        output.contains(" more warnings; `--json` has all\n"),
        "{output}"
    );
    assert!(output.contains("800 rules: 400 not valid, "), "{output}");
    let json = lint("rules.txt", &rules).arguments(&["--json"]).ends();
    assert_eq!(json.output().matches("\"valid\":false").count(), 400);
}
