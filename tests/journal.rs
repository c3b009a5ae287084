//! No Tweet lost, none twice: what is in the database after crashes, repeats, full disks, and locks.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use expect_test::expect;
use rusqlite::Connection;
use support::{Ended, Setup, Sim, tweet, wait_until};

/// A row for each time that a Tweet is handled, and a count of them that only SQL keeps.
const STORE: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.db.exec "CREATE TABLE IF NOT EXISTS counter (n INTEGER)"
ouzel.db.exec "INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter)"
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  ouzel.db.exec "UPDATE counter SET n = n + 1"
  ouzel.log.info("handled", t.id .. ".")
end)
"#;

/// The same, but each Tweet takes long.
fn slow() -> String {
    format!("{STORE} ouzel.filter(function() for i = 1, 2e7 do end return true end)")
}

/// Each of the Tweets from 1 to `last` has one row.
#[track_caller]
fn assert_each_once(ended: &Ended, last: i64) {
    let each = "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM seen";
    assert_eq!(
        ended.rows(each),
        format!("{last}|{last}|1|{last}"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.rows("SELECT n FROM counter"), last.to_string());
}

/// A Tweet of about so many bytes, which compress badly.
fn long_tweet(id: i64, bytes: usize) -> String {
    let mut noise = id.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::with_capacity(bytes);
    while text.len() < bytes {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        text += &format!("{noise:016x}");
    }
    tweet(id).replace("hello", &text)
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let mut setup = Setup::new().script(STORE);
    for round in 1..=5 {
        let run = setup.start();
        run.powertrack()
            .wait_for_connection(usize::try_from(round).unwrap());
        // What was on its way when it was killed, a backfill brings again.
        let from = (round - 2).max(0) * 200 + 1;
        run.powertrack()
            .send_to_who_may_go((from..=round * 200).map(tweet));
        run.wait_for(&format!("handled {}.", (round - 1) * 200 + 20 * round));
        setup = run.kill().again();
    }
    let run = setup.start();
    run.powertrack().wait_for_connection(6);
    run.powertrack().send_all((601..=1000).map(tweet));
    run.powertrack().send(tweet(1001));
    run.wait_for("handled 1001.");
    assert_each_once(&run.drain(), 1001);
}

#[test]
fn what_a_killed_run_has_received_is_handled_without_being_sent_again() {
    let run = Setup::new().without_script_limits().script(&slow()).start();
    run.powertrack().send_all((1..=20).map(tweet));
    run.powertrack().send(tweet(21));
    run.wait_for("handled 1.");
    run.wait_for("handled 2.");
    // Others wait in the journal now, since they came with the first.
    let setup = run.kill().again();
    let run = setup.script(STORE).start();
    run.wait_for("handled 20.");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send_all([tweet(20), tweet(21), tweet(22)]);
    run.wait_for("handled 22.");
    assert_each_once(&run.drain(), 22);
}

#[test]
fn a_tweet_that_comes_again_is_handled_once() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all([tweet(1), tweet(2), tweet(1)]);
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2.");
    run.powertrack().cut();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send_all([tweet(1), tweet(2), tweet(3)]);
    run.wait_for("handled 3.");
    let ended = run.drain();
    ended.assert_says("4 Tweets had come before and were not handled again");
    let run = ended.again().start();
    run.powertrack().wait_for_connection(3);
    run.powertrack()
        .send_all([tweet(3), tweet(2), tweet(1), tweet(4)]);
    run.wait_for("handled 4.");
    let ended = run.drain();
    ended.assert_says("3 Tweets had come before");
    assert_each_once(&ended, 4);
}

#[test]
fn lines_without_an_id_all_pass() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all(["nonsense", "nonsense"]);
    // Cut off, and then whole.
    run.powertrack().send(&tweet(1)[..90]);
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    // Wrong in the middle, which only the worker finds out.
    run.powertrack()
        .send(tweet(2).replace("\"user\"", "\"user"));
    run.powertrack().send(tweet(3));
    run.wait_for("handled 3.");
    run.powertrack().send(tweet(2));
    run.wait_for("handled 2.");
    run.drain()
        .assert_silent_about("had come before")
        .assert_rows("SELECT count(*) FROM _ouzel_invalid", expect!["4"]);
}

