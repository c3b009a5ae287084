//! Drives Tweets through the real path for `ouzel bench`: straight to the worker, or through the journal as `run` does.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{
    folder::{PARTS, with},
    table::Outcome,
};
use crate::{
    error::Error,
    ingest::{
        Arrived, Ingest, Limits,
        queue::{Sender, queue},
    },
    journal::{Journal, Options, Source, Sync},
    pipeline, script,
    store::{BENCH_JOURNAL, Store},
    tally::{Count, Tally},
    text::lines::Lines,
    worker::{
        self, Progress, Report, Work, Worker,
        behind::behind,
        direct::{DirectSender, direct},
        inbox::{Control, Inbox},
        matching::Matching,
    },
};

/// How many bytes a queue holds, as in a run.
const QUEUE: usize = 16 << 20;

/// The limits of a run without settings.
const LIMITS: Limits = Limits {
    retain: Duration::from_secs(7 * 24 * 60 * 60),
    max_size: 20 << 30,
    sync: Sync::Interval(Duration::from_secs(1)),
};

/// The script, and where each run makes a new database and a new journal.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) script: PathBuf,
    pub(super) database: PathBuf,
    pub(super) journal: PathBuf,
}

/// How many lines may be between this thread and the worker: as many usual Tweets as the journal holds in memory. The
/// question is how fast a stream may be so that the worker keeps up. Of a faster stream the rest would wait on disk,
/// and be read from there when the stream has become slower.
const MOST_ON_THE_WAY: u64 = 3_000;

/// After there were too many lines, sending goes on when only this many are left. With a hundred lines between the two
/// limits, the three threads take turns in pieces that are worth moving a thread to an idle processor. With no lines
/// between the limits, the threads are a sixth slower.
const FEW_ON_THE_WAY: u64 = MOST_ON_THE_WAY - 100;

/// How long the sender waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_micros(300);

/// A worker that has handled nothing for this long has died, or waits for something that nobody measures.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Sends lines into the journal.
pub(super) struct JournalSender {
    queue: Sender<Arrived>,
    tally: Arc<Tally>,
    sent: u64,
}

