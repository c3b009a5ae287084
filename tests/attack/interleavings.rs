//! Any order of good, damaged and repeated copies, over any number of starts, fast and slow workers: each Tweet once.

use std::{
    collections::BTreeSet,
    fs, io,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use bytes::Bytes;
use expect_test::expect;
use ouzel::pieces::{
    Arrived, Control, Ingest, Journal, Limits, Options, Progress, Report, ScriptLimits, Source,
    Store, Sync, Tally, Work, Worker, behind, queue,
};
use ouzel_text::lines::Lines;
use proptest::prelude::*;
use rusqlite::Connection;

use super::support::{Setup, tweet};

const SCRIPT: &str = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
ouzel.enrich(function(t) seen:insert { id = t.id } end)
"#;

/// A copy of a Tweet as it arrives.
#[derive(Debug, Clone, Copy)]
struct Copy {
    id: i64,
    is_good: bool,
}

/// When the lines of a life are handled.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// As they come.
    AtOnce,
    /// Once all of them are in the journal.
    Behind,
    /// Not before the next start.
    Never,
}

/// From one start to the next.
#[derive(Debug, Clone)]
struct Life {
    /// What arrives together, and whether it was asked for again.
    arrivals: Vec<(Vec<Copy>, bool)>,
    pace: Pace,
    /// What happens to the journal afterwards.
    is_journal_lost: bool,
}

impl Copy {
    fn line(self) -> String {
        let line = tweet(self.id);
        if self.is_good {
            line
        } else {
            line.replacen("\"user\"", "\"user", 1)
        }
    }
}

fn life() -> impl Strategy<Value = Life> {
    let copy = (1..12_i64, any::<bool>()).prop_map(|(id, is_good)| Copy { id, is_good });
    let arrival = (prop::collection::vec(copy, 1..8), any::<bool>());
    let pace = prop_oneof![Just(Pace::AtOnce), Just(Pace::Behind), Just(Pace::Never)];
    (prop::collection::vec(arrival, 0..4), pace, any::<bool>()).prop_map(
        |(arrivals, pace, is_journal_lost)| Life {
            // Only what is handled may be lost.
            is_journal_lost: is_journal_lost && !matches!(pace, Pace::Never),
            arrivals,
            pace,
        },
    )
}

fn lines(copies: &[Copy]) -> Lines {
    let (mut buffer, mut spans) = (Vec::new(), Vec::new());
    for copy in copies {
        let start = u32::try_from(buffer.len()).unwrap();
        buffer.extend_from_slice(copy.line().as_bytes());
        spans.push(start..u32::try_from(buffer.len()).unwrap());
    }
    Lines::new(Bytes::from(buffer), spans)
}

fn live(folder: &Path, life: &Life) {
    let store = Store::open(&folder.join("ouzel.db")).unwrap();
    let (journal, _) = Journal::open(folder.join("journal"), Options::default()).unwrap();
    let progress = Progress::read(&store, "journal").unwrap();
    progress.remember(&store).unwrap();
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
    let work = Work {
        script: folder.join("main.lua"),
        limits: ScriptLimits::default(),
        store,
        handled: Some(progress.handled().clone()),
        progress: Some(progress),
        journal: Some(newest),
        in_hand: None,
        sinks: folder.join("sinks"),
        rules_endpoint: String::new(),
        matching: Default::default(),
        limit: None,
        tally,
        doing: Arc::default(),
        feed: Arc::default(),
    };
    let worker = move || {
        let mut report = |report| {
            let is_expected = matches!(report, Report::Loaded(_) | Report::Gap(_));
            assert!(is_expected, "{report:?}");
        };
        let mut output = io::sink();
        Worker::new(work, &mut output, &mut report)
            .run(&mut inbox)
            .unwrap();
    };
    let feed = || {
        for (number, (copies, is_backfill)) in life.arrivals.iter().enumerate() {
            let arrived = Arrived {
                lines: lines(copies),
                source: match is_backfill {
                    true => Source::Backfill,
                    false => Source::Live,
                },
                connection: number as u64,
                at_ms: jiff::Timestamp::now().as_millisecond(),
                received: None,
            };
            sender.deliver_free(arrived).unwrap();
        }
        drop(sender);
    };
    controls.send(Control::Load).unwrap();
    let journaled = match life.pace {
        Pace::AtOnce => {
            let (ingest, worker) = (thread::spawn(|| ingest.run()), thread::spawn(worker));
            feed();
            let journaled = ingest.join().unwrap().unwrap();
            controls.send(Control::Stop).unwrap();
            worker.join().unwrap();
            journaled
        }
        Pace::Behind => {
            feed();
            let journaled = ingest.run().unwrap();
            controls.send(Control::Stop).unwrap();
            worker();
            journaled
        }
        Pace::Never => {
            feed();
            ingest.run().unwrap()
        }
    };
    drop((journaled, waits));
    if life.is_journal_lost {
        fs::remove_dir_all(folder.join("journal")).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_tweet_is_handled_once_if_a_good_copy_came(mut lives in prop::collection::vec(life(), 1..5)) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.lua"), SCRIPT).unwrap();
        lives.push(Life { arrivals: Vec::new(), pace: Pace::Behind, is_journal_lost: false });
        for life in &lives {
            live(folder.path(), life);
        }
        let came = lives.iter().flat_map(|life| &life.arrivals).flat_map(|(copies, _)| copies);
        let expected: BTreeSet<i64> = came.filter(|copy| copy.is_good).map(|copy| copy.id).collect();
        let database = Connection::open(folder.path().join("ouzel.db")).unwrap();
        let mut select = database.prepare("SELECT id FROM seen ORDER BY id").unwrap();
        let rows: Vec<i64> = select
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        prop_assert_eq!(rows, expected.into_iter().collect::<Vec<_>>());
    }
}

/// What arrives together is handled in slices, and a save is obeyed between two of them.
#[test]
fn a_save_in_the_middle_of_what_has_arrived_together_loses_none_of_it() {
    let store = "local seen = ouzel.table('seen', { id = 'INTEGER' })
ouzel.enrich(function(t) seen:insert { id = t.id } ouzel.log.info('handled', t.id .. '.') end)\n";
    let slow = "ouzel.filter(function() local s = os.clock() while os.clock() < s + 0.03 do end return true end)\n";
    // A save is swapped in at once.
    let run = Setup::new()
        .environment("OUZEL_SHADOW", "0")
        .script(&format!("{store}{slow}"))
        .start();
    run.powertrack().send_all((1..=100).map(tweet));
    for id in [5, 15, 25] {
        run.wait_for(&format!("handled {id}."));
        run.write("scripts/main.lua", &format!("{store}{slow}-- {id}\n"));
        run.wait_for("script loaded");
    }
    run.write("scripts/main.lua", store);
    run.wait_for("handled 100.");
    run.drain().assert_rows(
        "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM seen",
        expect!["100|100|1|100"],
    );
}
