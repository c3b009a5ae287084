//! The async side of a run. Takes a plan, joins worker, stream, rules, watch, signals and status from the first load to
//! the summary, and never handles a Tweet itself.

mod announce;
mod before;
mod breaker;
mod error;
mod lost;
mod only_new;
pub(crate) mod ownership;
mod plan;
pub(crate) mod reconciler;
mod reload;
mod repair;
mod standstill;
mod stream;
mod tasks;
mod threads;
mod volume;

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, watch},
    task::{JoinError, JoinHandle},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use self::{
    announce::{Announcer, Seen},
    breaker::{Breaker, Order},
    ownership::Record,
    reconciler::{Outcome, Paused},
    reload::{Next, Reload},
    repair::Joins,
    standstill::Standstill,
    stream::{StreamTask, ToJournal},
    tasks::Tasks,
    threads::Threads,
};
pub(crate) use self::{
    error::Error,
    plan::{JournalPlan, Plan},
};
use crate::{
    control::{self, Request, feed::Feed},
    doing::Doing,
    ingest::{Arrived, queue},
    outage::Repairer,
    powertrack::{Http, State, StreamStatus, rules::RulesClient, stream::HttpConnect},
    script::{self, Counts, Declared, Files, Watch},
    status::{Reporter, Snapshot, StatusLine, StatusServer, look::Names, short},
    tally::Tally,
    worker::{Loaded, Report, behind::Controls},
};

/// Runs until something ends the run. When `reload` is notified, looks whether the script has changed. Gives the last numbers, also those of the stream. By then the database holds
/// everything.
///
/// # Errors
/// When the run failed. Everything that could be handled has been handled and committed by then.
pub(crate) async fn run(
    plan: Plan,
    shutdown: CancellationToken,
    reload: Arc<Notify>,
    line: &StatusLine,
) -> Result<(Snapshot, Duration, Arc<StreamStatus>), Error> {
    let tally = Arc::new(Tally::default());
    let status = Arc::new(StreamStatus::default());
    let doing = Arc::<Doing>::default();
    let mut reporter = Reporter::new(Arc::clone(&tally), line.clone());
    let http = Http::new(&plan.credentials, plan.ca_file.as_deref())?;
    let rules = RulesClient::new(http.clone(), plan.endpoint.rules.clone())?;
    let watch = plan
        .debounce
        .map(|_| Watch::new(&plan.script))
        .transpose()?;
    let feed = Arc::<Feed>::default();
    let threads = Threads::start(&plan, &tally, &doing, &feed, &shutdown)?;
    let (control, requests) = control::Control::open(&plan.data_dir, feed);
    let mut tasks = Tasks::default();
    let declared = watch::Sender::new(Arc::default());
    let paused = watch::Sender::new(Paused::default());
    let (orders, to_breaker) = mpsc::channel(breaker::WAITING);
    if let Some(address) = plan.status {
        let server = StatusServer {
            tally: Arc::clone(&tally),
            stream: Arc::clone(&status),
            doing: Arc::clone(&doing),
            read_timeout: plan.stream.read_timeout,
            declared: declared.subscribe(),
            names: Names {
                script: plan.script.clone(),
                data_dir: plan.data_dir.clone(),
                database: plan.database.clone(),
            },
        };
        if let Some(serving) = server.bind(address, shutdown.clone()).await {
            tasks.spawn("status", serving);
        }
    }
    let meter = volume::Meter {
        settings: plan.volume,
        database: plan.database.clone(),
        journal: plan.journal.folder.clone(),
        newest: threads.newest.clone(),
        tally: Arc::clone(&tally),
        controls: threads.controls.clone(),
        orders: orders.clone(),
        paused: paused.subscribe(),
    };
    tasks.spawn("volume", volume::run(meter));
    let mut plan = plan;
    plan.stream.last_received = threads.before.received;
    let ready = CancellationToken::new();
    let (repairer, repairs) = repair::start(Joins {
        plan: &plan,
        http: http.clone(),
        status: &status,
        queue: threads.queue.clone(),
        controls: threads.controls.clone(),
        newest: threads.newest.clone(),
        progress: threads.progress,
        declared: declared.subscribe(),
        paused: paused.subscribe(),
        rate_before: threads.before.rate,
        shutdown: shutdown.clone(),
        ready: ready.clone(),
    })?;
    let mut saves = Reload::new(&plan, threads.newest, threads.controls.clone());
    // Starting is the first load. There is no second way to start.
    saves.start(threads.is_back);
    let mut run = Run {
        saves,
        declared,
        repairer,
        repairs: Some(repairs),
        outcomes: mpsc::channel(1),
        rules: Some(rules),
        orders,
        breaker: Some((paused, to_breaker)),
        tally: Arc::clone(&tally),
        connect: Some(HttpConnect::new(http, plan.endpoint.stream.clone())),
        rules_failed: false,
        queue: Some(threads.queue),
        controls: threads.controls,
        reports: threads.reports,
        requests,
        watch,
        status,
        announcer: Announcer::new(&doing),
        standstill: Standstill::new(doing),
        ready,
        tasks,
        ended: threads.ended,
        reload,
        shutdown,
        plan,
    };
    let stream = Arc::clone(&run.status);
    let ended = run.main_loop(&tally, &mut reporter).await;
    let drained = run.drain(threads.ends, &mut reporter).await;
    control.end().await;
    let (snapshot, took) = reporter.finish();
    // The threads' errors go first, because they explain the errors that the others met.
    drained?;
    ended?;
    Ok((snapshot, took, stream))
}

