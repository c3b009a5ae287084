//! The examples of section 3.8 of the reference: validation.

use super::{
    rules::{EMPTY, talk},
    *,
};

#[tokio::test]
async fn valid_rules_come_first_and_nothing_is_stored() {
    let sim = sim(SimOptions::default()).await;
    talk(
        &sim,
        r#"
> validate {"rules":[{"value":"fish AND bird"},{"value":"from:jack"}]}
< 200 {"summary":{"valid":1,"not_valid":1},
  "detail":[
    {"rule":{"value":"from:jack","tag":null},"valid":true},
    {"rule":{"value":"fish AND bird","tag":null},"valid":false,"message":"Ambiguous use of and as a keyword. Use a space to logically join two clauses, or \"and\" to find occurrences of and in text (at position 6)\n"}]}
> validate {"rules":[{"value":"(((tea"}]}
< 200 {"summary":{"valid":0,"not_valid":1},
  "detail":[{"rule":{"value":"(((tea","tag":null},"valid":false,"message":"mismatched input 'EOF' expecting ')' (at position 7)\n\n"}]}"#,
    )
    .await;
    talk(&sim, EMPTY).await;
}

/// Five invalid rules and a valid one, which is last. [seed:003]
#[tokio::test]
async fn invalid_rules_follow_in_the_order_of_the_request() {
    let sim = sim(SimOptions::default()).await;
    talk(
        &sim,
        r##"
> validate {"rules":[
    {"value":"Pizza OR 🍕 OR \"🍕\" sample:100"},
    {"value":"from:contains:heart"},
    {"value":"fish AND bird"},
    {"value":"(((\"#quotedhashtag\""},
    {"value":"bounding_box:[-71.199636,42.230046,-70.979909,42.398619]"},
    {"value":"from:jack"}]}
< 200 {"summary":{"valid":1,"not_valid":5},
  "detail":[
    {"rule":{"value":"from:jack","tag":null},"valid":true},
    {"rule":{"value":"Pizza OR 🍕 OR \"🍕\" sample:100","tag":null},"valid":false,"message":"The sample operator cannot be used with an OR. To use the sample operator with an OR in the rule, the ORed clauses must be grouped together with parenthesis.  For example, to get 10% of activites that have term1 or term2, the rule should be (excluding the single quotes) '(term1 OR term2) sample:10' (at position 21)\n"},
    {"rule":{"value":"from:contains:heart","tag":null},"valid":false,"message":"Cannot parse rule at ':' (position 14)\n"},
    {"rule":{"value":"fish AND bird","tag":null},"valid":false,"message":"Ambiguous use of and as a keyword. Use a space to logically join two clauses, or \"and\" to find occurrences of and in text (at position 6)\n"},
    {"rule":{"value":"(((\"#quotedhashtag\"","tag":null},"valid":false,"message":"mismatched input 'EOF' expecting ')' (at position 20)\n\n"},
    {"rule":{"value":"bounding_box:[-71.199636,42.230046,-70.979909,42.398619]","tag":null},"valid":false,"message":"Cannot parse rule at '71.199636,42.230046,-70.979909,42.398619' (position 16)\n"}]}"##,
    )
    .await;
}

#[tokio::test]
async fn tags_are_echoed_and_rules_that_exist_are_valid() {
    let sim = sim(SimOptions::default()).await;
    add_rules(&sim, r#"{"rules":[{"value":"tea"}]}"#).await;
    talk(
        &sim,
        r#"
> validate {"rules":[{"value":"-rule1","tag":"n"},{"value":"tea","tag":"t"},{"value":"tea"}]}
< 200 {"summary":{"valid":2,"not_valid":1},
  "detail":[
    {"rule":{"value":"tea","tag":"t"},"valid":true},
    {"rule":{"value":"tea","tag":null},"valid":true},
    {"rule":{"value":"-rule1","tag":"n"},"valid":false,"message":"Rules must contain a non-negation term (at position 1)\nRules must contain at least one positive, non-stopword clause (at position 1)\n"}]}"#,
    )
    .await;
}
