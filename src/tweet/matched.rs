//! Puts the rules that a Tweet matches into its line, where the stream would have put them. Pure: no IO.

use std::ops::Range;

use bytes::Bytes;

use super::{Format, MatchedRule, Tweet};
use crate::text::scan::Parts;

impl Tweet {
    /// Whether the payload says which rules matched. A list says so even if it is empty; null and no list do not.
    pub fn has_matching_rules(&self) -> bool {
        self.rule_list().is_some()
    }

    /// The same Tweet as if the stream had delivered it for these rules. All else in its line stays byte for byte.
    #[must_use]
    pub fn matching(self, rules: &[MatchedRule<'_>]) -> Self {
        // It was a Tweet before, and only a list was put into it, so it is one still.
        Self::parse(self.line_matching(rules)).unwrap_or(self)
    }

    /// The line of the Tweet as if the stream had delivered it for these rules.
    pub fn line_matching(&self, rules: &[MatchedRule<'_>]) -> Bytes {
        let mut line = self.line.to_vec();
        let list = list(rules);
        match self.format {
            Format::Native => put(&mut line, "matching_rules", &list),
            Format::Activity => {
                let gnip = format!("{{\"matching_rules\":{list}}}");
                match members(&line, "gnip").first() {
                    Some(place) if line[place.clone()].starts_with(b"{") => {
                        let mut inner = line[place.clone()].to_vec();
                        put(&mut inner, "matching_rules", &list);
                        line.splice(place.clone(), inner);
                    }
                    _ => put(&mut line, "gnip", &gnip),
                }
            }
        }
        Bytes::from(line)
    }
}

/// Rules as a Tweet shows them. [source: xd/data-enrichments]
fn list(rules: &[MatchedRule<'_>]) -> String {
    let rules = rules.iter().map(|rule| {
        let tag = rule.tag.map_or(Ok("null".to_owned()), sonic_rs::to_string);
        let tag = tag.expect("text always has a JSON");
        match rule.id {
            Some(id) => format!("{{\"tag\":{tag},\"id\":{id},\"id_str\":\"{id}\"}}"),
            None => format!("{{\"tag\":{tag}}}"),
        }
    });
    format!("[{}]", rules.collect::<Vec<_>>().join(","))
}

/// Gives a member of an object a value. What other members of this name there are goes, so that nobody reads another.
fn put(object: &mut Vec<u8>, name: &str, value: &str) {
    let mut places = members(object, name);
    let Some(first) = (!places.is_empty()).then(|| places.remove(0)) else {
        let is_empty = Parts::of(object).next().is_none();
        let end = object.iter().rposition(|byte| *byte == b'}');
        let comma = if is_empty { "" } else { "," };
        let member = format!("{comma}\"{name}\":{value}");
        let end = end.unwrap_or(object.len());
        object.splice(end..end, member.into_bytes());
        return;
    };
    for place in places.into_iter().rev().chain([first]) {
        object.splice(place, value.bytes());
    }
}

/// Where the values of the members of this name stand.
fn members(object: &[u8], name: &str) -> Vec<Range<usize>> {
    let is_named = |written: &[u8]| match written.contains(&b'\\') {
        true => sonic_rs::from_slice::<String>(written).is_ok_and(|written| written == name),
        false => written.get(1..written.len().saturating_sub(1)) == Some(name.as_bytes()),
    };
    Parts::of(object)
        .filter(|(written, _)| is_named(&object[written.clone()]))
        .map(|(_, value)| value)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &'static str, expected: &str) {
        let rules = [
            MatchedRule {
                tag: Some("a \"b\""),
                id: Some(7),
            },
            MatchedRule {
                tag: None,
                id: None,
            },
        ];
        let list = r#"[{"tag":"a \"b\"","id":7,"id_str":"7"},{"tag":null}]"#;
        let tweet = Tweet::parse(Bytes::from_static(line.as_bytes())).unwrap();
        let tweet = tweet.matching(&rules);
        let written = str::from_utf8(tweet.line()).unwrap();
        assert_eq!(written, expected.replace("LIST", list), "{line}");
        assert_eq!(tweet.matching_rules().collect::<Vec<_>>(), rules, "{line}");
        assert!(tweet.has_matching_rules());
    }

    #[test]
    fn a_tweet_names_the_rules_and_stays_as_it_was() {
        check(
            r#"{ "id_str":"1", "x" : 1.0 } "#,
            r#"{ "id_str":"1", "x" : 1.0 ,"matching_rules":LIST} "#,
        );
        check(
            r#"{"matching_rules":[{"tag":"old"}],"id_str":"1"}"#,
            r#"{"matching_rules":LIST,"id_str":"1"}"#,
        );
        check(
            r#"{"id_str":"1","matching_rules":null,"q":{"matching_rules":[]}}"#,
            r#"{"id_str":"1","matching_rules":LIST,"q":{"matching_rules":[]}}"#,
        );
        check(
            r#"{"matching_rules":[],"id_str":"1","matching\u005frules":[1]}"#,
            r#"{"matching_rules":LIST,"id_str":"1","matching\u005frules":LIST}"#,
        );
        // A lone surrogate stops other readers.
        check(
            r#"{"id_str":"1","\ud800":"\udc00"}"#,
            r#"{"id_str":"1","\ud800":"\udc00","matching_rules":LIST}"#,
        );
    }

    #[test]
    fn an_activity_names_them_one_level_down() {
        check(
            r#"{"objectType":"activity","id":"a:1"}"#,
            r#"{"objectType":"activity","id":"a:1","gnip":{"matching_rules":LIST}}"#,
        );
        check(
            r#"{"gnip":{ },"objectType":"activity"}"#,
            r#"{"gnip":{ "matching_rules":LIST},"objectType":"activity"}"#,
        );
        check(
            r#"{"gnip":{"urls":[{}],"matching_rules":[]},"objectType":"activity"}"#,
            r#"{"gnip":{"urls":[{}],"matching_rules":LIST},"objectType":"activity"}"#,
        );
        check(
            r#"{"gnip":null,"objectType":"activity","matching_rules":[]}"#,
            r#"{"gnip":{"matching_rules":LIST},"objectType":"activity","matching_rules":[]}"#,
        );
    }

    #[test]
    fn only_a_list_says_what_matched() {
        for (line, expected) in [
            (r#"{"id_str":"1"}"#, false),
            (r#"{"id_str":"1","matching_rules":null}"#, false),
            (r#"{"id_str":"1","matching_rules":[]}"#, true),
            (r#"{"objectType":"activity","matching_rules":[]}"#, false),
            (r#"{"objectType":"activity","gnip":{}}"#, false),
            (
                r#"{"objectType":"activity","gnip":{"matching_rules":[]}}"#,
                true,
            ),
        ] {
            let tweet = Tweet::parse(Bytes::from_static(line.as_bytes())).unwrap();
            assert_eq!(tweet.has_matching_rules(), expected, "{line}");
        }
    }
}
