//! `ouzel backup`: a copy of the database beside a run, and a run that goes on from copies.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

mod support;

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use expect_test::expect;
use rusqlite::Connection;
use support::{Process, Run, Setup, command, ouzel, started, tweet, wait_until};

const SCRIPT: &str = "ouzel.rules { { value = 'fish' } }
    local ids = ouzel.sink('ids.jsonl')
    local seen = ouzel.table('seen', { id = 'INTEGER' })
    ouzel.on('*', function(tweet)
      seen:insert { id = tweet.id }
      ouzel.state.n = (ouzel.state.n or 0) + 1
      ouzel.emit({ id = tweet.id }, ids)
    end)";

/// The numbers of a query over another process's database.
fn number(database: &Path, sql: &str) -> i64 {
    let database = Connection::open(database).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn send(run: &Run, ids: std::ops::Range<i64>) {
    run.powertrack().send_all(ids.clone().map(tweet));
    let database = run.folder().join("data/ouzel.db");
    wait_until("all are handled", || {
        number(&database, "SELECT count(*) FROM seen") == ids.end - 1
    });
}

fn back_up(run: &Run, arguments: &[&str]) -> (i32, String, String) {
    run.another_command(&[&["backup"], arguments].concat())
}

/// The files of a folder that are no whole copy.
fn unfinished(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.starts_with(".ouzel-backup-"))
        .collect()
}

#[test]
fn a_run_goes_on_from_copies_without_losing_or_repeating_anything() {
    let run = started(SCRIPT);
    send(&run, 1..101);
    let (code, stdout, stderr) = back_up(&run, &["copy.db"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(
        stdout.starts_with("copied `data/ouzel.db` to `copy.db`: ")
            && stdout.ends_with(" bytes, checked\n"),
        "{stdout}"
    );
    let copy = run.folder().join("copy.db");
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);
    // More comes between the two copies, and after both.
    send(&run, 101..151);
    let other = run.folder().join("other");
    fs::create_dir(&other).unwrap();
    let (journal, sinks) = (
        run.folder().join("data/journal"),
        run.folder().join("data/sinks"),
    );
    let copied = Command::new("cp")
        .arg("-a")
        .args([&journal, &sinks, &other])
        .status();
    assert!(copied.unwrap().success());
    send(&run, 151..161);
    let ended = run.drain();
    fs::rename(&copy, other.join("ouzel.db")).unwrap();
    assert_eq!(
        number(&other.join("ouzel.db"), "SELECT count(*) FROM seen"),
        100
    );

    let restored = ended.again().environment("OUZEL_DATA_DIR", "other").start();
    wait_until("the journal's copy is handled", || {
        number(&other.join("ouzel.db"), "SELECT count(*) FROM seen") == 150
    });
    restored.wait_for("stream connected");
    restored.powertrack().send(tweet(151));
    wait_until("what is new is handled", || {
        number(&other.join("ouzel.db"), "SELECT count(*) FROM seen") == 151
    });
    let ended = restored.drain();
    let database = "other/ouzel.db";
    let ids = "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM seen";
    expect!["151|151|1|151"].assert_eq(&ended.rows_of(database, ids));
    expect!["151"]
        .assert_eq(&ended.rows_of(database, "SELECT value FROM _ouzel_state WHERE key = 'n'"));
    let emitted = fs::read_to_string(other.join("sinks/ids.jsonl")).unwrap();
    assert_eq!(emitted.lines().count(), 151);
}

#[test]
fn a_copy_beside_a_busy_writer_holds_one_moment() {
    let run = started(
        "ouzel.rules { { value = 'fish' } }
         local a = ouzel.table('a', { id = 'INTEGER' })
         local b = ouzel.table('b', { id = 'INTEGER', text = 'TEXT' })
         ouzel.on('*', function(tweet)
           a:insert { id = tweet.id }
           b:insert { id = tweet.id, text = ('x'):rep(2000) }
         end)",
    );
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut next = 1;
            while !is_over.load(Ordering::Relaxed) {
                run.powertrack().send_all((next..next + 50).map(tweet));
                next += 50;
                let database = run.folder().join("data/ouzel.db");
                wait_until("they are handled", || {
                    number(&database, "SELECT count(*) FROM a") >= next - 100
                });
            }
        });
        for copy in 0..10 {
            let name = format!("{copy}.db");
            let (code, _, stderr) = back_up(&run, &[&name]);
            assert_eq!(code, 0, "{stderr}");
            let sql = "SELECT (SELECT count(*) FROM a) - (SELECT count(*) FROM b)";
            assert_eq!(number(&run.folder().join(name), sql), 0);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    run.drain().assert_silent_about("WARN");
}

