//! SQL of a script that never ends: it is stopped, its Tweet alone fails, and all others have their rows once.

use std::{
    fs, io,
    sync::{Arc, mpsc},
    time::Duration,
};

use bytes::Bytes;
use expect_test::{Expect, expect};
use ouzel::pieces::{
    Arrived, Control, Ingest, Journal, Limits, Options, Progress, Report, ScriptLimits, Source,
    Store, Sync, Tally, Work, Worker, behind, queue,
};
use ouzel_text::lines::Lines;
use rusqlite::Connection;

use super::support::tweet;

/// Handles Tweets 1 to 100 over a journal. Those that end in 7 run this Lua.
#[track_caller]
fn check(sevenths: &str, expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "local seen = ouzel.table('seen', {{ id = 'INTEGER PRIMARY KEY' }})
         local endless = 'WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n) '
         ouzel.enrich(function(t) seen:insert {{ id = t.id }} end)
         ouzel.enrich(function(t) if t.id % 10 == 7 then {sevenths} end end)"
    );
    fs::write(folder.path().join("main.lua"), script).unwrap();
    let path = folder.path().join("ouzel.db");
    let store = Store::open(&path).unwrap();
    let (journal, _) = Journal::open(folder.path().join("journal"), Options::default()).unwrap();
    let progress = Progress::read(&store, "journal").unwrap();
    let newest = journal.newest();
    let (controls, mut inbox) = behind(journal.follow(Some(progress.committed())));
    let (sender, receiver) = queue(1 << 20);
    let (waits, end) = mpsc::channel();
    let limits = Limits {
        retain: Duration::from_secs(3600),
        max_size: 1 << 30,
        sync: Sync::Never,
    };
    let tally = Arc::<Tally>::default();
    let ingest = Ingest::new(
        journal,
        limits,
        progress.clone(),
        Arc::clone(&tally),
        receiver,
        end,
    );
    let (mut buffer, mut spans) = (Vec::new(), Vec::new());
    for id in 1..=100 {
        let start = u32::try_from(buffer.len()).unwrap();
        buffer.extend_from_slice(tweet(id).as_bytes());
        spans.push(start..u32::try_from(buffer.len()).unwrap());
    }
    let arrived = Arrived {
        lines: Lines::new(Bytes::from(buffer), spans),
        source: Source::Live,
        connection: 1,
        at_ms: jiff::Timestamp::now().as_millisecond(),
        received: None,
    };
    sender.deliver_free(arrived).unwrap();
    drop(sender);
    let journaled = ingest.run().unwrap();
    let work = Work {
        script: folder.path().join("main.lua"),
        limits: ScriptLimits {
            time: Duration::from_millis(20),
            breaches: 0,
            ..ScriptLimits::default()
        },
        store,
        handled: Some(progress.handled().clone()),
        progress: Some(progress),
        journal: Some(newest),
        in_hand: None,
        sinks: folder.path().join("sinks"),
        rules_endpoint: String::new(),
        limit: None,
        tally,
        doing: Arc::default(),
        matching: Default::default(),
    };
    controls.send(Control::Load).unwrap();
    controls.send(Control::Stop).unwrap();
    let mut output = io::sink();
    let mut report = |report| assert!(matches!(report, Report::Loaded(_)), "{report:?}");
    let mut worker = Worker::new(work, &mut output, &mut report);
    worker.run(&mut inbox).unwrap();
    drop((journaled, waits));

    let database = Connection::open(path).unwrap();
    let text = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        text("SELECT count(*) || ' ' || max(id) FROM seen"),
        "90 100"
    );
    assert_eq!(
        text("SELECT group_concat(tweet_id, ' ' ORDER BY id) FROM _ouzel_quarantine"),
        "7 17 27 37 47 57 67 77 87 97"
    );
    expected.assert_eq(&text(
        "SELECT group_concat(DISTINCT error) || coalesce(' / ' || hint, '') FROM _ouzel_quarantine",
    ));
}

#[test]
fn an_endless_query_fails_its_tweet() {
    check(
        "ouzel.db.one(endless .. 'SELECT max(i) FROM n')",
        expect![
            "the handlers of one Tweet took longer than 20ms / look for a loop that does not end; `time` under `[script_limits]` allows more"
        ],
    );
}

#[test]
fn an_endless_statement_that_writes_fails_its_tweet_and_no_other() {
    check(
        "ouzel.db.exec(endless .. 'INSERT INTO seen SELECT i FROM n')",
        expect![
            "the handlers of one Tweet took longer than 20ms / look for a loop that does not end; `time` under `[script_limits]` allows more"
        ],
    );
    check(
        "pcall(ouzel.db.exec, endless .. 'INSERT INTO seen SELECT i FROM n')",
        expect![
            "the handlers of one Tweet took longer than 20ms / look for a loop that does not end; `time` under `[script_limits]` allows more"
        ],
    );
}

#[test]
fn an_endless_trigger_fails_the_tweet_whose_row_it_is_of() {
    check(
        "ouzel.db.exec [[CREATE TRIGGER t AFTER UPDATE ON seen BEGIN
           INSERT INTO seen SELECT i FROM (WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);
         END]]
         seen:update(t.id, { id = -t.id })",
        expect!["the handlers of one Tweet took longer than 20ms / look for a loop that does not end; `time` under `[script_limits]` allows more"],
    );
}
