//! A Tweet that was edited is still one that the service could have sent.

use fastrand::Rng;
use proptest::prelude::*;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::{
    edited, made_rules, parsed,
    reference::{MORE, REFERENCE},
    subjects,
};
use crate::generator::tests::{check_tweet, tweets};
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
    for key in [
        "user",
        "place",
        "is_quote_status",
        "lang",
        "edit_history",
        "retweet_count",
    ] {
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
        for key in [
            "user",
            "source",
            "lang",
            "place",
            "in_reply_to_status_id",
            "is_quote_status",
        ] {
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
    let tweet = &tweets(3, 1)[0];
    let mut made: Vec<Vec<u8>> = (0..20)
        .map(|seed| {
            let mut out = tweet.clone().into_bytes();
            subjects.apply(&mut out, 0, &mut Rng::with_seed(seed));
            out
        })
        .collect();
    made.sort();
    made.dedup();
    assert!(made.len() > 15, "other numbers give other Tweets");
}

#[test]
fn what_is_no_tweet_is_left_alone() {
    let subjects = subjects(&["snow is:retweet is:quote"]);
    let mut rng = Rng::with_seed(1);
    for text in [
        "",
        "{}",
        "[1]",
        "nonsense",
        "{\"id\":1}",
        r#"{"id":1,"text":"x","user":{}}"#,
    ] {
        let mut out = text.as_bytes().to_vec();
        assert!(!subjects.apply(&mut out, 0, &mut rng), "{text}");
        assert!(!subjects.apply(&mut out, 99, &mut rng));
        assert_eq!(out, text.as_bytes());
    }
    let mut out = tweets(1, 1).remove(0).into_bytes();
    assert!(!super::subjects(&[]).apply(&mut out, 0, &mut rng));
}

#[test]
fn an_emoji_is_put_into_any_text() {
    let rule = Rule::parse("🍕").unwrap();
    for seed in (0..300).chain([4_048_408_747_747_477_409]) {
        for before in &super::made()[usize::from(seed as u8)..][..3] {
            let mut out = before.clone().into_bytes();
            let applied = subjects(&["🍕"]).apply(&mut out, 0, &mut Rng::with_seed(seed));
            let after = String::from_utf8(out).unwrap();
            assert!(applied && super::is_match(&rule, &after), "{seed}: {after}");
            check(before, &after);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_rule_gives_a_tweet_that_matches_or_leaves_it(value in made_rules::value(), seed in any::<u64>()) {
        // `sample:` may not stand everywhere that it is put.
        if let Ok(rule) = Rule::parse(&value) {
            for before in &super::made()[usize::from(seed as u8)..][..3] {
                let mut out = before.clone().into_bytes();
                let applied = subjects(&[&value]).apply(&mut out, 0, &mut Rng::with_seed(seed));
                let after = String::from_utf8(out).unwrap();
                if applied {
                    prop_assert!(super::is_match(&rule, &after), "{}: {}", value, after);
                    check(before, &after);
                } else {
                    prop_assert_eq!(before, &after);
                }
            }
        }
    }
}
