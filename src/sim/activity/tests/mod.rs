//! The example payloads of the protocol reference, field by field, and what they leave open.

mod agreement;
mod hostile;
mod matching;

use sonic_rs::{JsonContainerTrait, JsonValueMutTrait, JsonValueTrait, Value, json};

use super::*;
use ouzel_rule::Rule;

/// [reference 5.2]
const RETWEET: &str = include_str!("retweet.json");

/// The same Tweet. [reference 5.4] Only the `object` does not count its Retweets: recorded shares of 2012 and 2013 count them
/// once, outside.
const RETWEET_ACTIVITY: &str = include_str!("retweet_activity.json");

/// [reference 5.3]
const REPLY: &str = include_str!("reply.json");

fn parsed(json: impl AsRef<[u8]>) -> Value {
    sonic_rs::from_slice(json.as_ref()).unwrap()
}

fn stored(id: u64, tag: Option<&str>) -> Arc<Stored> {
    Arc::new(Stored {
        id,
        tag: tag.map(str::to_owned),
        rule: Arc::new(Rule::parse("tea").unwrap()),
    })
}

/// The rules that the examples matched.
fn rules() -> [Arc<Stored>; 2] {
    [
        stored(1_620_716_082_304_126_977, Some("flood-us")),
        stored(1_620_716_082_308_321_280, None),
    ]
}

fn written(tweet: &Value) -> String {
    let [one, two] = rules();
    let mut out = Vec::new();
    write(&mut out, tweet, &[one, two]);
    String::from_utf8(out).unwrap()
}

fn activity(tweet: &Value) -> Value {
    parsed(written(tweet))
}

/// The keys of an object and of the objects inside it, in their order.
fn keys(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        found.push(key.to_owned());
        found.extend(
            keys(value)
                .into_iter()
                .map(|below| format!("{key}.{below}")),
        );
    }
    found
}

#[track_caller]
fn check_equal(own: &Value, expected: &Value) {
    // Key by key, or a difference could not be found in what is printed.
    for (key, expected) in expected.as_object().unwrap() {
        assert_eq!(own.get(key), Some(expected), "{key}");
    }
    assert_eq!(own, expected);
}

#[test]
fn the_example_is_written_as_the_reference_has_it() {
    let (own, expected) = (activity(&parsed(RETWEET)), parsed(RETWEET_ACTIVITY));
    check_equal(&own["object"], &expected["object"]);
    check_equal(&own, &expected);
    assert_eq!(keys(&own), keys(&expected));
}

#[test]
fn an_original_has_its_own_enrichments() {
    let original = parsed(RETWEET)["retweeted_status"].clone();
    let mut own = activity(&original);
    let retweet = parsed(RETWEET_ACTIVITY);
    assert_eq!(
        own["gnip"]["matching_rules"],
        retweet["gnip"]["matching_rules"]
    );
    assert_eq!(own["gnip"]["urls"], retweet["gnip"]["urls"]);
    let location = json!([{
        "objectType": "place",
        "geo": { "type": "point", "coordinates": [-105.27055, 40.01499] },
        "address": {
            "country": "United States", "countryCode": "US", "locality": "Boulder",
            "region": "Colorado", "subRegion": "Boulder County",
        },
        "displayName": "Boulder, Colorado, United States",
    }]);
    assert_eq!(own["gnip"]["profileLocations"], location);
    assert_eq!(own["twitter_filter_level"], "low");
    // Apart from that it is what the Retweet holds.
    let own = own.as_object_mut().unwrap();
    for root_only in ["gnip", "twitter_filter_level", "retweetCount"] {
        own.remove(&root_only);
    }
    assert_eq!(own.len(), retweet["object"].as_object().unwrap().len());
    for (key, value) in own.iter() {
        assert_eq!(retweet["object"].get(key), Some(value), "{key}");
    }
}

#[test]
fn a_reply_with_a_video_quotes_a_poll() {
    let native = parsed(REPLY);
    let own = activity(&native);
    assert_eq!(own["verb"], "post");
    assert_eq!(own["object"]["objectType"], "note");
    assert_eq!(own["object"]["summary"], native["text"]);
    let replied_to = "http://twitter.com/galelabs/statuses/1635627357829705733";
    assert_eq!(own["inReplyTo"], json!({ "link": replied_to }));
    assert_eq!(own["display_text_range"], json!([10, 59]));
    assert_eq!(own["twitter_entities"], native["entities"]);
    assert_eq!(
        own["twitter_extended_entities"],
        native["extended_entities"]
    );
    assert!(own.get("location").is_none() && own.get("geo").is_none());
    assert!(own["gnip"].get("urls").is_none());

    let quoted = &own["twitter_quoted_status"];
    assert_eq!(
        quoted["id"],
        "tag:search.twitter.com,2005:1635652044470226947"
    );
    assert_eq!(quoted["objectType"], "activity");
    assert_eq!(
        quoted["body"],
        "Which forecast do you trust more for tonight?"
    );
    assert_eq!(quoted["actor"]["preferredUsername"], "galelabs");
    assert!(quoted["actor"].get("location").is_none(), "it is empty");
    assert!(quoted["twitter_entities"].get("polls").is_none());
    assert!(quoted.get("gnip").is_none());
    assert!(!written(&native).contains("quote_count"));
}

