//! The examples of sections 3.4 to 3.6 of the reference: all rules, one, and several by id.

use super::{
    rules::{EMPTY, check, get, ids, one},
    *,
};

const RULE: &str = r#"{"rules":[{"value":"from:galelabs","tag":null,"id":«0»,"id_str":"«0»"}]}"#;

async fn with_two() -> (Running, u64, u64) {
    let sim = sim(SimOptions::default()).await;
    let body = r#"{"rules":[{"value":"tea","tag":"t"},{"value":"from:galelabs"}]}"#;
    let ids = ids(&add_rules(&sim, body).await);
    (sim, ids[0], ids[1])
}

#[tokio::test]
async fn all_rules_come_in_one_answer() {
    let sim = sim(SimOptions::default()).await;
    check(&sim, ("GET", RULES), "", 200, EMPTY).await;
    add_rules(&sim, r#"{"rules":[{"value":"from:galelabs"}]}"#).await;
    check(&sim, ("GET", RULES), "", 200, RULE).await;
}

#[tokio::test]
async fn one_rule_is_a_list_of_one_and_an_unknown_one_of_none() {
    let (sim, tea, galelabs) = with_two().await;
    let found = check(&sim, ("GET", &one(galelabs)), "", 200, RULE).await;
    assert_eq!(found, [galelabs]);
    let expected = r#"{"rules":[{"value":"tea","tag":"t","id":«0»,"id_str":"«0»"}]}"#;
    check(&sim, ("GET", &one(tea)), "", 200, expected).await;
    check(&sim, ("GET", &one(7)), "", 200, EMPTY).await;
}

#[tokio::test]
async fn several_come_in_the_order_of_the_request_and_unknown_ones_are_left_out() {
    let (sim, tea, galelabs) = with_two().await;
    let found = check(
        &sim,
        ("POST", &get()),
        &format!(r#"{{"rule_ids":[{galelabs},7,"{tea}"]}}"#),
        200,
        r#"{"rules":[{"value":"from:galelabs","tag":null,"id":«0»,"id_str":"«0»"},{"value":"tea","tag":"t","id":«1»,"id_str":"«1»"}]}"#,
    )
    .await;
    assert_eq!(found, [galelabs, tea]);
    check(&sim, ("POST", &get()), r#"{"rule_ids":[]}"#, 200, EMPTY).await;
}
