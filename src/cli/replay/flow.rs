//! Moves Tweets from a source to one or more workers: one thread reads, and each worker has a thread of its own.

use std::{io::Write, path::PathBuf, sync::Arc, thread};

use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use super::{
    progress::Shown,
    source::{Seen, Source},
};
use crate::{
    cli::{
        runtime,
        tweets::format::{NO_LINE, NO_TWEET},
    },
    error::Error,
    pipeline,
    script::{self, Declared},
    store::Store,
    tally::Tally,
    text::lines::Lines,
    worker::{
        self, Report, Work, Worker,
        direct::{Direct, DirectSender, direct},
        handled::Handled,
        matching::Matching,
    },
};

/// How many reports may wait. A worker makes only a few.
const REPORTS: usize = 16;

/// A script, and where its results go.
///
/// The clock of its timers are the Tweets' own times, so the same Tweets always give the same.
pub(super) struct Side {
    pub(super) script: PathBuf,
    pub(super) script_limits: script::Limits,
    pub(super) store: Store,
    /// Which Tweets the script's own rules are matched against.
    pub(super) matching: Matching,
    /// As in [`Work`].
    pub(super) handled: Option<Handled>,
    /// The folder for the files that the script emits into.
    pub(super) sinks: PathBuf,
    pub(super) output: Box<dyn Write + Send>,
    pub(super) tally: Arc<Tally>,
    /// What stands before the script's lines in the log.
    pub(super) span: Span,
}

/// How a replay ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) seen: Seen,
    /// What each script declares, in the order of the sides.
    pub(super) declared: Vec<Arc<Declared>>,
    /// Why a part of the source was not read. What was read is handled and committed.
    pub(super) failed: Option<Error>,
}

impl Ended {
    /// Checks that there was anything to handle, so that nobody takes a wrong file for a quiet day.
    ///
    /// # Errors
    /// [`Error::Usage`] if the input has no Tweet.
    pub(super) fn check(&self, tweets: u64, rejected: u64) -> Result<(), Error> {
        if tweets > 0 || self.failed.is_some() {
            return Ok(());
        }
        if rejected > 0 || (self.seen.is_whole && self.seen.too_long > 0) {
            return Err(Error::Usage(NO_TWEET.to_owned()));
        }
        match self.seen.is_whole {
            true => Err(Error::Usage(NO_LINE.to_owned())),
            false => Ok(()),
        }
    }
}

/// What was seen, and why a part was not read.
type Reading = (Seen, Result<(), Error>);

/// Workers that wait for lines.
pub(super) struct Flow {
    ways: Arc<Vec<Way>>,
    reports: mpsc::Receiver<(usize, Report)>,
    declared: Vec<Arc<Declared>>,
    workers: Vec<oneshot::Receiver<Result<(), worker::Error>>>,
}

/// The way to one worker.
struct Way {
    /// `None` once the worker wants no more lines.
    sender: Mutex<Option<DirectSender>>,
    /// Cancelled when `sender` is dropped, for a reader that waits for room.
    closed: CancellationToken,
}

impl Flow {
    /// Starts a worker for each side. Each worker first loads its script.
    pub(super) fn start(sides: Vec<Side>, limit: Option<u64>) -> Result<Self, Error> {
        let (report, reports) = mpsc::channel(REPORTS);
        let (mut ways, mut workers, mut declared) = (Vec::new(), Vec::new(), Vec::new());
        for (number, side) in sides.into_iter().enumerate() {
            let (sender, inbox) = direct();
            declared.push(Arc::default());
            ways.push(Way {
                sender: Mutex::new(Some(sender)),
                closed: CancellationToken::new(),
            });
            let report = report.clone();
            workers.push(work(side, limit, inbox, move |said| {
                // If nobody listens any more, the replay is over already.
                let _ = report.blocking_send((number, said));
            })?);
        }
        Ok(Self {
            ways: Arc::new(ways),
            reports,
            declared,
            workers,
        })
    }

    /// Reads the source until it ends or all workers have ended, and ends the workers in order.
    pub(super) async fn run(
        mut self,
        source: Source,
        shown: &mut Shown,
        shutdown: &CancellationToken,
    ) -> Result<Ended, Error> {
        let loaded = self.load(shutdown).await;
        let mut reading = None;
        if matches!(loaded, Ok(true)) {
            shown.begin();
            reading = Some(self.read(source, shown)?);
        } else {
            self.close_all().await;
        }
        self.until_the_end(shown, shutdown).await?;
        loaded?;
        // The reading thread sends its result before it ends the workers. If the workers have ended by themselves, the
        // reading thread may still wait for a pipe, and there is no result.
        let read = reading.and_then(|mut reading| reading.try_recv().ok());
        let (seen, read) = read.unwrap_or((Seen::default(), Ok(())));
        Ok(Ended {
            seen,
            declared: self.declared,
            failed: read.err(),
        })
    }

