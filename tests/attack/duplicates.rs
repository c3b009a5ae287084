//! Damaged, repeated and late copies of a Tweet: it is handled once if one good copy came.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use super::{
    STORE,
    support::{Ended, Run, Setup, tweet},
};

/// Copies of a Tweet whose id can be read, and which are no JSON.
fn damaged(id: i64) -> Vec<u8> {
    let good = tweet(id);
    let text = match id % 8 {
        0 => good.replacen("hello", "hel\tlo", 1),
        1 => good.replacen("hello", "hel\0lo", 1),
        2 => good.replacen("hello", "hel\\u12G4lo", 1),
        3 => good.replacen("\"user\"", "\"user", 1),
        4 => good.replacen("\"user\":", "\"user\"::", 1),
        5 => good[..good.len() - 1].to_owned(),
        6 => format!("{good}}}"),
        _ => {
            let mut bytes = good.into_bytes();
            let at = bytes.windows(5).position(|five| five == b"hello").unwrap();
            bytes[at] = 0xff;
            return bytes;
        }
    };
    assert_ne!(text, tweet(id), "nothing is damaged");
    text.into_bytes()
}

fn lines(lines: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(line);
        bytes.extend(b"\r\n");
    }
    bytes
}

fn good(id: i64) -> Vec<u8> {
    tweet(id).into_bytes()
}

/// A Tweet of some kilobytes that do not compress well.
fn noisy(id: i64) -> Vec<u8> {
    let mut noise = id.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    while text.len() < 8_000 {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        text += &format!("{noise:016x}");
    }
    tweet(id).replace("hello", &text).into_bytes()
}

#[track_caller]
fn assert_each_once(ended: &Ended, last: i64) {
    let each = "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM seen";
    assert_eq!(
        ended.rows(each),
        format!("{last}|{last}|1|{last}"),
        "{}",
        ended.stderr
    );
}