impl JournalSender {
    /// Hands lines on. Waits while the journal's thread or the worker has too many lines.
    pub(super) async fn deliver(&mut self, lines: Lines) {
        self.sent += lines.len() as u64;
        let bytes = lines.bytes();
        let never = CancellationToken::new();
        // If the receiver is gone, it reports the reason itself.
        if self
            .queue
            .deliver(arrived(lines), bytes, &never)
            .await
            .is_err()
        {
            return;
        }
        if self.on_the_way() <= MOST_ON_THE_WAY {
            return;
        }
        let began = Instant::now();
        while self.on_the_way() > FEW_ON_THE_WAY && began.elapsed() < LONGEST_WAIT {
            // Nothing else runs on this thread, and the runtime's timer cannot wait for less than a millisecond.
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn on_the_way(&self) -> u64 {
        self.sent.saturating_sub(self.tally.get(Count::Handled))
    }
}

fn arrived(lines: Lines) -> Arrived {
    Arrived {
        source: Source::Live,
        lines,
        connection: 1,
        at_ms: jiff::Timestamp::now().as_millisecond(),
        received: None,
    }
}

impl Place {
    /// Runs a worker while `feed` gives it lines. The time counts from the moment when the script has loaded.
    pub(super) fn without_journal(
        &self,
        feed: impl FnOnce(&DirectSender) -> Result<(), Error>,
    ) -> Result<(Duration, Outcome), Error> {
        let store = self.fresh_store()?;
        let (sender, inbox) = direct();
        let feed = || feed(&sender).map(|()| drop(sender));
        self.work(store, None, Arc::default(), inbox, feed, || ())
    }

    /// The same with lines that are already in memory, all of which are there from the beginning.
    pub(super) fn of_memory(&self, runs: &[Lines]) -> Result<(Duration, Outcome), Error> {
        self.without_journal(|sender| {
            for lines in runs {
                let _ = sender.deliver_free(lines.clone());
            }
            Ok(())
        })
    }

    /// The same place with another script.
    pub(super) fn with_script(&self, script: PathBuf) -> Self {
        Self {
            script,
            ..self.clone()
        }
    }

    /// Does the same through the journal.
    pub(super) fn with_journal(
        &self,
        feed: impl FnOnce(&mut JournalSender) -> Result<(), Error>,
    ) -> Result<(Duration, Outcome), Error> {
        let store = self.fresh_store()?;
        let journal = self.fresh_journal()?;
        let progress = Progress::read(&store, BENCH_JOURNAL)?;
        let (controls, inbox) = behind(journal.follow(Some(progress.committed())));
        let (sender, arrived) = queue(QUEUE);
        let (_waits, end) = mpsc::channel();
        let tally = Arc::<Tally>::default();
        let (counts, told) = (Arc::clone(&tally), Arc::clone(&tally));
        let ingest = Ingest::new(journal, LIMITS, progress.clone(), counts, arrived, end);
        let _ = controls.send(Control::Load);
        let feed = move || {
            let mut sender = JournalSender {
                queue: sender,
                tally: told,
                sent: 0,
            };
            let journaled = thread::scope(|scope| -> Result<_, Error> {
                let thread = thread::Builder::new().name("journal".to_owned());
                let ingest = thread.spawn_scoped(scope, || ingest.run());
                let ingest = ingest.map_err(pipeline::Error::from)?;
                let fed = feed(&mut sender);
                drop(sender);
                let journal = ingest.join();
                fed?;
                Ok(journal.map_err(|_| pipeline::Error::ThreadDied("journal"))?)
            })?;
            // Dropping the journal lets the worker come to its end.
            drop(journaled.map_err(pipeline::Error::from)?);
            Ok(())
        };
        self.work(store, Some(progress), tally, inbox, feed, || {
            let _ = controls.send(Control::Stop);
        })
    }

    /// Measures the work of the journal's thread, with lines that are already in memory.
    pub(super) fn journal_alone(&self, runs: &[Lines]) -> Result<(Duration, ()), Error> {
        let store = self.fresh_store()?;
        let journal = self.fresh_journal()?;
        let progress = Progress::read(&store, BENCH_JOURNAL)?;
        let (sender, receiver) = queue(QUEUE);
        let (_waits, end) = mpsc::channel();
        let ingest = Ingest::new(journal, LIMITS, progress, Arc::default(), receiver, end);
        for lines in runs {
            let _ = sender.deliver_free(arrived(lines.clone()));
        }
        drop(sender);
        let began = Instant::now();
        drop(ingest.run().map_err(pipeline::Error::from)?);
        Ok((began.elapsed(), ()))
    }

    fn work(
        &self,
        store: Store,
        progress: Option<Progress>,
        tally: Arc<Tally>,
        mut inbox: impl Inbox + Send,
        feed: impl FnOnce() -> Result<(), Error>,
        stop: impl FnOnce(),
    ) -> Result<(Duration, Outcome), Error> {
        let work = Work {
            script: self.script.clone(),
            limits: script::Limits::default(),
            store,
            in_hand: progress
                .is_some()
                .then(|| self.journal.with_extension("in-hand")),
            handled: progress.as_ref().map(|progress| progress.handled().clone()),
            progress,
            journal: None,
            sinks: self.journal.with_file_name("sinks"),
            rules_endpoint: String::new(),
            matching: Matching::Never,
            limit: None,
            tally: Arc::clone(&tally),
            doing: Arc::default(),
            feed: Arc::default(),
        };
        let (report, reports) = mpsc::channel();
        let took = thread::scope(|scope| {
            let thread = thread::Builder::new().name("worker".to_owned());
            let worker = thread.spawn_scoped(scope, move || {
                let mut output = io::sink();
                let mut report = |event| {
                    let _ = report.send(event);
                };
                let mut worker = Worker::new(work, &mut output, &mut report);
                let ran = worker.run(&mut inbox);
                // The last rows are committed. The time for closing the database is left out, because it does not grow
                // with the number of Tweets.
                (ran, Instant::now())
            });
            let worker = worker.map_err(pipeline::Error::from)?;
            let loaded = reports.recv();
            let began = Instant::now();
            let fed = match loaded {
                Ok(Report::LoadFailed { error, .. }) => {
                    drop(feed);
                    stop();
                    Err(error.into())
                }
                _ => feed(),
            };
            let (ran, ended) = worker
                .join()
                .map_err(|_| pipeline::Error::ThreadDied("worker"))?;
            ran.map_err(pipeline::Error::from)?;
            fed.map(|()| ended.duration_since(began))
        })?;
        let outcome = Outcome {
            tweets: tally.get(Count::Tweets),
            duplicates: tally.get(Count::Duplicates),
            bytes: 0,
            kept: tally.get(Count::Kept),
            failed: tally.get(Count::Failed),
            rows: tally.get(Count::Rows),
        };
        Ok((took, outcome))
    }

    fn fresh_store(&self) -> Result<Store, Error> {
        for part in PARTS {
            absent(fs::remove_file(with(&self.database, part)))
                .map_err(Error::system("cannot remove the last run's database"))?;
        }
        let store = Store::open(&self.database)?;
        store.note_bench(&format!("{:.3}", jiff::Timestamp::now()))?;
        Ok(store)
    }

    fn fresh_journal(&self) -> Result<Journal, Error> {
        let folder: &Path = &self.journal;
        absent(fs::remove_dir_all(folder))
            .map_err(Error::system("cannot remove the last run's journal"))?;
        let options = Options {
            sync: LIMITS.sync,
            ..Options::default()
        };
        let (journal, _) = Journal::open(folder, options).map_err(pipeline::Error::from)?;
        Ok(journal)
    }
}

/// A file that does not exist need not be removed.
fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

impl From<worker::Error> for Error {
    fn from(error: worker::Error) -> Self {
        Self::Run(error.into())
    }
}