#[test]
fn a_line_that_is_no_tweet_does_not_stand_for_the_tweet_after_a_restart_either() {
    let damaged = |id| tweet(id).replace("\"user\"", "\"user");
    let run = Setup::new().script(STORE).start();
    // The Tweet of the first one has come already, and that of the second one comes later.
    run.powertrack()
        .send_all([damaged(1), damaged(2), tweet(3)]);
    run.wait_for("handled 3.");
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let run = run.drain().again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send_all([1, 2, 3, 4].map(tweet));
    run.wait_for("handled 4.");
    let ended = run.drain();
    ended.assert_says("2 Tweets had come before");
    assert_each_once(&ended, 4);
}

#[test]
fn a_slow_handler_does_not_hold_up_reading_and_a_save_lets_it_catch_up() {
    let run = Setup::new().without_script_limits().script(&slow()).start();
    // Several times what memory may hold of them; sending waits for the reader.
    run.powertrack()
        .send_all((1..=1000).map(|id| long_tweet(id, 60_000)));
    run.powertrack().send(tweet(1001));
    let said = run.process().said();
    assert!(!said.contains("handled 100."), "{said}");
    run.write("scripts/main.lua", STORE);
    run.wait_for("handled 1001.");
    let memory = run.process().memory();
    assert!(memory < 140 << 20, "{memory}");
    let ended = run.drain();
    assert_each_once(&ended, 1001);
    assert_eq!(ended.powertrack().connections(), 1);
}

#[test]
fn a_folder_has_one_process() {
    let run = Setup::new().script(STORE).start();
    run.wait_for("stream connected");
    let (code, said) = run.another();
    assert_eq!(code, 2);
    let process = run.process().id();
    assert_eq!(
        said,
        format!(
            "error: the data folder `data` is in use by another ouzel, process {process}\n\
             hint: stop that one, or give this one a folder of its own with `--data-dir`\n"
        )
    );
    // A crash lets go of it.
    let run = run.kill().again().start();
    run.wait_for("stream connected");
    run.drain();
}

#[test]
fn the_journal_can_be_read_without_ouzel() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    run.powertrack()
        .send_all([tweet(2), "not a Tweet".to_owned(), tweet(3)]);
    run.wait_for("handled 3.");
    let run = run.drain().again().start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(4));
    run.wait_for("handled 4.");
    let ended = run.drain();
    let segments = segments(&ended.folder().join("data/journal"));
    assert_eq!(segments.len(), 2);
    let text: Vec<u8> = segments
        .iter()
        .flat_map(|path| zstd::decode_all(fs::File::open(path).unwrap()).unwrap())
        .collect();
    let [one, two, three, four] = [1, 2, 3, 4].map(tweet);
    assert_eq!(
        String::from_utf8(text).unwrap(),
        format!("{one}\n{two}\nnot a Tweet\n{three}\n{four}\n")
    );
}

#[test]
fn a_limit_leaves_the_rest_for_the_next_start() {
    let run = Setup::new()
        .script(STORE)
        .arguments(&["--limit", "3"])
        .start();
    run.powertrack().send_all((1..=8).map(tweet));
    let ended = run.ends();
    ended.assert_says("5 Tweets wait in the journal for the next start");
    assert_each_once(&ended, 3);
    // Nothing has to come for it.
    let ended = ended.again().ends();
    ended.assert_says("2 Tweets wait in the journal for the next start");
    assert_each_once(&ended, 6);
}

#[test]
fn what_takes_too_long_at_the_end_waits_for_the_next_start() {
    let run = Setup::new()
        .without_script_limits()
        .script(&slow().replace("2e7", "3e8"))
        .start();
    run.powertrack().send_all((1..=200).map(tweet));
    run.wait_for("handled 1.");
    let ended = run.drain();
    ended.assert_says("Tweets wait in the journal for the next start");
    let run = ended.again().script(STORE).start();
    run.wait_for("handled 200.");
    assert_each_once(&run.drain(), 200);
}

#[test]
fn simulated_tweets_have_a_folder_of_their_own() {
    let ended = Setup::new()
        .script(&format!(
            "ouzel.rules {{ {{ value = 'lang:en' }} }} {STORE}"
        ))
        .arguments(&["--sim", "--rate", "max", "--limit", "100"])
        .ends();
    ended.assert_code(0);
    for name in ["journal", "ouzel.db", "lock"] {
        assert!(!ended.folder().join("data").join(name).exists(), "{name}");
    }
    assert!(!segments(&ended.folder().join("data/sim/journal")).is_empty());
    assert_eq!(ended.rows("SELECT count(*) FROM seen"), "100");
}

