//! What the body of a request to the rules endpoint asks for.

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::rule_set::Submitted;

/// The rules and the ids in a body; either may be absent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) rules: Option<Vec<Submitted>>,
    pub(super) ids: Option<Vec<u64>>,
}

/// Reads a body; `None` if it is not in one of the documented forms.
///
/// Deletion takes a rule without a value as one with the value `""` [seed:004]; where
/// `values_needed`, there is no such leave. [inferred]
pub(super) fn parse(body: &[u8], values_needed: bool) -> Option<Request> {
    let body: Value = ouzel_text::json::read_any(body).ok()?;
    let body = body.as_object()?;
    let rules = match body.get(&"rules") {
        Some(rules) => Some(
            rules
                .as_array()?
                .iter()
                .map(|rule| submitted(rule, values_needed))
                .collect::<Option<_>>()?,
        ),
        None => None,
    };
    let ids = match body.get(&"rule_ids") {
        Some(ids) => Some(ids.as_array()?.iter().map(id).collect::<Option<_>>()?),
        None => None,
    };
    (rules.is_some() || ids.is_some()).then_some(Request { rules, ids })
}

fn submitted(rule: &Value, value_needed: bool) -> Option<Submitted> {
    let rule = rule.as_object()?;
    let text = |key: &str| match rule.get(&key) {
        None => Some(None),
        Some(value) if value.is_null() => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    };
    let value = match text("value")? {
        None if value_needed => return None,
        value => value.unwrap_or_default(),
    };
    Some(Submitted {
        value,
        tag: text("tag")?,
    })
}

/// Ids come as numbers, and from one client as strings. [source: demian85/gnip]
fn id(id: &Value) -> Option<u64> {
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_taken_in_the_documented_forms_only() {
        let rule = |value: &str, tag: Option<&str>| Submitted {
            value: value.to_owned(),
            tag: tag.map(str::to_owned),
        };
        let check = |body: &str, rules: Option<Vec<Submitted>>, ids: Option<Vec<u64>>| {
            assert_eq!(
                parse(body.as_bytes(), false),
                Some(Request { rules, ids }),
                "{body}"
            );
        };
        let two = vec![rule("a", Some("t")), rule("b", None)];
        check(
            r#"{"rules":[{"value":"a","tag":"t"},{"value":"b","tag":null}]}"#,
            Some(two),
            None,
        );
        check(
            r#"{"rules":[{"tag":"t"}]}"#,
            Some(vec![rule("", Some("t"))]),
            None,
        );
        check(r#"{"rules":[]}"#, Some(vec![]), None);
        let ids = vec![734_938_587_381_145_604, 5];
        check(r#"{"rule_ids":[734938587381145604,"5"]}"#, None, Some(ids));
        assert_eq!(parse(br#"{"rules":[{"tag":"t"}]}"#, true), None);
        for body in [
            "",
            "[]",
            "{}",
            "{\"rules\":",
            r#"{"rules":{}}"#,
            r#"{"rules":["a"]}"#,
            r#"{"rules":[{"value":1}]}"#,
            r#"{"rules":[{"value":"a","tag":1}]}"#,
            r#"{"rule_ids":[1.5]}"#,
            r#"{"rule_ids":[-1]}"#,
            r#"{"rule_ids":["x"]}"#,
        ] {
            assert_eq!(parse(body.as_bytes(), false), None, "{body}");
        }
    }
}