struct Run {
    plan: Plan,
    saves: Reload,
    repairer: Repairer,
    /// The repairs' task; `None` once it has ended.
    repairs: Option<JoinHandle<()>>,
    declared: watch::Sender<Arc<Declared>>,
    outcomes: (mpsc::Sender<Outcome>, mpsc::Receiver<Outcome>),
    /// Taken at the first load.
    rules: Option<RulesClient>,
    /// What the breaker is told to do.
    orders: mpsc::Sender<Order>,
    /// What the breaker tells which rules are paused, and where it takes orders. Taken at the first load.
    breaker: Option<(watch::Sender<Paused>, mpsc::Receiver<Order>)>,
    tally: Arc<Tally>,
    /// Taken when the rules have been reconciled for the first time, or the first attempt has ended.
    connect: Option<HttpConnect>,
    /// Whether the last reconcile failed. Then the next save tries again.
    rules_failed: bool,
    /// Dropped after the stream has ended.
    queue: Option<queue::Sender<Arrived>>,
    controls: Controls,
    reports: mpsc::Receiver<Report>,
    /// What other commands ask for by the control socket.
    requests: mpsc::Receiver<Request>,
    watch: Option<Watch>,
    status: Arc<StreamStatus>,
    standstill: Standstill,
    announcer: Announcer,
    /// Cancelled when the first connection may be made. Repairs may begin then too.
    ready: CancellationToken,
    tasks: Tasks,
    /// Cancelled when one of the threads has ended, for whatever reason.
    ended: CancellationToken,
    /// Notified when somebody asks for a reload.
    reload: Arc<Notify>,
    shutdown: CancellationToken,
}

impl Run {
    async fn main_loop(&mut self, tally: &Tally, reporter: &mut Reporter) -> Result<(), Error> {
        let mut stream = None;
        let ended = self.until_the_end(&mut stream, tally, reporter).await;
        // The stream always ends in order, whatever ended the loop: the lines that it has read are passed on.
        self.shutdown.cancel();
        self.announcer.stopping();
        let finished = match stream {
            Some(_) => stream::join(&mut stream).await,
            None => Ok(()),
        };
        ended.and(finished)
    }

