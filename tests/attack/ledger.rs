//! What the gap ledger says, when faults fall together: it never says that less is missing than is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use expect_test::expect;
use rusqlite::Connection;

use super::{
    STORE, ran_and_changed,
    support::{Ended, Setup, tweet, wait_until},
};

/// Nothing is handled, so that all waits in the journal.
const HANGING: &str = "ouzel.enrich(function() ouzel.log.info('in hand') while true do end end)";

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder.join("data/journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// A run of which 40 Tweets wait in the journal, ended by force.
fn unhandled() -> Ended {
    let run = Setup::new().without_script_limits().script(HANGING).start();
    run.powertrack().wait_for_connection(1);
    for id in 1..=40 {
        run.powertrack().send(tweet(id));
    }
    run.wait_for("in hand");
    // They are on disk when the next one can be told: a heartbeat is not written, so look at the file.
    let lines = || -> usize {
        let text: Vec<u8> = segments(run.folder())
            .iter()
            .flat_map(|path| zstd::decode_all(fs::File::open(path).unwrap()).unwrap_or_default())
            .collect();
        text.iter().filter(|byte| **byte == b'\n').count()
    };
    wait_until("40 lines in the journal", || lines() >= 40);
    run.kill()
}

#[track_caller]
fn assert_missing_is_told(ended: Ended, state: &str) {
    let row = ended.rows(
        "SELECT cause, state, missing_from < missing_to FROM _ouzel_gaps WHERE cause = 'journal'",
    );
    assert_eq!(row, format!("journal|{state}|1"), "{}", ended.stderr);
    let ended = ended.again().command("gaps").ends();
    assert!(
        !ended.output().contains("nothing is missing"),
        "{}",
        ended.output()
    );
    assert!(!ended.output().contains("0 µs"), "{}", ended.output());
}

#[test]
fn segments_that_are_all_gone_with_unhandled_tweets_are_missing() {
    let ended = unhandled();
    for segment in segments(ended.folder()) {
        fs::remove_file(segment).unwrap();
    }
    let run = ended.again().script(STORE).start();
    run.wait_for("a part of the journal is missing");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(50));
    run.wait_for("handled 50.");
    assert_missing_is_told(run.drain(), "open");
}

#[test]
fn a_segment_that_is_spoilt_before_it_is_handled_is_missing_too() {
    let ended = unhandled();
    for segment in segments(ended.folder()) {
        let mut bytes = fs::read(&segment).unwrap();
        for byte in bytes.iter_mut().step_by(31) {
            *byte ^= 0x55;
        }
        fs::write(segment, bytes).unwrap();
    }
    let run = ended.again().script(STORE).start();
    run.wait_for("a part of the journal is missing");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(50));
    run.wait_for("handled 50.");
    assert_missing_is_told(run.drain(), "open");
}

/// Text that does not compress, so that segments fill.
fn noisy(id: i64) -> String {
    let mut random = u64::try_from(id)
        .unwrap()
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        | 1;
    let noise: String = (0..40_000)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            char::from(b'A' + u8::try_from(random % 26).unwrap())
        })
        .collect();
    tweet(id).replace("hello", &noise)
}

/// Of many segments that wait, one in the middle goes: no line around it says so, but it is known that it was there.
#[test]
fn a_segment_that_is_gone_between_others_is_missing_up_to_the_next() {
    let run = Setup::new()
        .script(&format!(
            "{STORE} ouzel.filter(function(t) if t.id > 3 then for i = 1, 5e6 do end end return true end)"
        ))
        .environment("OUZEL_JOURNAL_MAX_SIZE", "8MiB")
        .start();
    run.powertrack().wait_for_connection(1);
    run.powertrack().send_all((1..=160).map(noisy));
    // Sending waits for the reader, and each commit notes the segments that are there.
    let folder = run.folder().to_owned();
    let known = || {
        let connection = Connection::open(folder.join("data/ouzel.db")).unwrap();
        let sql = "SELECT segment FROM _ouzel_segments ORDER BY segment";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    wait_until("four segments wait", || known().len() >= 4);
    let ended = run.kill();
    let all = segments(ended.folder());
    let cursor = ended
        .rows("SELECT segment FROM _ouzel_cursor")
        .parse::<i64>()
        .unwrap();
    let noted = known();
    let name = |segment: i64| {
        let time = jiff::Timestamp::from_microsecond(segment).unwrap();
        time.strftime("%Y%m%dT%H%M%S.%6fZ.zst").to_string()
    };
    let behind = noted.iter().position(|&segment| segment > cursor).unwrap();
    let (lost, next) = (noted[behind], noted[behind + 1]);
    let path = all.iter().find(|path| path.ends_with(name(lost))).unwrap();
    fs::remove_file(path).unwrap();
    let run = ended.again().script(STORE).start();
    run.wait_for("a part of the journal is missing");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(500));
    run.wait_for("handled 500.");
    let ended = run.drain();
    let times =
        ended.rows("SELECT missing_from, missing_to FROM _ouzel_gaps WHERE cause = 'journal'");
    let text = |segment: i64| {
        let time = jiff::Timestamp::from_microsecond(segment).unwrap();
        time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    };
    assert_eq!(
        times,
        format!("{}|{}", text(lost), text(next)),
        "{}",
        ended.stderr
    );
    assert_missing_is_told(ended, "open");
}

