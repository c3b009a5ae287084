//! A disk that is really full: what comes meanwhile is there afterwards, once, or in the gap ledger.
//!
//! The disk is a small tmpfs, seen by this test alone: it runs itself once more in a mount namespace of its own. Where
//! the system allows no such thing, it says loudly that it is skipped, and fails where `CI` is set.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::{
    collections::BTreeSet,
    env,
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use rusqlite::Connection;
use sonic_rs::{JsonValueTrait, Value};
use support::{Ended, Setup, Sim, skipped, tweet, wait_until};

/// In the namespace, the folder that is the disk.
const DISK: &str = "OUZEL_TEST_DISK";

/// Enough for the whole run, and full of something else until that goes.
const SIZE: usize = 24 << 20;
const LEFT: usize = 3 << 19;

/// So many Tweets match while nobody reads.
const UNREAD: u64 = 200;

const STORE: &str = r#"
ouzel.rules { { tag = "music", value = "music" } }
local seen = ouzel.table("seen", { id = "INTEGER" })
local handled = 0
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  handled = handled + 1
  if handled % 500 == 0 then ouzel.log.info("500 more") end
end)
"#;

#[test]
fn what_comes_while_the_disk_is_full_is_brought_by_backfill() {
    let name = "what_comes_while_the_disk_is_full_is_brought_by_backfill";
    let Some(disk) = disk(name) else { return };
    let (sim, ended) = fill_and_make_room(&disk, "5");
    let missing = Ids::read(sim, &ended, &disk).missing();
    assert!(missing.is_empty(), "{missing:?}\n{}", ended.stderr);
}

#[test]
fn what_nothing_brings_after_a_full_disk_is_in_the_ledger() {
    let name = "what_nothing_brings_after_a_full_disk_is_in_the_ledger";
    let Some(disk) = disk(name) else { return };
    let (sim, ended) = fill_and_make_room(&disk, "0");
    let ids = Ids::read(sim, &ended, &disk);
    let missing = ids.missing();
    assert!(missing.len() as u64 > UNREAD / 2, "{}", ended.stderr);
    let gaps = gaps(&disk);
    let unlisted: Vec<_> = missing
        .iter()
        .filter(|id| {
            !gaps
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&made_at(**id)))
        })
        .collect();
    assert!(
        unlisted.is_empty(),
        "{} of {} are in none of {gaps:?}: {unlisted:?}\n{}",
        unlisted.len(),
        missing.len(),
        ended.stderr
    );
}

/// Lines as long as a Tweet, so that the disk is full in the middle of one.
const EMIT: &str = r#"
ouzel.rules { { tag = "music", value = "music" } }
local sink = ouzel.sink("lines.jsonl")
local seen = ouzel.table("seen", { id = "INTEGER" })
local pad = string.rep("x", 9000)
ouzel.enrich(function(t)
  seen:insert { id = t.id }
  ouzel.emit({ id = t.id, pad = pad }, sink)
end)
"#;

#[test]
fn a_sink_on_a_full_disk_holds_each_line_whole_and_once() {
    let name = "a_sink_on_a_full_disk_holds_each_line_whole_and_once";
    let Some(disk) = disk(name) else { return };
    let filler = disk.join("filler");
    let mut file = File::create(&filler).unwrap();
    file.write_all(&vec![0; SIZE - LEFT]).unwrap();
    drop(file);
    // Beside the disk, so that only the sink is in want of room.
    let setup = Setup::new().script(EMIT);
    let data = setup.folder().join("data");
    fs::create_dir_all(&data).unwrap();
    symlink(&disk, data.join("sinks")).unwrap();
    let run = setup.start();
    run.powertrack().send_all((1..=400).map(tweet));
    run.wait_for("No space left on device");
    fs::remove_file(filler).unwrap();
    run.powertrack().send_all((401..=600).map(tweet));
    let ended = run.drain();
    let lines = fs::read_to_string(disk.join("lines.jsonl")).unwrap();
    let ids: Vec<_> = lines
        .lines()
        .map(|line| {
            sonic_rs::from_str::<Value>(line).unwrap()["id"]
                .as_i64()
                .unwrap()
        })
        .collect();
    assert_eq!(ids, (1..=600).collect::<Vec<i64>>(), "{}", ended.stderr);
    // Nor is anything cut off at the next start.
    let length = lines.len();
    assert_eq!(
        ended.rows("SELECT length FROM _ouzel_sinks"),
        length.to_string()
    );
    assert_eq!(ended.rows("SELECT count(*) FROM seen"), "600");
}

#[test]
fn where_it_cannot_be_tried_it_fails_or_says_so() {
    let empty = tempfile::tempdir().unwrap();
    for (ci, passes) in [("true", false), ("1", false), ("false", true), ("", true)] {
        // Without `unshare` there is no namespace.
        let tried = Command::new(env::current_exe().unwrap())
            .args(["what_comes", "--test-threads", "1"])
            .env("PATH", empty.path())
            .env("CI", ci)
            .env_remove(DISK)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[tried.stdout, tried.stderr].concat()).into_owned();
        assert_eq!(tried.status.success(), passes, "CI={ci}: {said}");
        let expected = if passes {
            "SKIPPED: what_comes"
        } else {
            "cannot be tried here"
        };
        assert!(said.contains(expected), "CI={ci}: {said}");
    }
}

