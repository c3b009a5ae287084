//! `ouzel rules estimate`: what rules would have matched in a sample of Tweets, and what they cost.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::{fs, io::Write, path::Path};

use bytes::Bytes;
use expect_test::expect;
use ouzel::pieces::{Batch, Effort, Journal, Options, Source};
use ouzel_text::lines::Lines;
use rusqlite::Connection;
use support::{Ended, Setup};

const RULES: &str = "coffee\ncoffee lang:en\ntea OR #tea\n";

/// The first Tweet was made then, in milliseconds since 1970: 2017-07-14T02:40:00Z.
const START: i64 = 1_500_000_000_000;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn line(id: i64, text: &str, lang: &str, millis: i64) -> String {
    format!(
        "{{\"id\":{id},\"id_str\":\"{id}\",\"text\":\"{text}\",\"lang\":\"{lang}\",\"timestamp_ms\":\"{millis}\",\"user\":{{\"id\":1}},\"matching_rules\":[{{\"tag\":\"tea\"}}]}}"
    )
}

/// Tweets half an hour apart, with what is no Tweet between them.
fn tweets() -> String {
    let mut lines = String::new();
    for (number, text) in ["Coffee!", "more coffee", "tea and coffee", "nothing"]
        .into_iter()
        .enumerate()
    {
        let number = i64::try_from(number).unwrap();
        let lang = if number == 1 { "es" } else { "en" };
        lines += &line(number, text, lang, START + 30 * MINUTE * number);
        lines += "\r\n\r\n";
    }
    lines + "{\"broken\n[]\n"
}

/// So many Tweets, so far apart, and every n-th of them is about coffee.
fn every(apart: i64, tweets: i64, coffee: i64) -> String {
    let line = |number: i64| {
        let text = if number % coffee == 0 {
            "coffee"
        } else {
            "tea"
        };
        line(number + 1, text, "en", START + number * apart) + "\n"
    };
    (0..tweets).map(line).collect()
}

/// A journal with these lines, as if each was received when it was made.
fn journal(folder: &Path, lines: &str) {
    fs::create_dir_all(folder).unwrap();
    let (mut journal, _) = Journal::open(folder, Options::default()).unwrap();
    for (number, line) in lines.lines().enumerate() {
        let (_, id) = line.split_once("\"id\":").unwrap();
        let id = id.split(',').next().unwrap().parse().unwrap();
        let line = Bytes::from(line.to_owned());
        let span = 0..u32::try_from(line.len()).unwrap();
        let at = START + i64::try_from(number).unwrap();
        let batch = Batch {
            lines: Lines::new(line, vec![span]),
            ids: vec![id],
            source: Source::Live,
            connection: 1,
            first_ms: at,
            last_ms: at,
            effort: Effort::Fast,
        };
        journal.append(&batch).unwrap();
    }
}

fn estimate(name: &str, tweets: impl AsRef<[u8]>) -> Setup {
    Setup::rules()
        .file("rules.txt", RULES)
        .file(name, tweets)
        .arguments(&["estimate", "--rules", "rules.txt", name])
}

/// What the rule `coffee` comes to.
fn coffee(tweets: impl AsRef<[u8]>, more: &[&str]) -> Ended {
    Setup::rules()
        .file("tweets.jsonl", tweets)
        .arguments(&["estimate", "--rule", "coffee", "tweets.jsonl"])
        .arguments(more)
        .ends()
}

fn in_data() -> Setup {
    Setup::rules().arguments(&["estimate", "--rule", "coffee", "--rule", "tea"])
}

