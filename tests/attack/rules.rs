//! Rules that hardly mean what they say: ouzel explains them, and may be overruled.

use expect_test::{Expect, expect};

use crate::support::{Setup, tagged};

/// What `rules lint` says about rules.
#[track_caller]
fn lint(rules: &str, expected: Expect) {
    let ended = Setup::rules()
        .file("rules.txt", rules)
        .arguments(&["lint", "rules.txt"])
        .ends();
    expected.assert_eq(ended.output());
    assert!(matches!(ended.code, 0 | 3), "{}", ended.log());
}

/// The words are those that a client's test has recorded, and what is counted are characters.
#[test]
fn a_rule_that_is_too_long_is_refused_in_the_words_of_the_service() {
    let value = "é🍕".repeat(1132);
    let ended = Setup::rules()
        .file("rules.txt", &value)
        .arguments(&["lint", "--json", "rules.txt"])
        .ends();
    ended.assert_code(3);
    ended.assert_says("1 of 1 rule is not valid");
    let message = format!(
        "\"message\":\"Rule '{value}' exceeds the maximum length of a rule. It is 2264 characters while the maximum allowed is 2048 (at position 1)\\n\""
    );
    assert!(ended.output().contains(&message), "{}", ended.output());
    let ended = Setup::rules()
        .file("rules.txt", "é🍕".repeat(1024))
        .arguments(&["lint", "rules.txt"])
        .ends();
    ended.assert_code(0);
}

