//! At least one row for each topic.

use expect_test::{Expect, expect};

use super::super::diagnose::draw;
use super::*;

#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
#[track_caller]
fn check(value: &str, expected: Expect) {
    let rule = Rule::parse(value).expect("the rule is valid");
    let mut lines = Vec::new();
    for warning in rule.lint() {
        lines.extend(draw(value, warning.position, warning.length));
        lines.push(format!("{}: {}", warning.topic.code(), warning.message));
        lines.extend(warning.suggestion.map(|rule| format!("=> {rule}")));
    }
    expected.assert_eq(&lines.join("\n"));
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
#[track_caller]
fn check_all(values: &[&str], expected: Expect) {
    let rules: Vec<_> = (values.iter())
        .map(|value| Rule::parse(value).expect("the rule is valid"))
        .collect();
    let lines: Vec<_> = lint_all(&rules.iter().collect::<Vec<_>>())
        .into_iter()
        .map(|(index, warning)| {
            format!(
                "{}: {}: {}",
                values[index],
                warning.topic.code(),
                warning.message
            )
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn a_good_rule_has_no_warnings() {
    for value in [
        "(rocket OR launch) lang:en",
        "#tag @name $TAG from:jack -is:retweet",
        "\"coca-cola\" contains:寿司",
        "한국 -lang:en",
        "lang:en sample:1",
        "from:a OR from:b",
        "from:a from:12",
        "followers_count:10..20 followers_count:20..30",
        "a1 (lang:en OR lang:ja)",
        "x -\"x y\"",
        // Values that the service may have, although the tables cannot be certain.
        "lang:zh-CN x",
        "lang:zxx x",
        "lang:und x",
        "lang:EN x",
        "lang:hi-Latn x",
        "place_country:gb x",
        "profile_country:XK x",
        "from:_under_score_ OR from:12345678901234567890",
        "#2016 OR #cumpleaños OR #東京・大阪",
        "($TWTR OR $TSLA OR $BRK.A) -$F",
        "has:geo -is:retweet cat",
        "is:retweet cat from:jack is:reply",
        "has:images -has:links cat",
        "-is:nullcast cat",
        "followers_count:5 cat",
        "bio:\"a b\" -bio:c",
    ] {
        let rule = Rule::parse(value).expect("the rule is valid");
        assert_eq!(rule.lint(), [], "{value}");
    }
}

#[test]
fn rules_that_can_never_match() {
    check(
        "lang:en x lang:ja",
        expect![[r#"
        lang:en x lang:ja
                  ^^^^^^^
        never-matches: this rule can never match: `lang:en` and `lang:ja` cannot both hold, a Tweet has one language"#]],
    );
    check(
        "from:a from:b",
        expect![[r#"
        from:a from:b
               ^^^^^^
        never-matches: this rule can never match: `from:a` and `from:b` cannot both hold, a Tweet has one author"#]],
    );
    check(
        "x -x",
        expect![[r#"
        x -x
           ^
        never-matches: this rule can never match: `x` and `-x` contradict each other"#]],
    );
    check(
        "x -(\"X\" OR y)",
        expect![[r#"
        x -("X" OR y)
          ^^^^^^^^^^^
        negated-group: the service advises against negated groups such as `-("X" OR y)`; negate each clause
        => x -"X" -y
        x -("X" OR y)
            ^^^
        never-matches: this rule can never match: `x` and `-"X"` contradict each other"#]],
    );
    check(
        "followers_count:10..20 followers_count:100",
        expect![[r#"
        followers_count:10..20 followers_count:100
                               ^^^^^^^^^^^^^^^^^^^
        never-matches: this rule can never match: `followers_count:10..20` and `followers_count:100` have no number in common"#]],
    );
    check(
        "x followers_count:20..10",
        expect![[r#"
            x followers_count:20..10
              ^^^^^^^^^^^^^^^^^^^^^^
            never-matches: this rule can never match: the range ends before it begins
            => x followers_count:10..20"#]],
    );
    check(
        "x followers_count:50 -followers_count:10",
        expect![[r#"
        x followers_count:50 -followers_count:10
                              ^^^^^^^^^^^^^^^^^^
        never-matches: this rule can never match: `followers_count:50` and `-followers_count:10` leave no number"#]],
    );
    check(
        "lang:en (y lang:ja OR x)",
        expect![[r#"
        lang:en (y lang:ja OR x)
                   ^^^^^^^
        never-matches: this branch can never match: `lang:en` and `lang:ja` cannot both hold, a Tweet has one language"#]],
    );
    check(
        "(x lang:ja OR y lang:es) lang:en",
        expect![[r#"
        (x lang:ja OR y lang:es) lang:en
           ^^^^^^^
        never-matches: this rule can never match: `lang:en` and `lang:ja` cannot both hold, a Tweet has one language"#]],
    );
    check(
        "retweets_of:a -is:retweet",
        expect![[r#"
        retweets_of:a -is:retweet
                       ^^^^^^^^^^
        never-matches: this rule can never match: `retweets_of:a` and `-is:retweet` cannot both hold, only a Retweet retweets somebody"#]],
    );
    check(
        "place_country:us place_country:gb",
        expect![[r#"
        place_country:us place_country:gb
                         ^^^^^^^^^^^^^^^^
        never-matches: this rule can never match: `place_country:us` and `place_country:gb` cannot both hold, a place lies in one country"#]],
    );
    check(
        "y --x -x",
        expect![[r#"
        y --x -x
               ^
        never-matches: this rule can never match: `x` and `-x` contradict each other"#]],
    );
}

#[test]
fn clauses_that_hardly_do_what_was_meant() {
    check(
        "寿司 lang:ja",
        expect![[r#"
        寿司 lang:ja
        ^^^^
        no-word-boundaries: `寿司` is looked for as a word between blanks or punctuation, and this script is written without blanks; `contains:` finds it anywhere
        => contains:寿司 lang:ja"#]],
    );
    check(
        "\"กรุงเทพ\"",
        expect![[r#"
        "กรุงเทพ"
        ^^^^^^^^
        no-word-boundaries: `"กรุงเทพ"` is looked for as a word between blanks or punctuation, and this script is written without blanks; `contains:` finds it anywhere
        => contains:"กรุงเทพ""#]],
    );
    check(
        "lang:en",
        expect![[r#"
        lang:en
        ^^^^^^^
        broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts"#]],
    );
    check(
        "has:geo lang:en -is:retweet",
        expect![[r#"
        has:geo lang:en -is:retweet
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts"#]],
    );
    check(
        "coca-cola",
        expect![[r#"
        coca-cola
        ^^^^^^^^^
        unquoted-punctuation: `coca-cola` holds punctuation, so it is looked for as a phrase; quotes say so
        => "coca-cola""#]],
    );
    check(
        "fish, chips",
        expect![[r#"
        fish, chips
        ^^^^^
        unquoted-punctuation: the punctuation of `fish,` has to stand in the Tweet too
        => fish chips"#]],
    );
    check(
        "fish* chips",
        expect![[r#"
        fish* chips
        ^^^^^
        unquoted-punctuation: `fish*` asks for the character `*`: there are no wildcards, `contains:` finds a part of a word
        => contains:fish chips"#]],
    );
    check(
        "\"AT&T\" phone",
        expect![[r#"
        "AT&T" phone
        ^^^^^^
        entity: a Tweet's text has `&amp;`, `&lt;` and `&gt;` for these characters, so `"AT&T"` may not be found; asking for both forms is safe
        => ("AT&T" OR "AT&amp;T") phone"#]],
    );
    check(
        "contains:AT&T",
        expect![[r#"
        contains:AT&T
        ^^^^^^^^^^^^^
        entity: a Tweet's text has `&amp;`, `&lt;` and `&gt;` for these characters, so `contains:AT&T` may not be found; asking for both forms is safe
        => (contains:"AT&T" OR contains:"AT&amp;T")"#]],
    );
    check(
        "amp guitar",
        expect![[r#"
        amp guitar
        ^^^
        entity: `amp` matches every Tweet with an `&`, which stands as `&amp;` in a Tweet's text"#]],
    );
    check(
        "a1 -(b1 OR c1)",
        expect![[r#"
        a1 -(b1 OR c1)
           ^^^^^^^^^^^
        negated-group: the service advises against negated groups such as `-(b1 OR c1)`; negate each clause
        => a1 -b1 -c1"#]],
    );
    check(
        "a1 -(b1 c1)",
        expect![[r#"
        a1 -(b1 c1)
           ^^^^^^^^
        negated-group: the service advises against negated groups such as `-(b1 c1)`; negate each clause"#]],
    );
    check(
        "the fish",
        expect![[r#"
        the fish
        ^^^
        stop-word: `the` is a stop word and narrows nothing down; if it belongs to a phrase, quote the phrase
        => fish"#]],
    );
    check(
        "fish fish",
        expect![[r#"
        fish fish
             ^^^^
        repeated: `fish` has been said before
        => fish"#]],
    );
    check(
        "fish OR fish OR \"fish\"",
        expect![[r#"
        fish OR fish OR "fish"
                ^^^^
        repeated: `fish` has been said before
        => fish OR "fish"
        fish OR fish OR "fish"
                        ^^^^^^
        repeated: `"fish"` has been said before
        => fish OR fish"#]],
    );
    check(
        "\" fish \"",
        expect![[r#"
        " fish "
        ^^^^^^^^
        blanks: the blanks at the ends of the quoted text in `" fish "` have to stand in the Tweet too
        => "fish""#]],
    );
    check(
        "bio:\"fish \"",
        expect![[r#"
        bio:"fish "
        ^^^^^^^^^^^
        blanks: the blanks at the ends of the quoted text in `bio:"fish "` have to stand in the Tweet too
        => bio:"fish""#]],
    );
    check(
        " fish",
        expect![[r#"
         fish
        ^^^^^
        blanks: there are blanks at the ends of the rule; the service counts them, and with them it is another rule
        => fish"#]],
    );
}

#[test]
fn a_rule_near_the_longest_length_is_named() {
    let value = format!("{}fish", "\"a b c d\" OR ".repeat(150));
    let rule = Rule::parse(&value).expect("the rule is valid");
    let long = rule
        .lint()
        .into_iter()
        .find(|warning| warning.topic == Topic::Long);
    expect!["the rule has 1954 characters, and 2048 is the most"]
        .assert_eq(&long.expect("it is long").message);
}

#[test]
fn rules_are_compared() {
    check_all(
        &["fish", "bird", "fish"],
        expect!["fish: duplicate: this very rule stands further up"],
    );
    check_all(
        &["fish bird", "bird fish", "(Fish) bird"],
        expect![[r#"
        bird fish: same-meaning: this rule means the same as `fish bird` further up
        (Fish) bird: same-meaning: this rule means the same as `fish bird` further up"#]],
    );
    check_all(
        &["fish", "fish lang:en", "fish OR bird", "cow"],
        expect![[r#"
            fish: shadowed: every Tweet of this rule is also one of `fish OR bird`
            fish lang:en: shadowed: every Tweet of this rule is also one of `fish`"#]],
    );
    check_all(
        &["(a1 OR b1) (c1 OR d1)", "a1 c1", "a1 x1"],
        expect!["a1 c1: shadowed: every Tweet of this rule is also one of `(a1 OR b1) (c1 OR d1)`"],
    );
}

#[test]
fn many_rules_are_compared_in_reasonable_time() {
    let rules: Vec<_> = (0..3_000)
        .map(|number| {
            Rule::parse(&format!("lang:en word{number} -is:retweet")).expect("it is valid")
        })
        .collect();
    assert_eq!(lint_all(&rules.iter().collect::<Vec<_>>()), []);
}