#[test]
fn matches_rates_overlap_and_samples_are_shown() {
    let ended = estimate("tweets.jsonl", tweets()).ends();
    ended.assert_code(0);
    expect![[r#"
        4 Tweets, 2 lines skipped, 2 hours from 2017-07-14T02:40:00Z to 2017-07-14T04:10:00Z

        rules (3)
          matches  share        an hour       a day       a month  tag       rule
                3   75 %     0.3 to 4.4  7.2 to 110  210 to 3 200  (no tag)  coffee
                                                                               Coffee!
                                                                               more coffee
                                                                               tea and coffee
                2   50 %    0.11 to 3.7   2.6 to 87   80 to 2 600  (no tag)  coffee lang:en
                                                                               Coffee!
                                                                               tea and coffee
                1   25 %  0.0065 to 2.8  0.15 to 67  4.7 to 2 100  (no tag)  tea OR #tea
                                                                               tea and coffee
                3   75 %     0.3 to 4.4  7.2 to 110  210 to 3 200            all together, each Tweet once

        overlap (3)
          2  `coffee` and `coffee lang:en`
          1  `coffee` and `tea OR #tea`
          1  `coffee lang:en` and `tea OR #tea`

        note: this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect
        note: a day and a month are told by 2 hours, and nights and weekends are not like the rest
        note: a range holds what is to be expected in 95 of 100 cases, if chance alone decides; news does not keep to it
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
        {"tweets":4,"skipped":2,"sample":{"sources":["tweets.jsonl"],"is_least":false,"percent":null,"from":"2017-07-14T02:40:00Z","to":"2017-07-14T04:10:00Z","hours":2.0,"gap_hours":0.0},"cap":null,"rules":[{"value":"coffee","tag":null,"matches":3,"share":0.75,"per_hour":1.5,"per_day":36.0,"per_month":1080.0,"per_month_range":[217.06242010254763,3155.574931358026],"cap_share":null,"samples":["Coffee!","more coffee","tea and coffee"]},{"value":"coffee lang:en","tag":null,"matches":2,"share":0.5,"per_hour":1.0,"per_day":24.0,"per_month":720.0,"per_month_range":[80.86080782312685,2599.553173861788],"cap_share":null,"samples":["Coffee!","tea and coffee"]},{"value":"tea OR #tea","tag":null,"matches":1,"share":0.25,"per_hour":0.5,"per_day":12.0,"per_month":360.0,"per_month_range":[4.7052483950617265,2002.9882785966258],"cap_share":null,"samples":["tea and coffee"]}],"together":{"matches":3,"share":0.75,"per_hour":1.5,"per_day":36.0,"per_month":1080.0,"per_month_range":[217.06242010254763,3155.574931358026],"cap_share":null},"overlap":[{"rules":["coffee","coffee lang:en"],"tweets":2},{"rules":["coffee","tea OR #tea"],"tweets":1},{"rules":["coffee lang:en","tea OR #tea"],"tweets":1}],"notes":["this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect","a day and a month are told by 2 hours, and nights and weekends are not like the rest"]}
    "#]]
    .assert_eq(plain.output());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(tweets().as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(tweets().as_bytes(), 1).unwrap();
    for (name, bytes) in [("tweets.gz", &gzip), ("tweets.zst", &zstd)] {
        let ended = estimate(name, bytes).arguments(&["--json"]).ends();
        let expected = plain.output().replace("tweets.jsonl", name);
        assert_eq!(ended.output(), expected, "{}", ended.stderr);
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
        {"tweets":3000,"skipped":0,"sample":{"sources":["tweets.jsonl"],"is_least":false,"percent":null,"from":null,"to":null,"hours":null,"gap_hours":null},"cap":null,"rules":[{"value":"coffee","tag":null,"matches":1000,"share":0.3333333333333333,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null,"samples":["coffee 0","coffee 3","coffee 6"]},{"value":"coffee lang:en","tag":null,"matches":0,"share":0.0,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null,"samples":[]},{"value":"tea OR #tea","tag":null,"matches":2000,"share":0.6666666666666666,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null,"samples":["tea 1","tea 2","tea 4"]}],"together":{"matches":3000,"share":1.0,"per_hour":null,"per_day":null,"per_month":null,"per_month_range":null,"cap_share":null},"overlap":[],"notes":["this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect","no rate can be told: none of the Tweets tells its time"]}
    "#]]
    .assert_eq(&first);
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
    // A variable for the script does not hinder other rules.
    let ended = coffee(tweets(), &["--rule", "-nothing tea"]);
    ended.assert_code(0);
    assert!(ended.output().contains("rules (2)"), "{}", ended.output());
}

#[test]
fn the_journal_is_the_sample_unless_another_is_named() {
    let setup = in_data();
    journal(
        &setup.folder().join("data/journal"),
        &every(1_000, 7_200, 2),
    );
    let ended = setup.ends();
    ended.assert_code(0);
    expect![[r#"
        7 200 Tweets, 0 lines skipped, 2 hours from 2017-07-14T02:40:00Z to 2017-07-14T04:39:59Z

        rules (2)
          matches  share  an hour   a day    a month  tag       rule
            3 600   50 %    1 800  43 000  1 300 000  (no tag)  coffee
                                                                  coffee
                                                                  coffee
                                                                  coffee
            3 600   50 %    1 800  43 000  1 300 000  (no tag)  tea
                                                                  tea
                                                                  tea
                                                                  tea
            7 200  100 %    3 600  86 000  2 600 000            all together, each Tweet once

        note: the journal holds only what the rules of its time let through, so each number is the least to expect: a rule that was not among them may match many more
        note: a day and a month are told by 2 hours, and nights and weekends are not like the rest
    "#]]
    .assert_eq(ended.output());
    assert_eq!(ended.stderr, "");
    let whole = ended.output().to_owned();
    // The folder of a journal, and a data folder, give the same as the default.
    for name in ["data/journal", "data"] {
        let setup = in_data().arguments(&[name]);
        journal(
            &setup.folder().join("data/journal"),
            &every(1_000, 7_200, 2),
        );
        let ended = setup.ends();
        assert_eq!(ended.output(), whole, "{}", ended.stderr);
    }
    // That of the simulator is another one.
    let setup = in_data().arguments(&["--sim"]);
    journal(
        &setup.folder().join("data/sim/journal"),
        &every(1_000, 7_200, 2),
    );
    let ended = setup.ends();
    assert_eq!(ended.output(), whole, "{}", ended.stderr);
    // A journal of somewhere else, by the setting.
    let setup = in_data().environment("OUZEL_DATA_DIR", "elsewhere");
    journal(
        &setup.folder().join("elsewhere/journal"),
        &every(1_000, 7_200, 2),
    );
    let ended = setup.ends();
    assert_eq!(ended.output(), whole, "{}", ended.stderr);
}

#[test]
fn a_tweet_that_came_twice_counts_once() {
    let setup = in_data().arguments(&["--json"]);
    let twice = every(60_000, 60, 2).repeat(2);
    journal(&setup.folder().join("data/journal"), &twice);
    let ended = setup.ends();
    ended.assert_code(0);
    assert!(
        ended.output().starts_with("{\"tweets\":60,"),
        "{}",
        ended.output()
    );
    assert!(
        ended
            .output()
            .contains("60 lines had a Tweet that came shortly before"),
        "{}",
        ended.output()
    );
}

#[test]
fn the_ledger_says_when_nothing_could_come() {
    let setup = || {
        let setup = in_data().arguments(&["--json"]);
        // Each burst is of ten minutes, and five hours lie between them.
        let bursts = every(1_000, 600, 2);
        let later = |line: &str| {
            let millis = line.split("\"timestamp_ms\":\"").nth(1).unwrap();
            let millis: i64 = millis.split('"').next().unwrap().parse().unwrap();
            let line = line.replace(&millis.to_string(), &(millis + 300 * MINUTE).to_string());
            line.replacen("\"id\":", "\"id\":9", 1)
                .replacen("\"id_str\":\"", "\"id_str\":\"9", 1)
                + "\n"
        };
        let all = bursts.clone() + &bursts.lines().map(later).collect::<String>();
        journal(&setup.folder().join("data/journal"), &all);
        setup
    };
    let hours = |setup: Setup| {
        let ended = setup.ends();
        ended.assert_code(0);
        let (_, rest) = ended.output().split_once("\"hours\":").unwrap();
        let (hours, rest) = rest.split_once(",\"gap_hours\":").unwrap();
        let gaps = rest.split('}').next().unwrap();
        let float = |text: &str| text.parse::<f64>().unwrap();
        format!("{:.1} without {:.1}", float(hours), float(gaps))
    };
    // Without a database the silence looks like a gap.
    assert_eq!(hours(setup()), "0.3 without 4.8");
    let with_ledger = |rows: &str| {
        let setup = setup();
        let database = Connection::open(setup.folder().join("data/ouzel.db")).unwrap();
        database
            .execute_batch(&format!(
                "CREATE TABLE _ouzel_gaps (id INTEGER PRIMARY KEY, started_at TEXT, ended_at TEXT, seconds REAL,
                   cause TEXT, repair TEXT, state TEXT, missing_from TEXT, missing_to TEXT, missing_seconds REAL,
                   estimated_tweets INTEGER, detail TEXT, asked_at TEXT, away INTEGER DEFAULT 0, backfill_from TEXT);
                 {rows}"
            ))
            .unwrap();
        setup
    };
    assert_eq!(hours(with_ledger("")), "5.2 without 0.0");
    let outage = "INSERT INTO _ouzel_gaps VALUES (1, '2017-07-14T03:00:00Z', '2017-07-14T05:00:00Z', 7200, 'restart',
        'none', 'open', '2017-07-14T03:00:00Z', '2017-07-14T05:00:00Z', 7200, NULL, '', NULL, 0, NULL)";
    assert_eq!(hours(with_ledger(outage)), "3.2 without 2.0");
    // What is no database is not asked.
    let broken = setup();
    fs::write(broken.folder().join("data/ouzel.db"), "no database at all").unwrap();
    assert_eq!(hours(broken), "0.3 without 4.8");
}

#[test]
fn a_sample_of_seconds_or_of_many_years_allows_no_rate() {
    let seconds = coffee(every(10, 1_000, 2), &[]);
    expect![[r#"
        1 000 Tweets, 0 lines skipped

        rules (1)
          matches  share  tag       rule
              500   50 %  (no tag)  coffee
                                      coffee
                                      coffee
                                      coffee

        note: this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect
        note: no rate can be told: the Tweets are of 10 seconds altogether, and less than 10 minutes say nothing of an hour
    "#]]
    .assert_eq(seconds.output());
    let years = coffee(every(90 * DAY, 25, 2), &["--cap", "1M"]);
    expect![[r#"
        25 Tweets, 0 lines skipped

        rules (1)
          matches  share  tag       rule
               13   52 %  (no tag)  coffee
                                      coffee
                                      coffee
                                      coffee

        note: this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect
        note: no rate can be told: the Tweets are of 6.2 years, too far from each other to be all that came
    "#]]
    .assert_eq(years.output());
    let untimed = coffee("{\"id\":1,\"text\":\"coffee\",\"user\":{}}\n", &[]);
    expect![[r#"
        1 Tweet, 0 lines skipped

        rules (1)
          matches  share  tag       rule
                1  100 %  (no tag)  coffee
                                      coffee

        note: this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect
        note: no rate can be told: none of the Tweets tells its time
    "#]]
    .assert_eq(untimed.output());
    for ended in [seconds, years, untimed] {
        ended.assert_code(0);
    }
    let json = coffee(every(10, 1_000, 2), &["--json"]);
    assert!(
        json.output().contains("\"per_hour\":null"),
        "{}",
        json.output()
    );
}

#[test]
fn a_cap_and_a_part_of_all_tweets_are_reckoned_with() {
    let tweets = every(1_000, 2 * 86_400, 10);
    let ended = coffee(&tweets, &["--cap", "1_000_000", "--sample-percent", "10"]);
    ended.assert_code(0);
    expect![[r#"
        172 800 Tweets, 0 lines skipped, 2 days from 2017-07-14T02:40:00Z to 2017-07-16T02:39:59Z

        rules (1)
          matches  share  an hour   a day    a month  of the cap  tag       rule
           17 280   10 %    3 600  86 400  2 590 000       259 %  (no tag)  coffee
                                                                              coffee
                                                                              coffee
                                                                              coffee

        note: the sample is taken for 10 % of all Tweets, so the rates are 10 times what it has
    "#]]
    .assert_eq(ended.output());
    let json = coffee(
        &tweets,
        &["--cap", "1M", "--sample-percent", "10%", "--json"],
    );
    let (_, rest) = json.output().split_once("\"together\":").unwrap();
    let together = rest.split('}').next().unwrap();
    expect![[r#"
        {"matches":17280,"share":0.1,"per_hour":3600.0,"per_day":86400.0,"per_month":2592000.0,"per_month_range":[2553494.954217423,2630940.322211351],"cap_share":2.592
    "#]]
    .assert_eq(&format!("{together}\n"));
}

#[test]
fn a_rule_that_matches_nothing_has_an_upper_end() {
    let ended = Setup::rules()
        .file("tweets.jsonl", every(1_000, 7_200, 2))
        .arguments(&[
            "estimate",
            "--rule",
            "zebra",
            "--rule",
            "coffee",
            "tweets.jsonl",
        ])
        .ends();
    ended.assert_code(0);
    expect![[r#"
        7 200 Tweets, 0 lines skipped, 2 hours from 2017-07-14T02:40:00Z to 2017-07-14T04:39:59Z

        rules (2)
          matches  share  an hour   a day    a month  tag       rule
                0    0 %    < 1.5    < 36    < 1 100  (no tag)  zebra
            3 600   50 %    1 800  43 000  1 300 000  (no tag)  coffee
                                                                  coffee
                                                                  coffee
                                                                  coffee
            3 600   50 %    1 800  43 000  1 300 000            all together, each Tweet once

        note: this tells of Tweets like these alone: of a sample of all Tweets, say how large it is with `--sample-percent`; of what a stream brought, each number is the least to expect
        note: a day and a month are told by 2 hours, and nights and weekends are not like the rest
    "#]]
    .assert_eq(ended.output());
}

#[test]
fn times_that_cannot_be_right_make_no_rate() {
    let mut tweets = every(60_000, 120, 2);
    for (number, millis) in [i64::MIN, -1, 0, 4_102_444_800_000, i64::MAX]
        .iter()
        .enumerate()
    {
        let id = 1_000 + i64::try_from(number).unwrap();
        tweets += &(line(id, "coffee", "en", *millis) + "\n");
    }
    let ended = coffee(&tweets, &[]);
    ended.assert_code(0);
    assert!(
        ended
            .output()
            .starts_with("125 Tweets, 0 lines skipped, 2 hours from"),
        "{}",
        ended.output()
    );
    assert!(
        ended
            .output()
            .contains("note: 5 Tweets told no time that can be right"),
        "{}",
        ended.output()
    );
}

#[test]
fn of_thousands_of_rules_those_with_matches_are_shown() {
    let rules: String = (0..5_000).map(|number| format!("word{number}\n")).collect();
    let ended = Setup::rules()
        .file("rules.txt", rules + "coffee\n")
        .file("tweets.jsonl", every(60_000, 120, 2))
        .arguments(&["estimate", "--rules", "rules.txt", "tweets.jsonl"])
        .ends();
    ended.assert_code(0);
    let output = ended.output();
    assert!(output.lines().count() < 130, "{}", output.lines().count());
    let rule = output.lines().position(|line| line.ends_with("  coffee"));
    assert_eq!(rule, Some(4), "{output}");
    assert!(
        output.contains(
            "  these are the 100 with the most matches; 5 000 match nothing; `--json` has all\n"
        ),
        "{output}"
    );
}

#[test]
fn a_file_that_is_cut_off_tells_what_it_has() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(every(1_000, 7_200, 2).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(every(1_000, 7_200, 2).as_bytes(), 1).unwrap();
    for (name, bytes) in [("tweets.gz", gzip), ("tweets.zst", zstd)] {
        let ended = estimate(name, &bytes[..bytes.len() / 2]).ends();
        ended
            .assert_code(1)
            .assert_says(&format!("error: cannot read `{name}`: "));
        assert!(ended.output().contains("  coffee"), "{}", ended.output());
        // Nothing at all can be read of this one.
        let ended = estimate(name, &bytes[..8]).ends();
        ended
            .assert_code(1)
            .assert_says(&format!("error: cannot read `{name}`: "));
        assert_eq!(ended.output(), "");
    }
}

#[test]
fn a_damaged_journal_tells_what_it_has() {
    let setup = in_data();
    let folder = setup.folder().join("data/journal");
    journal(&folder, &every(1_000, 7_200, 2));
    let segment = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = fs::read(&segment).unwrap();
    let (third, half) = (bytes.len() / 3, bytes.len() / 2);
    bytes[third..half].fill(7);
    bytes.truncate(half * 2 - 10);
    fs::write(&segment, bytes).unwrap();
    let ended = setup.ends();
    ended.assert_code(0);
    assert!(
        ended
            .output()
            .contains("note: 1 part of the journal could not be read"),
        "{}",
        ended.output()
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

#[test]
fn without_rules_or_tweets_it_says_what_to_do() {
    #[track_caller]
    fn check(setup: Setup, code: i32, expected: expect_test::Expect) {
        let ended = setup.ends();
        assert_eq!(ended.code, code, "{}", ended.stderr);
        expected.assert_eq(&ended.stderr);
    }
    check(
        in_data(),
        2,
        expect![[r#"
            error: there is no journal `data/journal`
            hint: `ouzel run` writes one; give files of Tweets, the folder of another journal, or `--sim` for the one of `ouzel run --sim`
        "#]],
    );
    check(
        Setup::rules().script("-- none").arguments(&["estimate"]),
        2,
        expect![[r#"
            error: there are no rules to estimate
            hint: give some with `--rule 'coffee lang:en'`, or a file of them with `--rules FILE`
        "#]],
    );
    check(
        in_data().file("folder/x", "").arguments(&["folder"]),
        2,
        expect![[r#"
            error: there is no journal in the folder `folder`
            hint: name the files in it, such as `folder/*.gz`; a journal is the folder `journal` of a data folder
        "#]],
    );
    check(
        in_data().file("data/journal/x", ""),
        2,
        expect![[r#"
            error: there is no Tweet in the journal `data/journal` yet
            hint: `ouzel run` fills it; or give files of Tweets
        "#]],
    );
    check(
        in_data()
            .file("empty.jsonl", "")
            .arguments(&["empty.jsonl"]),
        2,
        expect![[r#"
            error: there is no line in the input, and so no Tweet
            hint: a file of another name, or what should have written to this pipe, may have them
        "#]],
    );
    check(
        in_data()
            .file("binary", b"\x00\xff\xfe\n\x80\x81")
            .arguments(&["binary"]),
        2,
        expect![[r#"
            error: no line of the input is a Tweet
            hint: Tweets are read as JSON Lines, one on each line, in the native enriched format or as Activity Streams
        "#]],
    );
    check(
        Setup::rules().arguments(&["estimate", "--rule", "fish AND bird", "--rule", ""]),
        3,
        expect![[r#"
            error: the rule is not valid
             --> --rule, 1
              |
              | fish AND bird
              |      ^^^
              = `AND` is no operator: a blank between two clauses already means "and"
                leave it out, or quote it to look for the word
            hint: write `fish bird`
            error: the rule is not valid
             --> --rule, 2
              |
              | 
              | ^
              = the rule is empty
                write what to look for
            error: rules that are not valid: 2
        "#]],
    );
}

#[test]
fn numbers_that_cannot_be_meant_are_refused() {
    for (flag, value, said) in [
        ("--cap", "0", "is no number of more than 0"),
        ("--cap", "many", "is no number of more than 0"),
        (
            "--cap",
            "99999999999999999999",
            "is no number of more than 0",
        ),
        ("--sample-percent", "0", "is no part of all Tweets"),
        ("--sample-percent", "101", "is no part of all Tweets"),
        ("--sample-percent", "NaN", "is no part of all Tweets"),
        ("--sample-percent", "-1", "is no part of all Tweets"),
        ("--sample-percent", "inf", "is no part of all Tweets"),
    ] {
        let argument = format!("{flag}={value}");
        let ended = coffee(tweets(), &[&argument]);
        ended.assert_code(2).assert_says(said);
    }
}

#[test]
fn nothing_in_a_rule_or_a_tweet_controls_the_terminal() {
    let text = "coffee \\u001b[2Jnew\\nline \\u202e";
    let ended = Setup::rules()
        .file("tweets.jsonl", line(1, text, "en", START) + "\n")
        .arguments(&[
            "estimate",
            "--rule",
            "coffee OR \"\u{1b}[31m\"",
            "tweets.jsonl",
        ])
        .ends();
    assert!(!ended.output().contains('\u{1b}'), "{}", ended.output());
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
    assert!(!ended.output().contains('\u{202e}'), "{}", ended.output());
}
