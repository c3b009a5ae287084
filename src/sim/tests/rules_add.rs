//! The examples of section 3.3 of the reference, adding, and the scenario of section 3.10.

use super::{
    super::snowflake,
    rules::{body, check_refused, delete, talk, values},
    *,
};

#[tokio::test]
async fn all_rules_are_created() {
    let sim = sim(SimOptions::default()).await;
    let before = snowflake::now_ms();
    let ids = talk(
        &sim,
        r#"
> add {"rules":[{"value":"tea OR 🫖","tag":"4581245"},{"value":"from:galelabs"}]}
< 201 {"summary":{"created":2,"not_created":0},
  "detail":[
    {"rule":{"value":"tea OR 🫖","tag":"4581245","id":«tea»,"id_str":"«tea»"},"created":true},
    {"rule":{"value":"from:galelabs","tag":null,"id":«gale»,"id_str":"«gale»"},"created":true}]}"#,
    )
    .await;
    assert!(ids["tea"] < ids["gale"]);
    for id in ids.into_values() {
        let time = snowflake::time_ms(id);
        assert!((before..=snowflake::now_ms()).contains(&time), "{id}");
    }
}

#[tokio::test]
async fn some_exist_already_and_the_new_ones_are_created() {
    let sim = sim(SimOptions::default()).await;
    add_rules(&sim, r#"{"rules":[{"value":"tea","tag":"t0"}]}"#).await;
    talk(
        &sim,
        r#"
> list
< 200 {"rules":[{"value":"tea","tag":"t0","id":«tea»,"id_str":"«tea»"}]}
> add {"rules":[{"value":"robot","tag":"t1"},{"value":"tea","tag":"t2"}]}
< 201 {"summary":{"created":1,"not_created":1},
  "detail":[
    {"rule":{"value":"robot","tag":"t1","id":«robot»,"id_str":"«robot»"},"created":true},
    {"rule":{"value":"tea","tag":"t2","id":«tea»,"id_str":"«tea»"},"created":false,"message":"A rule with this value already exists"}]}
> list
< 200 {"rules":[{"value":"tea","tag":"t0","id":«tea»,"id_str":"«tea»"},{"value":"robot","tag":"t1","id":«robot»,"id_str":"«robot»"}]}
> add {"rules":[{"value":"tea"}]}
< 201 {"summary":{"created":0,"not_created":1},
  "detail":[{"rule":{"value":"tea","tag":null,"id":«tea»,"id_str":"«tea»"},"created":false,"message":"A rule with this value already exists"}]}"#,
    )
    .await;
}

#[tokio::test]
async fn the_second_of_the_same_value_exists_already() {
    let sim = sim(SimOptions::default()).await;
    talk(
        &sim,
        r#"
> add {"rules":[{"value":"robot","tag":"a"},{"value":"Robot"},{"value":"robot","tag":"b"}]}
< 201 {"summary":{"created":2,"not_created":1},
  "detail":[
    {"rule":{"value":"robot","tag":"a","id":«small»,"id_str":"«small»"},"created":true},
    {"rule":{"value":"Robot","tag":null,"id":«large»,"id_str":"«large»"},"created":true},
    {"rule":{"value":"robot","tag":"b","id":«small»,"id_str":"«small»"},"created":false,"message":"A rule with this value already exists"}]}"#,
    )
    .await;
}

#[tokio::test]
async fn one_invalid_rule_rejects_them_all() {
    let sim = sim(SimOptions::default()).await;
    talk(
        &sim,
        r#"
> add {"rules":[{"value":"streaming gnip contains:$twtr"},{"value":"streaming gnip contains:\"$twtr\""}]}
< 422 {"summary":{"created":0,"not_created":2},
  "detail":[
    {"rule":{"value":"streaming gnip contains:$twtr","tag":null},"created":false,"message":"no viable alternative at input '$twtr' (at position 25)\n"},
    {"rule":{"value":"streaming gnip contains:\"$twtr\"","tag":null},"created":false}]}
> list
< 200 {"rules":[]}"#,
    )
    .await;
}

#[tokio::test]
async fn a_rejected_request_keeps_its_order_and_says_nothing_of_duplicates() {
    let sim = sim(SimOptions::default()).await;
    add_rules(&sim, &body(&["tea"])).await;
    talk(
        &sim,
        r#"
> add {"rules":[{"value":"tea","tag":"t"},{"value":"-rule1","tag":"n"}]}
< 422 {"summary":{"created":0,"not_created":2},
  "detail":[
    {"rule":{"value":"tea","tag":"t"},"created":false},
    {"rule":{"value":"-rule1","tag":"n"},"created":false,"message":"Rules must contain a non-negation term (at position 1)\nRules must contain at least one positive, non-stopword clause (at position 1)\n"}]}"#,
    )
    .await;
}

#[tokio::test]
async fn a_value_of_2048_characters_and_a_tag_of_255_are_the_longest() {
    let sim = sim(SimOptions::default()).await;
    let value = |letters: usize| "é".repeat(letters);
    let rule =
        |value: &str, tag: &str| format!(r#"{{"rules":[{{"value":"{value}","tag":"{tag}"}}]}}"#);
    let (long, tag) = (value(2048), value(255));
    add_rules(&sim, &rule(&long, &tag)).await;
    for (value, tag, message) in [
        (
            value(2049),
            value(255),
            format!(
                "Rule '{}' exceeds the maximum length of a rule. It is 2049 characters while the maximum allowed is 2048 (at position 1)\\n",
                value(2049)
            ),
        ),
        (
            "tea".to_owned(),
            value(256),
            "Tag must not exceed 255 characters\\n".to_owned(),
        ),
    ] {
        let expected = format!(
            r#"{{"summary":{{"created":0,"not_created":1}},"detail":[{{"rule":{{"value":"{value}","tag":"{tag}"}},"created":false,"message":"{message}"}}]}}"#
        );
        let request = rule(&value, &tag);
        talk(&sim, &format!("> add {request} < 422 {expected}")).await;
    }
    assert_eq!(values(&sim, RULES).await, [long]);
}

#[tokio::test]
async fn quotes_and_blanks_of_a_value_are_kept() {
    let sim = sim(SimOptions::default()).await;
    let given = [
        r#""social data" @x"#,
        r#""Toys \"R\" Us""#,
        " Snow",
        "Snow",
        "snow",
    ];
    add_rules(&sim, &body(&given)).await;
    assert_eq!(values(&sim, RULES).await, given);
}

#[tokio::test]
async fn more_rules_than_the_contract_allows_are_not_added() {
    let sim = sim(SimOptions {
        limits: Limits {
            rules: 2,
            ..Limits::default()
        },
        ..SimOptions::default()
    })
    .await;
    add_rules(&sim, &body(&["tea"])).await;
    let message = "Request exceeds account’s Rule Limit. Delete rules or contact your account manager to proceed.";
    check_refused(
        &sim,
        ("POST", RULES),
        &body(&["milk", "sugar"]),
        422,
        message,
    )
    .await;
    assert_eq!(values(&sim, RULES).await, ["tea"]);
    // What is there already does not count twice, and neither does what is asked for twice.
    add_rules(&sim, &body(&["tea", "milk", "milk"])).await;
    check_refused(&sim, ("POST", RULES), &body(&["sugar"]), 422, message).await;
    add_rules(&sim, &body(&["milk"])).await;
    post(&sim, &delete(), &body(&["tea"])).await;
    add_rules(&sim, &body(&["sugar"])).await;
    assert_eq!(values(&sim, RULES).await, ["milk", "sugar"]);
}

/// Section 3.10. [seed:004]
#[tokio::test]
async fn a_tag_changes_by_deletion_and_addition_only() {
    let sim = sim(SimOptions::default()).await;
    let ids = talk(
        &sim,
        r##"
> add {"rules":[{"value":"#TwitterData","tag":"tagtextA"}]}
< 201 {"summary":{"created":1,"not_created":0},
  "detail":[{"rule":{"value":"#TwitterData","tag":"tagtextA","id":«old»,"id_str":"«old»"},"created":true}]}
> add {"rules":[{"value":"#TwitterData","tag":"tagtextB"}]}
< 201 {"summary":{"created":0,"not_created":1},
  "detail":[{"rule":{"value":"#TwitterData","tag":"tagtextB","id":«old»,"id_str":"«old»"},"created":false,"message":"A rule with this value already exists"}]}
> list
< 200 {"rules":[{"value":"#TwitterData","tag":"tagtextA","id":«old»,"id_str":"«old»"}]}
> delete {"rules":[{"tag":"tagtextA"}]}
< 200 {"summary":{"deleted":0,"not_deleted":1},
  "detail":[{"rule":{"value":"","tag":null},"deleted":false,"message":"Rule does not exist"}]}
> delete {"rule_ids":[«old»]}
< 200 {"summary":{"deleted":1,"not_deleted":0},"detail":[]}
> add {"rules":[{"value":"#TwitterData","tag":"tagtextB"}]}
< 201 {"summary":{"created":1,"not_created":0},
  "detail":[{"rule":{"value":"#TwitterData","tag":"tagtextB","id":«new»,"id_str":"«new»"},"created":true}]}"##,
    )
    .await;
    assert!(ids["new"] > ids["old"]);
}
