//! Puts rules into Tweets that are activities already.

use std::{ops::Range, sync::Arc};

use sonic_rs::{JsonValueTrait, Value};

use crate::{json_text::Json, rule_set::Stored, tweet_text::write_matching};

/// Whether a Tweet is in the Activity Streams format. [reference 4.9] [inferred]
pub(crate) fn is_activity(tweet: &Value) -> bool {
    tweet.get("objectType").is_some()
}

/// Puts `matching_rules` into the `gnip` of the activity that stands in `out` from `start` on, in
/// place of those that it has. The rest of it stays byte for byte. [source: xd/data-dictionary]
pub(crate) fn insert_matching(out: &mut Vec<u8>, start: usize, rules: &[Arc<Stored>]) {
    debug_assert_eq!(out.last(), Some(&b'}'));
    let activity = &out[start..];
    let gnip = place_of(activity, "gnip");
    let (place, before, after) = match gnip {
        None => {
            let end = activity.len().saturating_sub(1);
            (end..end, r#","gnip":{"matching_rules":"#, "}")
        }
        Some(gnip) => match place_in(&activity[gnip.clone()]) {
            Some((inside, before, after)) => {
                let inside = gnip.start + inside.start..gnip.start + inside.end;
                (inside, before, after)
            }
            None => (gnip, r#"{"matching_rules":"#, "}"),
        },
    };
    let mut new = Vec::new();
    let mut json = Json(&mut new);
    json.raw(before);
    write_matching(&mut json, rules);
    json.raw(after);
    out.splice(start + place.start..start + place.end, new);
}

/// Where the rules go in a `gnip`, and what stands around them there; `None` if it is no object.
fn place_in(gnip: &[u8]) -> Option<(Range<usize>, &'static str, &'static str)> {
    let members = gnip.strip_prefix(b"{")?;
    if let Some(old) = place_of(gnip, "matching_rules") {
        return Some((old, "", ""));
    }
    let is_empty = members.trim_ascii_start().starts_with(b"}");
    let after = if is_empty { "" } else { "," };
    Some((1..1, r#""matching_rules":"#, after))
}

/// Where the value of a member stands in the text of an object.
fn place_of(object: &[u8], key: &str) -> Option<Range<usize>> {
    let value = sonic_rs::get(object, [key]).ok()?;
    let value = value.as_raw_str().as_bytes();
    let start = value.as_ptr().addr().checked_sub(object.as_ptr().addr())?;
    let place = start..start + value.len();
    // This notices if the value is a copy one day, and no part of the text.
    (object.get(place.clone()) == Some(value)).then_some(place)
}
