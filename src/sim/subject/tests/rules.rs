//! Which rules get their Tweets, and how surely.

use super::{
    edited, is_match,
    reference::{MORE, REFERENCE},
    subjects,
};
use ouzel_rule::Rule;

/// How many of fifty Tweets can be made to match a rule.
fn matching(value: &str) -> usize {
    let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
    let made = edited(&subjects(&[value]), 50);
    let found = made.iter().filter(|(_, after, _)| is_match(&rule, after));
    found.count()
}

#[track_caller]
fn check(least: usize, values: &[&str]) {
    for value in values {
        let found = matching(value);
        assert!(found >= least, "{found} of 50 match {value}");
    }
}

#[test]
#[rustfmt::skip] // A table: several rules a line.
fn words_and_phrases_come_into_the_text() {
    check(49, &[
        "snow", "🍕", "👩‍👩‍👧", "\"☕\"", "coca-cola", "santa's", "happy!", "c++", "cumpleaños", "你好", "แมว",
        "привет мир", "\"call gnip\"", "\"snow, and (more) ice!\"", "\"say \\\"cheese\\\"\"",
        "\"#quotedhashtag\"", "\"social media\"~2", "\"snowy mountain resort\"~6", "contains:phone",
        "contains:\"$TWTR\"", "contains:你好", "#SnowDay", "#2016", "#雪", "$TWTR", "$BRK.A", "@jack",
        "@2244994945", "snow ice \"very cold\" #winter $ICE @jack contains:frost",
    ]);
}

#[test]
#[rustfmt::skip] // A table: several rules a line.
fn links_lead_where_they_are_wanted() {
    check(49, &[
        "url:npr.org", "url:snow", "url:\"https://developer.x.com\"",
        "url:\"twitter.com/user/status/1234\"", "url_contains:alder-creek",
        "url_contains:\"example.org/live?layer\"", "url_title:\"flood map\"", "within_url_title:flood",
        "url_description:weather", "url:npr.org url:snow url_title:flood url_description:\"every day\"",
    ]);
}

#[test]
#[rustfmt::skip] // A table: several rules a line.
fn accounts_are_those_that_are_wanted() {
    check(49, &[
        "from:OnTheSnow", "from:2244994945", "from:jack from:12", "to:api", "to:2244994945",
        "retweets_of:jack", "retweets_of:12", "retweets_of_status_id:1635659407703232513",
        "in_reply_to_status_id:1635627357829705733", "in_reply_to_tweet_id:20 to:jack", "bio:tea",
        "bio:\"software engineer\" bio:tea", "bio_name:Jim", "bio_location:Boulder",
        "bio_location:\"Boulder, CO\"", "followers_count:100000", "followers_count:1000..1010",
        "followers_count:0..5", "friends_count:7..7", "statuses_count:99999999999999999999",
        "listed_count:10 listed_count:5..20 -listed_count:12..15", "snow -followers_count:10",
    ]);
}

#[test]
#[rustfmt::skip] // A table: several rules a line.
fn places_are_where_they_are_wanted() {
    check(49, &[
        "place:boulder", "place:\"New York City\"", "place:fd70c22040963ac7", "place_country:US",
        "place_country:zz", "place:boulder place_country:us",
        "bounding_box:[-105.301758 39.964069 -105.178505 40.09455]", "bounding_box:[10 20 10 20]",
        "point_radius:[2.355128 48.861118 16km]", "point_radius:[-105.27346517 40.01924738 0.5mi]",
        "point_radius:[180 2 25mi]", "point_radius:[10 89.9 25mi]", "point_radius:[2 48 0mi]",
        "point_radius:[2.35 48.86 10km] -point_radius:[2.35 48.86 5km]",
        "bounding_box:[1 2 1.1 2.1] point_radius:[1.1 2.1 5mi]", "profile_country:US",
        "profile_region:Colorado", "profile_subregion:\"Boulder County\"",
        "profile_locality:boulder profile_region:colorado profile_country:us",
        "profile_locality:boulder profile_locality:denver", "profile_point_radius:[1 2 5mi]",
        "profile_bounding_box:[1 2 1.1 2.1]", "profile_country:us profile_point_radius:[-105 40 5mi]",
    ]);
}

