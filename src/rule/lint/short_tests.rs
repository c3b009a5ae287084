//! Many rules in short form: clauses that match no Tweet or every Tweet, and the effects of blanks and quotes.

use expect_test::{Expect, expect};

use super::*;

/// Checks the warnings and the suggestions for each rule.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
#[track_caller]
fn check_each(values: &[&str], expected: Expect) {
    let mut lines = Vec::new();
    for value in values {
        let rule = Rule::accept(value).expect("the rule is valid");
        lines.push((*value).to_owned());
        for warning in rule.lint() {
            lines.push(format!("    {}: {}", warning.topic.code(), warning.message));
            lines.extend(warning.suggestion.map(|rule| format!("    => {rule}")));
        }
    }
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn what_no_tweet_has_can_never_match() {
    check_each(
        &[
            "lang:jp",
            "lang:JPN x",
            "lang:eng x",
            "lang:he x",
            "lang:id x",
            "lang:xx",
            "lang:xx cat",
            "lang:pt-BR x",
            "lang:japanese x",
            "lang:en,fr x",
            "x -lang:jp",
            "cat OR lang:jp",
            "cat OR (dog lang:kr place_country:UK)",
            "place_country:UK",
            "place_country:usa",
            r#"place_country:"United States" x"#,
            "profile_country:DEU x",
            "place_country:US,CA x",
            "has:geo is:retweet",
            "x (has:geo is:retweet OR dog)",
            "is:retweet place:paris",
            "retweets_of:a bounding_box:[0 0 0.1 0.1]",
            "to:jack is:retweet",
            r#"from:"@jack""#,
            "from:jack,bob",
            "from:jack,bob lang:en",
            "x -from:jack,bob",
            "from:jack, from:bob",
            "from:jack, from:bob, from:carl cat",
            "from:jack, bob",
            r#"from:"Jack Dorsey""#,
            r#"from:"https://twitter.com/jack""#,
            "@jack, hello",
            "@jack's x",
            "#cat, x",
            "#cat,#dog",
            "#at&t x",
            "#c++ x",
            "$100 bill",
            "$TWTR, x",
            r#""""#,
            r#"cat OR """#,
            r#""" cat"#,
            r#"contains:"" x"#,
            r#"lang:"" x"#,
            r#""!!"~3 x"#,
            r#"url_contains:"a b""#,
            "x source:twitter_for_iphone",
            "#a -has:hashtags",
            r#""x y" -x"#,
            "x in_reply_to_status_id:12 is:retweet",
            "lang:jp lang:kr",
            "x followers_count:20..10",
            "(x OR lang:jp) -lang:kr",
            r#"from:"jack,@bob;from:carl""#,
            r#"retweets_of:"@jack" x"#,
            "from:abcdefghijklmnopqrstu",
            "place_country:uk OR place_country:de",
        ],
        expect![[r##"
            lang:jp
                never-matches: this rule can never match: no Tweet has the language `jp`, Japanese is `ja`
                => lang:ja
            lang:JPN x
                never-matches: this rule can never match: no Tweet has the language `JPN`, Japanese is `ja`
                => lang:ja x
            lang:eng x
                never-matches: this rule can never match: no Tweet has the language `eng`, English is `en`
                => lang:en x
            lang:he x
                never-matches: this rule can never match: no Tweet has the language `he`, Hebrew is `iw`
                => lang:iw x
            lang:id x
                never-matches: this rule can never match: no Tweet has the language `id`, Indonesian is `in`
                => lang:in x
            lang:xx
                never-matches: this rule can never match: no Tweet has the language `xx`
            lang:xx cat
                never-matches: this rule can never match: no Tweet has the language `xx`
            lang:pt-BR x
                never-matches: this rule can never match: no Tweet has the language `pt-BR`, Portuguese is `pt`
                => lang:pt x
            lang:japanese x
                never-matches: this rule can never match: no Tweet has the language `japanese`, Japanese is `ja`
                => lang:ja x
            lang:en,fr x
                never-matches: this rule can never match: `lang:` takes one language
                => (lang:en OR lang:fr) x
            x -lang:jp
                never-matches: `-lang:jp` excludes nothing: no Tweet has the language `jp`, Japanese is `ja`
                => x -lang:ja
            cat OR lang:jp
                never-matches: this branch can never match: no Tweet has the language `jp`, Japanese is `ja`
                => cat OR lang:ja
            cat OR (dog lang:kr place_country:UK)
                never-matches: this branch can never match: no Tweet has the language `kr`, Korean is `ko`
                => cat OR (dog lang:ko place_country:GB)
                never-matches: this branch can never match: no Tweet has the country `UK`, United Kingdom is `GB`
                => cat OR (dog lang:ko place_country:GB)
            place_country:UK
                never-matches: this rule can never match: no Tweet has the country `UK`, United Kingdom is `GB`
                => place_country:GB
            place_country:usa
                never-matches: this rule can never match: no Tweet has the country `usa`, United States is `US`
                => place_country:US
            place_country:"United States" x
                never-matches: this rule can never match: no Tweet has the country `"United States"`, United States is `US`
                => place_country:US x
            profile_country:DEU x
                never-matches: this rule can never match: no Tweet has the country `DEU`, Germany is `DE`
                => profile_country:DE x
            place_country:US,CA x
                never-matches: this rule can never match: `place_country:` takes one country
                => (place_country:US OR place_country:CA) x
            has:geo is:retweet
                never-matches: this rule can never match: `has:geo` and `is:retweet` cannot both hold, a Retweet has no place
            x (has:geo is:retweet OR dog)
                precedence: `has:geo` holds for the first branch only, since a blank binds before `OR`: `(has:geo is:retweet) OR dog`; write these parentheses if that is meant
                => x (has:geo (is:retweet OR dog))
                never-matches: this branch can never match: `has:geo` and `is:retweet` cannot both hold, a Retweet has no place
            is:retweet place:paris
                never-matches: this rule can never match: `is:retweet` and `place:paris` cannot both hold, a Retweet has no place
            retweets_of:a bounding_box:[0 0 0.1 0.1]
                never-matches: this rule can never match: `retweets_of:a` and `bounding_box:[0 0 0.1 0.1]` cannot both hold, a Retweet has no place
            to:jack is:retweet
                never-matches: this rule can never match: `to:jack` and `is:retweet` cannot both hold, a Retweet answers nobody
            from:"@jack"
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => from:jack
            from:jack,bob
                never-matches: this rule can never match: `from:` takes one user
                => from:jack OR from:bob
            from:jack,bob lang:en
                never-matches: this rule can never match: `from:` takes one user
                => (from:jack OR from:bob) lang:en
            x -from:jack,bob
                never-matches: `-from:jack,bob` excludes nothing: `from:` takes one user
                => x -from:jack -from:bob
            from:jack, from:bob
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => from:jack OR from:bob
            from:jack, from:bob, from:carl cat
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => (from:jack OR from:bob OR from:carl) cat
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => (from:jack OR from:bob OR from:carl) cat
            from:jack, bob
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
            from:"Jack Dorsey"
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
            from:"https://twitter.com/jack"
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => from:jack
            @jack, hello
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => @jack hello
            @jack's x
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => @jack x
            #cat, x
                never-matches: this rule can never match: a hashtag has letters, digits and `_` only
                => #cat x
            #cat,#dog
                never-matches: this rule can never match: a hashtag has letters, digits and `_` only
                => #cat OR #dog
            #at&t x
                never-matches: this rule can never match: a hashtag has letters, digits and `_` only
                => "#at&t" x
            #c++ x
                never-matches: this rule can never match: a hashtag has letters, digits and `_` only
                => #c x
            $100 bill
                never-matches: this rule can never match: a cashtag is the letters of a stock, not an amount
                => "$100" bill
            $TWTR, x
                never-matches: this rule can never match: a cashtag is the letters of a stock, not an amount
                => $TWTR x
            ""
                never-matches: this rule can never match: there is nothing between the quotes
            cat OR ""
                never-matches: this branch can never match: there is nothing between the quotes
            "" cat
                never-matches: this rule can never match: there is nothing between the quotes
            contains:"" x
                never-matches: this rule can never match: there is nothing between the quotes
            lang:"" x
                never-matches: this rule can never match: there is nothing between the quotes
            "!!"~3 x
                never-matches: this rule can never match: there is no word in the phrase
            url_contains:"a b"
                never-matches: this rule can never match: there are no blanks in a URL
            x source:twitter_for_iphone
                never-matches: this rule can never match: the names of programs have blanks
                => x source:"twitter for iphone"
            #a -has:hashtags
                never-matches: this rule can never match: `#a` and `-has:hashtags` cannot both hold, what meets `#a` meets `has:hashtags` too
            "x y" -x
                never-matches: this rule can never match: `"x y"` and `-x` cannot both hold, what meets `"x y"` meets `x` too
            x in_reply_to_status_id:12 is:retweet
                never-matches: this rule can never match: `in_reply_to_status_id:12` and `is:retweet` cannot both hold, a Retweet answers nobody
            lang:jp lang:kr
                never-matches: this rule can never match: no Tweet has the language `jp`, Japanese is `ja`
                never-matches: this rule can never match: no Tweet has the language `kr`, Korean is `ko`
            x followers_count:20..10
                never-matches: this rule can never match: the range ends before it begins
                => x followers_count:10..20
            (x OR lang:jp) -lang:kr
                never-matches: this branch can never match: no Tweet has the language `jp`, Japanese is `ja`
                => (x OR lang:ja) -lang:kr
                never-matches: `-lang:kr` excludes nothing: no Tweet has the language `kr`, Korean is `ko`
                => (x OR lang:jp) -lang:ko
            from:"jack,@bob;from:carl"
                never-matches: this rule can never match: `from:` takes one user
                => from:jack OR from:bob OR from:carl
            retweets_of:"@jack" x
                never-matches: this rule can never match: a user's name has letters without accents, digits and `_` only
                => retweets_of:jack x
            from:abcdefghijklmnopqrstu
                never-matches: this rule can never match: no user has a name of more than 20 characters
            place_country:uk OR place_country:de
                never-matches: this branch can never match: no Tweet has the country `uk`, United Kingdom is `GB`
                => place_country:GB OR place_country:de"##]],
    );
}

#[test]
fn what_nearly_all_tweets_have_narrows_nothing_down() {
    check_each(
        &[
            "sample:100",
            "cat sample:100",
            "followers_count:0",
            "cat followers_count:0",
            "cat -followers_count:0",
            "-from:x followers_count:1",
            "followers_count:2000000",
            "followers_count:100..120",
            r#"" ""#,
            r#"".""#,
            r#"contains:" ""#,
            "contains:e",
            r#"cat " ""#,
            "sample:50",
            "sample:5",
            "url:https",
            r#"url_contains:"/""#,
            r#"source:"Twitter for iPhone" lang:en"#,
            "-from:x -followers_count:1 sample:100",
            r#"cat -" ""#,
            "followers_count:0 -is:nullcast",
            "x OR statuses_count:1",
            "sample:5 lang:en",
            r#"source:"My bot" lang:en"#,
            "url_contains:x",
            "lang:en lang:ja",
            r#""★""#,
            "listed_count:100000",
        ],
        expect![[r#"
            sample:100
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            cat sample:100
                no-effect: `sample:100` changes nothing: all of 100 % are kept
                => cat
            followers_count:0
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            cat followers_count:0
                no-effect: `followers_count:0` changes nothing: every user has 0 or more
                => cat
            cat -followers_count:0
                never-matches: this rule can never match: `-followers_count:0` excludes all, every user has 0 or more
            -from:x followers_count:1
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            followers_count:2000000
            followers_count:100..120
            " "
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            "."
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            contains:" "
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            contains:e
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            cat " "
                no-effect: `" "` changes nothing: it stands in nearly every Tweet
            sample:50
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            sample:5
            url:https
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            url_contains:"/"
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            source:"Twitter for iPhone" lang:en
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            -from:x -followers_count:1 sample:100
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            cat -" "
                no-effect: `" "` leaves nearly nothing: a blank stands in nearly every Tweet
            followers_count:0 -is:nullcast
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            x OR statuses_count:1
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            sample:5 lang:en
            source:"My bot" lang:en
            url_contains:x
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
            lang:en lang:ja
                never-matches: this rule can never match: `lang:en` and `lang:ja` cannot both hold, a Tweet has one language
            "★"
            listed_count:100000"#]],
    );
}

#[test]
fn what_most_likely_belongs_to_all_branches() {
    check_each(
        &[
            "cat OR dog -is:retweet",
            "f1 OR formula1 lang:en",
            "lang:en cat OR dog",
            "-is:retweet cat OR dog",
            "lang:en cat OR dog -is:retweet",
            "(f1 OR formula1 lang:en) -is:retweet",
            r#"cat OR (f1 OR "formula one" lang:en -is:retweet)"#,
            "cat OR dog from:jack",
            "from:jack cat OR dog",
            "from:nasa OR from:esa rocket",
            "rocket from:nasa OR from:esa",
            "cat OR dog (lang:en OR lang:fr)",
            "lang:en red cat OR dog",
            "has:images OR has:videos -is:retweet",
            "x -(cat OR dog lang:en)",
            "cat OR dog -fish",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa OR bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb OR cccccccccccccccccccccccccccccccccccccccc OR dog lang:en",
        ],
        expect![[r#"
            cat OR dog -is:retweet
                precedence: `-is:retweet` holds for the last branch only, since a blank binds before `OR`: `cat OR (dog -is:retweet)`; write these parentheses if that is meant
                => (cat OR dog) -is:retweet
            f1 OR formula1 lang:en
                precedence: `lang:en` holds for the last branch only, since a blank binds before `OR`: `f1 OR (formula1 lang:en)`; write these parentheses if that is meant
                => (f1 OR formula1) lang:en
            lang:en cat OR dog
                precedence: `lang:en` holds for the first branch only, since a blank binds before `OR`: `(lang:en cat) OR dog`; write these parentheses if that is meant
                => lang:en (cat OR dog)
            -is:retweet cat OR dog
                precedence: `-is:retweet` holds for the first branch only, since a blank binds before `OR`: `(-is:retweet cat) OR dog`; write these parentheses if that is meant
                => -is:retweet (cat OR dog)
            lang:en cat OR dog -is:retweet
                precedence: `lang:en` holds for the first branch only, and `-is:retweet` for the last, since a blank binds before `OR`: `(lang:en cat) OR (dog -is:retweet)`; write these parentheses if that is meant
                => lang:en (cat OR dog) -is:retweet
            (f1 OR formula1 lang:en) -is:retweet
                precedence: `lang:en` holds for the last branch only, since a blank binds before `OR`: `f1 OR (formula1 lang:en)`; write these parentheses if that is meant
                => ((f1 OR formula1) lang:en) -is:retweet
            cat OR (f1 OR "formula one" lang:en -is:retweet)
                precedence: `lang:en -is:retweet` holds for the last branch only, since a blank binds before `OR`: `f1 OR ("formula one" lang:en -is:retweet)`; write these parentheses if that is meant
                => cat OR ((f1 OR "formula one") lang:en -is:retweet)
            cat OR dog from:jack
                precedence: `from:jack` holds for the last branch only, since a blank binds before `OR`: `cat OR (dog from:jack)`; write these parentheses if that is meant
                => (cat OR dog) from:jack
            from:jack cat OR dog
                precedence: `from:jack` holds for the first branch only, since a blank binds before `OR`: `(from:jack cat) OR dog`; write these parentheses if that is meant
                => from:jack (cat OR dog)
            from:nasa OR from:esa rocket
                precedence: `rocket` holds for the last branch only, since a blank binds before `OR`: `from:nasa OR (from:esa rocket)`; write these parentheses if that is meant
                => (from:nasa OR from:esa) rocket
            rocket from:nasa OR from:esa
                precedence: `rocket` holds for the first branch only, since a blank binds before `OR`: `(rocket from:nasa) OR from:esa`; write these parentheses if that is meant
                => rocket (from:nasa OR from:esa)
            cat OR dog (lang:en OR lang:fr)
                precedence: `(lang:en OR lang:fr)` holds for the last branch only, since a blank binds before `OR`: `cat OR (dog (lang:en OR lang:fr))`; write these parentheses if that is meant
                => (cat OR dog) (lang:en OR lang:fr)
            lang:en red cat OR dog
                precedence: `lang:en` holds for the first branch only, since a blank binds before `OR`: `(lang:en red cat) OR dog`; write these parentheses if that is meant
                => lang:en ((red cat) OR dog)
            has:images OR has:videos -is:retweet
                broad: nothing narrows this down: it matches a large part of all Tweets, and each one counts
                precedence: `-is:retweet` holds for the last branch only, since a blank binds before `OR`: `has:images OR (has:videos -is:retweet)`; write these parentheses if that is meant
                => (has:images OR has:videos) -is:retweet
            x -(cat OR dog lang:en)
                negated-group: the service advises against negated groups such as `-(cat OR dog lang:en)`; negate each clause
                precedence: `lang:en` holds for the last branch only, since a blank binds before `OR`: `cat OR (dog lang:en)`; write these parentheses if that is meant
                => x -((cat OR dog) lang:en)
            cat OR dog -fish
                precedence: `-fish` holds for the last branch only, since a blank binds before `OR`: `cat OR (dog -fish)`; write these parentheses if that is meant
                => (cat OR dog) -fish
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa OR bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb OR cccccccccccccccccccccccccccccccccccccccc OR dog lang:en
                precedence: `lang:en` holds for the last branch only, since a blank binds before `OR`: `… OR (dog lang:en)`; write these parentheses if that is meant
                => (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa OR bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb OR cccccccccccccccccccccccccccccccccccccccc OR dog) lang:en"#]],
    );
}

#[test]
fn blanks_and_or_in_one_rule_are_nothing_to_warn_of_by_themselves() {
    for value in [
        "cat OR (dog -is:retweet)",
        "(cat OR dog) -is:retweet",
        "cat lang:en OR dog lang:ja",
        "cat -is:retweet OR dog -is:retweet",
        "cat -fish OR dog -bird",
        "apple OR iphone ipad",
        "ipad iphone OR android",
        "these OR -that bla OR others",
        "cat lang:en OR dog",
        "cat OR dog lang:en OR fish",
        "from:jack cat OR from:bob dog",
        "rocket from:nasa OR launch",
        "x1 OR (cat OR dog) from:jack",
        "lang:en OR lang:ja cat dog lang:fr",
    ] {
        let warnings = Rule::parse(value).expect("the rule is valid").lint();
        let found = warnings
            .iter()
            .any(|warning| warning.topic == Topic::Precedence);
        assert!(!found, "{value}");
    }
}

#[test]
fn what_looks_like_an_operator_and_is_none() {
    check_each(
        &[
            "from=jack",
            "lang==en cat",
            "cat,dog",
            "1,000 dogs",
            r#""cat OR dog""#,
            r#""\"cat food\" lang:en""#,
            r#""snow -rain""#,
            r#""DO OR DIE""#,
            "\"#cat @dog\"",
        ],
        expect![[r##"
            from=jack
                unquoted-punctuation: `from=jack` is looked for as text: an operator's value stands behind a `:`
                => from:jack
            lang==en cat
                unquoted-punctuation: `lang==en` is looked for as text: an operator's value stands behind a `:`
                => lang:en cat
            cat,dog
                unquoted-punctuation: `cat,dog` is looked for as it stands, since a comma joins nothing: write a blank for "and", or `OR`
            1,000 dogs
                unquoted-punctuation: `1,000` holds punctuation, so it is looked for as a phrase; quotes say so
                => "1,000" dogs
            "cat OR dog"
                quoted-rule: the whole rule stands in quotes, so these very words are looked for
                => cat OR dog
            "\"cat food\" lang:en"
                quoted-rule: the whole rule stands in quotes, so these very words are looked for
                => "cat food" lang:en
            "snow -rain"
            "DO OR DIE"
            "#cat @dog""##]],
    );
}
