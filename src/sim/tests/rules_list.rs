//! The examples of sections 3.4 to 3.6 of the reference: all rules, one, and several by id.

use super::{
    rules::{EMPTY, talk},
    *,
};

#[tokio::test]
async fn all_rules_come_in_one_answer_or_one_by_one() {
    let sim = sim(SimOptions::default()).await;
    talk(&sim, EMPTY).await;
    add_rules(
        &sim,
        r#"{"rules":[{"value":"tea","tag":"t"},{"value":"from:galelabs"}]}"#,
    )
    .await;
    // Several come in the order of the request, and unknown ones are left out.
    talk(
        &sim,
        r#"
> list
< 200 {"rules":[{"value":"tea","tag":"t","id":«tea»,"id_str":"«tea»"},{"value":"from:galelabs","tag":null,"id":«gale»,"id_str":"«gale»"}]}
> one «gale»
< 200 {"rules":[{"value":"from:galelabs","tag":null,"id":«gale»,"id_str":"«gale»"}]}
> one «tea»
< 200 {"rules":[{"value":"tea","tag":"t","id":«tea»,"id_str":"«tea»"}]}
> one 7
< 200 {"rules":[]}
> get {"rule_ids":[«gale»,7,"«tea»"]}
< 200 {"rules":[{"value":"from:galelabs","tag":null,"id":«gale»,"id_str":"«gale»"},{"value":"tea","tag":"t","id":«tea»,"id_str":"«tea»"}]}
> get {"rule_ids":[]}
< 200 {"rules":[]}"#,
    )
    .await;
}
