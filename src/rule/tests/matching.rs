//! Checks what rules match, by the tables of the reference's section 11 and for each operator of section 7.

use sonic_rs::{Value, json};

use super::super::{Analysis, Rule};
use super::payloads::{EXTENDED, REPLY, parsed, retweet};

#[track_caller]
fn check(value: &str, payload: &Value, expected: bool) {
    let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
    assert_eq!(
        rule.matches(&Analysis::native(payload)),
        expected,
        "{value} on {payload}"
    );
}

/// Checks rules against one Tweet: all rules of the first list match, none of the second.
#[track_caller]
fn check_all(payload: &Value, matching: &[&str], others: &[&str]) {
    for value in matching {
        check(value, payload, true);
    }
    for value in others {
        check(value, payload, false);
    }
}

#[test]
fn texts() {
    for (value, text, expected) in [
        ("gnip", "I need to call gnip", true),
        ("gnip", "Check out gnip's documentation.", true),
        ("gnip", "Check out Gnip.", true),
        ("gnip", "#gniprocks", false),
        ("gnip", "ask @gnip", true),
        ("cola", "cocacola", false),
        ("snow", "let it snow!", true),
        ("snow", "it is snowing", false),
        ("Coachella", "#coachella", true),
        (r#""call gnip""#, "I need to call gnip, again", true),
        (r#""call gnip""#, "I called gnip", false),
        (r#""call gnip""#, "call-gnip", false),
        (r#""call gnip""#, "call_gnip", false),
        (r#""call gnip""#, "call  gnip", false),
        ("call gnip", "gnip will call", true),
        ("contains:phone", "ph0ne", false),
        ("contains:phone", "Telephone", true),
        (r#"contains:"$TWTR""#, "$GOOG$TWTR$FB", true),
        ("🍕", "I like 🍕", true),
        ("🍕", "I like🍕🍕", true),
        ("👍", "👍🏽", false),
        (r#""☕""#, "☕ time", true),
        (r#""social media"~2"#, "social and traditional media", true),
        (
            r#""social media"~2"#,
            "social and old traditional media",
            false,
        ),
        (r#""social media"~2"#, "media is social", false),
        ("apple OR iphone ipad", "I ate an apple", true),
        ("(apple OR iphone) ipad", "I ate an apple", false),
        ("coca-cola", "I like Coca-Cola", true),
        ("coca-cola", "coca cola", false),
        ("coca cola", "I like Coca-Cola", true),
        ("cumpleaños", "cumpleanos", false),
        ("cumpleaños", "feliz CUMPLEAN\u{303}OS", true),
        ("cumplean\u{303}os", "feliz cumpleaños", true),
        ("the apple", "an apple", false),
        ("santa's", "Santa's coming", true),
        ("你好", "你好 world", true),
        ("你好", "你好吗", false),
        ("contains:你好", "你好吗", true),
        (r#""""#, "anything", false),
    ] {
        check(value, &json!({ "text": text }), expected);
    }
}

#[test]
fn entities() {
    let tags = |texts: &[&str]| {
        let tags: Vec<Value> = texts.iter().map(|text| json!({ "text": *text })).collect();
        json!({ "text": "", "entities": { "hashtags": tags, "symbols": tags } })
    };
    check("#2016", &tags(&["2016election"]), false);
    check("#2016Election", &tags(&["x", "2016election"]), true);
    check("#cumpleaños", &tags(&["cumpleanos"]), false);
    check("#cumpleaños", &tags(&["Cumplean\u{303}os"]), true);
    check("$F", &tags(&["F"]), true);
    check("$BRK.A", &tags(&["brk.a"]), true);
    check("#tag", &json!({ "text": "#tag" }), false);
}

#[test]
fn counts() {
    let friends = |count: u64| json!({ "user": { "friends_count": count } });
    for (value, count, expected) in [
        ("friends_count:1000", 1000, true),
        ("friends_count:1000", 999, false),
        ("following_count:1000..10000", 1000, true),
        ("friends_count:1000..10000", 10000, true),
        ("friends_count:1000..10000", 10001, false),
        ("friends_count:10..1", 5, false),
        ("friends_count:99999999999999999999", 1000, false),
    ] {
        check(value, &friends(count), expected);
    }
    check("friends_count:0", &json!({}), false);
}

#[test]
fn an_extended_tweet() {
    check_all(
        &parsed(EXTENDED),
        &[
            "bounding_box:[-105.301758 39.964069 -105.178505 40.09455]",
            "bounding_box:[-105.26 40.01 -105.24 40.03]",
            "point_radius:[-105.25 40.02 0.5mi]",
            "profile_bounding_box:[-105.28 40 -105.26 40.02]",
            "profile_point_radius:[-105.27 40.01 1km]",
            "@minaok_radio",
            "@2233445566",
            "from:AlderCreekWX",
            "from:3161234567",
            "\"live map\"",
            "🌊",
            "gauge example",
            "\"alder-creek/live?layer\"",
            "url:example",
            "url:maps.example.org",
            "url:\"https://bit.ly/3aLdEr\"",
            "url_contains:aldE",
            "url_contains:\"t.co/AbC\"",
            "url_title:gauge",
            "within_url_description:\"road closures\"",
            "bio:\"gauge network\" bio_name:creek bio_location:boulder",
            "place:boulder place:\"boulder, co\" place:fd70c22040963ac7 place_country:us",
            "profile_country:US profile_region:colorado profile_locality:Boulder",
            "profile_subregion:\"boulder county\"",
            "has:geo has:profile_geo has:links has:mentions has:hashtags has:symbols is:verified",
            "lang:EN",
            "source:\"twitter web app\" flood",
            "source:\"https://mobile.twitter.com\" flood",
            "followers_count:48210 statuses_count:1..20000 listed_count:640",
            "sample:100",
            "-snow flood -(snow OR rain) (snow OR (map live))",
            "flood -is:nullcast",
        ],
        &[
            "bounding_box:[-105.24 40.01 -105.20 40.03]",
            "li",
            "-flood map",
            "map -(snow OR flood)",
            "url:bit.ly/3al",
            "url_contains:example",
            "contains:example",
            "url_title:alde",
            "bio:alerts bio:network.Flood",
            "place:co place:boulde",
            "place_country:USA",
            "profile_region:color",
            "has:media",
            "has:images",
            "has:videos",
            "is:retweet",
            "is:reply",
            "is:quote",
            "lang:e",
            "source:Twitter flood",
            "to:galelabs",
        ],
    );
}

#[test]
fn a_retweet() {
    check_all(
        &parsed(&retweet()),
        &[
            "from:minaok_radio",
            "@aldercreekwx @minaok_radio",
            "#flashflood $aqua",
            "source:\"Twitter for iPhone\" flood",
            "retweets_of:aldercreekwx",
            "retweets_of_user:3161234567",
            "retweets_of_status_id:1635659407703232513",
            "contains:AbCdEf url_title:gauge has:links",
            "is:retweet bio:tea",
        ],
        &[
            "from:aldercreekwx",
            "-is:retweet flood",
            "place_country:US",
            "has:geo",
            "has:profile_geo",
            "bio:gauge",
            "is:verified",
            "followers_count:48210",
            "retweets_of_status_id:1635660060264099842",
        ],
    );
}

#[test]
fn a_reply_that_quotes() {
    check_all(
        &parsed(REPLY),
        &[
            "#forecast",
            "trust radar",
            "\"do you trust\"",
            "\"trust tonight\"~3",
            "url:radar url_contains:radar00001",
            "has:media has:media_link",
            "has:videos has:video_link",
            "has:links has:hashtags",
            "is:quote is:reply",
            "to:galelabs to:990001112223334445",
            "in_reply_to_status_id:1635627357829705733",
            "\"☔\"",
        ],
        &[
            "contains:trust",
            "url_title:radar",
            "url_description:echoes",
            "has:images",
            "place_country:gb",
            "bio:wind",
            "is:verified",
            "from:galelabs",
            "is:retweet",
        ],
    );
}

#[test]
fn a_place_must_lie_inside_where_there_is_no_point() {
    let mut payload = parsed(EXTENDED);
    payload["coordinates"] = Value::default();
    // The older field `geo` alone gives a point too.
    check("bounding_box:[-105.26 40.01 -105.24 40.03]", &payload, true);
    payload["geo"] = Value::default();
    check(
        "bounding_box:[-105.26 40.01 -105.24 40.03]",
        &payload,
        false,
    );
    check("bounding_box:[-105.4 39.9 -105.1 40.1]", &payload, true);
    check("point_radius:[-105.24 40.03 10mi]", &payload, true);
    check("point_radius:[-105.24 40.03 4mi]", &payload, false);
    payload["place"] = Value::default();
    check("bounding_box:[-105.4 39.9 -105.1 40.1]", &payload, false);
}

#[test]
fn ids_may_be_numbers_only() {
    let payload =
        json!({ "user": { "id": 9007199254740993_u64 }, "retweeted_status": { "id": 7 } });
    check(
        "from:9007199254740993 retweets_of_status_id:7",
        &payload,
        true,
    );
}

#[test]
fn a_tweet_for_advertising_only() {
    let promoted = json!({ "text": "buy", "scopes": { "followers": false } });
    check("buy -is:nullcast", &promoted, false);
    check("buy -is:nullcast", &json!({ "text": "buy" }), true);
}

#[test]
fn a_plain_source_has_no_anchor() {
    check(
        "source:web snow",
        &json!({ "text": "snow", "source": "web" }),
        true,
    );
}

#[test]
fn a_sample_keeps_its_share_and_grows() {
    let kept = |percent: u64| -> Vec<u64> {
        let rule = Rule::parse(&format!("sample:{percent}")).unwrap();
        let ids = (0..10_000).map(|n| 1_635_659_407_703_232_513 + n * 4_194_304);
        ids.filter(|id| rule.matches(&Analysis::native(&json!({ "id_str": id.to_string() }))))
            .collect()
    };
    let (tenth, fifth) = (kept(10), kept(20));
    assert!((900..1100).contains(&tenth.len()), "{}", tenth.len());
    assert!((1800..2200).contains(&fifth.len()), "{}", fifth.len());
    assert!(tenth.iter().all(|id| fifth.contains(id)));
}

#[test]
fn a_broken_payload_matches_nothing_and_breaks_nothing() {
    for payload in [
        "[]",
        "null",
        "1",
        "{}",
        r#"{"text": 1, "user": [], "entities": {"urls": {}, "hashtags": [1]}}"#,
        r#"{"place": {"bounding_box": {"coordinates": [[["x"]]]}}, "coordinates": {"coordinates": [1]}}"#,
    ] {
        check_all(
            &parsed(payload),
            &[],
            &["snow OR has:links OR #a OR bounding_box:[0 0 0.1 0.1]"],
        );
    }
}
