//! The exchanges of the reference, sections 3.3 to 3.10, field by field.

use sonic_rs::{JsonValueMutTrait, JsonValueTrait, Value};

use super::{super::snowflake, *};

/// Sends `body` and compares status and answer; `sent` is checked for its form alone.
async fn check(sim: &Running, method: &str, path: &str, body: &str, status: u16, expected: &str) {
    let answer = exchange(sim.address, method, path, BASIC, body).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    let mut json = answer.json();
    let fields = json.as_object_mut().unwrap();
    let sent = fields.remove(&"sent").expect("`sent` is there");
    assert_eq!(
        sent.as_str().unwrap().len(),
        "2016-05-24T02:46:28.402Z".len()
    );
    let expected: Value = sonic_rs::from_str(expected).expect(expected);
    assert_eq!(json, expected, "{} is not {expected}", answer.body);
}

/// The ids in an answer to an addition.
fn ids(added: &Value) -> Vec<u64> {
    let rule = |at: usize| {
        added["detail"]
            .get(at)
            .map(|one| one["rule"]["id"].as_u64().unwrap())
    };
    (0..).map_while(rule).collect()
}

fn delete() -> String {
    format!("{RULES}?_method=delete")
}

fn validation() -> String {
    RULES.replace("dev.json", "dev/validation.json")
}