#[test]
fn a_line_is_one_line_of_ascii() {
    for native in [RETWEET, REPLY] {
        let line = written(&parsed(native));
        assert!(line.is_ascii() && !line.contains(['\n', '\r']), "{line}");
        assert_eq!(line, written(&parsed(native)));
    }
}

#[test]
#[rustfmt::skip] // A table.
fn times_lose_their_weekday_and_their_zone() {
    let check = |created_at: &str, expected: Option<&str>| {
        assert_eq!(posted_time(created_at).as_deref(), expected, "{created_at}");
    };
    check("Wed Oct 10 20:19:24 +0000 2018", Some("2018-10-10T20:19:24.000Z"));
    check("Mon Oct 10 20:19:24 +0000 2018", Some("2018-10-10T20:19:24.000Z"));
    check("Mon Jan 01 00:30:00 +0130 2018", Some("2017-12-31T23:00:00.000Z"));
    check("Wed Oct 32 20:19:24 +0000 2018", None);
    check("2018-10-10T20:19:24.000Z", None);
    check("Wed ", None);
    check("", None);
}

#[test]
#[rustfmt::skip] // A table.
fn sources_are_taken_apart() {
    let check = |source: &str, name: &str, link: Option<&str>| {
        let expected = json!({ "displayName": name, "link": link });
        assert_eq!(
            activity(&json!({ "source": source }))["generator"],
            expected
        );
    };
    check("<a href=\"http://a.example/\" rel=\"nofollow\">An \"app\"</a>", "An \"app\"", Some("http://a.example/"));
    check("<a rel=\"nofollow\">App</a>", "App", None);
    check("web", "web", None);
    check("", "", None);
    check("<a href=\"x\"", "<a href=\"x\"", None);
    assert!(activity(&json!({ "source": 1 })).get("generator").is_none());
}

#[test]
fn what_the_rest_of_the_world_leaves_out_is_made_up_for() {
    let own = activity(&json!({
        "id": u64::MAX,
        "full_text": "as the REST API has it",
        "in_reply_to_status_id": 5,
        "coordinates": { "type": "Point", "coordinates": [-105.2507, 40.0212] },
        "place": { "id": "fd70c22040963ac7", "name": "Boulder" },
        "scopes": { "followers": false },
        "user": { "lang": "en", "protected": true },
    }));
    assert_eq!(
        own["id"],
        "tag:search.twitter.com,2005:18446744073709551615"
    );
    assert_eq!(
        own["link"],
        "http://twitter.com/statuses/18446744073709551615"
    );
    assert_eq!(own["body"], "as the REST API has it");
    assert_eq!(own["inReplyTo"]["link"], "http://twitter.com/statuses/5");
    assert_eq!(
        own["geo"],
        json!({ "type": "Point", "coordinates": [40.0212, -105.2507] })
    );
    let place = "https://api.twitter.com/1.1/geo/id/fd70c22040963ac7.json";
    assert_eq!(
        own["location"],
        json!({ "objectType": "place", "name": "Boulder", "link": place })
    );
    assert_eq!(own["scopes"], json!({ "followers": false }));
    assert_eq!(own["actor"]["languages"], json!(["en"]));
    assert_eq!(own["actor"]["protected"], true);
    assert_eq!(activity(&json!({})).get("id"), None);
}

#[test]
fn a_page_that_both_texts_of_a_retweet_link_to_is_listed_once() {
    let link = |url: &str| json!({ "url": url, "unwound": { "url": format!("{url}/page"), "status": 404, "title": null } });
    let own = activity(&json!({
        "entities": { "urls": [link("a")] },
        "retweeted_status": {
            "entities": { "urls": [] },
            "extended_tweet": { "entities": { "urls": [link("a"), link("b"), { "url": "c" }] } },
        },
    }));
    let page = |url: &str| json!({ "url": url, "expanded_url": format!("{url}/page"), "expanded_status": 404, "expanded_url_title": null, "expanded_url_description": null });
    assert_eq!(own["gnip"]["urls"], json!([page("a"), page("b")]));
    assert_eq!(own["twitter_entities"]["urls"], json!([{ "url": "a" }]));
}

#[test]
fn a_retweet_of_a_quote_has_the_quoted_tweet_twice() {
    let quoted = json!({ "id": 1, "text": "quoted", "quoted_status": { "id": 0 } });
    let own = activity(&json!({
        "id": 3,
        "retweeted_status": { "id": 2, "quoted_status": quoted },
        "quoted_status": quoted,
    }));
    let inner = &own["object"]["twitter_quoted_status"];
    assert_eq!(inner["body"], "quoted");
    assert_eq!(own["twitter_quoted_status"]["body"], "quoted");
    assert!(
        inner.get("twitter_quoted_status").is_none(),
        "no Tweet is deeper"
    );
}
