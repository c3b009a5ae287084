//! The examples of section 3.7 of the reference: deleting.

use super::{
    rules::{body, check, delete, ids, values},
    *,
};

async fn with_four() -> (Running, Vec<u64>) {
    let sim = sim(SimOptions::default()).await;
    let ids = ids(&add_rules(&sim, &body(&["rule1", "rule2", "rule3", "pizza"])).await);
    (sim, ids)
}

#[tokio::test]
async fn what_is_deleted_is_not_listed() {
    let (sim, ids) = with_four().await;
    let all = r#"{"summary":{"deleted":3,"not_deleted":0},"detail":[]}"#;
    check(
        &sim,
        ("POST", &delete()),
        &body(&["rule3", "rule1", "rule2"]),
        200,
        all,
    )
    .await;
    assert_eq!(values(&sim, RULES).await, ["pizza"]);
    let one = r#"{"summary":{"deleted":1,"not_deleted":0},"detail":[]}"#;
    let by_id = format!(r#"{{"rule_ids":[{}]}}"#, ids[3]);
    check(&sim, ("POST", &delete()), &by_id, 200, one).await;
    assert!(values(&sim, RULES).await.is_empty());
}

#[tokio::test]
async fn a_value_that_is_not_there_to_the_letter_is_listed_without_its_tag() {
    let (sim, _) = with_four().await;
    check(
        &sim,
        ("POST", &delete()),
        r#"{"rules":[{"value":"rule1","tag":"other"},{"value":"Pizza","tag":"p"},{"value":"pizza "}]}"#,
        200,
        r#"{"summary":{"deleted":1,"not_deleted":2},
            "detail":[
             {"rule":{"value":"Pizza","tag":null},"deleted":false,"message":"Rule does not exist"},
             {"rule":{"value":"pizza ","tag":null},"deleted":false,"message":"Rule does not exist"}]}"#,
    )
    .await;
    assert_eq!(values(&sim, RULES).await, ["rule2", "rule3", "pizza"]);
}

#[tokio::test]
async fn a_tag_alone_deletes_nothing() {
    let (sim, _) = with_four().await;
    check(
        &sim,
        ("POST", &delete()),
        r#"{"rules":[{"tag":"t"}]}"#,
        200,
        r#"{"summary":{"deleted":0,"not_deleted":1},
            "detail":[{"rule":{"value":"","tag":null},"deleted":false,"message":"Rule does not exist"}]}"#,
    )
    .await;
}

#[tokio::test]
async fn ids_come_as_numbers_or_texts_and_unknown_ones_are_listed() {
    let (sim, ids) = with_four().await;
    check(
        &sim,
        ("POST", &delete()),
        &format!(r#"{{"rule_ids":["{}",734938587381145604,{},{}]}}"#, ids[0], ids[1], ids[1]),
        200,
        &format!(
            r#"{{"summary":{{"deleted":2,"not_deleted":2}},
                "detail":[
                 {{"rule":{{"value":null,"tag":null,"id":734938587381145604,"id_str":"734938587381145604"}},"deleted":false,"message":"Rule does not exist"}},
                 {{"rule":{{"value":null,"tag":null,"id":{0},"id_str":"{0}"}},"deleted":false,"message":"Rule does not exist"}}]}}"#,
            ids[1]
        ),
    )
    .await;
    assert_eq!(values(&sim, RULES).await, ["rule3", "pizza"]);
}

#[tokio::test]
async fn deleting_nothing_is_fine() {
    let (sim, _) = with_four().await;
    let none = r#"{"summary":{"deleted":0,"not_deleted":0},"detail":[]}"#;
    for body in [r#"{"rules":[]}"#, r#"{"rule_ids":[]}"#] {
        check(&sim, ("POST", &delete()), body, 200, none).await;
    }
}
