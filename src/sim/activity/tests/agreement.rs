//! A rule finds the same made-up Tweets in either format.
//!
//! What differs, and is left out here or looked at by itself:
//!
//! * A quoted Tweet's unwound links: native ones are in its entities, while `gnip.urls` is about
//!   the delivered Tweet alone, and nested activities have no `gnip`. [derived from 5.4]
//!   So `url:` and words, which are looked for in URLs too, miss those of quoted Tweets.
//! * `to:` on a Tweet that names somebody first without answering a Tweet: the only sign of an
//!   answer in this format is the link to what it answers.
//! * `to:` with an id, if the answer does not mention its recipient: that link has the name alone.
//! * `is:quote`, if the quoted Tweet is gone: this format has no flag for it.
//! * Polls, quote counts and reply counts, which this format lacks; no operator looks at them.
//!
//! Made-up Tweets are none of the last four.

use std::collections::BTreeMap;

use super::*;
use crate::generator::Generator;
use ouzel_rule::Analysis;

const TWEETS: usize = 2000;

/// Looked for in texts and in URLs.
const IN_URLS: &[&str] = &[
    "climate",
    "\"climate change\"",
    "\"climate report\"~3",
    "gauge -climate",
    "url:harbour",
    "url:\"maps.example.net\"",
];

/// Looked for elsewhere. `followers_count:0` is for operators that cannot stand alone: it is true
/// of every made-up Tweet.
#[rustfmt::skip] // A table: several rules a line.
const ELSEWHERE: &[&str] = &[
    "contains:rocket", "#climate OR #music", "$AQUA", "url_contains:\"bit.ly/\"", "url_title:gauge",
    "url_description:\"river level\"", "bio:river", "bio_name:a OR bio_name:ada OR bio_name:mina",
    "bio_location:colorado", "followers_count:1000", "friends_count:10..500", "statuses_count:5000",
    "listed_count:0..3", "followers_count:0 lang:en", "followers_count:0 lang:ja",
    "followers_count:0 source:\"Twitter for iPhone\"",
    "followers_count:0 source:\"https://mobile.twitter.com\"", "followers_count:0 sample:37",
    "place:boulder OR place:leeds OR place:austin OR place:portland OR place:brooklyn", "place_country:us",
    "point_radius:[-105.27055 40.01499 20mi] OR point_radius:[-1.54785 53.79648 20mi]",
    "bounding_box:[-1.7 53.7 -1.4 53.9] OR bounding_box:[139.0 34.9 139.2 35.1] OR bounding_box:[-97.9 30.1 -97.6 30.4]",
    "profile_country:gb", "profile_region:colorado", "profile_subregion:\"travis county\"",
    "profile_locality:leeds", "profile_point_radius:[-1.54785 53.79648 5mi]",
    "profile_bounding_box:[-105.4 39.9 -105.1 40.1]", "followers_count:0 has:geo",
    "followers_count:0 has:profile_geo", "followers_count:0 has:links", "followers_count:0 has:mentions",
    "followers_count:0 has:hashtags", "followers_count:0 has:symbols", "followers_count:0 has:media",
    "followers_count:0 has:images", "followers_count:0 has:videos", "followers_count:0 is:retweet",
    "followers_count:0 is:reply", "followers_count:0 is:quote", "followers_count:0 is:verified",
    "followers_count:0 -is:nullcast", "followers_count:0 -has:links -is:retweet",
];

fn tweets() -> Vec<Value> {
    let mut generator = Generator::new(11);
    let tweet = |_| {
        let mut out = Vec::new();
        generator.next_into(&mut out);
        parsed(out)
    };
    (0..TWEETS).map(tweet).collect()
}