/// The disk, in the namespace. Outside, it runs the test of this name there, and has nothing to give.
fn disk(test: &str) -> Option<PathBuf> {
    if let Some(disk) = env::var_os(DISK).map(PathBuf::from) {
        let size = format!("size={SIZE}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&disk)
            .status();
        assert!(mounted.unwrap().success(), "it could be mounted just now");
        return Some(disk);
    }
    let folder = tempfile::tempdir().unwrap();
    // Users may have a namespace of their own, and root may where no user may.
    let ways: [&[&str]; 2] = [&["--mount", "--map-root-user"], &["--mount"]];
    let mut reasons = String::new();
    for way in ways {
        let unshare = || {
            let mut command = Command::new("unshare");
            command.args(way);
            command
        };
        let mut try_it = unshare();
        try_it.args(["mount", "-t", "tmpfs", "tmpfs"]);
        match try_it.arg(folder.path()).output() {
            Ok(tried) if tried.status.success() => {
                let mut inside = unshare();
                inside.arg(env::current_exe().unwrap());
                inside.args([test, "--exact", "--nocapture"]);
                let ended = inside.env(DISK, folder.path()).output().unwrap();
                let said = [ended.stdout, ended.stderr].concat();
                let said = String::from_utf8_lossy(&said);
                // It has to be there under this name.
                let has_passed = ended.status.success() && said.contains("1 passed");
                assert!(has_passed, "in the namespace:\n{said}");
                return None;
            }
            Ok(tried) => reasons += &String::from_utf8_lossy(&tried.stderr),
            Err(error) => reasons += &format!("unshare: {error}\n"),
        }
    }
    skipped(test, &format!("no tmpfs can be mounted:\n{reasons}"));
    None
}

/// A run whose disk is full, until the stream is given up, and then has room again.
fn fill_and_make_room(disk: &Path, backfill_minutes: &str) -> (Sim, Ended) {
    let filler = disk.join("filler");
    let mut file = File::create(&filler).unwrap();
    file.write_all(&vec![0; SIZE - LEFT]).unwrap();
    drop(file);
    let sim = Sim::start(&["--oracle", "truth.jsonl"]);
    let run = Setup::new()
        .script(STORE)
        .against(&sim)
        .environment("OUZEL_DATA_DIR", disk.to_str().unwrap())
        .environment("OUZEL_BACKFILL_MINUTES", backfill_minutes)
        .start();
    let said = run.wait_for("nothing can be journaled");
    assert!(said.contains("No space left on device"), "{said}");
    // What a run holds in memory is full soon if Tweets are long.
    sim.control("POST", "faults", r#"{"fault":"big-tweet","every":4}"#);
    run.wait_for("connection lost");
    sim.control("DELETE", "faults", "");
    let matched = || sim.stats()["tweets"]["matched"].as_u64().unwrap();
    let enough = matched() + UNREAD;
    wait_until("Tweets that nobody reads", || matched() >= enough);
    fs::remove_file(filler).unwrap();
    run.wait_for("the stream was away");
    for _ in 0..3 {
        run.wait_for("500 more");
    }
    let ended = run.drain();
    ended.assert_says("the journal can be written again");
    (sim, ended)
}

/// The Tweets that have matched, and those that have a row.
struct Ids {
    truth: BTreeSet<i64>,
    held: BTreeSet<i64>,
}

impl Ids {
    /// What is there, each once, and nothing else.
    fn read(sim: Sim, ended: &Ended, disk: &Path) -> Self {
        let database = disk.join("ouzel.db");
        let database = database.to_str().unwrap();
        assert_eq!(ended.rows_of(database, "PRAGMA integrity_check"), "ok");
        let rows = ended.rows_of(database, "SELECT id FROM seen");
        let rows: Vec<i64> = rows.lines().map(|id| id.parse().unwrap()).collect();
        let held: BTreeSet<_> = rows.iter().copied().collect();
        assert_eq!(rows.len(), held.len(), "{}", ended.stderr);
        let truth: BTreeSet<_> = sim
            .truth("truth.jsonl")
            .lines()
            .map(|line| sonic_rs::from_str::<Value>(line).unwrap())
            .filter(|event| event["event"].as_str() == Some("tweet"))
            .map(|event| event["id"].as_str().unwrap().parse().unwrap())
            .collect();
        assert!(held.is_subset(&truth), "{}", ended.stderr);
        Self { truth, held }
    }

    /// What should have come before the last one that did.
    fn missing(&self) -> Vec<i64> {
        let last = *self.held.last().unwrap();
        let missing = self.truth.difference(&self.held);
        missing.copied().filter(|id| *id < last).collect()
    }
}

/// When a Tweet was made, in milliseconds since 1970.
fn made_at(id: i64) -> i64 {
    (id >> 22) + 1_288_834_974_657
}

/// From when to when the ledger says that something is missing, in milliseconds since 1970.
fn gaps(disk: &Path) -> Vec<(i64, i64)> {
    let database = Connection::open(disk.join("ouzel.db")).unwrap();
    let ms = |column: &str| format!("CAST(unixepoch({column}, 'subsec') * 1000 AS INTEGER)");
    let (from, to) = (ms("missing_from"), ms("missing_to"));
    let sql = format!("SELECT {from}, {to} FROM _ouzel_gaps WHERE missing_from IS NOT NULL");
    let mut select = database.prepare(&sql).unwrap();
    let gaps = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    gaps.unwrap().map(Result::unwrap).collect()
}
