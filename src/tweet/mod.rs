//! A Tweet: its line exactly as received, and the parsed line.

pub(crate) mod id;
mod matched;
pub(crate) mod retagged;
pub(crate) mod time;

use bytes::Bytes;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use crate::text::json;

/// Keys that only a Tweet has. An object that has a number as its `id` and one of these keys is a Tweet, even without
/// `id_str` and `user`: other programs have cut such lines out of whole Tweets.
pub(crate) const BESIDE_ID: [&str; 3] = ["text", "full_text", "matching_rules"];

/// How a payload is laid out. This is a setting of the stream on the service's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Native enriched: `id_str` at the root.
    Native,
    /// Activity Streams: `objectType` at the root.
    Activity,
}

/// Why a line is not a Tweet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTweet {
    /// The bytes are not one valid JSON text in UTF-8.
    #[error("invalid JSON: {0}")]
    Invalid(String),
    /// The line is valid JSON, but not a Tweet.
    #[error("valid JSON, and no Tweet")]
    Unknown,
}

/// A rule that a Tweet matched, as the Tweet names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchedRule<'a> {
    /// The rule's tag; `None` if the rule has no tag.
    pub tag: Option<&'a str>,
    /// The rule's id; `None` if the payload leaves it out.
    pub id: Option<i64>,
}

/// One Tweet.
#[derive(Debug)]
pub struct Tweet {
    line: Bytes,
    root: Value,
    format: Format,
}

impl Tweet {
    /// Parses a line of the stream.
    ///
    /// # Errors
    /// [`NotTweet::Invalid`] when the bytes are not JSON in UTF-8, [`NotTweet::Unknown`] when the JSON is not a Tweet.
    pub fn parse(line: Bytes) -> Result<Self, NotTweet> {
        let root = json::read_any(&line).map_err(|error| NotTweet::Invalid(error.to_string()))?;
        let object = root.as_object().ok_or(NotTweet::Unknown)?;
        // The formats are told apart as in the protocol reference, 4.9: `objectType` means Activity Streams, `id_str`
        // means native. [inferred] Old native payloads have no `id_str`, so `id` is enough together with another key
        // that only a Tweet has.
        let has_any = |keys: &[&str]| keys.iter().any(|key| object.contains_key(key));
        let format = if object.contains_key(&"id_str")
            || (object.contains_key(&"id") && object.contains_key(&"user"))
            || (id_of(&root).is_some() && has_any(&BESIDE_ID))
        {
            Format::Native
        } else if object.contains_key(&"objectType") {
            Format::Activity
        } else {
            return Err(NotTweet::Unknown);
        };
        Ok(Self { line, root, format })
    }

    /// The line exactly as received, without its delimiter.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The line, to be kept. It shares the bytes of the Tweet's line.
    pub fn share_line(&self) -> Bytes {
        self.line.clone()
    }

    /// The parsed line.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// How the payload is laid out.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The Tweet's exact id; `None` if it is missing or not a number.
    pub fn id(&self) -> Option<i64> {
        match self.format {
            Format::Native => id_of(&self.root),
            // The number at the end of an id such as `tag:search.twitter.com,2005:1635660060264099842`.
            Format::Activity => self
                .root
                .get("id")
                .as_str()?
                .rsplit_once(':')?
                .1
                .parse()
                .ok(),
        }
    }

    /// The text of the Tweet as far as its own line has it: the long one where there is one.
    pub fn text(&self) -> Option<&str> {
        let (whole, name) = match self.format {
            Format::Native => ("extended_tweet", "full_text"),
            Format::Activity => ("long_object", "body"),
        };
        let string = |name: &str| self.root.get(name).and_then(|text| text.as_str());
        let long = self.root.get(whole).and_then(|whole| whole.get(name));
        long.and_then(|text| text.as_str())
            .or_else(|| ["full_text", "text", "body"].into_iter().find_map(string))
    }

