//! Reads native Tweets in which anything may be missing or of another type than documented.

use std::borrow::Cow;

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

pub(super) fn object<'a>(parent: &'a Value, key: &str) -> Option<&'a Value> {
    parent.get(key).filter(|value| value.is_object())
}

pub(super) fn list_of<'a>(parent: &'a Value, key: &str) -> Option<&'a Value> {
    parent.get(key).filter(|value| value.is_array())
}

/// The objects in a list.
pub(super) fn objects<'a>(parent: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    let list = parent.get(key).and_then(|value| value.as_array());
    list.into_iter().flatten().filter(|value| value.is_object())
}

pub(super) fn string<'a>(parent: &'a Value, key: &str) -> Option<&'a str> {
    parent.get(key).and_then(|value| value.as_str())
}

pub(super) fn count(parent: &Value, key: &str) -> Option<u64> {
    parent.get(key).and_then(|value| value.as_u64())
}

pub(super) fn flag(parent: &Value, key: &str) -> Option<bool> {
    parent.get(key).and_then(|value| value.as_bool())
}

/// An id, exact in its string form; the earliest payloads have the number only.
pub(super) fn id<'a>(parent: &'a Value, text: &str, number: &str) -> Option<Cow<'a, str>> {
    string(parent, text)
        .map(Cow::Borrowed)
        .or_else(|| Some(Cow::Owned(count(parent, number)?.to_string())))
}

/// The text of a Tweet; the REST API, which files may be from, gives it whole under another key.
pub(super) fn text(tweet: &Value) -> Option<&str> {
    string(tweet, "text").or_else(|| string(tweet, "full_text"))
}

/// The entities of the whole text: `extended_tweet` holds what did not fit into the Tweet itself.
pub(super) fn whole_entities(tweet: &Value) -> Option<&Value> {
    object(tweet, "extended_tweet")
        .and_then(|extended| object(extended, "entities"))
        .or_else(|| object(tweet, "entities"))
}
