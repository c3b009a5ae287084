//! Tweets of which anything may be missing or of another type.

use std::sync::LazyLock;

use fastrand::Rng;
use proptest::prelude::*;

use super::*;
use crate::generator::Generator;
use ouzel_rule::Analysis;

/// What stands where something else is expected.
const JUNK: &[&str] = &[
    "null",
    "true",
    "-1",
    "0.5",
    "1e300",
    "18446744073709551615",
    "\"\"",
    "\"\\u0000\\ud83c\\udf0a\\\"\\\\ \u{2028}\"",
    "\"Wed Oct 10 20:19:24 +0000 99999\"",
    "[]",
    "{}",
    "[[[{}]],null]",
    r#"{"urls":[null,{"unwound":{}}],"coordinates":[[[]]],"id":-1,"id_str":[]}"#,
];

/// Tweets to spoil.
static WHOLE: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut generator = Generator::new(11);
    let made = (0..200).map(|_| {
        let mut out = Vec::new();
        generator.next_into(&mut out);
        parsed(out)
    });
    let examples = [RETWEET, REPLY].map(parsed);
    examples.into_iter().chain(made).collect()
});

/// A copy in which a part of what there is has become something else, has gone, or is there twice.
fn spoil(value: &Value, rng: &mut Rng) -> String {
    if rng.u8(0..12) == 0 {
        return JUNK[rng.usize(..JUNK.len())].to_owned();
    }
    if let Some(list) = value.as_array() {
        let list: Vec<String> = list.iter().map(|value| spoil(value, rng)).collect();
        return format!("[{}]", list.join(","));
    }
    let Some(object) = value.as_object() else {
        return value.to_string();
    };
    let mut members = Vec::new();
    for (key, value) in object {
        for _ in 0..[1, 1, 1, 1, 1, 1, 1, 0, 0, 2][rng.usize(..10)] {
            members.push(format!("\"{key}\":{}", spoil(value, rng)));
        }
    }
    format!("{{{}}}", members.join(","))
}

/// A Tweet that is still an object, however spoiled.
fn spoiled(seed: u64) -> Value {
    let mut rng = Rng::with_seed(seed);
    let whole = &WHOLE[rng.usize(..WHOLE.len())];
    loop {
        let tweet = parsed(spoil(whole, &mut rng));
        if tweet.is_object() {
            return tweet;
        }
    }
}

proptest! {
    #[test]
    fn a_spoiled_tweet_becomes_an_activity(seed: u64) {
        let native = spoiled(seed);
        let line = written(&native);
        prop_assert!(line.is_ascii() && !line.contains(['\n', '\r']));
        let own = parsed(&line);
        prop_assert!(is_activity(&own) && own["gnip"]["matching_rules"].is_array());
        prop_assert!(own["object"].get("gnip").is_none());
        let tea = Rule::parse("tea OR #a OR has:geo OR to:a").map(|rule| rule.matches(&Analysis::activity(&own)));
        prop_assert!(tea.is_ok());
    }

    #[test]
    fn a_spoiled_activity_gets_its_rules(seed: u64) {
        let whole = activity(&spoiled(seed));
        let mut rng = Rng::with_seed(!seed);
        let line = spoil(&whole, &mut rng);
        prop_assume!(line.starts_with("{\""));
        let [one, two] = rules();
        let mut out = line.clone().into_bytes();
        insert_matching(&mut out, 0, &[one, two]);
        let own = parsed(&out);
        prop_assert_eq!(own["gnip"]["matching_rules"].as_array().unwrap().len(), 2);
        prop_assert_eq!(&own["gnip"]["matching_rules"][0]["tag"], "flood-us");
    }
}

#[test]
fn whatever_is_no_object_becomes_an_activity_too() {
    for tweet in JUNK {
        assert!(is_activity(&activity(&parsed(tweet))), "{tweet}");
    }
}

#[test]
fn what_is_nested_without_end_is_cut_off() {
    let deep = |open: &str, close: &str| {
        let depth = 200;
        parsed(open.repeat(depth) + "1" + &close.repeat(depth))
    };
    for tweet in [
        deep("{\"retweeted_status\":", "}"),
        deep("{\"quoted_status\":", "}"),
        deep("{\"entities\":", "}"),
        deep("{\"edit_history\":{\"x\":[", "]}}"),
    ] {
        let line = written(&tweet);
        assert!(line.len() < 3000, "{line}");
        parsed(line);
    }
}
