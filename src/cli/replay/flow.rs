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
    store::Store,
    tally::Tally,
    text::lines::Lines,
    worker::{
        self, Report, Work, Worker,
        direct::{Direct, DirectSender, direct},
        handled::Handled,
    },
};

/// Reports that may wait; a worker makes a few.
const REPORTS: usize = 16;

/// A script, and where what it does goes.
///
/// No clock is handed over yet, since nothing that a script can call looks at one but the log. Once something does, such
/// as timers, the Tweets' own times are the clock of a replay, and this is where it is set.
pub(super) struct Side {
    pub(super) script: PathBuf,
    pub(super) store: Store,
    /// As in [`Work`].
    pub(super) handled: Option<Handled>,
    /// The folder of the files that it emits into.
    pub(super) sinks: PathBuf,
    pub(super) output: Box<dyn Write + Send>,
    pub(super) tally: Arc<Tally>,
    /// What stands before its lines in the log.
    pub(super) span: Span,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) seen: Seen,
    /// Why not all of the source was read; what was read is handled and committed.
    pub(super) failed: Option<Error>,
}

impl Ended {
    /// Whether there was anything to handle, so that nobody takes a wrong file for a quiet day.
    ///
    /// # Errors
    /// [`Error::Usage`] for input without any Tweet.
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

/// What was seen, and why not all was read.
type Reading = (Seen, Result<(), Error>);

/// Workers that wait for lines.
pub(super) struct Flow {
    ways: Arc<Vec<Way>>,
    reports: mpsc::Receiver<(usize, Report)>,
    workers: Vec<oneshot::Receiver<Result<(), worker::Error>>>,
}

/// The way to one worker.
struct Way {
    /// `None` once it wants no more.
    sender: Mutex<Option<DirectSender>>,
    /// Cancelled with it, for a reader that waits for room.
    closed: CancellationToken,
}

impl Flow {
    /// Starts a worker for each side; each loads its script first.
    pub(super) fn start(sides: Vec<Side>, limit: Option<u64>) -> Result<Self, Error> {
        let (report, reports) = mpsc::channel(REPORTS);
        let (mut ways, mut workers) = (Vec::new(), Vec::new());
        for (number, side) in sides.into_iter().enumerate() {
            let (sender, inbox) = direct();
            ways.push(Way {
                sender: Mutex::new(Some(sender)),
                closed: CancellationToken::new(),
            });
            let report = report.clone();
            workers.push(work(side, limit, inbox, move |said| {
                // Should nobody listen any more, it is over already.
                let _ = report.blocking_send((number, said));
            })?);
        }
        Ok(Self {
            ways: Arc::new(ways),
            reports,
            workers,
        })
    }

    /// Reads the source to its end, or to that of all workers, and ends them in order.
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
        // Whoever reads says how it went before the workers can end by that; what they have ended themselves may still
        // wait for a pipe.
        let read = reading.and_then(|mut reading| reading.try_recv().ok());
        let (seen, read) = read.unwrap_or((Seen::default(), Ok(())));
        Ok(Ended {
            seen,
            failed: read.err(),
        })
    }

    /// Whether all scripts have loaded.
    async fn load(&mut self, shutdown: &CancellationToken) -> Result<bool, Error> {
        for _ in 0..self.ways.len() {
            let report = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(false),
                report = self.reports.recv() => report,
            };
            match report {
                Some((_, Report::Loaded(_))) => {}
                Some((_, Report::LoadFailed { error, .. })) => return Err(error.into()),
                // The worker has ended, and says why.
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
                // The others' work is for nothing.
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

    /// Starts the thread that reads.
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

/// Hands lines to all workers that want some; whether there is one.
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

    /// The worker comes to its end with what it has.
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
        store,
        handled,
        sinks,
        mut output,
        tally,
        span,
    } = side;
    let work = Work {
        script,
        store,
        progress: None,
        journal: None,
        handled,
        in_hand: None,
        sinks,
        // There is no endpoint: rules are only checked.
        rules_endpoint: String::new(),
        limit,
        tally,
        doing: Arc::default(),
    };
    let (say, said) = oneshot::channel();
    let thread = thread::Builder::new().name("worker".to_owned());
    let spawned = thread.spawn(move || {
        let _entered = span.entered();
        let ended = Worker::new(work, &mut output, &mut report).run(&mut inbox);
        // The other side of the queue is gone before anybody hears of the end.
        drop(inbox);
        let _ = say.send(ended);
    });
    spawned.map_err(pipeline::Error::from)?;
    Ok(said)
}