/// An open gap of the real ledger, with Recovery configured.
const OPEN_GAP: &str = "INSERT INTO _ouzel_gaps (id, started_at, ended_at, seconds, cause, repair, state, missing_from, missing_to, missing_seconds, estimated_tweets, detail)
    VALUES (1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 hours'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hours'), 3600, 'restart', 'none', 'open',
            strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 hours'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hours'), 3600, 5, '')";

#[test]
fn a_simulated_run_touches_nothing_of_the_real_one() {
    let ended = ran_and_changed(OPEN_GAP);
    let before = ended.rows("SELECT state, detail, (SELECT count(*) FROM seen), (SELECT count(*) FROM _ouzel_rules) FROM _ouzel_gaps");
    let ended = ended
        .again()
        .script("ouzel.rules { { value = 'lang:en' } } local seen = ouzel.table('seen', { id = 'INTEGER' }) ouzel.enrich(function(t) seen:insert { id = t.id } end)")
        .environment("OUZEL_RECOVERY", "true")
        .arguments(&["--sim", "--rate", "max", "--limit", "500"])
        .ends();
    ended
        .assert_code(0)
        .assert_silent_about("a gap is repaired");
    assert_eq!(
        ended.rows("SELECT state, detail, (SELECT count(*) FROM seen), (SELECT count(*) FROM _ouzel_rules) FROM _ouzel_gaps"),
        before
    );
    ended.assert_rows("SELECT count(*) FROM seen", expect!["1"]);
    assert_eq!(
        ended.rows_of("data/sim/ouzel.db", "SELECT count(*) FROM seen"),
        "500"
    );
}

#[test]
fn repairs_wait_for_the_script_and_the_rules() {
    let ended = ran_and_changed(OPEN_GAP);
    let setup = ended
        .again()
        .script("ouzel.rules { { value = 'a' } } ouzel.on('*', function() end)")
        .environment("OUZEL_RECOVERY", "true");
    setup
        .powertrack()
        .refuse_rules("add", 422, "{\"error\":{\"message\":\"no\"}}");
    let before = setup.powertrack().requests().len();
    let ended = setup.ends();
    assert_ne!(ended.code, 0);
    // The rules were refused, so nothing was asked for.
    let asked = ended.powertrack().requests();
    assert!(
        asked[before..]
            .iter()
            .all(|request| request.kind() != "stream"),
        "{asked:?}"
    );
    ended.assert_silent_about("what was missed is asked for");
}

/// A lock that somebody holds must not hold up the reading of the stream, nor the heartbeats be missed for it.
#[test]
fn a_locked_database_does_not_stall_the_stream() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(tweet(1));
    run.wait_for("handled 1.");
    let other = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    other.busy_timeout(super::support::DEADLINE).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    run.powertrack().send(tweet(2));
    run.wait_for("the database cannot be written");
    // The stream goes on meanwhile: what comes is read, and a lost connection made again.
    run.powertrack().cut();
    run.wait_for("connection lost");
    run.powertrack().wait_for_connection(2);
    run.powertrack().send(tweet(3));
    other.execute_batch("ROLLBACK").unwrap();
    run.wait_for("handled 3.");
    let ended = run.drain();
    ended.assert_rows(
        "SELECT count(*), count(DISTINCT id) FROM seen",
        expect!["3|3"],
    );
}
