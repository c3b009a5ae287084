//! Checks which rules are the same, and which follow from others.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Analysis, Rule, normal::Normal};
use super::{
    made::payload,
    made_rules::{CLAUSES, value},
};

fn normal(value: &str) -> Normal {
    Rule::parse(value)
        .unwrap_or_else(|invalid| panic!("{value}: {invalid}"))
        .normal()
}

#[test]
fn what_makes_no_difference() {
    for (one, other) in [
        ("a snow", "snow a"),
        ("snow OR rain", "rain OR snow"),
        ("((snow) (rain))", "snow rain"),
        ("snow (rain (ice fog))", "fog ice rain snow"),
        ("snow OR (rain OR ice)", "(ice OR rain) OR snow"),
        ("snow snow", "snow"),
        ("snow OR snow OR rain", "rain OR snow"),
        ("snow --rain", "snow rain"),
        ("snow -(rain OR ice)", "snow -rain -ice"),
        ("snow -(rain ice)", "snow (-(ice rain))"),
        ("Snow", "SNOW"),
        ("snow", "\"Snow\""),
        ("e\u{301}t\u{e9}", "\u{e9}te\u{301}"),
        ("#Snow", "#snow"),
        ("from:Ann", "from:ann"),
        ("user_bio:snow", "bio:Snow"),
        ("tweets_count:10", "statuses_count:10"),
        (
            "bounding_box:[1 2 1.1 2.1]",
            "geo_bounding_box:[1.0 2 1.10 2.1]",
        ),
        ("bounding_box:[-0 2 0.1 2.1]", "bounding_box:[0 2 0.1 2.1]"),
        ("snow has:media_link", "has:media snow"),
        ("snow friends_count:007", "snow friends_count:7"),
        ("\"snow\"~1", "\"snow\"~3"),
        ("contains:\"\" OR snow", "snow OR \"\""),
    ] {
        assert_eq!(normal(one), normal(other), "{one} and {other}");
        assert!(normal(one).implies(&normal(other)) && normal(other).implies(&normal(one)));
    }
}

#[test]
fn what_makes_a_difference() {
    for (one, other) in [
        ("snow", "rain"),
        ("snow rain", "snow OR rain"),
        ("snow -rain", "snow rain"),
        ("snow", "#snow"),
        ("snow", "contains:snow"),
        ("snow", "\"snow\"~1"),
        ("\"snow rain\"", "\"rain snow\""),
        ("\"snow rain\"~2", "\"rain snow\"~2"),
        ("\"snow rain\"~2", "\"snow rain\"~3"),
        ("cafe", "caf\u{e9}"),
        ("from:7", "to:7"),
        ("from:7", "@7"),
        ("profile_region:us", "profile_country:us"),
        (
            "bounding_box:[1 2 1.1 2.1]",
            "profile_bounding_box:[1 2 1.1 2.1]",
        ),
        ("has:media", "has:images"),
    ] {
        assert_ne!(normal(one), normal(other), "{one} and {other}");
    }
}

#[test]
fn what_follows() {
    for (one, other) in [
        ("snow rain", "snow"),
        ("snow", "snow OR rain"),
        ("snow rain ice", "ice snow"),
        ("snow OR rain", "rain OR ice OR snow"),
        ("(snow OR rain) ice", "snow OR rain OR fog"),
        ("snow -(rain OR ice)", "snow -rain"),
        ("snow -rain", "snow -(rain ice)"),
        ("snow -contains:now", "snow -contains:snow"),
        ("\"heavy snow today\"", "\"snow today\""),
        ("\"heavy snow\"", "snow"),
        ("\"heavy snow\"~2", "snow"),
        ("\"heavy snow\"~2", "\"heavy snow\"~4"),
        ("url:snow", "snow"),
        ("contains:snowing", "contains:snow"),
        ("bio:\"heavy snow\"", "bio:snow"),
        ("snow sample:10", "snow sample:20"),
        ("friends_count:10..20", "friends_count:5"),
        ("#snow", "has:hashtags"),
        ("retweets_of:ann", "is:retweet"),
        ("snow place_country:us", "snow has:geo"),
        ("bounding_box:[1 2 1.1 2.1]", "bounding_box:[1 2 1.2 2.1]"),
        ("\"\"", "snow"),
    ] {
        assert!(normal(one).implies(&normal(other)), "{one}: {other}");
        assert!(!normal(other).implies(&normal(one)), "{other}: {one}");
    }
    for (one, other) in [
        ("snow", "contains:snow"),
        ("contains:snow", "snow"),
        ("\"heavy snow\"", "\"heavy snow\"~2"),
        ("snowing", "snow"),
        ("\"snow-day\"", "\"snow day\""),
        ("place:\"heavy snow\"", "place:snow"),
        ("snow -rain", "snow -contains:rain"),
        ("lang:en", "lang:de"),
    ] {
        assert!(!normal(one).implies(&normal(other)), "{one}: {other}");
    }
}

#[test]
fn long_and_deep_rules_take_no_long_time() {
    let depth = 120;
    let deep = |word: &str| {
        let open: String = (0..depth).map(|_| "(ice fog OR c ").collect();
        format!("{open}{word}{}", ")".repeat(depth))
    };
    let wide = |word: &str| {
        let branches: Vec<String> = (0..80)
            .map(|n| format!("({word}{n} fog OR b{n})"))
            .collect();
        branches.join(" ")
    };
    let began = Instant::now();
    let normals = [deep("x"), deep("y"), wide("x"), wide("y")].map(|value| normal(&value));
    for one in &normals {
        for other in &normals {
            assert_eq!(one.implies(other) && other.implies(one), one == other);
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5));
}

proptest! {
    #[test]
    fn what_follows_matches_too(
        values in vec(value(), 2..12),
        clauses in vec(select(&CLAUSES[..]), 2..12),
        payloads in vec(payload(), 1..8),
    ) {
        let values = values.into_iter().chain(clauses.into_iter().map(str::to_owned));
        let rules: Vec<Rule> = values.filter_map(|value| Rule::parse(&value).ok()).collect();
        let normals: Vec<Normal> = rules.iter().map(Rule::normal).collect();
        for payload in &payloads {
            let tweet = Analysis::native(payload);
            for (one, rule) in normals.iter().zip(&rules) {
                for (other, other_rule) in normals.iter().zip(&rules) {
                    if rule.matches(&tweet) && one.implies(other) {
                        prop_assert!(other_rule.matches(&tweet), "{} {}", rule.value(), other_rule.value());
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_and_the_form_of_parts_make_no_difference(
        parts in vec(value(), 2..5), turn in 0..5_usize, payload in payload(),
    ) {
        let mut turned = parts.clone();
        turned.rotate_left(turn % parts.len());
        turned[0] = format!("--({})", turned[0]);
        for glue in [" ", " OR "] {
            let whole = |parts: &[String]| {
                let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
                Rule::parse(&parts.join(glue))
            };
            if let (Ok(one), Ok(other)) = (whole(&parts), whole(&turned)) {
                prop_assert_eq!(one.normal(), other.normal());
                let tweet = Analysis::native(&payload);
                prop_assert_eq!(one.matches(&tweet), other.matches(&tweet));
            }
        }
    }
}