    /// Waits for all scripts to load. Returns whether they have.
    async fn load(&mut self, shutdown: &CancellationToken) -> Result<bool, Error> {
        for _ in 0..self.ways.len() {
            let report = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(false),
                report = self.reports.recv() => report,
            };
            match report {
                Some((number, Report::Loaded(loaded))) => self.declared[number] = loaded.declared,
                Some((_, Report::LoadFailed { error, .. })) => return Err(error.into()),
                // The worker has ended, and says why when it is joined.
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn until_the_end(
        &mut self,
        shown: &mut Shown,
        shutdown: &CancellationToken,
    ) -> Result<(), Error> {
        let mut ticks = interval(shown.every());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        let mut is_stopping = false;
        let mut ended = Ok(());
        for worker in std::mem::take(&mut self.workers) {
            tokio::pin!(worker);
            let result = loop {
                tokio::select! {
                    biased;
                    () = shutdown.cancelled(), if !is_stopping => {
                        is_stopping = true;
                        self.close_all().await;
                    }
                    result = &mut worker => break result,
                    Some((number, report)) = self.reports.recv() => {
                        if matches!(report, Report::LimitReached | Report::OutputClosed) {
                            self.ways[number].close().await;
                        }
                    }
                    _ = ticks.tick() => shown.show(),
                }
            };
            let result: Result<(), pipeline::Error> = match result {
                Ok(result) => result.map_err(pipeline::Error::from),
                Err(_) => Err(pipeline::Error::ThreadDied("worker")),
            };
            if result.is_err() && ended.is_ok() {
                // The work of the other workers is useless now.
                self.close_all().await;
                ended = result;
            }
        }
        Ok(ended?)
    }

    async fn close_all(&self) {
        for way in self.ways.iter() {
            way.close().await;
        }
    }

    /// Starts the thread that reads the source.
    fn read(&self, source: Source, shown: &Shown) -> Result<oneshot::Receiver<Reading>, Error> {
        let (say, said) = oneshot::channel();
        let (ways, done) = (Arc::clone(&self.ways), Arc::clone(&shown.done));
        let runtime = runtime()?;
        let thread = thread::Builder::new().name("reader".to_owned());
        let spawned = thread.spawn(move || {
            let read = source.read(&done, &mut |lines| runtime.block_on(deliver(&ways, &lines)));
            let _ = say.send(read);
            runtime.block_on(async {
                for way in ways.iter() {
                    way.close().await;
                }
            });
        });
        spawned.map_err(pipeline::Error::from)?;
        Ok(said)
    }
}

/// Hands lines to all workers that want more. Returns whether there is any.
async fn deliver(ways: &[Way], lines: &Lines) -> bool {
    let mut is_wanted = false;
    for way in ways {
        is_wanted |= way.deliver(lines).await;
    }
    is_wanted
}

impl Way {
    async fn deliver(&self, lines: &Lines) -> bool {
        let sender = self.sender.lock().await;
        let Some(sender) = &*sender else {
            return false;
        };
        tokio::select! {
            biased;
            () = self.closed.cancelled() => false,
            delivered = sender.deliver(lines.clone()) => delivered.is_ok(),
        }
    }

    /// Ends the worker after the lines that it already has.
    async fn close(&self) {
        self.closed.cancel();
        *self.sender.lock().await = None;
    }
}

fn work(
    side: Side,
    limit: Option<u64>,
    mut inbox: Direct,
    mut report: impl FnMut(Report) + Send + 'static,
) -> Result<oneshot::Receiver<Result<(), worker::Error>>, Error> {
    let Side {
        script,
        script_limits,
        store,
        matching,
        handled,
        sinks,
        mut output,
        tally,
        span,
    } = side;
    let work = Work {
        script,
        limits: script_limits,
        store,
        progress: None,
        journal: None,
        handled,
        in_hand: None,
        sinks,
        // There is no endpoint: rules are only checked.
        rules_endpoint: String::new(),
        matching,
        limit,
        tally,
        doing: Arc::default(),
        feed: Arc::default(),
    };
    let (say, said) = oneshot::channel();
    let thread = thread::Builder::new().name("worker".to_owned());
    let spawned = thread.spawn(move || {
        let _entered = span.entered();
        let ended = Worker::new(work, &mut output, &mut report)
            .timed_by_tweets()
            .run(&mut inbox);
        // The worker's end of the queue must be gone before anybody hears of the end.
        drop(inbox);
        let _ = say.send(ended);
    });
    spawned.map_err(pipeline::Error::from)?;
    Ok(said)
}
