//! Changes to the text of a Tweet that leave the rest of it byte for byte.

use std::sync::Arc;

use memchr::memmem;
use sonic_rs::{JsonValueTrait, LazyValue, Value};

use super::{json_text::Json, rule_set::Stored};

/// Adds `matching_rules` as the last key of the Tweet that `out` ends with. [source: xd/data-enrichments]
pub(super) fn append_matching(out: &mut Vec<u8>, rules: &[Arc<Stored>]) {
    debug_assert_eq!(out.last(), Some(&b'}'));
    out.pop();
    let mut json = Json(out);
    json.raw(r#","matching_rules":["#);
    for (at, rule) in rules.iter().enumerate() {
        json.raw(if at > 0 { r#",{"tag":"# } else { r#"{"tag":"# })
            .text_or_null(rule.tag.as_deref());
        json.raw(r#","id":"#)
            .int(rule.id)
            .raw(r#","id_str":"#)
            .quoted(rule.id)
            .raw("}");
    }
    json.raw("]}");
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

/// A line as the feed can take it: a JSON object with an id, without `matching_rules`.
pub(super) fn accept(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    let text = str::from_utf8(line).ok()?;
    if !text.starts_with('{') {
        return None;
    }
    let has_rules = memmem::find(line, b"\"matching_rules\"").is_some();
    let mut kept = has_rules.then(|| Vec::with_capacity(line.len()));
    let mut has_id = false;
    for member in sonic_rs::to_object_iter(text) {
        let (key, value) = member.ok()?;
        has_id |= key == "id";
        if let Some(kept) = &mut kept {
            keep(kept, &key, &value);
        }
    }
    // The iterator stops at the closing brace; this looks at what comes after, and inside.
    sonic_rs::from_str::<Value>(text).ok()?;
    let line = match kept {
        Some(mut kept) => {
            kept.push(b'}');
            kept
        }
        None => line.to_vec(),
    };
    has_id.then_some(line)
}

fn keep(kept: &mut Vec<u8>, key: &str, value: &LazyValue<'_>) {
    if key == "matching_rules" {
        return;
    }
    let comma = if kept.is_empty() { "{" } else { "," };
    Json(kept)
        .raw(comma)
        .text(key)
        .raw(":")
        .raw(value.as_raw_str());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rule;

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
