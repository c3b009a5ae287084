//! Starts the journal's thread and the worker, and ends them in order.

use std::{
    io,
    sync::{Arc, mpsc as std_mpsc},
    thread,
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    Error, JournalPlan, Plan,
    before::{self, Before},
};
use crate::{
    control::feed::Feed,
    doing::Doing,
    ingest::{
        Arrived, Ingest, Limits,
        queue::{self, queue},
    },
    journal::{self, Journal, Newest, Options},
    store::Store,
    tally::{Count, Tally},
    worker::{
        self, Output, Progress, Report, Work, Worker,
        behind::{Behind, Controls, behind},
        history, in_hand_at,
        inbox::Control,
        matching::Matching,
    },
};

/// How many bytes of lines may wait for the journal's thread. This is enough for seconds of a busy stream while a slow
/// disk syncs.
const QUEUE: usize = 16 << 20;

/// How many reports may wait. The worker sends only a few in a run.
const REPORTS: usize = 64;

/// A journal of the largest size has at least this many segments, so that deleting the oldest one frees only a small
/// part.
const SEGMENTS: u64 = 8;

/// The handles to the threads of a run.
pub(super) struct Threads {
    pub(super) queue: queue::Sender<Arrived>,
    pub(super) controls: Controls,
    pub(super) reports: mpsc::Receiver<Report>,
    pub(super) newest: Newest,
    pub(super) progress: Progress,
    pub(super) before: Before,
    /// Whether an earlier generation of the script is the first to run.
    pub(super) is_back: bool,
    pub(super) ends: Ends,
    /// Cancelled when one of the threads has ended, for whatever reason.
    pub(super) ended: CancellationToken,
}

/// What is needed to end the threads.
pub(super) struct Ends {
    /// Dropped at the end of the run. Then the journal's thread stops waiting for a disk that takes nothing.
    ingest_waits: std_mpsc::Sender<()>,
    ingest: oneshot::Receiver<Result<Journal, journal::Error>>,
    worker: oneshot::Receiver<Result<(), worker::Error>>,
}

impl Threads {
    /// Opens the database and the journal, and starts the threads.
    pub(super) fn start(
        plan: &Plan,
        tally: &Arc<Tally>,
        doing: &Arc<Doing>,
        feed: &Arc<Feed>,
        shutdown: &CancellationToken,
    ) -> Result<Self, Error> {
        let store = Store::open(&plan.database).map_err(worker::Error::from)?;
        let progress = Progress::read(&store, &plan.journal.name).map_err(worker::Error::from)?;
        let journal = open(&plan.journal)?;
        let committed = progress.committed();
        let newest = journal.newest();
        let mut before = Before::default();
        if plan.journal.remembers {
            progress.remember(&store).map_err(worker::Error::from)?;
            before = Before::look(&store, &newest, &progress).map_err(worker::Error::from)?;
            let in_hand = in_hand_at(&plan.journal.in_hand);
            before::write_lost(&store, &newest, &progress, in_hand, before.received)
                .map_err(worker::Error::from)?;
        }
        let is_back = history::going_on(&store, &plan.script).map_err(worker::Error::from)?;
        let is_back = is_back.is_some();
        let (controls, behind) = behind(journal.follow(Some(committed)));
        count_backlog(&journal, committed, tally)?;
        let (queue, arrived) = queue(QUEUE);
        let (ingest_waits, end) = std_mpsc::channel();
        let limits = plan.journal.limits;
        let ended = CancellationToken::new();
        let ingest = start_ingest(&ended, limits, journal, &progress, tally, arrived, end)?;
        let (report, reports) = mpsc::channel(REPORTS);
        let work = Work {
            script: plan.script.clone(),
            limits: plan.script_limits,
            store,
            handled: Some(progress.handled().clone()),
            progress: Some(progress.clone()),
            journal: Some(newest.clone()),
            in_hand: Some(plan.journal.in_hand.clone()),
            sinks: plan.sinks.clone(),
            rules_endpoint: plan.rules_key.clone(),
            matching: Matching::Never,
            limit: plan.limit,
            tally: Arc::clone(tally),
            doing: Arc::clone(doing),
            feed: Arc::clone(feed),
        };
        let worker = start_worker(&ended, work, behind, report, Output::new(shutdown.clone())?)?;
        Ok(Self {
            queue,
            controls,
            reports,
            newest,
            progress,
            before,
            is_back,
            ends: Ends {
                ingest_waits,
                ingest,
                worker,
            },
            ended,
        })
    }
}