#[test]
#[rustfmt::skip] // A table: several rules a line.
fn a_tweet_is_and_has_what_is_wanted() {
    check(49, &[
        "lang:en", "lang:zh-TW", "lang:und (sol OR sun)", "snow lang:ja",
        "snow source:\"Twitter for iPhone\"", "snow source:web",
        "snow source:\"https://bots.example.org/about\"", "sample:100", "has:geo", "has:profile_geo",
        "has:links", "has:mentions", "has:hashtags", "has:symbols", "has:media", "has:images",
        "has:videos", "has:images has:videos", "is:retweet", "is:reply", "is:quote", "is:verified",
        "is:retweet is:quote is:reply snow", "snow -is:nullcast",
        "((has:mentions OR has:media) is:verified) -is:retweet",
    ]);
}

#[test]
#[rustfmt::skip] // A table: several rules a line.
fn what_is_not_wanted_is_avoided() {
    check(49, &[
        "snow -is:retweet", "snow -is:reply", "snow -is:quote",
        "snow -is:retweet -is:reply -is:quote -has:links",
        "snow -has:hashtags -has:mentions -has:symbols", "snow -has:media", "has:media -has:images",
        "has:media -has:images -has:videos", "is:quote -has:links", "is:reply -has:mentions",
        "snow -has:geo -has:profile_geo -is:verified", "snow -lang:en -lang:ja",
        "ipad -(iphone OR imac OR macbook)", "snow -(the coffee)",
        "snow -contains:a -contains:e -contains:i", "\"snow day\"~3 -\"snow day\"",
        "snow -source:\"Twitter for iPhone\"", "place:paris -place_country:fr",
        "profile_region:paris -profile_country:fr", "these OR -that bla OR others",
        "(social OR data) (academic OR research) -personality -information -university",
        "snow -bio:music -bio_name:a -bio_location:Colorado -place_country:us",
    ]);
}

#[test]
fn long_rules_and_deep_ones() {
    let or = |count: usize, word: &dyn Fn(usize) -> String| {
        let words: Vec<String> = (0..count).map(word).collect();
        words.join(" OR ")
    };
    let many = or(170, &|n| format!("word{n:04}"));
    assert!((1900..=2048).contains(&many.len()), "{}", many.len());
    let deep = format!("{}snow{}", "(x OR (y ".repeat(180), "))".repeat(180));
    let negated = format!("snow{}", " -coffee -rocket".repeat(100));
    let authors = format!("({}) (snow OR rain)", or(100, &|n| format!("from:user{n}")));
    let long_word = "a".repeat(250);
    let long_cjk = "雪".repeat(270);
    check(49, &[&many, &negated, &authors, &long_word, &long_cjk]);
    // Each level asks for a word of its own, so only the upper ones have room.
    check(25, &[&deep]);
}

/// None of them asks for what cannot be.
#[test]
fn every_valid_rule_of_the_reference_gets_a_tweet() {
    for (value, expected) in REFERENCE.iter().chain(&MORE) {
        if *expected != "valid" {
            continue;
        }
        let rule = Rule::parse(value).unwrap();
        let made = edited(&subjects(&[value]), 200);
        let found = made.iter().filter(|(_, after, _)| is_match(&rule, after));
        // Four in five of the rules with a sample of 80, one in ten of 10.
        let least = match () {
            () if value.contains("sample:10") => 8,
            () if value.contains("sample:") => 130,
            () => 196,
        };
        let found = found.count();
        assert!(found >= least, "{found} of 200 match {value}");
    }
}

#[test]
fn what_no_tweet_can_be_stays_as_it_was() {
    for value in [
        "\"\"",
        "contains:\"\"",
        "\"!\"~2",
        "from:99999999999999999999",
        "retweets_of_status_id:007",
        "in_reply_to_status_id:99999999999999999999",
        "followers_count:9..5",
        "from:jack from:bob",
        "lang:en lang:ja",
        "snow -snow",
        "snow -contains:s",
        "has:geo is:retweet",
        "bounding_box:[1 1 1.1 1.1] bounding_box:[2 2 2.1 2.1]",
    ] {
        let made = edited(&subjects(&[value]), 10);
        assert!(made.iter().all(|(_, _, applied)| !applied), "{value}");
    }
}
