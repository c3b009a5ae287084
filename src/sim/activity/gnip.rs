//! The enrichments of an activity, which stand together in `gnip`.

use std::sync::Arc;

use sonic_rs::{JsonValueTrait, Value};

use super::{
    members::Members,
    read::{object, objects, string, whole_entities},
};
use crate::{json_text::Json, rule_set::Stored, tweet_text::write_matching};

/// Writes the rules that a Tweet matched, the pages that its links lead to, and where its author
/// lives. The pages of a Retweet are the original's.
pub(super) fn write(
    json: &mut Json<'_>,
    tweet: &Value,
    retweeted: Option<&Value>,
    rules: &[Arc<Stored>],
) {
    let mut members = Members::open(json);
    write_matching(members.key("matching_rules"), rules);
    let mut pages: Vec<&Value> = pages(tweet).collect();
    for page in retweeted.into_iter().flat_map(self::pages) {
        // Where the text is short, both have the same links.
        let is_known = |known: &&Value| string(known, "url") == string(page, "url");
        if !pages.iter().any(is_known) {
            pages.push(page);
        }
    }
    write_list(&mut members, "urls", pages.into_iter(), write_page);
    let derived = object(tweet, "user").and_then(|user| object(user, "derived"));
    let locations = derived
        .into_iter()
        .flat_map(|derived| objects(derived, "locations"));
    write_list(&mut members, "profileLocations", locations, write_location);
    members.close();
}

/// The links that the service has followed.
fn pages(tweet: &Value) -> impl Iterator<Item = &Value> {
    whole_entities(tweet)
        .into_iter()
        .flat_map(|entities| objects(entities, "urls"))
        .filter(|url| object(url, "unwound").is_some())
}

/// Writes a list, if it has elements.
fn write_list<'v>(
    members: &mut Members<'_, '_>,
    key: &'static str,
    values: impl Iterator<Item = &'v Value>,
    write: fn(&mut Members<'_, '_>, &Value),
) {
    let mut values = values.peekable();
    if values.peek().is_none() {
        return;
    }
    let json = members.key(key).raw("[");
    json.list(values, |value, json| {
        let mut element = Members::open(json);
        write(&mut element, value);
        element.close();
    });
    json.raw("]");
}

fn write_page(page: &mut Members<'_, '_>, url: &Value) {
    page.text("url", string(url, "url"));
    let Some(unwound) = object(url, "unwound") else {
        return;
    };
    page.text("expanded_url", string(unwound, "url"));
    let status = unwound.get("status").filter(|status| status.is_number());
    page.value("expanded_status", status);
    for (key, native) in [
        ("expanded_url_title", "title"),
        ("expanded_url_description", "description"),
    ] {
        page.key(key).text_or_null(string(unwound, native));
    }
}

fn write_location(location: &mut Members<'_, '_>, native: &Value) {
    location.text("objectType", Some("place"));
    location.value("geo", object(native, "geo"));
    let mut address = Members::open(location.key("address"));
    for (key, level) in [
        ("country", "country"),
        ("countryCode", "country_code"),
        ("locality", "locality"),
        ("region", "region"),
        ("subRegion", "sub_region"),
    ] {
        address.text(key, string(native, level));
    }
    address.close();
    location.text("displayName", string(native, "full_name"));
}