#[test]
fn tweets_of_a_file_are_simulated_anew_in_each_run() {
    let tweets: String = (1..=5).map(|id| tweet(id) + "\n").collect();
    let mut setup = Setup::new()
        .script(&format!("ouzel.rules {{ {{ value = 'hello' }} }} {STORE}"))
        .file("tweets.jsonl", tweets)
        .arguments(&["--sim", "--rate", "max", "--limit", "5"])
        .arguments(&["--tweets", "tweets.jsonl"]);
    for _ in 0..2 {
        let ended = setup.ends();
        ended.assert_says("5 Tweets in");
        setup = ended.again();
    }
}

#[test]
fn a_script_cannot_move_the_cursor() {
    let ended = Setup::new()
        .script("ouzel.db.exec 'UPDATE _ouzel_cursor SET line = 0'")
        .ends();
    ended
        .assert_code(3)
        .assert_says("scripts cannot write ouzel's own tables");
}

#[test]
fn a_journal_that_cannot_be_written_stops_reading_until_it_can() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let (journal, away) = (
        run.folder().join("data/journal"),
        run.folder().join("data/away"),
    );
    // Whoever the test runs as, a file is no folder.
    fs::rename(&journal, &away).unwrap();
    fs::write(&journal, "in the way").unwrap();
    run.powertrack().send(tweet(2));
    run.wait_for("nothing can be journaled");
    // More than may wait in memory.
    run.powertrack()
        .send_to_who_may_go((3..=60).map(|id| long_tweet(id, 500_000)));
    let lost = run.wait_for("connection lost");
    assert!(lost.contains("given_up"), "{lost}");
    fs::remove_file(&journal).unwrap();
    fs::rename(&away, &journal).unwrap();
    run.wait_for("the journal can be written again");
    run.powertrack().wait_for_connection(2);
    // As backfill would.
    run.powertrack()
        .send_all((1..=60).map(|id| long_tweet(id, 500_000)));
    run.powertrack().send(tweet(61));
    run.wait_for("handled 61.");
    assert_each_once(&run.drain(), 61);
}

#[test]
fn a_journal_that_is_removed_begins_anew() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    fs::remove_dir_all(run.folder().join("data/journal")).unwrap();
    run.powertrack().send(tweet(2));
    run.wait_for("journal segment has been removed");
    run.wait_for("handled 2.");
    assert_each_once(&run.drain(), 2);
}

#[test]
fn a_database_that_is_locked_for_a_while_costs_nothing() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send_all((1..=50).map(tweet));
    run.wait_for("handled 50.");
    let other = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    // Until the batch is committed, it is ouzel that holds the lock.
    other
        .busy_timeout(std::time::Duration::from_secs(20))
        .unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run.powertrack().send_all((51..=100).map(tweet));
    let said = run.wait_for("the database cannot be written");
    assert!(
        said.contains("another program holds the database's lock"),
        "{said}"
    );
    // A save has to wait as well, and is not forgotten.
    run.write("scripts/main.lua", &format!("{STORE} -- saved"));
    other.execute_batch("ROLLBACK").unwrap();
    wait_until("the save is loaded and the rows are written", || {
        let said = run.process().said();
        said.contains("generation=2") && said.contains("the database can be written again")
    });
    run.powertrack().send(tweet(101));
    run.wait_for("handled 101.");
    let ended = run.drain();
    ended
        .assert_says("101 Tweets in")
        .assert_says("kept 101, filtered 0, failed 0");
    assert_each_once(&ended, 101);
}

#[test]
fn a_run_that_ends_while_the_database_is_locked_loses_nothing() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let other = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    other
        .busy_timeout(std::time::Duration::from_secs(20))
        .unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run.powertrack().send_all([tweet(2), tweet(3)]);
    run.wait_for("the database cannot be written");
    let ended = run.drain();
    ended.assert_says("2 Tweets wait in the journal for the next start");
    drop(other);
    let run = ended.again().start();
    run.wait_for("handled 3.");
    assert_each_once(&run.drain(), 3);
}

