//! Which rules are valid, and which message stands where against the others.

use super::super::{Invalid, MAX_TAG, MAX_VALUE, Rule, validate_tag};

/// The rules of the reference's section 10, in its order.
#[rustfmt::skip]
pub(crate) const REFERENCE: [(&str, &str); 98] = [
    ("from:jack", "valid"),
    (r#"Pizza OR 🍕 OR "🍕" sample:100"#, "M1@21"),
    ("from:contains:heart", "M2@14"),
    ("fish AND bird", "M3@6"),
    (r##"((("#quotedhashtag""##, "M4@20"),
    ("bounding_box:[-71.199636,42.230046,-70.979909,42.398619]", "M2@16"),
    ("#TwitterData", "valid"),
    (r#"(#snow OR snowday OR "snow day" OR from:noaa) lang:en"#, "valid"),
    (r#"(skiing OR boarding OR "hitting the slopes" OR from:OnTheSnow) lang:en"#, "valid"),
    ("robot OR 🤖", "valid"),
    ("streaming gnip contains:$twtr", "M5@25"),
    (r#"streaming gnip contains:"$twtr""#, "valid"),
    ("-follow", "M7@1"),
    (r#"coffee OR "I love coffee""#, "valid"),
    ("aaaaa OR", "M2@9"),
    ("abc AND 123", "M3@5"),
    ("#qwerty123 ⚽", "M6@12"),
    ("#qwerty123 😀", "valid"),
    ("(lang:en) place_countri:us bio:Twitter", "M9@11"),
    ("(place_country:us profile_country:us) (rain OR snow)", "valid"),
    ("social", "valid"),
    ("social media", "valid"),
    ("social -personality", "valid"),
    ("(social OR data) (academic OR research) -personality -information -university", "valid"),
    ("apple OR iphone ipad", "valid"),
    ("ipad -(iphone OR imac OR macbook)", "valid"),
    ("apple OR -ipad", "M7@10"),
    ("these OR -that bla OR others", "valid"),
    ("-(bla bar)", "M7@1"),
    (r#"bla -"hello world!""#, "valid"),
    (r#"-"hello world!" bla"#, "valid"),
    ("((bla bar))", "valid"),
    ("(hello (world) bla", "M4@19"),
    ("hello) world", "M10@6"),
    ("OR bla", "M5@1"),
    ("cat OR OR dog", "M5@8"),
    ("()", "M5@2"),
    ("ORbit", "valid"),
    ("(snow or cold) weather", "M13@7"),
    ("coke NOT pepsi", "M14@6"),
    (r#""this and that" snow"#, "valid"),
    (r#"one AND ("a and b" OR "up AND down") AND direction"#, "M3@38 M3@5"),
    ("the", "M8@1"),
    ("rt via http", "M8@1"),
    ("the boat", "valid"),
    ("this OR boat", "M8@1"),
    (r#""-hello world" bla "lol bla"#, "M12@28"),
    ("(pepsi OR cola OR 'coca cola')", "M6@19 M6@29"),
    ("!hello", "M6@1"),
    ("hello @ world", "M6@7"),
    ("santa's snow", "valid"),
    ("coca-cola soda", "valid"),
    ("☕", "M6@1"),
    (r#""☕""#, "valid"),
    ("[(OpenAI OR GPT-3) (#OpenAI OR #AI)]", "M5@1"),
    ("ëèéê 你好", "valid"),
    ("@XDevelopers -is:retweet", "valid"),
    ("($TWTR OR $TSLA OR $BRK.A) -$F", "valid"),
    (r#""snowy mountain resort"~6"#, "valid"),
    (r#""happy birthday"~7"#, "M20@1"),
    ("from:2244994945 OR from:api", "valid"),
    ("from: jack", "M5@7"),
    ("lang:", "M5@6"),
    (r#"url:"https://developer.x.com""#, "valid"),
    ("url:https:x", "M2@10"),
    ("url:npr.org", "valid"),
    (r#"url_title:"flood map" OR url_description:weather"#, "valid"),
    ("place:boulder OR bio_location:boulder", "valid"),
    ("bio_name:jim", "valid"),
    ("to:api statuses_count:10", "valid"),
    ("statuses_count:1000...10000 x", "M17@1"),
    ("statuses_count:-900 x", "M5@16"),
    ("statuses_count:1000.0 x", "M17@1"),
    ("in_reply_to_status_id:abc", "M18@1"),
    ("point_radius:[-105.27346517 40.01924738 0.5mi]", "valid"),
    ("point_radius:[2.355128 48.861118 16km]", "valid"),
    ("point_radius:[2.355128 48.861118 41km]", "M19@1"),
    ("point_radius:[2.355128 48.861118 10 km]", "M2@34"),
    ("point_radius:[2.355128 48.861118 10.2m]", "M2@34"),
    ("bounding_box:[-71.199636 42.230046 -70.979909 42.398619]", "valid"),
    ("bounding_box:[-106 39 -105 40]", "M19@1"),
    ("profile_bounding_box:[-105.301758 39.964069 -105.178505]", "M2@56"),
    ("profile_country:US (snow OR rain)", "valid"),
    (r#"#happybirthday source:"X for iPhone""#, "valid"),
    ("source:web", "M22@1"),
    (r#""happy birthday"~5 sample:80"#, "valid"),
    ("snow sample:0", "M15@6"),
    ("snow sample:101", "M15@6"),
    ("((has:mentions OR has:media) is:verified) -is:retweet", "valid"),
    ("has:geo", "valid"),
    ("lang:und (sol OR sun)", "valid"),
    ("has:lang (snow OR rain)", "M11@1"),
    ("has:polls snow", "M9@1"),
    ("is:nullcast ads", "M21@1"),
    ("Profile_Region:colorado", "M9@1"),
    ("country_code:US snow", "M9@1"),
    ("klout_score:40 coffee", "M9@1"),
    ("tweets_count:10 user_bio:tea", "valid"),];

/// What the reference's text says beyond its table.
#[rustfmt::skip]
pub(crate) const MORE: [(&str, &str); 49] = [
    ("", "M2@1"),
    ("  ", "M2@3"),
    ("(", "M2@2"),
    ("-", "M2@2"),
    ("(x OR", "M2@6"),
    ("(x : b)", "M4@4"),
    ("--b", "M7@1"),
    ("x --b", "valid"),
    ("(x OR b) sample:10", "valid"),
    ("x OR b sample:10", "M1@8"),
    ("(x OR b sample:10) c", "M1@9"),
    ("x sample:10.5", "M15@3"),
    ("x sample:\"+5\"", "M15@3"),
    ("x -sample:5", "M16@4"),
    ("x OR -sample:500 b", "M15@7 M1@7 M16@7"),
    ("sample:10", "valid"),
    ("x -has:lang", "M11@4"),
    ("x -is:nullcast", "valid"),
    ("x -(b is:nullcast)", "valid"),
    ("x --is:nullcast", "M21@5"),
    ("followers_count:5..10", "valid"),
    ("followers_count:5..", "M17@1"),
    ("followers_count:99999999999999999999", "valid"),
    ("in_reply_to_status_id:\"12\"", "valid"),
    ("\"a b\"~0", "M20@1"),
    ("\"a b\"~99999999999999999999", "M20@1"),
    ("\"a b\"~1.5", "M5@7"),
    ("x -(-b OR c)", "valid"),
    ("-x OR -b", "M7@1 M7@7"),
    ("(apple OR -ipad) fruit", "M7@11"),
    ("apple OR -ipad OR the", "M7@10 M8@19"),
    ("THE", "M8@1"),
    ("\"the\"", "valid"),
    ("source:web OR source:tv", "M22@1"),
    ("the source:web -snow", "M22@5"),
    ("source:web has:links", "valid"),
    ("-source:web snow", "valid"),
    ("from:and", "valid"),
    ("-and snow", "M3@2"),
    ("or not AND", "M3@8 M14@4 M13@1"),
    ("zoo:1 and xoo:2", "M9@11 M9@1 M9@11 M9@1 M3@7"),
    ("has:cashtags", "M9@1"),
    ("has:Media", "M9@1"),
    ("min_followers:10", "M9@1"),
    ("is:nullcast sample:0", "M15@13 M21@1"),
    ("point_radius:[-41.287336 174.761070 20mi]", "M19@1"),
    ("point_radius:[2.355128 48.861118 40km]", "valid"),
    ("profile_bounding_box:[170 1 -170 2]", "M19@1"),
    ("-profile_point_radius:[1 1 1mi] x", "valid"),
];

/// `valid`, or code and position of each message; the two lines of one M7 or M9 count once.
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