#[tokio::test]
async fn rules_are_added_listed_and_looked_up() {
    let sim = sim(SimOptions::default()).await;
    check(&sim, "GET", RULES, "", 200, r#"{"rules":[]}"#).await;
    let body = r#"{"rules":[{"value":"tea OR 🫖","tag":"4581245"},{"value":"from:galelabs"}]}"#;
    let before = snowflake::now_ms();
    let added = add_rules(&sim, body).await;
    let (one, two) = (ids(&added)[0], ids(&added)[1]);
    assert!(one < two && snowflake::time_ms(one) >= before);
    let first = format!(r#"{{"value":"tea OR 🫖","tag":"4581245","id":{one},"id_str":"{one}"}}"#);
    let second = format!(r#"{{"value":"from:galelabs","tag":null,"id":{two},"id_str":"{two}"}}"#);
    let expected = format!(
        r#"{{"summary":{{"created":2,"not_created":0}},"detail":[{{"rule":{first},"created":true}},{{"rule":{second},"created":true}}],"sent":{}}}"#,
        added["sent"]
    );
    assert_eq!(added, sonic_rs::from_str::<Value>(&expected).unwrap());

    check(
        &sim,
        "GET",
        RULES,
        "",
        200,
        &format!(r#"{{"rules":[{first},{second}]}}"#),
    )
    .await;
    let path = |id: u64| RULES.replace("dev.json", &format!("dev/rules/{id}.json"));
    check(
        &sim,
        "GET",
        &path(two),
        "",
        200,
        &format!(r#"{{"rules":[{second}]}}"#),
    )
    .await;
    check(&sim, "GET", &path(7), "", 200, r#"{"rules":[]}"#).await;
    let asked = format!(r#"{{"rule_ids":[{two},"{one}",7]}}"#);
    let get = format!("{RULES}?_method=get");
    check(
        &sim,
        "POST",
        &get,
        &asked,
        200,
        &format!(r#"{{"rules":[{second},{first}]}}"#),
    )
    .await;
}

#[tokio::test]
async fn rules_that_exist_are_reported_beside_new_ones() {
    let sim = sim(SimOptions::default()).await;
    let tea = ids(&add_rules(&sim, r#"{"rules":[{"value":"tea"}]}"#).await)[0];
    let body = r#"{"rules":[{"value":"robot","tag":"t1"},{"value":"tea","tag":"t2"},{"value":"Tea"},{"value":"robot"}]}"#;
    let added = add_rules(&sim, body).await;
    assert_eq!(
        added["summary"],
        sonic_rs::from_str::<Value>(r#"{"created":2,"not_created":2}"#).unwrap()
    );
    let duplicate = format!(
        r#"{{"rule":{{"value":"tea","tag":"t2","id":{tea},"id_str":"{tea}"}},"created":false,"message":"A rule with this value already exists"}}"#
    );
    assert_eq!(
        added["detail"][1],
        sonic_rs::from_str::<Value>(&duplicate).unwrap()
    );
    // The second `robot` of the request has the id of the first.
    assert_eq!(ids(&added)[3], ids(&added)[0]);
}

#[tokio::test]
async fn one_invalid_rule_rejects_them_all() {
    let sim = sim(SimOptions::default()).await;
    let body = r#"{"rules":[{"value":"streaming gnip contains:$twtr"},{"value":"streaming gnip contains:\"$twtr\""}]}"#;
    let expected = r#"{"summary":{"created":0,"not_created":2},"detail":[
        {"rule":{"value":"streaming gnip contains:$twtr","tag":null},"created":false,"message":"no viable alternative at input '$twtr' (at position 25)\n"},
        {"rule":{"value":"streaming gnip contains:\"$twtr\"","tag":null},"created":false}]}"#;
    check(&sim, "POST", RULES, body, 422, expected).await;
    let tag = "é".repeat(256);
    let body = format!(r#"{{"rules":[{{"value":"tea","tag":"{tag}"}}]}}"#);
    let expected = format!(
        r#"{{"summary":{{"created":0,"not_created":1}},"detail":[{{"rule":{{"value":"tea","tag":"{tag}"}},"created":false,"message":"Tag must not exceed 255 characters\n"}}]}}"#
    );
    check(&sim, "POST", RULES, &body, 422, &expected).await;
    check(&sim, "GET", RULES, "", 200, r#"{"rules":[]}"#).await;
}

#[tokio::test]
async fn deletion_lists_only_what_was_missing() {
    let sim = sim(SimOptions::default()).await;
    let body = r#"{"rules":[{"value":"a b"},{"value":"pizza"},{"value":"c d"}]}"#;
    let id = ids(&add_rules(&sim, body).await)[2];
    let body = r#"{"rules":[{"value":"a b","tag":"x"},{"value":"Pizza","tag":"y"}]}"#;
    let expected = r#"{"summary":{"deleted":1,"not_deleted":1},"detail":[{"rule":{"value":"Pizza","tag":null},"deleted":false,"message":"Rule does not exist"}]}"#;
    check(&sim, "POST", &delete(), body, 200, expected).await;
    let body = format!(r#"{{"rule_ids":["{id}",12]}}"#);
    let expected = r#"{"summary":{"deleted":1,"not_deleted":1},"detail":[{"rule":{"value":null,"tag":null,"id":12,"id_str":"12"},"deleted":false,"message":"Rule does not exist"}]}"#;
    check(&sim, "POST", &delete(), &body, 200, expected).await;
    let expected = r#"{"summary":{"deleted":1,"not_deleted":0},"detail":[]}"#;
    check(
        &sim,
        "POST",
        &delete(),
        r#"{"rules":[{"value":"pizza"}]}"#,
        200,
        expected,
    )
    .await;
    check(&sim, "GET", RULES, "", 200, r#"{"rules":[]}"#).await;
}

#[tokio::test]
async fn validation_puts_valid_rules_first_and_stores_nothing() {
    let sim = sim(SimOptions::default()).await;
    let body = r#"{"rules":[{"value":"fish AND bird"},{"value":"from:jack","tag":"j"}]}"#;
    let expected = r#"{"summary":{"valid":1,"not_valid":1},"detail":[
        {"rule":{"value":"from:jack","tag":"j"},"valid":true},
        {"rule":{"value":"fish AND bird","tag":null},"valid":false,"message":"Ambiguous use of and as a keyword. Use a space to logically join two clauses, or \"and\" to find occurrences of and in text (at position 6)\n"}]}"#;
    check(&sim, "POST", &validation(), body, 200, expected).await;
    check(&sim, "GET", RULES, "", 200, r#"{"rules":[]}"#).await;
}

/// Section 3.10. [seed:004]
#[tokio::test]
async fn a_tag_changes_by_deletion_and_addition_only() {
    let sim = sim(SimOptions::default()).await;
    let rule = |tag: &str| format!(r##"{{"rules":[{{"value":"#TwitterData","tag":"{tag}"}}]}}"##);
    let old = ids(&add_rules(&sim, &rule("tagtextA")).await)[0];
    let expected = format!(
        r##"{{"summary":{{"created":0,"not_created":1}},"detail":[{{"rule":{{"value":"#TwitterData","tag":"tagtextB","id":{old},"id_str":"{old}"}},"created":false,"message":"A rule with this value already exists"}}]}}"##
    );
    check(&sim, "POST", RULES, &rule("tagtextB"), 201, &expected).await;
    let stored = format!(
        r##"{{"rules":[{{"value":"#TwitterData","tag":"tagtextA","id":{old},"id_str":"{old}"}}]}}"##
    );
    check(&sim, "GET", RULES, "", 200, &stored).await;
    let expected = r#"{"summary":{"deleted":0,"not_deleted":1},"detail":[{"rule":{"value":"","tag":null},"deleted":false,"message":"Rule does not exist"}]}"#;
    check(
        &sim,
        "POST",
        &delete(),
        r#"{"rules":[{"tag":"tagtextA"}]}"#,
        200,
        expected,
    )
    .await;
    let expected = r#"{"summary":{"deleted":1,"not_deleted":0},"detail":[]}"#;
    check(
        &sim,
        "POST",
        &delete(),
        &format!(r#"{{"rule_ids":[{old}]}}"#),
        200,
        expected,
    )
    .await;
    let new = ids(&add_rules(&sim, &rule("tagtextB")).await)[0];
    assert!(new > old);
}

#[tokio::test]
async fn requests_that_cannot_be_answered_say_why() {
    let sim = sim(SimOptions::default()).await;
    let get =
        async |path: &str, headers: &str| exchange(sim.address, "GET", path, headers, "").await;
    assert_eq!(get(RULES, "").await.status, 401);
    let wrong = get(RULES, "Authorization: Basic c2ltOnNpbg==\r\n").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.head.contains("www-authenticate: basic"));
    for (from, to) in [
        ("/sim/", "/Sim/"),
        ("dev.json", "prod.json"),
        ("dev.json", "dev"),
        ("/rules/", "/other/"),
    ] {
        assert_eq!(get(&RULES.replace(from, to), BASIC).await.status, 404);
    }
    let post =
        async |path: &str, body: &str| exchange(sim.address, "POST", path, BASIC, body).await;
    let bad = post(RULES, "{").await;
    assert_eq!(bad.status, 400);
    let error = &bad.json()["error"];
    assert_eq!(
        error["message"],
        "Invalid JSON. The body must be in the format {\"rules\":[{\"value\":\"rule1\", \"tag\":\"tag1\"}, {\"value\":\"rule2\"}]} or {\"rule_ids\": [rule_id1, rule_id2, rule_id3, rule_id4, rule_id5]}"
    );
    assert!(error["sent"].as_str().unwrap().ends_with("+00:00"));
    for (path, body) in [
        (RULES, r#"{"rules":[{"tag":"t"}]}"#),
        (RULES, r#"{"rule_ids":[1]}"#),
        (&validation(), r#"{"rule_ids":[1]}"#),
        (&delete(), "{}"),
        (&format!("{RULES}?_method=put"), r#"{"rules":[]}"#),
    ] {
        assert_eq!(post(path, body).await.status, 400, "{path} {body}");
    }
    let large = format!(
        r#"{{"rules":[{{"value":"{}"}}]}}"#,
        "a".repeat(5 * 1024 * 1024)
    );
    assert_eq!(post(RULES, &large).await.status, 413);
}
