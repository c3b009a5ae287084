//! Changes to the text of a Tweet that leave the rest of it byte for byte.

use std::sync::Arc;

use memchr::memmem;
use sonic_rs::{JsonValueTrait, Value};

use super::{json_text::Json, rule_set::Stored};
use ouzel_text::json;

/// Adds `matching_rules` as the last key of the Tweet that `out` ends with. [source: xd/data-enrichments]
pub(super) fn append_matching(out: &mut Vec<u8>, rules: &[Arc<Stored>]) {
    debug_assert_eq!(out.last(), Some(&b'}'));
    out.pop();
    let mut json = Json(out);
    json.raw(r#","matching_rules":"#);
    write_matching(&mut json, rules);
    json.raw("}");
}

/// Writes rules as the list that a Tweet shows them in.
pub(super) fn write_matching(json: &mut Json<'_>, rules: &[Arc<Stored>]) {
    json.raw("[");
    for (at, rule) in rules.iter().enumerate() {
        json.raw(if at > 0 { r#",{"tag":"# } else { r#"{"tag":"# })
            .text_or_null(rule.tag.as_deref());
        json.raw(r#","id":"#)
            .int(rule.id)
            .raw(r#","id_str":"#)
            .quoted(rule.id)
            .raw("}");
    }
    json.raw("]");
}

/// The id of a Tweet as text, in either format.
pub(super) fn id(tweet: &Value) -> String {
    match tweet.get("id_str").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => match tweet.get("id") {
            Some(id) if id.is_str() => id.as_str().unwrap_or_default().to_owned(),
            Some(id) => id.to_string(),
            None => String::new(),
        },
    }
}

/// Checks that a line is a JSON object with an id, and takes its `matching_rules` away.
pub(super) fn accept(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    let text = str::from_utf8(line).ok()?;
    // This comes first, because what follows does not check how deep the JSON is.
    json::read_any(line).ok()?;
    if !text.starts_with('{') {
        return None;
    }
    let mut has_id = false;
    for member in sonic_rs::to_object_iter(text) {
        has_id |= member.ok()?.0 == "id";
    }
    let has_rules = memmem::find(line, b"\"matching_rules\"").is_some();
    let line = if has_rules {
        let mut kept = Vec::with_capacity(line.len());
        // An activity has its rules in `gnip`.
        keep(&mut kept, text, Some("gnip"))?;
        kept
    } else {
        line.to_vec()
    };
    has_id.then_some(line)
}

/// Appends an object without its `matching_rules`, and without those of the object inside it that
/// is named.
fn keep(kept: &mut Vec<u8>, object: &str, inside: Option<&str>) -> Option<()> {
    let mut before = "{";
    for member in sonic_rs::to_object_iter(object) {
        let (key, value) = member.ok()?;
        if key == "matching_rules" {
            continue;
        }
        let value = value.as_raw_str();
        let mut json = Json(kept);
        json.raw(before).text(&key).raw(":");
        if inside == Some(&*key) && value.starts_with('{') {
            keep(kept, value, None)?;
        } else {
            json.raw(value);
        }
        before = ",";
    }
    Json(kept).raw(if before == "{" { "{}" } else { "}" });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_rule::Rule;

    #[test]
    fn matching_rules_are_the_last_key() {
        let stored = |id, tag: Option<&str>| {
            Arc::new(Stored {
                id,
                tag: tag.map(str::to_owned),
                rule: Arc::new(Rule::parse("tea").unwrap()),
            })
        };
        let (one, two) = (
            stored(1_620_716_082_304_126_977, Some("flood \"us\"")),
            stored(5, None),
        );
        let mut out = b"before{\"id\":1}".to_vec();
        append_matching(&mut out, &[one, two]);
        let expected = r#"before{"id":1,"matching_rules":[{"tag":"flood \"us\"","id":1620716082304126977,"id_str":"1620716082304126977"},{"tag":null,"id":5,"id_str":"5"}]}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn lines_lose_their_matching_rules_and_nothing_else() {
        let check = |line: &str, expected: Option<&str>| {
            let accepted = accept(line.as_bytes()).map(|line| String::from_utf8(line).unwrap());
            assert_eq!(accepted.as_deref(), expected, "{line}");
        };
        check(" {\"id\":1,\"x\": 1.0}\r", Some("{\"id\":1,\"x\": 1.0}"));
        check(
            r#"{"matching_rules":[{"tag":"a"}],"id":1, "t":"\u00e9\/"}"#,
            Some(r#"{"id":1,"t":"\u00e9\/"}"#),
        );
        check(
            r#"{"id":1,"text":"\"matching_rules\""}"#,
            Some(r#"{"id":1,"text":"\"matching_rules\""}"#),
        );
        check(r#"{"id":1,"matching_rules":[]}"#, Some(r#"{"id":1}"#));
        // An activity has its rules one level down. A member of that name elsewhere stays.
        check(
            r#"{"id":"a:1","gnip":{"urls":[ {"matching_rules":1}],"matching_rules":[{"tag":"a"}]},"x":{"matching_rules":[]}}"#,
            Some(
                r#"{"id":"a:1","gnip":{"urls":[ {"matching_rules":1}]},"x":{"matching_rules":[]}}"#,
            ),
        );
        check(
            r#"{"gnip":{"matching_rules":[]},"id":"a:1"}"#,
            Some(r#"{"gnip":{},"id":"a:1"}"#),
        );
        check(
            r#"{"gnip":null,"matching_rules":[],"id":"a:1"}"#,
            Some(r#"{"gnip":null,"id":"a:1"}"#),
        );
        for line in [
            "",
            "[1]",
            "{}",
            "{\"id\":1",
            "{\"id\":1} x",
            r#"{"info":{"message":"m"}}"#,
            "\u{feff}{\"id\":1}",
        ] {
            check(line, None);
        }
    }
}
