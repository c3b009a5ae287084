//! A Tweet that was edited is still one that the service could have sent.

use proptest::prelude::*;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::{
    edited, edited_at, made_rules, parsed,
    reference::{MORE, REFERENCE},
    subjects,
};
use crate::generator::tests::check_tweet;
use ouzel_rule::Rule;

fn check(before: &str, after: &str) {
    assert!(after.is_ascii() && !after.contains(['\n', '\r']), "{after}");
    assert!(!after.contains("matching_rules"));
    let (before, after) = (parsed(before), parsed(after));
    check_tweet(&after);
    for key in ["id", "id_str", "created_at", "timestamp_ms"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    let keys = |tweet: &Value| -> Vec<String> {
        let tweet = tweet.as_object().unwrap();
        tweet.iter().map(|(key, _)| key.to_owned()).collect()
    };
    let own = keys(&after);
    let mut unique = own.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(own.len(), unique.len(), "a key is there twice: {own:?}");
    for key in "user place is_quote_status lang edit_history retweet_count".split_whitespace() {
        assert!(own.iter().any(|own| own == key), "{key} in {own:?}");
    }
}

#[test]
fn edited_tweets_are_consistent() {
    let rules = REFERENCE
        .iter()
        .chain(&MORE)
        .filter(|(_, expected)| *expected == "valid");
    let values: Vec<&str> = rules.map(|(value, _)| *value).collect();
    for (before, after, applied) in edited(&subjects(&values), 1000) {
        if applied {
            check(&before, &after);
        }
    }
    for value in [
        "is:retweet is:quote is:reply has:images #tag \"some words\"",
        "retweets_of:somebody has:videos url:npr.org",
        "from:jack to:bob has:media has:geo",
    ] {
        let all = edited(&subjects(&[value]), 200);
        assert!(
            all.iter().filter(|(_, _, applied)| *applied).count() >= 100,
            "{value}"
        );
        for (before, after, _) in &all {
            check(before, after);
        }
    }
}

#[test]
fn a_rewritten_tweet_with_nothing_to_add_keeps_its_text() {
    let all = edited(&subjects(&["sample:100"]), 300);
    let same = |key: &str, before: &Value, after: &Value| before[key] == after[key];
    for (before, after, _) in &all {
        let (before, after) = (parsed(before), parsed(after));
        for key in "user source lang place in_reply_to_status_id is_quote_status".split_whitespace()
        {
            assert!(same(key, &before, &after), "{key}: {before}\n{after}");
        }
        let full = |tweet: &Value| match tweet.get("retweeted_status") {
            Some(original) => original["extended_tweet"]["full_text"]
                .as_str()
                .or(original["text"].as_str())
                .map(str::to_owned),
            None => tweet["extended_tweet"]["full_text"]
                .as_str()
                .or(tweet["text"].as_str())
                .map(str::to_owned),
        };
        let shown = |tweet: &Value| full(tweet).map(|text| text.trim().to_owned());
        let cut = |tweet: &Value| tweet["truncated"].as_bool();
        if cut(&before) == cut(&after) {
            assert_eq!(shown(&before), shown(&after));
        }
    }
}

#[test]
fn the_same_numbers_give_the_same_tweet() {
    let subjects = subjects(&["snow OR rain", "(#a OR #b) has:geo", "is:quote from:jack"]);
    assert_eq!(edited(&subjects, 100), edited(&subjects.clone(), 100));
    let mut made: Vec<String> = (0..20)
        .map(|seed| edited_at(&subjects, 3, seed).1)
        .collect();
    made.sort();
    made.dedup();
    assert!(made.len() > 15, "other numbers give other Tweets");
}

#[test]
fn an_emoji_is_put_into_any_text() {
    let rule = Rule::parse("🍕").unwrap();
    for seed in (0..300).chain([4_048_408_747_747_477_409]) {
        for position in (seed as u8).into()..i64::from(seed as u8) + 3 {
            let (before, after, applied) = edited_at(&subjects(&["🍕"]), position, seed);
            assert!(applied && super::is_match(&rule, &after), "{seed}: {after}");
            check(&before, &after);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_rule_gives_a_tweet_that_matches_or_leaves_it(value in made_rules::value(), seed in any::<u64>()) {
        // `sample:` may not stand everywhere that it is put.
        if let Ok(rule) = Rule::parse(&value) {
            for position in (seed as u8).into()..i64::from(seed as u8) + 3 {
                let (before, after, applied) = edited_at(&subjects(&[&value]), position, seed);
                if applied {
                    prop_assert!(super::is_match(&rule, &after), "{}: {}", value, after);
                    check(&before, &after);
                }
            }
        }
    }
}
