//! Outages against the simulator: what comes again, what is brought, and what the ledger says.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::{collections::BTreeSet, time::Instant};

use rusqlite::Connection;
use sonic_rs::{JsonValueTrait, Value};
use support::{Ended, Run, Setup, Sim, tweet, wait_for_some, wait_until};

const STORE: &str = r#"
ouzel.rules { { tag = "music", value = "music" } }
local seen = ouzel.table("seen", { id = "INTEGER PRIMARY KEY" })
ouzel.on("*", function(tweet) seen:insert { id = tweet.id } end)
"#;

/// Every Tweet matches, more or less: the simulator makes them about what the rules ask for.
fn sim(faults: &[&str]) -> Sim {
    let mut arguments = vec!["--rate", "300", "--oracle", "truth.jsonl"];
    for fault in faults {
        arguments.extend(["--fault", fault]);
    }
    Sim::start(&arguments)
}

fn setup(sim: &Sim) -> Setup {
    Setup::new().script(STORE).against(sim)
}

fn rows(run: &Run) -> i64 {
    count(run, "SELECT count(*) FROM seen")
}

fn count(run: &Run, sql: &str) -> i64 {
    let Ok(database) = Connection::open(run.folder().join("data/ouzel.db")) else {
        return 0;
    };
    let count = database.query_row(sql, [], |row| row.get(0));
    count.unwrap_or(0)
}

/// Waits until so many more rows are there.
fn wait_for_more(run: &Run, more: i64) {
    let before = rows(run);
    wait_until("more rows", || rows(run) >= before + more);
}

/// Each Tweet that matched until the last one that came has a row. A second one of the same would be a failed handler.
fn assert_complete(sim: Sim, ended: &Ended) {
    ended.assert_silent_about("handler failed");
    let truth = sim.truth("truth.jsonl");
    let seen: BTreeSet<u64> = ended
        .rows("SELECT id FROM seen")
        .lines()
        .map(|id| id.parse().unwrap())
        .collect();
    let last = *seen.last().unwrap();
    let first = *seen.first().unwrap();
    let missing: Vec<_> = truth
        .lines()
        .map(|line| sonic_rs::from_str::<Value>(line).unwrap())
        .filter(|event| event["event"].as_str() == Some("tweet"))
        .map(|event| event["id"].as_str().unwrap().parse().unwrap())
        .filter(|id| (first..last).contains(id) && !seen.contains(id))
        .collect();
    assert!(
        missing.is_empty(),
        "{} of {}: {missing:?}",
        missing.len(),
        seen.len()
    );
}

#[test]
fn a_reset_costs_no_tweet_and_is_repaired_by_backfill() {
    let sim = sim(&["reset:after=3s"]);
    let run = setup(&sim).start();
    run.wait_for("the stream was away");
    wait_for_more(&run, 50);
    // Half a minute later all of it must have come.
    let is_repaired = || {
        count(
            &run,
            "SELECT count(*) FROM _ouzel_gaps WHERE state = 'repaired'",
        ) > 0
    };
    wait_until("a repaired gap", is_repaired);
    let ended = run.drain();
    assert_complete(sim, &ended);
    let gaps = "SELECT count(*), min(cause), min(repair), min(state), sum(missing_seconds) FROM _ouzel_gaps";
    assert_eq!(ended.rows(gaps), "1|broken|backfill|repaired|0.0");
}

#[test]
fn an_outage_without_backfill_is_repaired_by_recovery() {
    let sim = sim(&["reset:after=3s", "stream-status:after=3s,for=1s,status=503"]);
    let setup = setup(&sim).arguments(&["--backfill-minutes", "0", "--recovery", "true"]);
    let run = setup.start();
    run.wait_for("a gap is repaired");
    wait_for_more(&run, 50);
    let ended = run.drain();
    assert_complete(sim, &ended);
    let gaps = "SELECT count(*), min(cause), min(repair), min(state), min(seconds) > 3, sum(missing_seconds) FROM _ouzel_gaps";
    assert_eq!(ended.rows(gaps), "1|broken|recovery|repaired|1|0.0");
    let listed = ended.again().command("gaps").ends();
    listed.assert_code(0);
    assert!(
        listed.output().contains("nothing is missing"),
        "{}",
        listed.output()
    );
}

/// What a repair brings is damaged half of the time: a copy before the Tweet, which must not stand for it.
#[test]
fn a_damaged_copy_in_a_repair_does_not_stand_for_the_tweet_behind_it() {
    let sim = sim(&[
        "reset:after=3s",
        "stream-status:after=3s,for=1s,status=503",
        "damaged-copy:probability=0.5",
    ]);
    let setup = setup(&sim).arguments(&["--backfill-minutes", "0", "--recovery", "true"]);
    let run = setup.start();
    run.wait_for("a gap is repaired");
    wait_for_more(&run, 50);
    let ended = run.drain();
    assert_complete(sim, &ended);
    assert_eq!(ended.rows("SELECT count(*) > 100 FROM _ouzel_invalid"), "1");
}

#[test]
fn a_full_buffer_has_lost_no_more_than_its_connection_could_bring() {
    let sim = sim(&["full-buffer:after=3s"]);
    let began = Instant::now();
    let run = setup(&sim).start();
    run.wait_for("the stream was away");
    wait_for_more(&run, 50);
    let ended = run.drain();
    let age = began.elapsed().as_secs_f64();
    let gaps = format!(
        "SELECT count(*), min(cause), min(state), min(missing_seconds) > 1, max(missing_seconds) < {age} FROM _ouzel_gaps"
    );
    assert_eq!(ended.rows(&gaps), "1|full_buffer|open|1|1");
}