/// What has to name an account or a Tweet, with those of the first Tweet that has one.
fn about(tweets: &[Value]) -> Vec<String> {
    let retweet = tweets
        .iter()
        .find(|tweet| tweet.get("retweeted_status").is_some());
    let reply = tweets
        .iter()
        .find(|tweet| tweet["in_reply_to_status_id"].is_u64());
    let (original, reply) = (&retweet.unwrap()["retweeted_status"], reply.unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rule = |operator: &str, value: &Value| format!("{operator}{}", text(value));
    vec![
        rule("from:", &tweets[0]["user"]["screen_name"]),
        rule("from:", &tweets[0]["user"]["id_str"]),
        rule("to:", &reply["in_reply_to_screen_name"]),
        rule("to:", &reply["in_reply_to_user_id_str"]),
        rule(
            "in_reply_to_status_id:",
            &reply["in_reply_to_status_id_str"],
        ),
        rule("@", &reply["in_reply_to_screen_name"]),
        rule("@", &reply["in_reply_to_user_id_str"]),
        rule("retweets_of:", &original["user"]["screen_name"]),
        rule("retweets_of:", &original["user"]["id_str"]),
        rule("retweets_of_status_id:", &original["id_str"]),
    ]
}

/// Whether a Tweet quotes one with links that the service has followed.
fn quotes_pages(tweet: &Value) -> bool {
    let quoted = object(tweet, "quoted_status").and_then(read::whole_entities);
    quoted.is_some_and(|entities| {
        read::objects(entities, "urls").any(|url| url.get("unwound").is_some())
    })
}

#[test]
fn rules_match_the_same_tweets_in_both_formats() {
    let tweets = tweets();
    let in_urls = IN_URLS.iter().map(|value| (value.to_string(), true));
    let elsewhere = ELSEWHERE.iter().map(|value| value.to_string());
    let elsewhere = elsewhere.chain(about(&tweets)).map(|value| (value, false));
    let rules: Vec<(Rule, bool)> = in_urls
        .chain(elsewhere)
        .map(|(value, in_urls)| match Rule::parse(&value) {
            Ok(rule) => (rule, in_urls),
            Err(invalid) => panic!("{value}: {invalid}"),
        })
        .collect();
    let mut matched: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left_out = 0;
    for native in &tweets {
        let activity = activity(native);
        let quotes_pages = quotes_pages(native);
        left_out += usize::from(quotes_pages);
        let (one, two) = (Analysis::native(native), Analysis::activity(&activity));
        for (rule, in_urls) in &rules {
            if *in_urls && quotes_pages {
                continue;
            }
            let matches = rule.matches(&one);
            assert_eq!(
                matches,
                rule.matches(&two),
                "{}: {native}\n{activity}",
                rule.value()
            );
            *matched.entry(rule.value()).or_default() += usize::from(matches);
        }
    }
    // A rule that no Tweet matches would test nothing.
    matched.retain(|_, count| *count == 0);
    assert!(matched.is_empty(), "{matched:?}");
    assert!(left_out < TWEETS / 10, "{left_out}");
}

#[test]
fn the_pages_of_a_quoted_tweet_are_lost() {
    let native = json!({
        "id": 2, "text": "tea", "is_quote_status": true,
        "quoted_status": {
            "id": 1, "text": "milk",
            "entities": { "urls": [{
                "url": "https://t.co/a", "expanded_url": "https://bit.ly/a",
                "unwound": { "url": "https://gauge.example.org/", "title": "Gauge" },
            }] },
        },
    });
    let activity = activity(&native);
    let (native, activity) = (Analysis::native(&native), Analysis::activity(&activity));
    let check = |value: &str, in_native: bool, in_activity: bool| {
        let rule = Rule::parse(value).unwrap();
        assert_eq!(rule.matches(&native), in_native, "{value}");
        assert_eq!(rule.matches(&activity), in_activity, "{value}");
    };
    check("url:gauge", true, false);
    check("gauge", true, false);
    check("url:\"bit.ly/a\" milk is:quote", true, true);
    // Titles are not looked for in quoted Tweets.
    check("url_title:gauge", false, false);
}

#[test]
fn a_promoted_tweet_is_one_in_both_formats() {
    let native = json!({ "id": 1, "text": "tea", "scopes": { "followers": false } });
    let rule = Rule::parse("tea -is:nullcast").unwrap();
    assert!(!rule.matches(&Analysis::native(&native)));
    assert!(!rule.matches(&Analysis::activity(&activity(&native))));
}
