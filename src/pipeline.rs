//! The async side of a run: worker, stream, rules, watch, signals and status, from the first load to the summary.

use std::{
    future::pending,
    io,
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{
    lines::Lines,
    powertrack::{
        self, Credentials, Http, State, StreamStatus,
        endpoint::Endpoint,
        rules::RulesClient,
        stream::{Closed, Deliver, HttpConnect, StreamOptions, follow},
    },
    queue::{self, Event, queue},
    reconciler::{self, Outcome, QueueLedger},
    script::{self, Counts, Declared, Files, Watch, WatchError},
    status::{Reporter, Snapshot, StatusLine, short},
    tally::Tally,
    worker::{self, Loaded, Report, Work, Worker},
};

/// Lines that may wait for the worker: seconds of a busy stream, and well inside the memory of a small machine.
const QUEUE: usize = 16 << 20;

/// Reports that may wait; the worker makes a few in a run.
const REPORTS: usize = 64;

/// An editor that goes on saving puts a load off by no more than this many times the debounce.
const LONGEST_DEBOUNCE: u32 = 5;

/// Everything that a run needs to know.
#[derive(Debug)]
pub struct Plan {
    /// The script.
    pub script: PathBuf,
    /// The database's file.
    pub database: PathBuf,
    /// Where the service is.
    pub endpoint: Endpoint,
    /// The name under which added rules are remembered.
    pub rules_key: String,
    /// Who asks.
    pub credentials: Credentials,
    /// A PEM file with further root certificates.
    pub ca_file: Option<PathBuf>,
    /// How the stream is read.
    pub stream: StreamOptions,
    /// How long the script's files have to be quiet before it is loaded again; `None` not to watch them.
    pub debounce: Option<Duration>,
    /// Stop after so many Tweets.
    pub limit: Option<u64>,
    /// Stop after so long.
    pub duration: Option<Duration>,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The script could not be loaded at the start.
    #[error(transparent)]
    Script(#[from] script::Error),
    /// The service, or the way to it.
    #[error(transparent)]
    Service(#[from] powertrack::Error),
    /// The worker.
    #[error(transparent)]
    Worker(#[from] worker::Error),
    /// Changes cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The system refused a thread or a signal handler.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
    /// The worker has ended in a way that should not be possible.
    #[error("the processing thread has died; this is a bug in ouzel")]
    WorkerDied,
}

/// Runs until something ends it, and gives the last numbers. The database holds all of them.
///
/// # Errors
/// [`Error`], after what could be handled has been handled and committed.
pub async fn run(
    plan: Plan,
    shutdown: CancellationToken,
    line: &StatusLine,
) -> Result<(Snapshot, Duration), Error> {
    let tally = Arc::new(Tally::default());
    let status = Arc::new(StreamStatus::default());
    let mut reporter = Reporter::new(Arc::clone(&tally), line.clone());
    let http = Http::new(&plan.credentials, plan.ca_file.as_deref())?;
    let rules = RulesClient::new(http.clone(), plan.endpoint.rules.clone())?;
    let watch = plan
        .debounce
        .map(|_| Watch::new(&plan.script))
        .transpose()?;
    let (queue, events) = queue(QUEUE);
    let (report, reports) = mpsc::channel(REPORTS);
    let work = Work {
        script: plan.script.clone(),
        database: Some(plan.database.clone()),
        rules_endpoint: plan.rules_key.clone(),
        limit: plan.limit,
        tally: Arc::clone(&tally),
    };
    let worker = start_worker(work, events, report)?;
    let mut run = Run {
        declared: watch::Sender::new(Arc::default()),
        outcomes: mpsc::channel(1),
        rules: Some(rules),
        connect: Some(HttpConnect::new(http, plan.endpoint.stream.clone())),
        rules_failed: false,
        queue,
        reports,
        watch,
        status,
        shutdown,
        plan,
    };
    let ended = run.main_loop(&tally, &mut reporter).await;
    let drained = run.drain(worker, &mut reporter).await;
    let finished = reporter.finish();
    // What the worker says explains what the others met.
    drained?;
    ended?;
    Ok(finished)
}

fn start_worker(
    work: Work,
    events: queue::Receiver,
    reports: mpsc::Sender<Report>,
) -> Result<JoinHandle<Result<(), worker::Error>>, Error> {
    let worker = thread::Builder::new().name("worker".to_owned());
    Ok(worker.spawn(move || {
        let mut output = io::stdout();
        // Should nobody listen any more, the run is over already.
        let mut report = |report| {
            let _ = reports.blocking_send(report);
        };
        Worker::new(work, &mut output, &mut report)?.run(&events)
    })?)
}

struct Run {
    plan: Plan,
    declared: watch::Sender<Arc<Declared>>,
    outcomes: (mpsc::Sender<Outcome>, mpsc::Receiver<Outcome>),
    /// Until the first load.
    rules: Option<RulesClient>,
    /// Until the rules have been reconciled, or at least tried to be, for the first time.
    connect: Option<HttpConnect>,
    /// Whether the last reconcile has failed: then the next save tries again.
    rules_failed: bool,
    queue: queue::Sender,
    reports: mpsc::Receiver<Report>,
    watch: Option<Watch>,
    status: Arc<StreamStatus>,
    shutdown: CancellationToken,
}

/// When the script is loaded again.
#[derive(Default)]
struct Reload {
    due: Option<Instant>,
    at_the_latest: Option<Instant>,
}

impl Run {
    async fn main_loop(&mut self, tally: &Tally, reporter: &mut Reporter) -> Result<(), Error> {
        let end = self.plan.duration.map(|after| Instant::now() + after);
        let mut stream = None;
        let mut reload = Reload::default();
        // The start is the first load; there is no second way.
        let _ = self.queue.send(Event::Load);
        loop {
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return finish(stream).await,
                () = sleep_until_some(end) => {
                    self.shutdown.cancel();
                }
                report = self.reports.recv() => match report {
                    None => return Ok(()),
                    Some(Report::Loaded(loaded)) => self.loaded(loaded)?,
                    Some(Report::LoadFailed { error, files }) => self.load_failed(error, &files, tally)?,
                    Some(Report::LimitReached | Report::OutputClosed) => self.shutdown.cancel(),
                },
                outcome = self.outcomes.1.recv() => {
                    self.reconciled(outcome)?;
                    if let Some(connect) = self.connect.take() {
                        stream = Some(self.start_stream(connect));
                    }
                }
                ended = join_some(&mut stream) => return ended,
                () = changed_some(&mut self.watch) => reload.put_off(self.plan.debounce.unwrap_or_default()),
                () = sleep_until_some(reload.due) => {
                    reload = Reload::default();
                    self.refresh_watch();
                    let _ = self.queue.send(Event::Load);
                }
                () = reporter.due() => reporter.report(self.stream_state()),
            }
        }
    }

    /// Ends the worker in order: what has come so far is handled and committed.
    async fn drain(
        &mut self,
        worker: JoinHandle<Result<(), worker::Error>>,
        reporter: &mut Reporter,
    ) -> Result<(), Error> {
        let _ = self.queue.send(Event::Stop);
        loop {
            tokio::select! {
                // The worker may still have something to say, and waits until it is heard.
                report = self.reports.recv() => if report.is_none() { break },
                () = reporter.due() => reporter.report("finishing what has arrived".to_owned()),
            }
        }
        match worker.join() {
            Ok(ended) => Ok(ended?),
            Err(_) => Err(Error::WorkerDied),
        }
    }

    fn loaded(&mut self, loaded: Loaded) -> Result<(), Error> {
        let Loaded {
            number: generation,
            declared,
            change,
            files,
            owned,
            pause,
        } = loaded;
        let (rules, handlers, tables) = (change.rules, change.handlers, change.tables);
        info!(generation, %rules, %handlers, %tables, ?pause, "script loaded");
        if declared.rules.is_empty() {
            warn!("the script declares no rules, so the stream brings only what other rules match");
        }
        self.follow_files(&files);
        // The service allows so many requests a minute, and most saves change no rule.
        let ask = rules != Counts::default() || std::mem::take(&mut self.rules_failed);
        self.declared.send_if_modified(|last| {
            *last = declared;
            ask
        });
        if let Some(rules) = self.rules.take() {
            let ledger = QueueLedger::new(self.plan.rules_key.clone(), self.queue.clone(), owned);
            let declared = self.declared.subscribe();
            tokio::spawn(reconciler::run(
                rules,
                ledger,
                declared,
                self.outcomes.0.clone(),
            ));
        }
        Ok(())
    }

    fn load_failed(
        &mut self,
        error: script::Error,
        files: &Files,
        tally: &Tally,
    ) -> Result<(), Error> {
        let generation = tally.get(crate::tally::Count::Generation);
        if generation == 0 {
            return Err(error.into());
        }
        error!(still_running = generation, %error, "reload failed");
        self.follow_files(files);
        Ok(())
    }

    fn follow_files(&mut self, files: &Files) {
        let Some(watch) = &mut self.watch else { return };
        if let Err(error) = watch.follow(&files.folders) {
            warn!(%error, "saving the script may not be noticed");
        }
        // What was saved after it was read and before it was watched would go unnoticed.
        if files.changed() {
            let _ = self.queue.send(Event::Load);
        }
    }

    /// Before the files are looked at, so that what comes later is noticed.
    fn refresh_watch(&mut self) {
        if let Some(Err(error)) = self.watch.as_mut().map(Watch::refresh) {
            warn!(%error, "saving the script may not be noticed");
        }
        debug!("looking whether the script has changed");
    }

    fn reconciled(&mut self, outcome: Option<Outcome>) -> Result<(), Error> {
        match outcome {
            Some(Outcome::Failed(error)) if self.connect.is_some() => Err(error.into()),
            Some(Outcome::Failed(error)) => {
                self.rules_failed = true;
                error!(%error, "the rules stay as they were");
                Ok(())
            }
            _ => {
                self.rules_failed = false;
                Ok(())
            }
        }
    }

    fn start_stream(&self, connect: HttpConnect) -> StreamTask {
        let options = self.plan.stream;
        let queue = ToQueue {
            queue: self.queue.clone(),
            shutdown: self.shutdown.clone(),
        };
        let (status, shutdown) = (Arc::clone(&self.status), self.shutdown.clone());
        tokio::spawn(async move { follow(connect, options, queue, &status, &shutdown).await })
    }

    fn stream_state(&self) -> String {
        let until = |time: jiff::Timestamp| {
            let span = time.duration_since(jiff::Timestamp::now()).unsigned_abs();
            short(span)
        };
        match self.status.state() {
            State::Connecting => "connecting".to_owned(),
            State::Connected { since } => format!("connected {}", until(since)),
            State::Waiting { until: time, cause } => {
                format!("{}, again in {}", cause.name(), until(time))
            }
            State::Stopped => "stopped".to_owned(),
        }
    }
}

type StreamTask = tokio::task::JoinHandle<Result<(), powertrack::Error>>;

/// Hands the stream's lines to the worker.
struct ToQueue {
    queue: queue::Sender,
    shutdown: CancellationToken,
}

impl Deliver for ToQueue {
    async fn deliver(&mut self, lines: Lines) -> Result<(), Closed> {
        let delivered = self.queue.deliver(lines, &self.shutdown).await;
        delivered.map_err(|queue::Closed| Closed)
    }
}

impl Reload {
    /// Another change: waits for the files to be quiet, but not for ever.
    fn put_off(&mut self, debounce: Duration) {
        let now = Instant::now();
        let latest = *self
            .at_the_latest
            .get_or_insert(now + debounce * LONGEST_DEBOUNCE);
        self.due = Some((now + debounce).min(latest));
    }
}

async fn finish(stream: Option<StreamTask>) -> Result<(), Error> {
    let mut stream = stream;
    if stream.is_none() {
        return Ok(());
    }
    join_some(&mut stream).await
}

async fn join_some(stream: &mut Option<StreamTask>) -> Result<(), Error> {
    let Some(task) = stream else {
        return pending().await;
    };
    let ended = task.await;
    *stream = None;
    match ended {
        // The worker is gone: its own error says why.
        Ok(Ok(()) | Err(powertrack::Error::Closed)) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(io::Error::other(error).into()),
    }
}

async fn sleep_until_some(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

async fn changed_some(watch: &mut Option<Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => pending().await,
    }
}
