//! Checks the exact text of every message.

use expect_test::{Expect, expect};

use super::super::{Invalid, Rule, validate_tag};

#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
fn check(value: &str, expected: Expect) {
    expected.assert_eq(&shown(&Rule::parse(value).unwrap_err()));
}

/// The messages in one line.
fn shown(invalid: &Invalid) -> String {
    invalid.server_text().replace('\n', "\\n")
}

#[test]
fn the_recorded_and_documented_messages() {
    check(
        r#"Pizza OR 🍕 OR "🍕" sample:100"#,
        expect![[
            r#"The sample operator cannot be used with an OR. To use the sample operator with an OR in the rule, the ORed clauses must be grouped together with parenthesis.  For example, to get 10% of activites that have term1 or term2, the rule should be (excluding the single quotes) '(term1 OR term2) sample:10' (at position 21)\n"#
        ]],
    );
    check(
        "from:contains:heart",
        expect![[r#"Cannot parse rule at ':' (position 14)\n"#]],
    );
    check(
        "fish AND bird",
        expect![[
            r#"Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text (at position 6)\n"#
        ]],
    );
    check(
        r##"((("#quotedhashtag""##,
        expect![[r#"mismatched input 'EOF' expecting ')' (at position 20)\n\n"#]],
    );
    check(
        "bounding_box:[-71.199636,42.230046,-70.979909,42.398619]",
        expect![[
            r#"Cannot parse rule at '71.199636,42.230046,-70.979909,42.398619' (position 16)\n"#
        ]],
    );
    check(
        "streaming gnip contains:$twtr",
        expect![[r#"no viable alternative at input '$twtr' (at position 25)\n"#]],
    );
    check(
        "-follow",
        expect![[
            r#"Rules must contain a non-negation term (at position 1)\nRules must contain at least one positive, non-stopword clause (at position 1)\n"#
        ]],
    );
    check(
        "aaaaa OR",
        expect![[r#"Cannot parse rule at '<EOF>' (position 9)\n"#]],
    );
    check(
        "#qwerty123 ⚽",
        expect![[r#"no viable alternative at character '⚽' (at position 12)\n\n"#]],
    );
    check(
        "hello) world",
        expect![[r#"missing EOF at ')' (at position 6)\n\n"#]],
    );
    check(
        "has:lang (snow OR rain)",
        expect![[
            r#"The has:lang operator is not supported. Use lang:und to identify Tweets where a language classification was not assigned. (at position 1)\n"#
        ]],
    );
    check(
        "one AND (a) AND b",
        expect![[
            r#"Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text (at position 13)\nAmbiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text (at position 5)\n"#
        ]],
    );
}

#[test]
fn the_inferred_messages() {
    check(
        "the",
        expect![[
            r#"Rules must contain at least one positive, non-stopword clause (at position 1)\n"#
        ]],
    );
    check(
        r#""lol bla"#,
        expect![[r#"mismatched character '<EOF>' expecting '"' (at position 9)\n\n"#]],
    );
    check(
        "(snow or cold) weather",
        expect![[
            r#"Ambiguous use of or as a keyword. Use OR to logically join two clauses, or "or" to find occurrences of or in text (at position 7)\n"#
        ]],
    );
    check(
        "coke NOT pepsi",
        expect![[
            r#"Ambiguous use of not as a keyword. Use - to logically negate a clause, or "not" to find occurrences of not in text (at position 6)\n"#
        ]],
    );
    check(
        "snow sample:0",
        expect![[r#"sample must be an integer between 1 and 100 (at position 6)\n"#]],
    );
    check(
        "snow -sample:5",
        expect![[r#"sample cannot be negated (at position 7)\n"#]],
    );
    check(
        "friends_count:1000...10000 x",
        expect![[r#"friends_count expects a number or a range such as 10..100 (at position 1)\n"#]],
    );
    check(
        "retweets_of_tweet_id:abc",
        expect![[r#"retweets_of_tweet_id expects a numeric id (at position 1)\n"#]],
    );
    check(
        "point_radius:[2.355128 48.861118 41km]",
        expect![[r#"point_radius is out of range (at position 1)\n"#]],
    );
    check(
        r#""happy birthday"~7"#,
        expect![[r#"The proximity distance must be between 1 and 6 (at position 1)\n"#]],
    );
    check(
        "is:nullcast ads",
        expect![[r#"is:nullcast must be negated (at position 1)\n"#]],
    );
    check(
        "source:web",
        expect![[r#"source cannot be used as a standalone operator (at position 1)\n"#]],
    );
    check(
        "(a : b)",
        expect![[r#"mismatched input ':' expecting ')' (at position 4)\n\n"#]],
    );
    check(
        "lang:",
        expect![[r#"no viable alternative at input '<EOF>' (at position 6)\n"#]],
    );
}

#[test]
fn an_unknown_operator_is_listed_short_and_long_from_the_right() {
    check(
        "zoo:1 has:polls",
        expect![[
            r#"Reference to invalid field 'has:polls' (at position 7)\nReference to invalid field 'zoo' (at position 1)\nReference to invalid field 'has:polls', must be from the list: [contains, url, url_title, url_description, url_contains, lang, source, sample, from, to, retweets_of, retweets_of_status_id, in_reply_to_status_id, bio, bio_name, bio_location, followers_count, friends_count, statuses_count, listed_count, place, place_country, point_radius, bounding_box, profile_country, profile_region, profile_subregion, profile_locality, profile_point_radius, profile_bounding_box, has:geo, has:profile_geo, has:links, has:mentions, has:hashtags, has:symbols, has:media, has:images, has:videos, is:retweet, is:reply, is:quote, is:verified, is:nullcast] (at position 7)\nReference to invalid field 'zoo', must be from the list: [contains, url, url_title, url_description, url_contains, lang, source, sample, from, to, retweets_of, retweets_of_status_id, in_reply_to_status_id, bio, bio_name, bio_location, followers_count, friends_count, statuses_count, listed_count, place, place_country, point_radius, bounding_box, profile_country, profile_region, profile_subregion, profile_locality, profile_point_radius, profile_bounding_box, has:geo, has:profile_geo, has:links, has:mentions, has:hashtags, has:symbols, has:media, has:images, has:videos, is:retweet, is:reply, is:quote, is:verified, is:nullcast] (at position 1)\n"#
        ]],
    );
}

#[test]
fn what_is_too_long() {
    // A client's test recorded this message word for word, for a rule of this length.
    let value = "🍕".repeat(2264);
    let text = shown(&Rule::parse(&value).unwrap_err());
    expect!["Rule '…' exceeds the maximum length of a rule. It is 2264 characters while the maximum allowed is 2048 (at position 1)\\n"]
        .assert_eq(&text.replace(&value, "…"));
    expect!["Tag must not exceed 255 characters"]
        .assert_eq(&shown(&validate_tag(&"t".repeat(256)).unwrap_err()));
}

#[test]
fn people_read_one_line() {
    let invalid = Rule::parse("-follow").unwrap_err();
    expect!["Rules must contain a non-negation term (at position 1); Rules must contain at least one positive, non-stopword clause (at position 1)"].assert_eq(&invalid.to_string());
}
