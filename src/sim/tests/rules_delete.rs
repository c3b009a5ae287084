//! The examples of section 3.7 of the reference: deleting.

use super::{
    rules::{body, talk, values},
    *,
};

async fn with_four() -> Running {
    let sim = sim(SimOptions::default()).await;
    add_rules(&sim, &body(&["rule1", "rule2", "rule3", "pizza"])).await;
    sim
}

#[tokio::test]
async fn what_is_deleted_is_not_listed() {
    let sim = with_four().await;
    talk(
        &sim,
        r#"
> delete {"rules":[{"value":"rule3"},{"value":"rule1"},{"value":"rule2"}]}
< 200 {"summary":{"deleted":3,"not_deleted":0},"detail":[]}
> list
< 200 {"rules":[{"value":"pizza","tag":null,"id":«pizza»,"id_str":"«pizza»"}]}
> delete {"rule_ids":[«pizza»]}
< 200 {"summary":{"deleted":1,"not_deleted":0},"detail":[]}
> list
< 200 {"rules":[]}
> delete {"rules":[]}
< 200 {"summary":{"deleted":0,"not_deleted":0},"detail":[]}
> delete {"rule_ids":[]}
< 200 {"summary":{"deleted":0,"not_deleted":0},"detail":[]}"#,
    )
    .await;
}

#[tokio::test]
async fn a_value_that_is_not_there_to_the_letter_is_listed_without_its_tag() {
    let sim = with_four().await;
    talk(
        &sim,
        r#"
> delete {"rules":[{"value":"rule1","tag":"other"},{"value":"Pizza","tag":"p"},{"value":"pizza "}]}
< 200 {"summary":{"deleted":1,"not_deleted":2},
  "detail":[
    {"rule":{"value":"Pizza","tag":null},"deleted":false,"message":"Rule does not exist"},
    {"rule":{"value":"pizza ","tag":null},"deleted":false,"message":"Rule does not exist"}]}
> delete {"rules":[{"tag":"t"}]}
< 200 {"summary":{"deleted":0,"not_deleted":1},
  "detail":[{"rule":{"value":"","tag":null},"deleted":false,"message":"Rule does not exist"}]}"#,
    )
    .await;
    assert_eq!(values(&sim, RULES).await, ["rule2", "rule3", "pizza"]);
}

#[tokio::test]
async fn ids_come_as_numbers_or_texts_and_unknown_ones_are_listed() {
    let sim = sim(SimOptions::default()).await;
    talk(
        &sim,
        r#"
> add {"rules":[{"value":"rule1"},{"value":"rule2"}]}
< 201 {"summary":{"created":2,"not_created":0},
  "detail":[
    {"rule":{"value":"rule1","tag":null,"id":«a»,"id_str":"«a»"},"created":true},
    {"rule":{"value":"rule2","tag":null,"id":«b»,"id_str":"«b»"},"created":true}]}
> delete {"rule_ids":["«a»",734938587381145604,«b»,«b»]}
< 200 {"summary":{"deleted":2,"not_deleted":2},
  "detail":[
    {"rule":{"value":null,"tag":null,"id":734938587381145604,"id_str":"734938587381145604"},"deleted":false,"message":"Rule does not exist"},
    {"rule":{"value":null,"tag":null,"id":«b»,"id_str":"«b»"},"deleted":false,"message":"Rule does not exist"}]}
> list
< 200 {"rules":[]}"#,
    )
    .await;
}