#[test]
fn a_damaged_part_is_told_and_passed_over() {
    let run = Setup::new().script(STORE).start();
    for id in 1..=5 {
        run.powertrack().send(tweet(id));
        run.wait_for(&format!("handled {id}."));
    }
    let ended = run.drain();
    let segment = segments(&ended.folder().join("data/journal")).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    fs::write(&segment, bytes).unwrap();
    // Without the database nobody knows what was handled.
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", ended.database().display()));
    }
    let run = ended.again().start();
    run.wait_for("is damaged from byte");
    run.wait_for("handled 5.");
    run.drain().assert_says("Z+").assert_rows(
        "SELECT count(*), min(id), max(id) FROM seen",
        expect!["4|1|5"],
    );
}

#[test]
fn the_journal_keeps_to_its_size() {
    let run = Setup::new()
        .script(STORE)
        .file(
            "ouzel.toml",
            "[journal]\nmax_size = \"1MiB\"\nsync = \"never\"\n",
        )
        .start();
    for id in 1..=60 {
        run.powertrack().send(long_tweet(id, 100_000));
        run.wait_for(&format!("handled {id}."));
    }
    let ended = run.drain();
    assert_each_once(&ended, 60);
    let segments = segments(&ended.folder().join("data/journal"));
    let size: u64 = segments
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .sum();
    assert!((500_000..1_400_000).contains(&size), "{size}");
    let run = ended
        .again()
        .arguments(&["--journal-retain", "1ms"])
        .start();
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(61));
    run.wait_for("handled 61.");
    let ended = run.drain();
    // What is being written, and what was when the last minute began.
    assert!(segments_of(&ended) <= 2, "{}", ended.stderr);
}

fn segments_of(ended: &Ended) -> usize {
    segments(&ended.folder().join("data/journal")).len()
}

#[test]
fn tweets_that_are_not_handled_are_never_deleted() {
    let run = Setup::new()
        .without_script_limits()
        .script(&slow().replace("2e7", "1e8"))
        .arguments(&["--journal-max-size", "1MiB", "--journal-sync", "always"])
        .start();
    run.powertrack()
        .send_all((1..=60).map(|id| long_tweet(id, 100_000)));
    run.wait_for("the journal is full of Tweets that are not handled");
    run.write("scripts/main.lua", STORE);
    run.wait_for("the journal has room again");
    run.powertrack().send(tweet(61));
    run.wait_for("handled 61.");
    assert_each_once(&run.drain(), 61);
}

#[test]
fn a_full_journal_is_not_said_to_have_room_at_the_end() {
    let run = Setup::new()
        .without_script_limits()
        .script(&slow().replace("2e7", "1e8"))
        .arguments(&["--journal-max-size", "1MiB"])
        .start();
    run.powertrack()
        .send_all((1..=60).map(|id| long_tweet(id, 100_000)));
    run.wait_for("the journal is full of Tweets that are not handled");
    run.drain()
        .assert_silent_about("the journal has room again")
        .assert_says("Tweets wait in the journal for the next start");
}

#[test]
fn a_run_against_the_simulator_that_is_killed_repeats_nothing() {
    let sim = Sim::start(&[
        "--rate",
        "max",
        "--user",
        "ada",
        "--password",
        support::PASSWORD,
    ]);
    let mut setup = Setup::new()
        .script(&format!(
            "ouzel.rules {{ {{ value = 'lang:en' }} }} {STORE}"
        ))
        .environment("OUZEL_URL", sim.url("http", "stream"))
        .environment("OUZEL_RULES_URL", sim.url("http", "rules"))
        .environment("OUZEL_USERNAME", "ada")
        .environment("OUZEL_LOG", "info,script=warn");
    for _ in 0..3 {
        let run = setup.start();
        run.wait_for("stream connected");
        // Rows appear while batches are open.
        let database = run.folder().join("data/ouzel.db");
        let count = || -> i64 {
            let database = Connection::open(&database).unwrap();
            let rows = database.query_row("SELECT n FROM counter", [], |row| row.get(0));
            rows.unwrap_or(0)
        };
        let before = count();
        wait_until("1 000 more rows", || count() >= before + 1000);
        setup = run.kill().again();
    }
    let ended = setup.arguments(&["--for", "1s"]).ends();
    ended.assert_code(0);
    assert_eq!(
        ended.rows("SELECT count(*) = count(DISTINCT id), count(*) = (SELECT n FROM counter), count(*) >= 3000 FROM seen"),
        "1|1|1"
    );
}
