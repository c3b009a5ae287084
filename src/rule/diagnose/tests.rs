//! At least one row for each message of the server.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// Checks the lines for people, and then the suggestion.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
#[track_caller]
fn check(value: &str, expected: Expect) {
    let invalid = Rule::parse(value).expect_err("the rule is invalid");
    let diagnosis = invalid.diagnose(value);
    let mut lines = diagnosis.lines(value);
    lines.extend(diagnosis.corrected.map(|rule| format!("=> {rule}")));
    expected.assert_eq(&lines.join("\n"));
}

/// Describes the suggestion, if it is not the expected one.
fn mends(value: &str, expected: &str) -> Option<String> {
    let invalid = Rule::parse(value).expect_err("the rule is invalid");
    let corrected = invalid.diagnose(value).corrected;
    let shown = corrected.as_deref().unwrap_or("-");
    (shown != expected).then(|| format!("{value} => {shown}, not {expected}"))
}

#[test]
fn each_sentence_has_an_explanation() {
    check(
        "Pizza OR 🍕 OR \"🍕\" sample:100",
        expect![[r#"
              Pizza OR 🍕 OR "🍕" sample:100
                                  ^^^^^^^^^^
            `sample:` holds for the whole rule, so it cannot stand in one branch of an `OR`; put the branches into parentheses and `sample:` behind them
            => (Pizza OR 🍕 OR "🍕") sample:100"#]],
    );
    check(
        "from:contains:heart",
        expect![[r#"
              from:contains:heart
                           ^
            the value of `from:` holds no colon; write one value, and other clauses behind a blank"#]],
    );
    check(
        "aaaaa OR",
        expect![[r#"
          aaaaa OR
                ^^
        `OR` has nothing on its right; take it out, or write what is missing
        => aaaaa"#]],
    );
    check(
        "fish AND bird",
        expect![[r#"
          fish AND bird
               ^^^
        `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
        => fish bird"#]],
    );
    check(
        "(((\"#quotedhashtag\"",
        expect![[r##"
          ((("#quotedhashtag"
            ^
        this `(` is never closed; add the missing `)`
        => ((("#quotedhashtag")))"##]],
    );
    check(
        "contains:$twtr",
        expect![[r#"
          contains:$twtr
                   ^^^^^
        a value that begins with `$` has to be quoted; put quotes around it
        => contains:"$twtr""#]],
    );
    check(
        "#qwerty123 ⚽",
        expect![[r#"
          #qwerty123 ⚽
                     ^^
        `⚽` is one of the symbols that have to be quoted; quote it to look for it
        => #qwerty123 "⚽""#]],
    );
    check(
        "-follow",
        expect![[r#"
          -follow
          ^^^^^^^
        the rule only says what a Tweet must not have; add something to look for"#]],
    );
    check(
        "apple OR -ipad",
        expect![[r#"
          apple OR -ipad
                   ^^^^^
        this branch of the `OR` only says what a Tweet must not have; add something to look for"#]],
    );
    check(
        "to the",
        expect![[r#"
          to the
          ^^^^^^
        the rule has nothing but stop words, which stand in nearly every Tweet; add another clause, or quote the words
        => "to the""#]],
    );
    check(
        "place_countri:us",
        expect![[r#"
          place_countri:us
          ^^^^^^^^^^^^^
        there is no operator `place_countri`; did you mean `place_country`?
        => place_country:us"#]],
    );
    check(
        "klout_score:5",
        expect![[r#"
          klout_score:5
          ^^^^^^^^^^^
        PowerTrack 2.0 has no `klout_score`: Klout has closed; take it out"#]],
    );
    check(
        "a) b",
        expect![[r#"
              a) b
               ^
            this `)` closes nothing; take it out, or add the missing `(`
            => a b"#]],
    );
    check(
        "a -has:lang",
        expect![[r#"
          a -has:lang
             ^^^^^^^^
        `has:lang` went away with PowerTrack 1.0; `-lang:und` are the Tweets whose language is known, `lang:und` the others
        => a lang:und"#]],
    );
    check(
        "a \"b c",
        expect![[r#"
          a "b c
            ^
        this quote is never closed; add the missing `"`
        => a "b c""#]],
    );
    check(
        "x or b",
        expect![[r#"
              x or b
                ^^
            the operator is `OR` in capitals; write `OR`, or quote the word to look for it
            => x OR b"#]],
    );
    check(
        "x NOT b",
        expect![[r#"
              x NOT b
                ^^^
            `NOT` is no operator; write `-` directly before what is not wanted, or quote the word to look for it
            => x -b"#]],
    );
    check(
        "a sample:10%",
        expect![[r#"
          a sample:10%
            ^^^^^^^^^^
        `sample:` takes a whole number from 1 to 100, the percentage to keep; write for instance `sample:10`
        => a sample:10"#]],
    );
    check(
        "a -sample:10",
        expect![[r#"
          a -sample:10
             ^^^^^^^^^
        `sample:` cannot be negated; write the percentage to keep instead"#]],
    );
    check(
        "followers_count:10-20",
        expect![[r#"
          followers_count:10-20
          ^^^^^^^^^^^^^^^^^^^^^
        `followers_count:` takes a number, which means "so many or more", or a range; write for instance `followers_count:100` or `followers_count:10..100`
        => followers_count:10..20"#]],
    );
    check(
        "retweets_of_status_id:abc",
        expect![[r#"
          retweets_of_status_id:abc
          ^^^^^^^^^^^^^^^^^^^^^^^^^
        `retweets_of_status_id:` takes the id of a Tweet, in digits only; write the number at the end of the Tweet's URL"#]],
    );
    check(
        "point_radius:[-41.287336 174.761070 20mi]",
        expect![[r#"
          point_radius:[-41.287336 174.761070 20mi]
                        ^^^^^^^^^^^^^^^^^^^^^^^^^^
        longitude comes first, and latitude, which ends at 90, second; swap them
        => point_radius:[174.761070 -41.287336 20mi]"#]],
    );
    check(
        "point_radius:[2 48 26mi]",
        expect![[r#"
          point_radius:[2 48 26mi]
                        ^^^^^^^^^
        the radius of `point_radius:` is at most 25 miles (40 km); make it smaller, or join several with `OR`"#]],
    );
    check(
        "\"a b\"~7",
        expect![[r#"
          "a b"~7
          ^^^^^^^
        the distance behind `~` is a number from 1 to 6; choose a smaller one, or leave it out for the exact phrase
        => "a b"~6"#]],
    );
    check(
        "x is:nullcast",
        expect![[r#"
              x is:nullcast
                ^^^^^^^^^^^
            `is:nullcast` can only be excluded; write `-is:nullcast`
            => x -is:nullcast"#]],
    );
    check(
        "source:web",
        expect![[r#"
          source:web
          ^^^^^^^^^^
        `source:` cannot be all that a rule asks for; add something to look for"#]],
    );
}

#[test]
fn operators_of_others_are_explained() {
    check(
        "cat -filter:replies min_faves:10",
        expect![[r#"
              cat -filter:replies min_faves:10
                   ^^^^^^^^^^^^^^
            PowerTrack has no `filter`, it has `has:` and `is:`; write `-is:reply`
              cat -filter:replies min_faves:10
                                  ^^^^^^^^^
            PowerTrack has no `min_faves`: a Tweet is delivered as soon as it is posted, and has none by then; take it out; Retweets and answers come as Tweets of their own, which a handler can count"#]],
    );
    check(
        "cat until:2020-01-01T00:00:00Z",
        expect![[r#"
          cat until:2020-01-01T00:00:00Z
              ^^^^^
        PowerTrack has no `until`: the stream brings what is posted from now on; take it out; a Lua filter can look at `tweet:created_at_iso()`"#]],
    );
    check(
        "cat near:Paris",
        expect![[r#"
          cat near:Paris
              ^^^^
        PowerTrack has no `near`: places are written in another way; write `point_radius:[longitude latitude 10mi]`, `place:`, or `profile_locality:` for where the author lives"#]],
    );
    check(
        "cat filter:safe",
        expect![[r#"
          cat filter:safe
              ^^^^^^^^^^^
        PowerTrack has no `filter`, and nothing like `filter:safe`; take it out; a Lua filter can look at all fields of the Tweet"#]],
    );
    check(
        "from:jack,from:bob",
        expect![[r#"
          from:jack,from:bob
          ^^^^^^^^^^^^^^^^^^
        a comma joins nothing; write `OR` between clauses one of which is enough, and a blank between those that belong together
        => from:jack OR from:bob"#]],
    );
    check(
        "from:jack: cat",
        expect![[r#"
          from:jack: cat
                   ^
        a `:` too many stands behind the value; take it out
        => from:jack cat"#]],
    );
    check(
        "\\\"cat\\\" AND dog",
        expect![[r#"
          \"cat\" AND dog
          ^
        `\` here is an escape from where the rule was copied; write the rule as it is meant, without escapes
        => "cat" dog"#]],
    );
}

#[test]
fn the_caret_stands_under_wide_and_combined_characters() {
    check(
        "東京 AND x",
        expect![[r#"
          東京 AND x
               ^^^
        `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
        => 東京 x"#]],
    );
    check(
        "👩‍👩‍👧 🇯🇵 AND x",
        expect![[r#"
          👩‍👩‍👧 🇯🇵 AND x
                ^^^
        `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
        => 👩‍👩‍👧 🇯🇵 x"#]],
    );
    check(
        "cafe\u{301} AND x",
        expect![[r#"
          café AND x
               ^^^
        `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
        => café x"#]],
    );
    check(
        "a\tAND\nx",
        expect![[r#"
          a AND x
            ^^^
        `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
        => a	x"#]],
    );
    check(
        &format!("{}AND {}", "word ".repeat(30), "more ".repeat(30)),
        expect![[r#"
          …word word word word word word word word AND more more more more more more more more more more more m…
                                                   ^^^
        `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
        => word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word more more more more more more more more more more more more more more more more more more more more more more more more more more more more more more"#]],
    );
}

#[test]
fn a_rule_that_is_too_long_is_cut() {
    let wide = "🍕".repeat(2050);
    let problem = &Rule::parse(&wide)
        .expect_err("it is too long")
        .diagnose(&wide)
        .problems[0];
    assert_eq!((problem.position, problem.length), (2 * 2048 + 1, 4));
    check(
        &"word ".repeat(500),
        expect![[r#"
          …d word word word word word word word word word word word word word word word word word word word wor…
                                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        the rule has 2500 characters, and 2048 is the most; split it into several rules with the same tag"#]],
    );
}

#[test]
fn a_tag_that_is_too_long_is_named() {
    let tag = "t".repeat(300);
    let invalid = super::super::validate_tag(&tag).expect_err("it is too long");
    expect!["the tag has 300 characters, and 255 is the most"]
        .assert_eq(&invalid.diagnose(&tag).problems[0].why);
}

#[test]
fn rules_are_corrected_where_it_can_be_derived() {
    let table = [
        ("x AND b AND c", "x b c"),
        ("(x AND \"b c)", "(x \"b c\")"),
        ("(x OR b", "(x OR b)"),
        ("NOT x b", "-x b"),
        ("not x", "-"),
        ("x or b Or c", "x OR b OR c"),
        ("from: jack", "from:jack"),
        ("from :jack", "from:jack"),
        ("from:@jack", "from:jack"),
        ("from:(jack OR jill)", "(from:jack OR from:jill)"),
        ("from:", "-"),
        ("contains:-x y", "contains:\"-x\" y"),
        ("OR x", "x"),
        ("x OR OR b", "x OR b"),
        ("(x OR )", "(x )"),
        ("x ()", "x"),
        ("- x b", "-x b"),
        ("x -", "x"),
        ("(x OR b sample:10) c", "((x OR b ) c) sample:10"),
        ("twitter_lang:es", "lang:es"),
        ("bio_name_contains:\"x b\"", "bio_name:\"x b\""),
        ("has:image", "has:images"),
        ("is:retweets x", "is:retweet x"),
        ("FROM:jack", "from:jack"),
        ("12:30", "\"12:30\""),
        ("http://a.b/c", "\"http://a.b/c\""),
        ("url:http://a.b/c", "url:\"http://a.b/c\""),
        ("url:/a", "url:\"/a\""),
        ("“coca cola”", "\"coca cola\""),
        ("'coca cola' x", "\"coca cola\" x"),
        ("x | b || c", "x OR b OR c"),
        ("x & b", "x b"),
        ("x +b !c", "x b -c"),
        ("❤️ x", "\"❤️\" x"),
        ("⚽⚽ x", "\"⚽⚽\" x"),
        ("\"x b\" ~3", "\"x b\"~3"),
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
        // Lists.
        ("from:jack,from:bob", "from:jack OR from:bob"),
        (
            "from:jack,from:bob,from:carl x",
            "(from:jack OR from:bob OR from:carl) x",
        ),
        ("x -from:jack,from:bob", "x -from:jack -from:bob"),
        (
            "from:jack,@bob,from:carl x",
            "(from:jack OR from:bob OR from:carl) x",
        ),
        ("from:@jack,@bob", "from:jack OR from:bob"),
        ("from:jack;from:bob", "from:jack OR from:bob"),
        ("from:jack,lang:en", "from:jack lang:en"),
        ("has:links,has:media x", "(has:links OR has:media) x"),
        ("lang:en,lang:jp x", "(lang:en OR lang:ja) x"),
        ("contains:a,contains:b", "contains:a OR contains:b"),
        // Superfluous colons.
        ("from:jack:", "from:jack"),
        ("from:jack: hello", "from:jack hello"),
        ("(from:jack:)", "(from:jack)"),
        ("lang:en::", "lang:en"),
        ("from:contains:heart", "-"),
        ("from:jack:cat", "-"),
        ("lang:en:fr", "-"),
        ("x OR from:a:b", "-"),
        ("contains:a:b", "contains:\"a:b\""),
        ("from:https://twitter.com/jack", "from:jack"),
        ("from:https://x.com/jack/status/1 x", "from:jack x"),
        // Escapes from JSON, Lua, HTML and URLs.
        ("\\\"cat\\\"", "\"cat\""),
        (
            "\\\"cat food\\\" OR \\\"dog food\\\"",
            "\"cat food\" OR \"dog food\"",
        ),
        ("x OR \\\"cat\\\" -y", "x OR \"cat\" -y"),
        ("contains:\\\"cat food\\\"", "contains:\"cat food\""),
        ("\\(cat OR dog\\) x", "(cat OR dog) x"),
        ("\\u2764 x", "\"\u{2764}\" x"),
        ("\\ud83c\\udf55 x", "\u{1f355} x"),
        ("&quot;cat food&quot; x", "\"cat food\" x"),
        ("%22cat%20food%22", "\"cat food\""),
        // Operators of the web site's search.
        ("x filter:links", "x has:links"),
        ("x -filter:replies", "x -is:reply"),
        (
            "x filter:nativeretweets OR FILTER:images",
            "x is:retweet OR has:images",
        ),
        ("x exclude:retweets", "x -is:retweet"),
        ("x -exclude:replies", "x is:reply"),
        ("x include:nativeretweets", "x"),
        ("x filter:safe", "-"),
        ("x min_retweets:10", "-"),
        ("x min_faves:10 since:2020-01-01", "-"),
        ("x until:2020-01-01T00:00:00Z", "-"),
        ("x near:\"New York\" within:15mi", "-"),
        (
            "x geocode:37.78,-122.4,10mi",
            "x point_radius:[-122.4 37.78 10mi]",
        ),
        ("x list:123", "-"),
        ("user:jack", "from:jack"),
        ("language:jp x", "lang:ja x"),
        ("hashtag:cat mention:@jack", "#cat @jack"),
        ("x min_followers:100", "x followers_count:100"),
    ];
    let wrong: Vec<_> = (table.into_iter())
        .filter_map(|(value, expected)| mends(value, expected))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Strings made of pieces of rules.
fn any_rule() -> impl Strategy<Value = String> {
    let pieces = vec![
        "(",
        ")",
        "[",
        "]",
        ":",
        "-",
        "~",
        "\"",
        "'",
        "#",
        "$",
        "@",
        " ",
        " ",
        "OR",
        "AND",
        "or",
        "NOT",
        "from",
        "lang:en",
        "lang:ja",
        "has:lang",
        "sample:10",
        "bounding_box:[",
        "1",
        "2.5",
        "10mi",
        ",",
        "⚽",
        "🍕",
        "❤\u{fe0f}",
        "寿司",
        "e\u{301}",
        "\\",
        "“",
        "|",
        "&",
        "!",
        "*",
        "\t",
        "followers_count:",
        "5-10",
        "..",
        "klout_score:",
        "x",
        "the",
        "is:nullcast",
        "source:web",
    ];
    let piece = prop_oneof![
        9 => prop::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_rule_can_be_explained_or_linted(value in any_rule()) {
        match Rule::parse(&value) {
            Ok(rule) => {
                for warning in rule.lint() {
                    prop_assert!(warning.position + warning.length <= utf16_len(&value) + 1);
                    let _ = draw(&value, warning.position, warning.length);
                    if let Some(suggestion) = warning.suggestion {
                        prop_assert!(Rule::parse(&suggestion).is_ok());
                    }
                }
            }
            Err(invalid) => {
                let diagnosis = invalid.diagnose(&value);
                prop_assert!(!diagnosis.problems.is_empty());
                for problem in &diagnosis.problems {
                    prop_assert!(problem.position + problem.length <= utf16_len(&value) + 1);
                }
                let _ = diagnosis.lines(&value);
                if let Some(corrected) = diagnosis.corrected {
                    prop_assert!(Rule::parse(&corrected).is_ok());
                }
            }
        }
    }
}

#[test]
fn the_longest_rules_are_explained_too() {
    for piece in [
        "(", "-", "⚽", "'", "\"", "a:b ", "x AND ", "-(", "| ", "[", ":",
    ] {
        let value: String = piece.repeat(2048).chars().take(1024).collect();
        if let Err(invalid) = Rule::parse(&value) {
            let _ = invalid.diagnose(&value).lines(&value);
        }
    }
    for piece in ["x ", "-x lang:en ", "(x OR lang:en) ", "-(x y) "] {
        let value = format!("y {}", piece.repeat(130));
        let _ = Rule::parse(&value).expect("the rule is valid").lint();
    }
    let deep = format!("y {}x{}", "-(z ".repeat(400), ")".repeat(400));
    let _ = Rule::parse(&deep).expect("the rule is valid").lint();
}
