//! Answers of every era, as the reference records them.

use expect_test::{Expect, expect};

use super::*;

fn id(id: Option<i64>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| id.to_string())
}

fn added(body: &str, expected: Expect) {
    let text = match read_added(body.as_bytes()) {
        Ok(rules) => rules
            .iter()
            .map(|rule| {
                let Added {
                    value,
                    tag,
                    created,
                    message,
                    ..
                } = rule;
                format!("{} {value:?} {tag:?} {created} {message:?}", id(rule.id))
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&text);
}

fn rejected(body: &str, expected: Expect) {
    let rules = read_rejected(body.as_bytes());
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| format!("{:?}: {:?}", rule.value, rule.message))
        .collect();
    expected.assert_eq(&rules.join("\n"));
}

fn deleted(body: &str, expected: Expect) {
    let text = match read_deleted(body.as_bytes()) {
        Ok(answer) => {
            let failures = answer.failures.iter().map(|failure| {
                format!(
                    "; {} {:?} {}",
                    id(failure.id),
                    failure.message,
                    failure.was_gone()
                )
            });
            format!(
                "{} {}{}",
                answer.deleted,
                answer.not_deleted,
                failures.collect::<String>()
            )
        }
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&text);
}

#[test]
fn an_addition_says_what_became_of_each_rule() {
    // 2018: an existing rule carries its id and the tag that was sent.
    added(
        r#"{"summary":{"created":1,"not_created":1},"detail":[
            {"rule":{"value":"robot","tag":"t1","id":734861971116285952,"id_str":"734861971116285952"},"created":true},
            {"rule":{"value":"tea","tag":"t2","id":734800000000000001,"id_str":"734800000000000001"},"created":false,"message":"A rule with this value already exists"}],
            "sent":"2016-05-23T21:42:01.661Z"}"#,
        expect![[r#"
            734861971116285952 "robot" Some("t1") true None
            734800000000000001 "tea" Some("t2") false Some("A rule with this value already exists")"#]],
    );
    // 2016: it has no id.
    added(
        r#"{"summary":{"created":0,"not_created":1},"detail":[
            {"rule":{"value":"tea","tag":null},"created":false,"message":"A rule with this value already exists"}]}"#,
        expect![[r#"- "tea" None false Some("A rule with this value already exists")"#]],
    );
    added(
        r#"{"summary":{"created":0,"not_created":0},"detail":[]}"#,
        expect![[""]],
    );
    added(
        r#"{"summary":{"created":2,"not_created":0}}"#,
        expect![
            "the answer of the rules endpoint could not be understood: missing field `detail` at line 1 column 41\nhint: check `rules_url` and any proxy on the way"
        ],
    );
}

#[test]
fn a_rejection_names_only_the_offending_rules() {
    rejected(
        r#"{"summary":{"created":0,"not_created":2},"detail":[
            {"rule":{"value":"streaming gnip contains:$twtr","tag":null},"created":false,"message":"no viable alternative at input '$twtr' (at position 25)\n"},
            {"rule":{"value":"streaming gnip contains:\"$twtr\"","tag":null},"created":false}]}"#,
        expect![[
            r#""streaming gnip contains:$twtr": "no viable alternative at input '$twtr' (at position 25)""#
        ]],
    );
    // Early 2016.
    rejected(
        r#"{"error":{"message":"One or more rules are invalid","detail":[
            {"rule":{"value":"-rule1"},"message":"Rules must contain a non-negation term (at position 1)\nMore"}],"sent":"x"}}"#,
        expect![[r#""-rule1": "Rules must contain a non-negation term (at position 1)\nMore""#]],
    );
    // 1.0, or the contract's limit: nothing to tell rules apart by.
    rejected(
        r#"{"error":{"message":"Rule '-rule1' is invalid.","sent":"x"}}"#,
        expect![[""]],
    );
    rejected("<html>", expect![[""]]);
}

#[test]
fn a_deletion_lists_only_failures() {
    deleted(
        r#"{"summary":{"deleted":3,"not_deleted":0},"detail":[],"sent":"x"}"#,
        expect!["3 0"],
    );
    deleted(
        r#"{"summary":{"deleted":0,"not_deleted":1},"detail":[
            {"rule":{"value":"Pizza","tag":null},"deleted":false,"message":"Rule does not exist"}]}"#,
        expect![[r#"0 1; - "Rule does not exist" true"#]],
    );
    deleted(
        r#"{"summary":{"deleted":1,"not_deleted":1},"detail":[
            {"rule":{"value":null,"tag":null,"id":5,"id_str":"5"},"deleted":false,"message":"Try later"}]}"#,
        expect![[r#"1 1; 5 "Try later" false"#]],
    );
    deleted(
        "{}",
        expect![
            "the answer of the rules endpoint could not be understood: missing field `summary` at line 1 column 2\nhint: check `rules_url` and any proxy on the way"
        ],
    );
}

#[test]
fn a_validation_is_read_by_value_and_not_by_its_order() {
    let body = r#"{"summary":{"valid":1,"not_valid":2},"detail":[
        {"rule":{"value":"from:jack","tag":"t"},"valid":true},
        {"rule":{"value":"fish AND bird","tag":null},"valid":false,"message":"Ambiguous use of and\n"},
        {"rule":{"value":"x"},"valid":false}],"sent":"2017-03-16T02:33:01.827Z"}"#;
    let rules = read_validated(body.as_bytes()).unwrap();
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| format!("{:?} {:?} {:?}", rule.value, rule.tag, rule.refusal))
        .collect();
    expect![[r#"
        "from:jack" Some("t") None
        "fish AND bird" None Some("Ambiguous use of and")
        "x" None Some("no reason given")"#]]
    .assert_eq(&rules.join("\n"));
    assert!(read_validated(br#"{"detail":[{"rule":{"value":"a"}}]}"#).is_err());
    assert!(read_validated(b"<html>").is_err());
}