#[test]
fn no_file_is_replaced_without_being_told_and_none_that_is_in_use() {
    let run = started(SCRIPT);
    run.write("copy.db", "precious");
    let (code, _, stderr) = back_up(&run, &["copy.db"]);
    expect![[r#"
        error: cannot copy the database `data/ouzel.db` to `copy.db`: it is there already
        hint: `--force` replaces it
    "#]]
    .assert_eq(&stderr);
    assert_eq!(code, 1);
    assert_eq!(fs::read(run.folder().join("copy.db")).unwrap(), b"precious");
    assert_eq!(back_up(&run, &["copy.db", "--force"]).0, 0);
    number(&run.folder().join("copy.db"), "SELECT count(*) FROM seen");

    let (_, _, stderr) = back_up(&run, &["--force", "data/../data/ouzel.db"]);
    expect![[r#"
        error: cannot copy the database `data/ouzel.db` to `data/../data/ouzel.db`: it is the database itself
        hint: name another file, best on another disk
    "#]]
    .assert_eq(&stderr);
    run.write("copy.db-wal", "what SQLite would take for a part of it");
    let (_, _, stderr) = back_up(&run, &["--force", "copy.db"]);
    expect![[r#"
        error: cannot copy the database `data/ouzel.db` to `copy.db`: `copy.db-wal` lies beside it, so the file belongs to a database that is in use, or was; SQLite would mix the two
        hint: name another file
    "#]]
    .assert_eq(&stderr);
    let (_, _, stderr) = back_up(&run, &["no/such/folder.db"]);
    assert!(stderr.contains("No such file or directory"), "{stderr}");
    assert_eq!(unfinished(run.folder()), [""; 0]);
    run.drain();
}

#[test]
fn without_a_database_there_is_nothing_to_copy() {
    let setup = Setup::new();
    let (code, _, stderr) = ouzel(setup.folder(), &["backup", "copy.db"]);
    assert_eq!(code, 2);
    expect![[r#"
        error: there is no database `data/ouzel.db`, so there is nothing to copy
        hint: `ouzel run` makes it; `--data-dir` or `--config` says where it is
    "#]]
    .assert_eq(&stderr);
}

#[test]
fn a_signal_and_a_full_disk_leave_no_half_file() {
    let ended = started(SCRIPT).drain();
    let database = Connection::open(ended.database()).unwrap();
    let sql = "CREATE TABLE large (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
               INSERT INTO large SELECT randomblob(2000) FROM n;";
    database.execute_batch(sql).unwrap();
    drop(database);
    let mut backup = command(ended.folder());
    backup.args(["backup", "copy.db"]);
    let backup = Process::start(backup);
    wait_until("it has begun", || !unfinished(ended.folder()).is_empty());
    backup.signal("INT");
    let (code, _, stderr) = backup.wait();
    assert_eq!(code, 1, "{stderr}");
    assert!(
        stderr.ends_with("error: cannot copy the database `data/ouzel.db` to `copy.db`: stopped\n"),
        "{stderr}"
    );
    // A limit to the size of files stands in for the end of a disk.
    let limited = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2000; exec \"$0\" backup copy.db",
        ])
        .arg(env!("CARGO_BIN_EXE_ouzel"))
        .current_dir(ended.folder())
        .output()
        .unwrap();
    assert_eq!(limited.status.code(), Some(1));
    let stderr = String::from_utf8(limited.stderr).unwrap();
    assert!(
        stderr.starts_with("error: cannot copy the database `data/ouzel.db` to `copy.db`: "),
        "{stderr}"
    );
    assert_eq!(unfinished(ended.folder()), [""; 0]);
    assert!(!ended.folder().join("copy.db").exists());
}