    /// The rules that the Tweet matched, in the order of the payload.
    pub fn matching_rules(&self) -> impl Iterator<Item = MatchedRule<'_>> {
        self.matched().map(|rule| MatchedRule {
            tag: tag_of(rule),
            id: id_of(rule),
        })
    }

    /// The tags of the rules that the Tweet matched; `None` for a rule without a tag.
    pub fn matching_tags(&self) -> impl Iterator<Item = Option<&str>> {
        self.matched().map(tag_of)
    }

    fn matched(&self) -> impl Iterator<Item = &Value> {
        let rules = self.rule_list().and_then(|rules| rules.as_array());
        rules.into_iter().flat_map(|rules| rules.iter())
    }

    /// The list of rules, where the payload has it.
    fn rule_list(&self) -> Option<&Value> {
        let rules = match self.format {
            Format::Native => self.root.get("matching_rules"),
            Format::Activity => self
                .root
                .get("gnip")
                .and_then(|gnip| gnip.get("matching_rules")),
        };
        rules.filter(|rules| rules.is_array())
    }
}

fn tag_of(rule: &Value) -> Option<&str> {
    rule.get("tag").and_then(|tag| tag.as_str())
}

/// The value of `id_str` if there is one, else of `id`. Ids in documentation samples have been rounded by a double.
fn id_of(object: &Value) -> Option<i64> {
    match object.get("id_str").and_then(|id| id.as_str()) {
        Some(text) => text.parse().ok(),
        None => object.get("id").and_then(|id| id.as_i64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &'static str) -> Result<Tweet, NotTweet> {
        Tweet::parse(Bytes::from_static(line.as_bytes()))
    }

    #[test]
    fn ids_are_exact_in_both_formats() {
        let native = parse(r#"{"id":1635659407703232500,"id_str":"1635659407703232513"}"#);
        assert_eq!(native.unwrap().id(), Some(1_635_659_407_703_232_513));
        let old = parse(r#"{"id":1635659407703232513,"user":{}}"#).unwrap();
        assert_eq!(old.id(), Some(1_635_659_407_703_232_513));
        let bare = parse(r#"{"text":"a","id":7}"#).unwrap();
        assert_eq!((bare.format(), bare.id()), (Format::Native, Some(7)));
        let activity = parse(
            r#"{"objectType":"activity","id":"tag:search.twitter.com,2005:1635660060264099842"}"#,
        )
        .unwrap();
        assert_eq!(activity.format(), Format::Activity);
        assert_eq!(activity.id(), Some(1_635_660_060_264_099_842));
    }

    #[test]
    fn matching_rules_come_from_either_format() {
        let native = parse(
            r#"{"id_str":"1","matching_rules":[{"tag":"a","id":5,"id_str":"6"},{"tag":null}]}"#,
        )
        .unwrap();
        let rules: Vec<_> = native.matching_rules().collect();
        assert_eq!((rules[0].tag, rules[0].id), (Some("a"), Some(6)));
        assert_eq!((rules[1].tag, rules[1].id), (None, None));
        let activity = parse(
            r#"{"objectType":"activity","id":"x:1","gnip":{"matching_rules":[{"tag":"b","id":7}]}}"#,
        )
        .unwrap();
        assert_eq!(activity.matching_rules().next().unwrap().tag, Some("b"));
    }

    #[test]
    fn what_is_no_tweet_says_why() {
        assert_eq!(parse(r#"{"x":1}"#).unwrap_err(), NotTweet::Unknown);
        assert_eq!(parse("[1]").unwrap_err(), NotTweet::Unknown);
        for line in [
            r#"{"id":"1","text":"a"}"#,
            r#"{"id":1.5,"text":"a"}"#,
            r#"{"id":1,"name":"a"}"#,
            r#"{"text":"a"}"#,
        ] {
            assert_eq!(parse(line).unwrap_err(), NotTweet::Unknown, "{line}");
        }
        assert!(matches!(parse(r#"{"id_str":"#), Err(NotTweet::Invalid(_))));
        let cut = Bytes::from_static(b"{\"id_str\":\"\xff\"}");
        assert!(matches!(Tweet::parse(cut), Err(NotTweet::Invalid(_))));
    }
}
