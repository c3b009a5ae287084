//! The simulator against what its help promises: the same seed says the same, and a limit is one.

use std::fs;

use sonic_rs::{JsonValueTrait, Value};

use super::support::{Setup, Sim, wait_while_it_grows};

/// What a stream brings, as it comes.
const EMIT: &str = "ouzel.enrich(function(t) ouzel.emit(t) end)";

/// Rules that many Tweets match, and that say nothing of times or ids.
const RULES: &str = "ouzel.rules { { tag = 'm', value = 'music OR lang:en OR lang:ja' }, { tag = 'g', value = 'has:geo has:media' } }\n";

/// So many Tweets of a stream are looked at.
const TWEETS: usize = 2000;

/// The first Tweets that a client gets of a simulator with these arguments.
fn received(arguments: &[&str], script: &str) -> Vec<String> {
    let sim = Sim::start(&[&["--seed", "7", "--connects-per-minute", "0"], arguments].concat());
    let tls = arguments.contains(&"--tls");
    let scheme = if tls { "https" } else { "http" };
    let mut setup = Setup::new()
        .script(&format!("{script}{EMIT}"))
        .environment("OUZEL_URL", sim.url(scheme, "stream"))
        .environment("OUZEL_RULES_URL", sim.url(scheme, "rules"))
        .environment("OUZEL_USERNAME", "sim")
        .environment("OUZEL_PASSWORD", "sim")
        .arguments(&["--limit", &TWEETS.to_string(), "--log", "warn"]);
    if tls {
        setup = setup.environment("OUZEL_CA_FILE", sim.ca_file().to_str().unwrap());
    }
    let ended = setup.ends();
    ended.assert_code(0);
    let lines: Vec<_> = ended.output().lines().map(timeless).collect();
    assert_eq!(lines.len(), TWEETS, "{}", ended.stderr);
    lines
}

/// A Tweet without what follows from the time at which it was made: long numbers, which are ids and milliseconds, and the
/// times of this year and the next.
fn timeless(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&rest[..at]);
        let number = &rest[at..at + digits];
        out.push_str(if digits < 13 { number } else { "N" });
        rest = &rest[at + digits..];
    }
    out.push_str(rest);
    let year: i16 = jiff::Timestamp::now()
        .strftime("%Y")
        .to_string()
        .parse()
        .unwrap();
    for year in year - 1..=year + 1 {
        // As in `Tue Mar 14 15:09:26 +0000 2023`; accounts are older.
        let end = format!(" +0000 {year}\"");
        while let Some(at) = out.find(&end) {
            out.replace_range(at - 19..at + end.len() - 1, "T");
        }
    }
    out
}

#[track_caller]
fn assert_same(one: &[String], other: &[String], what: &str) {
    assert_eq!(one.len(), other.len(), "{what}");
    for (number, (one, other)) in one.iter().zip(other).enumerate() {
        assert_eq!(one, other, "{what}, Tweet {number}");
    }
}

#[test]
fn the_same_seed_says_the_same_at_any_time_and_any_rate_and_over_tls() {
    let one = received(&["--rate", "9000"], RULES);
    for arguments in [
        &["--rate", "23000", "--profile", "bursty"][..],
        &["--as-fast-as-possible"],
        &["--tls", "--start", "2026-03-14T15:00:00Z"],
    ] {
        assert_same(&one, &received(arguments, RULES), arguments[0]);
    }
    // A simulator that has waited long for its first reader.
    let other = {
        let sim = Sim::start(&["--seed", "7", "--rate", "9000"]);
        let (name, began) = (sim.url("http", "stream"), std::time::Instant::now());
        wait_while_it_grows(1500, || began.elapsed().as_millis() as u64);
        let ended = Setup::new()
            .script(&format!("{RULES}{EMIT}"))
            .environment("OUZEL_URL", name)
            .environment("OUZEL_RULES_URL", sim.url("http", "rules"))
            .environment("OUZEL_USERNAME", "sim")
            .environment("OUZEL_PASSWORD", "sim")
            .arguments(&["--limit", &TWEETS.to_string(), "--log", "warn"])
            .ends();
        ended.output().lines().map(timeless).collect::<Vec<_>>()
    };
    assert_same(&one, &other, "a late reader");
    assert!(one.iter().any(|line| line.contains("video_info")));
}

#[test]
fn with_subjects_of_a_file_more_rules_change_nothing_but_what_matches() {
    let folder = tempfile::tempdir().unwrap();
    let about = folder.path().join("about.toml");
    fs::write(&about, "words = [\"harbour\", \"music\"]\n").unwrap();
    let about = ["--rate", "9000", "--about", about.to_str().unwrap()];
    let one = received(&about, RULES);
    // They match nothing that does not match anyway, so the Tweets are the same ones.
    let more = "ouzel.rules { { tag = 'more', value = 'music has:links' }, { tag = 'none', value = 'xyzzyplugh' } }\n";
    let other = received(&about, &format!("{RULES}{more}"));
    let said = |lines: &[String]| -> Vec<String> {
        let without = |line: &String| {
            let (tweet, rules) = line.split_once(r#","matching_rules":["#).unwrap();
            assert!(rules.ends_with("]}"), "{rules}");
            tweet.to_owned()
        };
        lines.iter().map(without).collect()
    };
    assert_same(&said(&one), &said(&other), "more rules");
    assert!(other.iter().any(|line| line.contains("\"more\"")));
}

#[test]
fn a_limit_is_kept_to_the_tweet() {
    // Many are due at once.
    for limit in [1_u64, 63, 64, 65, 1001] {
        let limit_text = limit.to_string();
        let sim = Sim::start(&["--rate", "500000", "--limit", &limit_text]);
        let run = Setup::new()
            .script(&format!("{RULES}{EMIT}"))
            .against(&sim)
            .start();
        let made = || sim.stats()["tweets"]["made"].as_u64().unwrap();
        wait_while_it_grows(limit, made);
        run.drain();
        assert_eq!(made(), limit);
    }
}

#[test]
fn a_share_has_the_counts_of_its_native_form_and_repeats_none() {
    let native = received(&["--rate", "9000"], RULES);
    let shares = received(&["--rate", "9000", "--format", "activity"], RULES);
    let mut shared = 0;
    for (native, activity) in native.iter().zip(&shares) {
        // The ids are gone, and a name stands where they were.
        let parse = |line: &str| -> Value {
            let line = line
                .replace(":N", ":0")
                .replace("[N", "[0")
                .replace(",N", ",0");
            sonic_rs::from_str(&line).expect(&line)
        };
        let (native, activity) = (parse(native), parse(activity));
        assert_eq!(native["text"], activity["body"]);
        assert_eq!(activity["twitter_filter_level"], native["filter_level"]);
        assert_eq!(activity["favoritesCount"], native["favorite_count"]);
        let Some(original) = native.get("retweeted_status") else {
            assert_eq!(activity["verb"].as_str(), Some("post"));
            assert_eq!(activity["retweetCount"], native["retweet_count"]);
            continue;
        };
        shared += 1;
        assert_eq!(activity["verb"].as_str(), Some("share"));
        assert_eq!(activity["retweetCount"], original["retweet_count"]);
        let object = &activity["object"];
        assert_eq!(object["favoritesCount"], original["favorite_count"]);
        for key in ["retweetCount", "twitter_filter_level", "gnip"] {
            assert!(object.get(key).is_none(), "{key}");
        }
    }
    assert!(shared > 200, "{shared}");
}