    async fn until_the_end(
        &mut self,
        stream: &mut Option<StreamTask>,
        tally: &Tally,
        reporter: &mut Reporter,
    ) -> Result<(), Error> {
        let end = self.plan.duration.map(|after| Instant::now() + after);
        loop {
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Ok(()),
                () = sleep_until_some(end) => {
                    self.shutdown.cancel();
                }
                report = self.reports.recv() => match report {
                    None => return Ok(()),
                    Some(Report::Loaded(loaded)) => self.loaded(loaded)?,
                    Some(Report::LoadFailed { error, files }) => self.load_failed(error, &files, tally)?,
                    Some(Report::Unchanged) => self.saves.answered(),
                    Some(Report::Gap(gap)) => self.repairer.lost(gap),
                    Some(Report::LimitReached | Report::OutputClosed) => self.shutdown.cancel(),
                },
                outcome = self.outcomes.1.recv() => {
                    self.reconciled(outcome)?;
                    self.ready.cancel();
                    if let Some(connect) = self.connect.take() {
                        *stream = self.start_stream(connect);
                    }
                }
                ended = stream::join(stream) => return ended,
                () = changed_some(&mut self.watch) => self.saves.changed(),
                next = self.saves.next() => match next {
                    Next::Look => {
                        self.refresh_watch();
                        self.standstill.save_waits = true;
                        self.saves.look();
                    }
                    Next::Vetted(vetted) => self.saves.vetted(vetted),
                },
                () = self.reload.notified() => {
                    info!("SIGHUP: looking whether the script has changed");
                    self.saves.asked();
                    self.announcer.reloading();
                }
                Some(request) = self.requests.recv() => self.answer(request),
                () = reporter.due() => reporter.report(self.stream_state()),
                () = self.standstill.watch() => {}
                () = self.announcer.due() => self.announce(reporter),
                // The thread's own error, which comes at the end, explains why.
                () = self.ended.cancelled() => return Ok(()),
                died = self.tasks.died() => return Err(died),
                ended = join_some(&mut self.repairs) => {
                    self.repairs = None;
                    return Err(tasks::ended("repairs", ended));
                }
            }
        }
    }

    /// Answers what another command asks for. Whoever has asked may have gone.
    fn answer(&mut self, request: Request) {
        match request {
            Request::Tags(reply) => {
                let declared = self.declared.borrow();
                let tags = declared.rules.iter().map(|rule| rule.tag.clone());
                let _ = reply.send(tags.collect());
            }
            Request::Resume { tag, reply } => {
                let orders = self.orders.clone();
                // The breaker waits for the database, and the loop must not.
                tokio::spawn(async move {
                    let _ = orders.send(Order::Resume { tag, reply }).await;
                });
            }
            Request::Rollback { undo, reply } => {
                let answer = self.saves.roll_back(undo);
                // The worker answers between two Tweets, and the loop must not wait for it.
                tokio::spawn(async move {
                    let _ = reply.send(answer.await);
                });
            }
        }
    }

    /// Ends the threads in order. Everything that has arrived goes to disk, and as much of it as possible is handled
    /// within a few seconds.
    async fn drain(&mut self, ends: threads::Ends, reporter: &mut Reporter) -> Result<(), Error> {
        if let Some(repairs) = self.repairs.take() {
            // The shutdown ends the repairs. They hold the queue, and they write what they know to the ledger now.
            let _ = repairs.await;
        }
        self.queue = None;
        // Whoever still asks for something is told that it is too late.
        self.requests.close();
        while self.requests.try_recv().is_ok() {}
        self.standstill.is_ending();
        let ending = ends.end(self.controls.clone());
        tokio::pin!(ending);
        loop {
            tokio::select! {
                ended = &mut ending => return ended,
                // The worker may still send reports, and it waits until they are received.
                Some(_) = self.reports.recv() => {}
                () = reporter.due() => reporter.report("finishing what has arrived".to_owned()),
                () = self.standstill.watch() => {}
                () = self.announcer.due() => self.announce(reporter),
            }
        }
    }

    /// Tells the service manager what is new.
    fn announce(&mut self, reporter: &mut Reporter) {
        let seen = Seen {
            is_connected: matches!(self.status.state(), State::Connected { .. }),
            is_vetting: self.saves.is_vetting(),
            is_settled: self.saves.is_settled(),
        };
        let stream = self.stream_state();
        self.announcer.look(seen, || reporter.in_words(stream));
    }

    fn loaded(&mut self, loaded: Loaded) -> Result<(), Error> {
        self.saves.loaded(&loaded);
        let Loaded {
            number: generation,
            declared,
            change,
            files,
            code: _,
            hash,
            back_to,
            owned,
            retags,
            overdue,
            paused,
            pause,
        } = loaded;
        let (rules, handlers, tables) = (change.rules, change.handlers, change.tables);
        info!(generation, %rules, %handlers, %tables, ?pause, %hash, "script loaded");
        if let Some(back_to) = back_to {
            let hint =
                "the next save is loaded again; `ouzel rollback --undo` loads what is on disk now";
            warn!(
                generation,
                back_to, hash, hint, "ROLLED BACK: the files on disk are not what runs"
            );
        }
        if declared.rules.is_empty() {
            warn!("the script declares no rules, so the stream brings only what other rules match");
        }
        if rules != Counts::default() {
            reconciler::warn_of_doubtful(&declared);
        }
        self.follow_files(&files);
        // The service limits the requests per minute, and most saves change no rule.
        let ask = rules != Counts::default() || std::mem::take(&mut self.rules_failed);
        self.declared.send_if_modified(|last| {
            *last = declared;
            ask
        });
        if let Some((rules, (sender, orders))) = self.rules.take().zip(self.breaker.take()) {
            let is_paused = sender.subscribe();
            let breaker = Breaker {
                endpoint: self.plan.rules_key.clone(),
                controls: self.controls.clone(),
                tags: breaker::by_tag(paused),
                paused: sender,
                declared: self.declared.subscribe(),
                resume_after: self.plan.volume.resume_after,
                tally: Arc::clone(&self.tally),
            };
            // What is paused must not come with the first plan.
            breaker.begin();
            self.tasks.spawn("breaker", breaker.run(orders));
            let (key, keep) = (self.plan.rules_key.clone(), self.controls.clone());
            let record = Record::new(key, keep, owned, retags, overdue);
            let (declared, outcomes) = (self.declared.subscribe(), self.outcomes.0.clone());
            let reconciler = reconciler::run(
                rules,
                record,
                self.plan.rules,
                declared,
                is_paused,
                outcomes,
            );
            self.tasks.spawn("reconciler", reconciler);
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
        self.saves.refused(files);
        self.follow_files(files);
        Ok(())
    }

    fn follow_files(&mut self, files: &Files) {
        let Some(watch) = &mut self.watch else { return };
        if let Err(error) = watch.follow(files) {
            warn!(%error, "saving the script may not be noticed");
        }
        // The script may have been saved between the reading and the start of the watch. Nobody would notice that
        // change.
        if files.changed() {
            self.saves.look();
        }
    }

    /// Renews the watch before the files are looked at, so that no later change is missed.
    fn refresh_watch(&mut self) {
        if let Some(Err(error)) = self.watch.as_mut().map(Watch::refresh) {
            warn!(%error, "saving the script may not be noticed");
        }
        debug!("looking whether the script has changed");
    }

    fn reconciled(&mut self, outcome: Option<Outcome>) -> Result<(), Error> {
        match outcome {
            Some(Outcome::Failed { error, .. }) if self.connect.is_some() => Err(error.into()),
            Some(Outcome::Failed { error, changed }) => {
                self.rules_failed = true;
                match changed {
                    0 => error!(%error, "the rules stay as they were"),
                    _ => error!(%error, changed, "only a part of the rules could be changed"),
                }
                Ok(())
            }
            outcome => {
                self.rules_failed = matches!(outcome, Some(Outcome::Kept));
                Ok(())
            }
        }
    }

    fn start_stream(&self, connect: HttpConnect) -> Option<StreamTask> {
        let queue = self.queue.clone()?;
        let (status, shutdown) = (Arc::clone(&self.status), self.shutdown.clone());
        Some(stream::start(
            connect,
            self.plan.stream,
            ToJournal::new(queue, self.shutdown.clone(), Some(self.repairer.clone())),
            status,
            shutdown,
        ))
    }

    fn stream_state(&self) -> String {
        let until = |time: jiff::Timestamp| {
            let span = time.duration_since(jiff::Timestamp::now()).unsigned_abs();
            short(span)
        };
        let is_stuck = self.queue.as_ref().is_some_and(queue::Sender::is_stuck);
        match self.status.state() {
            State::Connecting if is_stuck => "waiting for the journal".to_owned(),
            State::Connecting => "connecting".to_owned(),
            State::Connected { since } => format!("connected {}", until(since)),
            State::Waiting { until: time, cause } => {
                format!("{}, again in {}", cause.name(), until(time))
            }
            State::Stopped => "stopped".to_owned(),
        }
    }
}

/// Waits until a task ends; waits for ever if there is no task. Cancelling this loses nothing.
async fn join_some(task: &mut Option<JoinHandle<()>>) -> Result<(), JoinError> {
    match task {
        Some(task) => task.await,
        None => pending().await,
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
