//! Checks the rules of `matching.rs` on the Activity Streams format.

use sonic_rs::{Value, json};

use super::super::{Analysis, Rule};
use super::payloads::{ACTIVITY, EXTENDED, parsed, retweet};

/// Checks rules against one Tweet: all rules of the first list match, none of the second.
#[track_caller]
fn check(payload: &Value, matching: &[&str], others: &[&str]) {
    let tweet = Analysis::activity(payload);
    for (values, expected) in [(matching, true), (others, false)] {
        for value in values {
            let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
            assert_eq!(rule.matches(&tweet), expected, "{value}");
        }
    }
}

#[test]
fn a_retweet_matches_as_in_the_native_format() {
    check(
        &parsed(ACTIVITY),
        &[
            "source:\"Twitter for iPhone\" flood",
            "source:\"http://twitter.com/download/iphone\" flood",
            "from:minaok_radio from:2233445566",
            "is:retweet has:links has:hashtags has:mentions has:symbols",
            "retweets_of:aldercreekwx retweets_of:3161234567",
            "retweets_of_status_id:1635659407703232513",
            "@aldercreekwx @minaok_radio @2233445566 #flashflood $aqua",
            "\"live map\" url:\"maps.example.org\" url_contains:\"bit.ly/3aL\"",
            "url_title:gauge url_description:\"road closures\"",
            "bio:trains bio_name:okafor bio_location:\"leeds, england\"",
            "followers_count:913..913 friends_count:870..870",
            "statuses_count:40331..40331 listed_count:21..21",
            "profile_country:gb profile_region:england profile_locality:leeds has:profile_geo",
            "profile_point_radius:[-1.5 53.8 5mi]",
            "lang:en",
        ],
        &[
            "from:aldercreekwx",
            "-is:retweet flood",
            "place_country:US OR has:geo",
            "bounding_box:[-105.301758 39.964069 -105.178505 40.09455]",
            "is:verified OR is:quote OR is:reply OR has:media",
            "bio:gauge",
            "to:aldercreekwx",
            "lang:und",
        ],
    );
}

#[test]
fn the_original_by_itself() {
    let activity = parsed(ACTIVITY);
    let mut original = activity["object"].clone();
    check(
        &original,
        &[
            "from:aldercreekwx is:verified -is:retweet",
            "bounding_box:[-105.301758 39.964069 -105.178505 40.09455]",
            "bounding_box:[-105.26 40.01 -105.24 40.03]",
            "place:boulder place:fd70c22040963ac7 place:\"boulder, co\" place_country:us has:geo",
        ],
        &[
            "place:denver",
            "retweets_of:aldercreekwx",
            "place_country:gb",
        ],
    );
    original["geo"] = Value::default();
    let small = "bounding_box:[-105.26 40.01 -105.24 40.03]";
    check(
        &original,
        &["bounding_box:[-105.4 39.9 -105.1 40.1]"],
        &[small],
    );
}

#[test]
fn a_reply_that_quotes() {
    let activity = json!({
        "id": "tag:search.twitter.com,2005:1", "verb": "post", "body": "@galelabs knees",
        "inReplyTo": { "link": "http://twitter.com/galelabs/statuses/1635627357829705733" },
        "twitter_entities": {
            "user_mentions": [{ "screen_name": "GaleLabs", "id_str": "990001112223334445" }],
            "media": [{ "type": "photo" }],
        },
        "twitter_extended_entities": { "media": [{ "type": "video" }] },
        "twitter_quoted_status": {
            "verb": "post", "body": "Which #forecast?", "actor": { "summary": "wind" },
            "twitter_entities": { "hashtags": [{ "text": "forecast" }] },
        },
    });
    check(
        &activity,
        &[
            "#forecast which is:quote is:reply has:videos has:media has:links",
            "to:galelabs to:990001112223334445 in_reply_to_status_id:1635627357829705733",
        ],
        &[
            "bio:wind",
            "contains:which",
            "has:images",
            "is:retweet",
            "from:galelabs",
        ],
    );
}

#[test]
fn both_formats_of_a_tweet_have_the_same_fate_in_samples() {
    let (native, activity) = (parsed(&retweet()), parsed(ACTIVITY));
    let (native, activity) = (Analysis::native(&native), Analysis::activity(&activity));
    for percent in 1..=100 {
        let rule = Rule::parse(&format!("sample:{percent}")).unwrap();
        assert_eq!(rule.matches(&native), rule.matches(&activity), "{percent}");
    }
}

#[test]
fn a_broken_payload_matches_nothing_and_breaks_nothing() {
    for payload in [
        "[]",
        "null",
        "{}",
        r#"{"verb": "share", "object": [], "inReplyTo": {"link": "/"}, "id": ":", "actor": 1}"#,
        r#"{"location": {"geo": {"coordinates": [[["x"]]]}}, "geo": {"coordinates": [1]}}"#,
        EXTENDED,
    ] {
        check(
            &parsed(payload),
            &[],
            &["snow OR has:links OR #a OR from:a OR to:statuses"],
        );
    }
}
