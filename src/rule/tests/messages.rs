//! The exact text of every message.

use expect_test::{Expect, expect};

use super::super::{Rule, validate_tag};

#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
fn check(value: &str, expected: Expect) {
    expected.assert_debug_eq(&Rule::parse(value).unwrap_err().server_text());
}

#[test]
fn the_recorded_and_documented_messages() {
    check(r#"Pizza OR 🍕 OR "🍕" sample:100"#, expect![[]]);
    check("from:contains:heart", expect![[]]);
    check("fish AND bird", expect![[]]);
    check(r##"((("#quotedhashtag""##, expect![[]]);
    check(
        "bounding_box:[-71.199636,42.230046,-70.979909,42.398619]",
        expect![[]],
    );
    check("streaming gnip contains:$twtr", expect![[]]);
    check("-follow", expect![[]]);
    check("aaaaa OR", expect![[]]);
    check("#qwerty123 ⚽", expect![[]]);
    check("hello) world", expect![[]]);
    check("has:lang (snow OR rain)", expect![[]]);
    check("one AND (a) AND b", expect![[]]);
}

#[test]
fn the_inferred_messages() {
    check("the", expect![[]]);
    check(r#""lol bla"#, expect![[]]);
    check("(snow or cold) weather", expect![[]]);
    check("coke NOT pepsi", expect![[]]);
    check("snow sample:0", expect![[]]);
    check("snow -sample:5", expect![[]]);
    check("friends_count:1000...10000 x", expect![[]]);
    check("retweets_of_tweet_id:abc", expect![[]]);
    check("point_radius:[2.355128 48.861118 41km]", expect![[]]);
    check(r#""happy birthday"~7"#, expect![[]]);
    check("is:nullcast ads", expect![[]]);
    check("source:web", expect![[]]);
    check("(a : b)", expect![[]]);
    check("lang:", expect![[]]);
}

#[test]
fn an_unknown_operator_is_listed_short_and_long_from_the_right() {
    check("zoo:1 has:polls", expect![[]]);
}

#[test]
fn what_is_too_long() {
    check(&"a".repeat(2049), expect![[]]);
    let tag = validate_tag(&"t".repeat(256)).unwrap_err();
    expect![[]].assert_debug_eq(&tag.server_text());
}

#[test]
fn people_read_one_line() {
    let invalid = Rule::parse("-follow").unwrap_err();
    expect![[]].assert_eq(&invalid.to_string());
}