fn segments(run: &Path) -> Vec<PathBuf> {
    let folder = run.join("data/journal");
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn handled(run: &Run, id: i64) {
    run.wait_for(&format!("handled {id}."));
}

#[test]
fn a_damaged_copy_does_not_stand_for_the_tweet_behind_it() {
    let run = Setup::new().script(STORE).start();
    let copies = (1..=300).flat_map(|id| [damaged(id), good(id)]);
    run.powertrack().send_bytes(&lines(copies));
    handled(&run, 300);
    let ended = run.drain();
    assert_each_once(&ended, 300);
    ended.assert_silent_about("had come before");
}

#[test]
fn nor_for_the_tweet_before_it() {
    let run = Setup::new().script(STORE).start();
    let copies = (1..=300).flat_map(|id| [good(id), damaged(id), good(id)]);
    run.powertrack().send_bytes(&lines(copies));
    run.powertrack().send(good(301));
    handled(&run, 301);
    assert_each_once(&run.drain(), 301);
}

#[test]
fn nor_across_a_reconnect_while_the_worker_waits_for_the_database() {
    let run = Setup::new().script(STORE).start();
    run.powertrack().send(good(1));
    handled(&run, 1);
    let other = Connection::open(run.folder().join("data/ouzel.db")).unwrap();
    // It may just be committing.
    other
        .busy_timeout(super::support::DEADLINE)
        .and_then(|()| other.execute_batch("BEGIN IMMEDIATE"))
        .unwrap();
    run.powertrack().send_bytes(&lines((2..=50).map(damaged)));
    run.wait_for("the database cannot be written");
    run.powertrack().cut();
    run.powertrack().wait_for_connection(2);
    // As a backfill does: what came before, and what is new.
    run.powertrack().send_bytes(&lines((1..=51).map(good)));
    other.execute_batch("ROLLBACK").unwrap();
    handled(&run, 51);
    assert_each_once(&run.drain(), 51);
}

#[test]
fn nor_after_a_restart_in_order_or_by_force() {
    let mut setup = Setup::new().script(STORE);
    for round in 0..6_i64 {
        let run = setup.start();
        let (first, last) = (round * 50 + 1, round * 50 + 50);
        run.powertrack()
            .wait_for_connection(usize::try_from(round).unwrap() + 1);
        // The good ones of the round before, the damaged ones of this and of the next.
        let before = ((first - 50).max(1)..first).map(good);
        let now = (first..=last).flat_map(|id| [damaged(id), good(id), damaged(id + 50)]);
        run.powertrack().send_bytes(&lines(before.chain(now)));
        handled(&run, last);
        setup = match round % 2 {
            0 => run.kill().again(),
            _ => run.drain().again(),
        };
    }
    let run = setup.start();
    run.powertrack().wait_for_connection(7);
    run.powertrack().send_bytes(&lines((251..=301).map(good)));
    handled(&run, 301);
    assert_each_once(&run.drain(), 301);
}

/// What is handled is remembered, whatever the journal still holds.
#[test]
fn a_small_journal_repeats_no_tweet_after_a_restart() {
    let mut setup = Setup::new()
        .script(STORE)
        .environment("OUZEL_JOURNAL_MAX_SIZE", "1MiB")
        .environment("OUZEL_JOURNAL_RETAIN", "1s");
    for round in 0..3_i64 {
        let run = setup.start();
        run.powertrack()
            .wait_for_connection(usize::try_from(round).unwrap() + 1);
        let last = (round + 1) * 400;
        let all = (1..=last).map(noisy);
        run.powertrack().send_bytes(&lines(all));
        handled(&run, last);
        let ended = run.drain();
        assert_each_once(&ended, last);
        setup = ended.again();
    }
}

#[test]
fn a_damaged_cut_or_missing_segment_repeats_no_handled_tweet_and_is_named() {
    type Spoil = fn(&Path);
    let spoil: [(&str, Spoil); 3] = [
        ("missing", |path| fs::remove_file(path).unwrap()),
        ("cut", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("damaged", |path| {
            let mut bytes = fs::read(path).unwrap();
            // In the middle of the second half of its frames, and everywhere before.
            for byte in bytes.iter_mut().step_by(97) {
                *byte ^= 0x55;
            }
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (name, spoil) in spoil {
        let run = Setup::new().script(STORE).start();
        for id in 1..=40 {
            run.powertrack().send(good(id));
        }
        handled(&run, 40);
        let ended = run.drain();
        let segment = segments(ended.folder()).remove(0);
        spoil(&segment);
        let run = ended.again().start();
        run.powertrack().wait_for_connection(2);
        run.powertrack().send_bytes(&lines((1..=41).map(good)));
        handled(&run, 41);
        let ended = run.drain();
        assert_each_once(&ended, 41);
        let file = segment.file_name().unwrap().to_str().unwrap();
        assert!(ended.stderr.contains(file), "{name}: {}", ended.stderr);
        // What is gone was handled, so nothing of it is missing.
        let gaps = "SELECT count(*) FROM _ouzel_gaps WHERE cause = 'journal'";
        assert_eq!(ended.rows(gaps), "0", "{name}: {}", ended.stderr);
    }
}

/// `replay` handles what a run would have handled.
#[test]
fn a_replay_of_the_journal_handles_each_tweet_once_too() {
    let run = Setup::new().script(STORE).start();
    let copies = (1..=50).flat_map(|id| [damaged(id), good(id), good(id)]);
    run.powertrack().send_bytes(&lines(copies));
    handled(&run, 50);
    let ended = run.drain();
    assert_each_once(&ended, 50);
    let ended = ended.again().command("replay").ends();
    ended.assert_code(0);
    let rows = ended.rows_of(
        "data/replay.db",
        "SELECT count(*), count(DISTINCT id) FROM seen",
    );
    assert_eq!(rows, "50|50", "{}", ended.stderr);
}
