//! `ouzel rules estimate`: what rules would have matched in files of Tweets.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::io::Write;

use expect_test::expect;
use support::Setup;

const RULES: &str = "coffee\ncoffee lang:en\ntea OR #tea\n";

/// Tweets half an hour apart, with what is no Tweet between them.
fn tweets() -> String {
    let mut lines = String::new();
    for (number, text) in ["Coffee!", "more coffee", "tea and coffee", "nothing"]
        .into_iter()
        .enumerate()
    {
        let millis = 1_500_000_000_000_u64 + 1_800_000 * number as u64;
        let lang = if number == 1 { "es" } else { "en" };
        lines += &format!(
            "{{\"id\":{number},\"id_str\":\"{number}\",\"text\":\"{text}\",\"lang\":\"{lang}\",\"timestamp_ms\":\"{millis}\",\"user\":{{\"id\":1}},\"matching_rules\":[{{\"tag\":\"tea\"}}]}}\r\n\r\n"
        );
    }
    lines + "{\"broken\n[]\n"
}

fn estimate(name: &str, tweets: impl AsRef<[u8]>) -> Setup {
    Setup::rules()
        .file("rules.txt", RULES)
        .file(name, tweets)
        .arguments(&["estimate", "--rules", "rules.txt", name])
}

#[test]
fn matches_rates_overlap_and_samples_are_shown() {
    let ended = estimate("tweets.jsonl", tweets()).ends();
    ended.assert_code(0);
    expect![[r#"
        4 Tweets, 2 lines skipped, 1.5 hours

        rules (3)
          matches  per hour  tag       rule
                3       2.0  (no tag)  coffee
                                         Coffee!
                                         more coffee
                                         tea and coffee
                2       1.3  (no tag)  coffee lang:en
                                         Coffee!
                                         tea and coffee
                1       0.7  (no tag)  tea OR #tea
                                         tea and coffee

        overlap (3)
          2  `coffee` and `coffee lang:en`
          1  `coffee` and `tea OR #tea`
          1  `coffee lang:en` and `tea OR #tea`
    "#]]
    .assert_eq(ended.output());
    assert_eq!(ended.stderr, "");
}

#[test]
fn compressed_files_give_the_same_and_several_add_up() {
    let plain = estimate("tweets.jsonl", tweets())
        .arguments(&["--json"])
        .ends();
    plain.assert_code(0);
    expect![[r#"
        {"tweets":4,"skipped":2,"rules":[{"value":"coffee","tag":null,"matches":3,"per_hour":2.0,"samples":["Coffee!","more coffee","tea and coffee"]},{"value":"coffee lang:en","tag":null,"matches":2,"per_hour":1.3333333333333333,"samples":["Coffee!","tea and coffee"]},{"value":"tea OR #tea","tag":null,"matches":1,"per_hour":0.6666666666666666,"samples":["tea and coffee"]}],"overlap":[{"rules":["coffee","coffee lang:en"],"tweets":2},{"rules":["coffee","tea OR #tea"],"tweets":1},{"rules":["coffee lang:en","tea OR #tea"],"tweets":1}]}
    "#]].assert_eq(plain.output());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(tweets().as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(tweets().as_bytes(), 1).unwrap();
    for (name, bytes) in [("tweets.gz", &gzip), ("tweets.zst", &zstd)] {
        let ended = estimate(name, bytes).arguments(&["--json"]).ends();
        assert_eq!(ended.output(), plain.output(), "{}", ended.stderr);
    }
    let both = estimate("tweets.gz", &gzip)
        .file("more.zst", &zstd)
        .arguments(&["more.zst", "--json"])
        .ends();
    assert!(
        both.output().starts_with("{\"tweets\":8,\"skipped\":4,"),
        "{}",
        both.output()
    );
}

#[test]
fn many_tweets_give_the_same_each_time() {
    let line = |number: usize| {
        let text = if number.is_multiple_of(3) {
            "coffee"
        } else {
            "tea"
        };
        format!(
            "{{\"id_str\":\"{number}\",\"text\":\"{text} {number}\",\"pad\":\"{}\"}}\n",
            "x".repeat(900)
        )
    };
    let many: String = (0..3_000).map(line).collect();
    let run = || {
        let ended = estimate("tweets.jsonl", &many)
            .arguments(&["--json"])
            .ends();
        ended.assert_code(0);
        ended.output().to_owned()
    };
    let first = run();
    assert_eq!(first, run());
    expect![[r#"
        {"tweets":3000,"skipped":0,"rules":[{"value":"coffee","tag":null,"matches":1000,"per_hour":null,"samples":["coffee 0","coffee 3","coffee 6"]},{"value":"coffee lang:en","tag":null,"matches":0,"per_hour":null,"samples":[]},{"value":"tea OR #tea","tag":null,"matches":2000,"per_hour":null,"samples":["tea 1","tea 2","tea 4"]}],"overlap":[]}
    "#]].assert_eq(&first);
}

#[test]
fn the_rules_can_be_those_of_the_script() {
    let setup = || {
        Setup::rules()
            .script("ouzel.rules { { tag = 'c', value = 'coffee' } }")
            .file("other.lua", "ouzel.rules { { value = 'tea' } }")
            .file("tweets.jsonl", tweets())
    };
    let ended = setup()
        .arguments(&["estimate", "tweets.jsonl", "--json"])
        .ends();
    assert!(
        ended
            .output()
            .contains("\"value\":\"coffee\",\"tag\":\"c\",\"matches\":3"),
        "{}",
        ended.stderr
    );
    let ended = setup()
        .arguments(&[
            "estimate",
            "--script",
            "other.lua",
            "tweets.jsonl",
            "--json",
        ])
        .ends();
    assert!(
        ended
            .output()
            .contains("\"value\":\"tea\",\"tag\":null,\"matches\":1")
    );
}

#[test]
fn what_cannot_be_used_says_so() {
    let ended = Setup::rules()
        .file("rules.txt", "fish AND bird\n")
        .file("tweets.jsonl", tweets())
        .arguments(&["estimate", "--rules", "rules.txt", "tweets.jsonl"])
        .ends();
    ended.assert_code(3);
    expect![[r#"
        error: the rule is not valid
         --> rules.txt:1
          |
          | fish AND bird
          |      ^^^
          = `AND` is no operator: a blank between two clauses already means "and"
            leave it out, or quote it to look for the word
        hint: write `fish bird`
        error: rules that are not valid: 1
    "#]]
    .assert_eq(&ended.stderr);
    let ended = Setup::rules()
        .file("rules.txt", RULES)
        .arguments(&["estimate", "--rules", "rules.txt", "none.jsonl"])
        .ends();
    ended.assert_code(1);
    expect![[r#"
        error: cannot read `none.jsonl`: No such file or directory (os error 2)
    "#]]
    .assert_eq(&ended.stderr);
}