impl Ends {
    /// Ends the journal's thread first, so that everything that has arrived is on disk. Then ends the worker, which has
    /// a few seconds to handle what is there.
    pub(super) async fn end(self, controls: Controls) -> Result<(), Error> {
        drop(self.ingest_waits);
        // The journal is held until the worker has ended, because the worker reads from it.
        let journal = self.ingest.await.map_err(|_| Error::ThreadDied("journal"));
        let _ = controls.send(Control::Stop);
        let worker = self.worker.await.map_err(|_| Error::ThreadDied("worker"));
        worker??;
        journal??;
        Ok(())
    }
}

fn open(plan: &JournalPlan) -> Result<Journal, Error> {
    let default = Options::default();
    let options = Options {
        sync: plan.limits.sync,
        segment_bytes: default.segment_bytes.min(plan.limits.max_size / SEGMENTS),
        ..default
    };
    let (journal, opened) = Journal::open(&plan.folder, options)?;
    for cut in opened.cut {
        let (path, bytes) = (cut.path.display(), cut.bytes);
        warn!(%path, bytes, "the end of the journal was half-written and is cut off");
    }
    Ok(journal)
}

/// Counts the lines that already wait in the journal. It uses its own thread, since counting may take a while and
/// nothing needs to wait for it.
fn count_backlog(
    journal: &Journal,
    from: journal::Position,
    tally: &Arc<Tally>,
) -> Result<(), Error> {
    let count = journal.count_from(from);
    let tally = Arc::clone(tally);
    let counter = thread::Builder::new().name("backlog".to_owned());
    counter.spawn(move || match count() {
        Ok(lines) => tally.set(Count::Backlog, lines),
        Err(error) => warn!(%error, "what waits in the journal could not be counted"),
    })?;
    Ok(())
}

/// Starts the journal's thread.
fn start_ingest(
    ended: &CancellationToken,
    limits: Limits,
    journal: Journal,
    progress: &Progress,
    tally: &Arc<Tally>,
    arrived: queue::Receiver<Arrived>,
    end: std_mpsc::Receiver<()>,
) -> io::Result<oneshot::Receiver<Result<Journal, journal::Error>>> {
    let (progress, tally) = (progress.clone(), Arc::clone(tally));
    spawn("journal", ended, move || {
        Ingest::new(journal, limits, progress, tally, arrived, end).run()
    })
}

fn start_worker(
    ended: &CancellationToken,
    work: Work,
    mut behind: Behind,
    reports: mpsc::Sender<Report>,
    mut output: Output,
) -> io::Result<oneshot::Receiver<Result<(), worker::Error>>> {
    spawn("worker", ended, move || {
        // If nobody receives reports any more, the run is over already.
        let mut report = |report| {
            let _ = reports.blocking_send(report);
        };
        Worker::new(work, &mut output, &mut report).run(&mut behind)
    })
}

/// Starts a thread whose result can be awaited without blocking. A thread that panics gives no result.
pub(super) fn spawn<T: Send + 'static>(
    name: &str,
    ended: &CancellationToken,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<oneshot::Receiver<T>> {
    let (done, result) = oneshot::channel();
    let thread = thread::Builder::new().name(name.to_owned());
    let ends = ended.clone().drop_guard();
    thread.spawn(move || {
        // Dropped even if `run` panics.
        let _ends = ends;
        let _ = done.send(run());
    })?;
    Ok(result)
}