/// Most of what the service says about rules is known from a few recorded answers, so ouzel may be wrong.
#[test]
fn a_refusal_can_be_overruled() {
    let setup = Setup::new().script(
        r#"ouzel.rules {
  { tag = "new", value = "min_joy:5 fish AND bird", unchecked = true },
  { tag = "sea", value = "fish" },
}
ouzel.on("new", function(t) ouzel.log.info("handled", t.id) end)
"#,
    );
    let run = setup.start();
    run.wait_for("stream connected");
    run.powertrack().send(tagged(1, &["new"]));
    run.wait_for("handled 1");
    let ended = run.drain();
    expect![[r#"
        min_joy:5 fish AND bird [new]
        fish [sea]"#]]
    .assert_eq(&ended.powertrack().rules());
    expect![[r#"
        WARN a rule is sent that may be refused value="min_joy:5 fish AND bird" place="main.lua:2" reason="this rule is sent unchecked: there is no operator `min_joy`"
        WARN a rule is sent that may be refused value="min_joy:5 fish AND bird" place="main.lua:2" reason="this rule is sent unchecked: `AND` is no operator: a blank between two clauses already means \"and\"""#]].assert_eq(
        &(ended.log().lines())
            .filter(|line| line.contains("may be refused"))
            .collect::<Vec<_>>()
            .join("\n"),
    );
}

const UNCHECKED: &str = r#"ouzel.rules {
  { tag = "new", value = "min_joy:5 fish AND bird", unchecked = true },
  { tag = "sea", value = "fish", unchecked = true },
  { tag = ("t"):rep(256), value = "bird", unchecked = true },
}
"#;

#[test]
fn an_unchecked_rule_is_warned_about() {
    let ended = Setup::check().script(UNCHECKED).ends();
    ended.assert_code(0);
    let (_, warnings) = ended.output().split_once("tables (0)\n").unwrap();
    expect![[r#"

        warning: this rule is sent unchecked: there is no operator `min_joy`
         --> main.lua:2
          |
          | min_joy:5 fish AND bird
          | ^^^^^^^

        warning: this rule is sent unchecked: `AND` is no operator: a blank between two clauses already means "and"
         --> main.lua:2
          |
          | min_joy:5 fish AND bird
          |                ^^^

        warning: this rule is sent unchecked: nothing is known against it, so `unchecked` can go
         --> main.lua:3
          |
          | fish
          | ^^^^

        warning: this rule is sent unchecked: its tag would be refused: Tag must not exceed 255 characters
         --> main.lua:4
          |
          | bird
          | ^^^^
    "#]].assert_eq(warnings);
    let json = r#"{"rules":[{"value":"fish AND bird","unchecked":true},{"value":"fish AND cow"}]}"#;
    let ended = Setup::rules()
        .file("rules.json", json)
        .arguments(&["lint", "rules.json"])
        .ends();
    ended.assert_code(3);
    expect![[r#"
        warning: this rule is sent unchecked: `AND` is no operator: a blank between two clauses already means "and"
         --> rules.json, rule 1
          |
          | fish AND bird
          |      ^^^
        hint: write `fish bird`

        error: the rule is not valid
         --> rules.json, rule 2
          |
          | fish AND cow
          |      ^^^
          = `AND` is no operator: a blank between two clauses already means "and"
            leave it out, or quote it to look for the word
        hint: write `fish cow`

        2 rules: 1 not valid, 1 warning
    "#]].assert_eq(ended.output());
}

#[test]
fn an_unchecked_rule_that_cannot_be_read_is_not_counted() {
    let script = "ouzel.rules { { tag = 'new', value = 'fish AND bird', unchecked = true }, { value = 'bird' } }";
    let tweets = r#"{"id":1,"id_str":"1","text":"fish and bird","user":{"id":1}}"#;
    let ended = Setup::rules()
        .script(script)
        .file("tweets.jsonl", tweets)
        .arguments(&["estimate", "tweets.jsonl"])
        .ends();
    ended.assert_code(0);
    ended.assert_says("`AND` is no operator");
    expect![[r#"
        1 Tweet, 0 lines skipped

        rules (2)
          matches  share  tag       rule
                ?      ?  new       fish AND bird
                1  100 %  (no tag)  bird
                                      fish and bird
                1  100 %            all together, each Tweet once

        note: this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect
        note: no rate can be told: none of the Tweets tells its time
        note: 1 rule cannot be read here and may match on the service: `?`
    "#]]
    .assert_eq(ended.output());
    let ended = Setup::rules()
        .script(script)
        .file("tweets.jsonl", tweets)
        .arguments(&["estimate", "--json", "tweets.jsonl"])
        .ends();
    let (_, rules) = ended.output().split_once("\"rules\":").unwrap();
    expect![[r#"
        [{"value":"fish AND bird","tag":"new","matches":null,"share":null,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null,"samples":[]},{"value":"bird","tag":null,"matches":1,"share":1.0,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null,"samples":["fish and bird"]}],"together":{"matches":1,"share":1.0,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null},"overlap":[],"notes":["this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect","no rate can be told: none of the Tweets tells its time"]}
    "#]].assert_eq(rules);
}

/// `unchecked` is a decision, so it is written out.
#[test]
fn only_true_and_false_say_whether_a_rule_is_unchecked() {
    let ended = Setup::check()
        .script("ouzel.rules {\n  { value = 'x' },\n  { value = 'y', unchecked = 'yes' },\n}")
        .ends();
    ended.assert_code(3);
    expect![[r#"
        error: script `main.lua` could not be loaded
         --> main.lua:3
          |
        3 |   { value = 'y', unchecked = 'yes' },
          |
          = `unchecked` of rule 2 has to be a boolean, not a string"#]]
    .assert_eq(&ended.log());
    let ended = Setup::check()
        .script("ouzel.rules { { value = 'x AND y', unchecked = false } }")
        .ends();
    ended.assert_code(3);
}

/// Where nobody has seen what the service says, ouzel does not keep a rule back.
#[test]
fn a_guess_warns_and_does_not_refuse() {
    lint(
        "bounding_box:[0 0 0.1 0.363]\nbounding_box:[179.95 0 -179.95 0.1]\nx in_reply_to_status_id:abc\n(x OR y sample:10) z\n^x\n",
        expect![[r#"
            warning: the service may refuse this: 25 miles (40 km) is the most, this is within 1 % of it, and how the service measures is not documented
             --> rules.txt:1
              |
              | bounding_box:[0 0 0.1 0.363]
              |               ^^^^^^^^^^^^^

            warning: the service may refuse this: whether a box can cross the date line is not documented
             --> rules.txt:2
              |
              | bounding_box:[179.95 0 -179.95 0.1]
              |               ^^^^^^^^^^^^^^^^^^^^

            warning: the service may refuse this: the id of a Tweet is a number, and what the service says to anything else is not documented
             --> rules.txt:3
              |
              | x in_reply_to_status_id:abc
              |   ^^^^^^^^^^^^^^^^^^^^^^^^^

            warning: this rule can never match: the id of a Tweet is a number
             --> rules.txt:3
              |
              | x in_reply_to_status_id:abc
              |   ^^^^^^^^^^^^^^^^^^^^^^^^^

            warning: `sample:10` holds for the last branch only, since a blank binds before `OR`: `x OR (y sample:10)`; write these parentheses if that is meant
             --> rules.txt:4
              |
              | (x OR y sample:10) z
              |       ^^^^^^^^^^^
            hint: write `((x OR y) sample:10) z`

            warning: the service may refuse this: `sample:` holds for the whole rule, and whether it can stand in a group is not documented
             --> rules.txt:4
              |
              | (x OR y sample:10) z
              |         ^^^^^^^^^
            hint: write `((x OR y ) z) sample:10`

            warning: the service may refuse this: whether a word can begin with this character is not documented
             --> rules.txt:5
              |
              | ^x
              | ^^
            hint: write `"^x"`

            warning: `^x` holds punctuation, so it is looked for as a phrase; quotes say so
             --> rules.txt:5
              |
              | ^x
              | ^^
            hint: write `"^x"`

            5 rules: 0 not valid, 8 warnings
        "#]],
    );
    let ended = Setup::check()
        .script("ouzel.rules { { value = 'bounding_box:[0 0 0.1 0.363]' } }")
        .ends();
    ended.assert_code(0);
    assert!(ended.output().contains("may refuse"));
    let run = Setup::new()
        .script("ouzel.rules { { value = 'bounding_box:[0 0 0.1 0.363]' } }")
        .start();
    run.wait_for("a rule is sent that may be refused");
    run.wait_for("stream connected");
    expect!["bounding_box:[0 0 0.1 0.363] [-]"].assert_eq(&run.drain().powertrack().rules());
}

/// What the simulator takes should be what the service takes.
#[test]
fn the_simulator_refuses_what_is_only_a_guess() {
    let ended = Setup::new()
        .command("run")
        .script("ouzel.rules { { value = 'bounding_box:[0 0 0.1 0.363]' } }")
        .arguments(&["--sim"])
        .ends();
    ended
        .assert_code(3)
        .assert_says("bounding_box is out of range (at position 1)");
}

#[test]
fn a_rule_that_no_tweet_can_match_is_named() {
    lint(
        "lang:jp\nx OR lang:he\nplace_country:UK\nprofile_country:USA\nhas:geo is:retweet\nfrom:\"@jack\"\n\"\"\n",
        expect![[r#"
            warning: this rule can never match: no Tweet has the language `jp`, Japanese is `ja`
             --> rules.txt:1
              |
              | lang:jp
              | ^^^^^^^
            hint: write `lang:ja`

            warning: this branch can never match: no Tweet has the language `he`, Hebrew is `iw`
             --> rules.txt:2
              |
              | x OR lang:he
              |      ^^^^^^^
            hint: write `x OR lang:iw`

            warning: this rule can never match: no Tweet has the country `UK`, United Kingdom is `GB`
             --> rules.txt:3
              |
              | place_country:UK
              | ^^^^^^^^^^^^^^^^
            hint: write `place_country:GB`

            warning: this rule can never match: no Tweet has the country `USA`, United States is `US`
             --> rules.txt:4
              |
              | profile_country:USA
              | ^^^^^^^^^^^^^^^^^^^
            hint: write `profile_country:US`

            warning: this rule can never match: `has:geo` and `is:retweet` cannot both hold, a Retweet has no place
             --> rules.txt:5
              |
              | has:geo is:retweet
              |         ^^^^^^^^^^

            warning: this rule can never match: a user's name has letters without accents, digits and `_` only
             --> rules.txt:6
              |
              | from:"@jack"
              | ^^^^^^^^^^^^
            hint: write `from:jack`

            warning: this rule can never match: there is nothing between the quotes
             --> rules.txt:7
              |
              | ""
              | ^^

            7 rules: 0 not valid, 7 warnings
        "#]],
    );
}

#[test]
fn a_rule_that_nearly_all_tweets_match_is_named() {
    lint(
        "sample:100\nfollowers_count:0\n-from:x followers_count:1\n\" \"\n",
        expect![[r#"
            warning: nothing narrows this down: it matches a large part of all Tweets, and each one counts
             --> rules.txt:1
              |
              | sample:100
              | ^^^^^^^^^^

            warning: nothing narrows this down: it matches a large part of all Tweets, and each one counts
             --> rules.txt:2
              |
              | followers_count:0
              | ^^^^^^^^^^^^^^^^^

            warning: nothing narrows this down: it matches a large part of all Tweets, and each one counts
             --> rules.txt:3
              |
              | -from:x followers_count:1
              | ^^^^^^^^^^^^^^^^^^^^^^^^^

            warning: every Tweet of this rule is also one of `followers_count:0`
             --> rules.txt:3
              |
              | -from:x followers_count:1
              | ^^^^^^^^^^^^^^^^^^^^^^^^^

            warning: nothing narrows this down: it matches a large part of all Tweets, and each one counts
             --> rules.txt:4
              |
              | " "
              | ^^^

            4 rules: 0 not valid, 5 warnings
        "#]],
    );
}

/// The group that a blank makes is drawn, and the one that was most likely meant is suggested.
#[test]
fn a_condition_that_holds_for_one_branch_only_is_named() {
    lint(
        "cat OR dog -is:retweet\nf1 OR formula1 lang:en\ncat OR (dog -is:retweet)\n",
        expect![[r#"
            warning: `-is:retweet` holds for the last branch only, since a blank binds before `OR`: `cat OR (dog -is:retweet)`; write these parentheses if that is meant
             --> rules.txt:1
              |
              | cat OR dog -is:retweet
              |        ^^^^^^^^^^^^^^^
            hint: write `(cat OR dog) -is:retweet`

            warning: `lang:en` holds for the last branch only, since a blank binds before `OR`: `f1 OR (formula1 lang:en)`; write these parentheses if that is meant
             --> rules.txt:2
              |
              | f1 OR formula1 lang:en
              |       ^^^^^^^^^^^^^^^^
            hint: write `(f1 OR formula1) lang:en`

            warning: this rule means the same as `cat OR dog -is:retweet` further up
             --> rules.txt:3
              |
              | cat OR (dog -is:retweet)
              | ^^^^^^^^^^^^^^^^^^^^^^^^

            3 rules: 0 not valid, 3 warnings
        "#]],
    );
}

/// What is suggested can match, and is what was meant; where that cannot be told, nothing is.
#[test]
fn no_suggestion_can_never_match() {
    lint(
        "from:jack,from:bob\nfrom:jack:\nfrom:contains:heart\n\\\"cat\\\"\nx filter:links -filter:replies\nx min_retweets:5\nx since:2020-01-01\nfrom:jack,bob x\n",
        expect![[r#"
            error: the rule is not valid
             --> rules.txt:1
              |
              | from:jack,from:bob
              | ^^^^^^^^^^^^^^^^^^
              = a comma joins nothing
                write `OR` between clauses one of which is enough, and a blank between those that belong together
            hint: write `from:jack OR from:bob`

            error: the rule is not valid
             --> rules.txt:2
              |
              | from:jack:
              |          ^
              = a `:` too many stands behind the value
                take it out
            hint: write `from:jack`

            error: the rule is not valid
             --> rules.txt:3
              |
              | from:contains:heart
              |              ^
              = the value of `from:` holds no colon
                write one value, and other clauses behind a blank

            error: the rule is not valid
             --> rules.txt:4
              |
              | \"cat\"
              | ^
              = `\` here is an escape from where the rule was copied
                write the rule as it is meant, without escapes
            hint: write `"cat"`

            error: the rule is not valid
             --> rules.txt:5
              |
              | x filter:links -filter:replies
              |   ^^^^^^^^^^^^
              = PowerTrack has no `filter`, it has `has:` and `is:`
                write `has:links`
             --> rules.txt:5
              |
              | x filter:links -filter:replies
              |                 ^^^^^^^^^^^^^^
              = PowerTrack has no `filter`, it has `has:` and `is:`
                write `-is:reply`
            hint: write `x has:links -is:reply`

            error: the rule is not valid
             --> rules.txt:6
              |
              | x min_retweets:5
              |   ^^^^^^^^^^^^
              = PowerTrack has no `min_retweets`: a Tweet is delivered as soon as it is posted, and has none by then
                take it out; Retweets and answers come as Tweets of their own, which a handler can count

            error: the rule is not valid
             --> rules.txt:7
              |
              | x since:2020-01-01
              |   ^^^^^
              = PowerTrack has no `since`: the stream brings what is posted from now on
                take it out; a Lua filter can look at `tweet:created_at_iso()`

            warning: this rule can never match: `from:` takes one user
             --> rules.txt:8
              |
              | from:jack,bob x
              | ^^^^^^^^^^^^^
            hint: write `(from:jack OR from:bob) x`

            8 rules: 7 not valid, 1 warning
        "#]],
    );
}

/// What `check` says about a script with modules.
#[track_caller]
fn check(files: &[(&str, &str)], expected: Expect) {
    let mut setup = Setup::check();
    for (path, text) in files {
        setup = setup.file(path, text);
    }
    expected.assert_eq(&setup.ends().log());
}

#[test]
fn a_message_about_a_rule_points_at_its_own_line() {
    // The words of the mistake stand in rules before it, and in a comment.
    check(
        &[(
            "scripts/main.lua",
            r#"ouzel.rules {
  -- value, tag
  { value = "rocket", tag = "ok" },
  { value = "launch", tag = true },
}
"#,
        )],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:4
              |
            4 |   { value = "launch", tag = true },
              |
              = the `tag` of rule 2 has to be a string, not a boolean"#]],
    );
    check(
        &[(
            "scripts/main.lua",
            r#"ouzel.rules {
  { value = "rocket", tag = "ok" },
  {
    tag = "late",
    value = 5,
  },
}
"#,
        )],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:5
              |
            5 |     value = 5,
              |
              = the `value` of rule 2 has to be a string, not a number"#]],
    );
    check(
        &[(
            "scripts/main.lua",
            r#"ouzel.rules {
  { value = "rocket", tag = "ok" },
  { tag = "none" },
}
"#,
        )],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   { tag = "none" },
              |
              = rule 2 has no `value`"#]],
    );
    check(
        &[(
            "scripts/main.lua",
            r#"local x = "fish AND bird"
ouzel.rules {
  { value = "fish", tag = "fish AND bird" },
  { value = x, tag = "other" },
}
"#,
        )],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:4
              |
            4 |   { value = x, tag = "other" },
              |
              = the rule is not valid
                  fish AND bird
                       ^^^
                `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
            hint: write `fish bird`"#]],
    );
    check(
        &[(
            "scripts/main.lua",
            r#"ouzel.rules {
  { value = "fish", tag = "a" },
  { value = "fish", tag = "b" },
}
"#,
        )],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:3
              |
            3 |   { value = "fish", tag = "b" },
              |
              = the rule `fish` is declared twice with different tags; a rule has one tag"#]],
    );
}

#[test]
fn a_rule_of_a_module_is_shown_where_it_stands_and_with_its_tag() {
    let main = ("scripts/main.lua", "ouzel.rules(require('names'))\n");
    check(
        &[
            main,
            (
                "scripts/names.lua",
                "return {\n  { tag = 'good', value = 'fish' },\n  { tag = 'bad', value = 'fish AND bird' },\n}\n",
            ),
        ],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> names.lua:3
              |
            3 |   { tag = 'bad', value = 'fish AND bird' },
              |
              = the rule is not valid
                  fish AND bird
                       ^^^
                `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
            hint: write `fish bird`"#]],
    );
    check(
        &[
            main,
            (
                "scripts/names.lua",
                "return {\n  { tag = 'good', value = 'fish' },\n  { tag = 5, value = 'bird' },\n}\n",
            ),
        ],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> names.lua:3
              |
            3 |   { tag = 5, value = 'bird' },
              |
              = the `tag` of rule 2 has to be a string, not a number"#]],
    );
    // What code has made stands nowhere, so the tag says which rule it is.
    let made = "local list = {}\nfor _, name in ipairs { 'jack', 'bob' } do\n  list[#list + 1] = { tag = 'by ' .. name, value = 'from:' .. name .. ' AND x' }\nend\n";
    check(
        &[main, ("scripts/names.lua", &format!("{made}return list\n"))],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules(require('names'))
              |
              = 2 rules are not valid
                main.lua:1, tag `by jack`
                  from:jack AND x
                            ^^^
                `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
                write `from:jack x`
                main.lua:1, tag `by bob`
                  from:bob AND x
                           ^^^
                `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
                write `from:bob x`"#]],
    );
    check(
        &[
            main,
            (
                "scripts/names.lua",
                &format!("{made}return {{ list[2] }}\n"),
            ),
        ],
        expect![[r#"
            error: script `main.lua` could not be loaded
             --> main.lua:1
              |
            1 | ouzel.rules(require('names'))
              |
              = the rule with the tag `by bob` is not valid
                  from:bob AND x
                           ^^^
                `AND` is no operator: a blank between two clauses already means "and"; leave it out, or quote it to look for the word
            hint: write `from:bob x`"#]],
    );
    let ended = Setup::check()
        .file(main.0, main.1)
        .file("scripts/names.lua", "return {\n  { tag = 'good', value = 'fish' },\n\n  { tag = 'odd', value = 'lang:jp' },\n}\n")
        .ends();
    ended.assert_code(0);
    expect![[r#"
        rules (2)
          good  fish     names.lua:2
          odd   lang:jp  names.lua:4
        handlers (0)
        tables (0)

        warning: this rule can never match: no Tweet has the language `jp`, Japanese is `ja`
         --> names.lua:4
          |
          | lang:jp
          | ^^^^^^^
        hint: write `lang:ja`
    "#]]
    .assert_eq(ended.output());
}
