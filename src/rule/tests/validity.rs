//! Checks which rules are valid, and the messages and positions for the others.

use super::reference::{MORE, REFERENCE};
use crate::{Invalid, MAX_TAG, MAX_VALUE, Rule, validate_tag};

/// `valid`, or the code and position of each message. The two lines of an M7 or M9 count once.
fn verdict(value: &str) -> String {
    match Rule::parse(value) {
        Ok(rule) => {
            assert_eq!(rule.value(), value);
            "valid".to_owned()
        }
        Err(Invalid { messages }) => {
            let mut shown: Vec<_> = messages
                .iter()
                .map(|m| format!("{:?}@{}", m.code, m.position))
                .collect();
            shown.dedup();
            shown.join(" ")
        }
    }
}

#[test]
fn the_rules_of_the_reference() {
    for (number, (value, expected)) in (1..).zip(REFERENCE) {
        assert_eq!(verdict(value), expected, "row {number}: {value}");
    }
}

#[test]
fn what_the_reference_says_beside_its_table() {
    for (value, expected) in MORE {
        assert_eq!(verdict(value), expected, "{value}");
    }
}

#[test]
fn every_operator_and_alias_is_known() {
    let words = "contains url url_title within_url_title url_description within_url_description \
                 url_contains lang source from to retweets_of retweets_of_user bio user_bio bio_name \
                 bio_location user_bio_location place place_country profile_country profile_region \
                 profile_subregion profile_locality";
    let numbers = "sample retweets_of_status_id retweets_of_tweet_id in_reply_to_status_id \
                   in_reply_to_tweet_id followers_count friends_count following_count \
                   statuses_count tweets_count listed_count user_in_lists_count";
    let facts = "has:geo has:profile_geo has:derived_user_geo has:links has:mentions has:hashtags \
                 has:symbols has:media has:media_link has:images has:videos has:video_link \
                 is:retweet is:reply is:quote is:verified";
    let boxes = "bounding_box geo_bounding_box profile_bounding_box";
    let circles = "point_radius profile_point_radius";
    let with = |names: &'static str, argument: &'static str| {
        names
            .split_whitespace()
            .map(move |name| format!("snow {name}{argument}"))
    };
    for value in with(words, ":x")
        .chain(with(words, ":\"x y\""))
        .chain(with(numbers, ":10"))
        .chain(with(facts, ""))
        .chain(with(boxes, ":[1 2 1.1 2.1]"))
        .chain(with(circles, ":[1 2 10km]"))
    {
        assert_eq!(verdict(&value), "valid", "{value}");
    }
}

#[test]
fn length_is_counted_in_characters() {
    for (unit, count, expected) in [
        ("a", MAX_VALUE, "valid"),
        ("a", MAX_VALUE + 1, "M24@1"),
        ("é", MAX_VALUE, "valid"),
        ("🍕", MAX_VALUE, "valid"),
        ("🍕", MAX_VALUE + 1, "M24@1"),
        ("(", MAX_VALUE + 1, "M24@1"),
    ] {
        assert_eq!(verdict(&unit.repeat(count)), expected, "{count} x {unit}");
    }
    assert!(validate_tag(&"t".repeat(MAX_TAG)).is_ok());
    assert!(validate_tag(&"🍕".repeat(MAX_TAG)).is_ok());
    assert!(validate_tag(&"t".repeat(MAX_TAG + 1)).is_err());
}
