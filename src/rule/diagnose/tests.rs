//! One row for each of the server's sentences at least.

use expect_test::{Expect, expect};

use super::*;

/// The lines for people, then what is suggested.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
#[track_caller]
fn check(value: &str, expected: Expect) {
    let invalid = Rule::parse(value).expect_err("the rule is invalid");
    let diagnosis = invalid.diagnose(value);
    let mut lines = diagnosis.lines(value);
    lines.extend(diagnosis.corrected.map(|rule| format!("=> {rule}")));
    expected.assert_eq(&lines.join("\n"));
}

/// What is suggested, alone.
#[track_caller]
fn mends(value: &str, expected: &str) {
    let invalid = Rule::parse(value).expect_err("the rule is invalid");
    let corrected = invalid.diagnose(value).corrected;
    assert_eq!(corrected.as_deref().unwrap_or("-"), expected, "{value}");
}

#[test]
fn each_sentence_has_an_explanation() {
    check("Pizza OR 🍕 OR \"🍕\" sample:100", expect![[]]);
    check("from:contains:heart", expect![[]]);
    check("aaaaa OR", expect![[]]);
    check("fish AND bird", expect![[]]);
    check("(((\"#quotedhashtag\"", expect![[]]);
    check("contains:$twtr", expect![[]]);
    check("#qwerty123 ⚽", expect![[]]);
    check("-follow", expect![[]]);
    check("apple OR -ipad", expect![[]]);
    check("to the", expect![[]]);
    check("place_countri:us", expect![[]]);
    check("klout_score:5", expect![[]]);
    check("a) b", expect![[]]);
    check("a -has:lang", expect![[]]);
    check("a \"b c", expect![[]]);
    check("a or b", expect![[]]);
    check("a NOT b", expect![[]]);
    check("a sample:10%", expect![[]]);
    check("a -sample:10", expect![[]]);
    check("followers_count:10-20", expect![[]]);
    check("retweets_of_status_id:abc", expect![[]]);
    check("point_radius:[-41.287336 174.761070 20mi]", expect![[]]);
    check("point_radius:[2 48 26mi]", expect![[]]);
    check("\"a b\"~7", expect![[]]);
    check("a is:nullcast", expect![[]]);
    check("source:web", expect![[]]);
}

#[test]
fn the_caret_stands_under_wide_and_combined_characters() {
    check("東京 AND x", expect![[]]);
    check("👩‍👩‍👧 🇯🇵 AND x", expect![[]]);
    check("cafe\u{301} AND x", expect![[]]);
    check("a\tAND\nx", expect![[]]);
    check(&format!("{}AND {}", "word ".repeat(30), "more ".repeat(30)), expect![[]]);
}

#[test]
fn a_rule_that_is_too_long_is_cut() {
    check(&"word ".repeat(500), expect![[]]);
}

#[test]
fn a_tag_that_is_too_long_is_named() {
    let tag = "t".repeat(300);
    let invalid = super::super::validate_tag(&tag).expect_err("it is too long");
    expect![[]].assert_eq(&invalid.diagnose(&tag).problems[0].why);
}

#[test]
fn rules_are_corrected_where_it_can_be_derived() {
    for (value, expected) in [
        ("a AND b AND c", "a b c"),
        ("(a AND \"b c)", "(a \"b c\")"),
        ("(a OR b", "(a OR b)"),
        ("NOT a b", "-a b"),
        ("not a", "-"),
        ("a or b Or c", "a OR b OR c"),
        ("from: jack", "from:jack"),
        ("from :jack", "from:jack"),
        ("from:@jack", "from:jack"),
        ("from:(jack OR jill)", "(from:jack OR from:jill)"),
        ("from:", "-"),
        ("contains:-x y", "contains:\"-x\" y"),
        ("OR a", "a"),
        ("a OR OR b", "a OR b"),
        ("(a OR )", "(a )"),
        ("a ()", "a"),
        ("- a b", "-a b"),
        ("a -", "a"),
        ("(a OR b sample:10) c", "((a OR b ) c) sample:10"),
        ("twitter_lang:es", "lang:es"),
        ("bio_name_contains:\"a b\"", "bio_name:\"a b\""),
        ("has:image", "has:images"),
        ("is:retweets a", "is:retweet a"),
        ("FROM:jack", "from:jack"),
        ("12:30", "\"12:30\""),
        ("http://a.b/c", "\"http://a.b/c\""),
        ("url:http://a.b/c", "url:\"http://a.b/c\""),
        ("url:/a", "url:\"/a\""),
        ("“coca cola”", "\"coca cola\""),
        ("'coca cola' x", "\"coca cola\" x"),
        ("a | b || c", "a OR b OR c"),
        ("a & b", "a b"),
        ("a +b !c", "a b -c"),
        ("❤️ a", "\"❤️\" a"),
        ("⚽⚽ a", "\"⚽⚽\" a"),
        ("\"a b\" ~3", "\"a b\"~3"),
        ("followers_count:>1000", "followers_count:1001"),
        ("followers_count:1,000", "followers_count:1000"),
        ("followers_count:5k", "followers_count:5000"),
        ("followers_count:lots", "-"),
        (
            "retweets_of_status_id:\"https://twitter.com/a/status/123\"",
            "retweets_of_status_id:123",
        ),
        (
            "bounding_box:[-71.2,42.2,-70.9,42.4]",
            "bounding_box:[-71.2 42.2 -70.9 42.4]",
        ),
        (
            "bounding_box:[-71.2 , 42.2 , -70.9 , 42.4]",
            "bounding_box:[-71.2 42.2 -70.9 42.4]",
        ),
        (
            "bounding_box:[-70.9 42.4 -71.2 42.2]",
            "bounding_box:[-71.2 42.2 -70.9 42.4]",
        ),
        ("bounding_boxx:[1 2 1.1 2.1]", "bounding_box:[1 2 1.1 2.1]"),
        ("bounding_box: [1 2 1.1 2.1]", "bounding_box:[1 2 1.1 2.1]"),
        ("point_radius:[1 2 10 mi]", "point_radius:[1 2 10mi]"),
        ("point_radius:[1 2 10mi", "point_radius:[1 2 10mi]"),
        ("point_radius:[1 2 10]", "-"),
        ("", "-"),
        ("*", "-"),
    ] {
        mends(value, expected);
    }
}