#[test]
fn what_nothing_brings_is_open_with_an_estimate_until_it_is_asked_for_again() {
    let sim = sim(&["reset:after=7s", "stream-status:after=7s,for=1s,status=503"]);
    let run = setup(&sim).arguments(&["--backfill-minutes", "0"]).start();
    run.wait_for("the stream was away");
    wait_for_more(&run, 50);
    let ended = run.drain();
    let gaps =
        "SELECT state, repair, missing_seconds > 3, estimated_tweets > 10, detail FROM _ouzel_gaps";
    assert_eq!(
        ended.rows(gaps),
        "open|none|1|1|neither Recovery nor Replay is configured"
    );
    let listed = ended.again().command("gaps").ends();
    assert!(
        listed.output().contains("missing between"),
        "{}",
        listed.output()
    );
    let asked = listed.again().command("gaps").arguments(&["repair"]).ends();
    assert!(
        asked.output().contains("1 gap is asked for again"),
        "{}",
        asked.output()
    );
    let run = asked
        .again()
        .command("run")
        .arguments(&["--recovery", "true"])
        .start();
    run.wait_for("a gap is repaired");
    let ended = run.drain();
    assert!(ended.rows("SELECT state FROM _ouzel_gaps ORDER BY id LIMIT 1") == "repaired");
}

/// When the last byte came that the database knows of, in milliseconds since 1970; 0 where it knows none.
fn last_byte_kept(run: &Run) -> i64 {
    let kept = || -> rusqlite::Result<i64> {
        let database = Connection::open(run.folder().join("data/ouzel.db"))?;
        let kept = "SELECT max(until_ms) FROM _ouzel_received WHERE settled";
        database.query_row(kept, [], |row| row.get(0))
    };
    kept().unwrap_or(0)
}

/// Starts again what has ended, for the so manieth connection, until the outage is told.
fn again_until_back(ended: Ended, connection: usize) -> Ended {
    let run = ended.again().start();
    run.powertrack().wait_for_connection(connection);
    run.powertrack().send_bytes(b"\r\n");
    run.wait_for("the stream was away");
    let asked = run.powertrack().wait_for_request("stream", connection).path;
    assert!(asked.ends_with("?backfillMinutes=2"), "{asked}");
    run.drain()
}

/// When the only gap began, in milliseconds since 1970.
fn beginning(ended: &Ended) -> i64 {
    let gaps = "SELECT count(*), min(cause), min(state) FROM _ouzel_gaps";
    // No run has lasted long enough for what it has asked for.
    assert_eq!(ended.rows(gaps), "1|restart|open");
    let began =
        "SELECT CAST(round(unixepoch(started_at, 'subsec') * 1000) AS INTEGER) FROM _ouzel_gaps";
    ended.rows(began).parse().unwrap()
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[test]
fn a_restart_counts_from_the_last_byte_and_not_from_the_last_tweet() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().wait_for_connection(1);
    run.powertrack().send(tweet(1));
    wait_for_more(&run, 1);
    let later = now_ms();
    let words = r#"{"info":{"message":"all is well","sent":"2026-11-22T00:00:00+00:00"}}"#;
    run.powertrack().send(words);
    run.wait_for("the service says");
    let ended = again_until_back(run.drain(), 2);
    let began = beginning(&ended);
    // Times of two clocks are compared, so a few milliseconds say nothing.
    assert!(began > later - 10, "{} ms too early", later - began);
    // That run has ended before what it had asked for again can have come, so the same outage goes on.
    let ended = again_until_back(ended, 3);
    let still = beginning(&ended);
    assert!((still - began).abs() < 10, "{still} is not {began}");
}

/// A run whose last Tweet came late, and when that was made.
fn late() -> (Run, i64) {
    let run = Setup::new().script(STORE).start();
    run.powertrack().wait_for_connection(1);
    let sends_and_waits = |line: String| {
        let before = rows(&run);
        run.powertrack().send(&line);
        wait_until("a row", || rows(&run) > before);
    };
    sends_and_waits(tweet(1));
    let made = now_ms();
    sends_and_waits(tweet(2));
    let id = (made - 1_288_834_974_657) << 22;
    sends_and_waits(tweet(id));
    assert!(now_ms() > made + 10, "committing takes longer than this");
    (run, made)
}

#[test]
fn a_restart_counts_from_the_making_of_a_last_tweet_that_came_late() {
    for end in [Run::drain, Run::kill] {
        let (run, made) = late();
        let began = beginning(&again_until_back(end(run), 2));
        assert!((began - made).abs() < 10, "{began} is not {made}");
    }
}

#[test]
fn an_outage_after_a_late_tweet_that_goes_on_in_the_next_run_stays_one() {
    let (run, made) = late();
    run.powertrack().end();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send_bytes(b"\r\n");
    run.wait_for("the stream was away");
    let began = beginning(&again_until_back(run.drain(), 3));
    assert!((began - made).abs() < 10, "{began} is not {made}");
}

#[test]
fn after_a_crash_a_stream_that_has_never_brought_a_tweet_goes_on_from_its_last_bytes() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().wait_for_connection(1);
    let first = now_ms();
    let kept = wait_for_some("a time in the database", || {
        run.powertrack().send_bytes(b"\r\n");
        Some(last_byte_kept(&run)).filter(|kept| *kept > 0)
    });
    let ended = again_until_back(run.kill(), 2);
    let began = beginning(&ended);
    assert!(began > first - 10, "{} ms too early", first - began);
    assert!((began - kept).abs() < 10, "{began} is not {kept}");
}

#[test]
fn no_database_is_said_plainly() {
    let ended = Setup::new().command("gaps").ends();
    ended.assert_code(2).assert_says("nothing is known of gaps");
}
