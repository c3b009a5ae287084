//! Gives the repairs what they need from a run: the journal, the ledger, the worker, and the script's rules.

use std::sync::Arc;

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    Plan,
    only_new::{InJournal, OnlyNew},
    reconciler::Paused,
    stream::ToJournal,
};
use crate::{
    ingest::{Arrived, queue::Sender},
    journal::Newest,
    outage::{self, Parts, Repairer, estimate::Rate},
    powertrack::{
        self, Http, StreamStatus,
        job::{HttpPast, Jobs},
        outage::Means,
        rules::RulesClient,
    },
    script::Declared,
    store::{Gap, Ledger},
    worker::{Progress, behind::Controls, inbox::Control},
};

/// What the repairs need from a run.
pub(super) struct Joins<'a> {
    pub(super) plan: &'a Plan,
    pub(super) http: Http,
    pub(super) status: &'a Arc<StreamStatus>,
    pub(super) queue: Sender<Arrived>,
    pub(super) controls: Controls,
    pub(super) newest: Newest,
    pub(super) progress: Progress,
    pub(super) declared: watch::Receiver<Arc<Declared>>,
    pub(super) paused: watch::Receiver<Paused>,
    pub(super) rate_before: Option<Rate>,
    pub(super) shutdown: CancellationToken,
    /// Cancelled once the script has been loaded and the rules have been reconciled.
    pub(super) ready: CancellationToken,
}

/// Starts the repairs.
pub(super) fn start(joins: Joins<'_>) -> Result<(Repairer, JoinHandle<()>), powertrack::Error> {
    let Joins {
        plan,
        http,
        shutdown,
        ..
    } = joins;
    let replay = plan.endpoint.replay.clone();
    let replay_rules = replay
        .as_ref()
        .map(|replay| RulesClient::new(http.clone(), replay.rules.clone()));
    let past = HttpPast::new(
        http,
        plan.endpoint.stream.clone(),
        replay.map(|replay| replay.stream),
    );
    let known = read(&plan.database, Ledger::gaps);
    let (database, of_lines) = (plan.database.clone(), plan.database.clone());
    let (queue, stop, controls) = (joins.queue, shutdown.clone(), joins.controls);
    let (newest, ids) = (joins.newest, joins.progress.gap_ids().clone());
    let progress = joins.progress;
    let parts = Parts {
        jobs: Jobs::new(past, plan.stream, joins.status, shutdown.clone()),
        means: Means {
            recovery: plan.recovery,
            replay: replay_rules.is_some(),
        },
        replay_rules: replay_rules.transpose()?,
        declared: joins.declared,
        paused: joins.paused,
        status: Arc::clone(joins.status),
        // If the worker is gone, the run has ended already.
        put: Box::new(move |gap| {
            let _ = controls.send(Control::Gap(gap));
        }),
        desk: Box::new(move |span| {
            let journal = InJournal {
                newest: newest.clone(),
                progress: progress.clone(),
                database: of_lines.clone(),
                span,
            };
            let deliver = ToJournal::new(queue.clone(), stop.clone(), None);
            Box::pin(OnlyNew::new(journal, deliver, stop.clone()).ready())
        }),
        asked: Arc::new(move || read(&database, Ledger::asked)),
        known,
        ids,
        rate_before: joins.rate_before,
        // A new simulator knows nothing of the Tweets that an earlier simulator made up.
        resumes: plan.journal.remembers,
        ready: joins.ready,
    };
    Ok(outage::start(parts, shutdown))
}

/// Reads gaps from the ledger. If it cannot be read, there are none: the stream must not suffer from that.
fn read(
    database: &std::path::Path,
    which: impl FnOnce(&Ledger) -> Result<Vec<Gap>, crate::store::Error>,
) -> Vec<Gap> {
    Ledger::open(database)
        .and_then(|ledger| which(&ledger))
        .unwrap_or_else(|error| {
            warn!(%error, "the gap ledger could not be read");
            Vec::new()
        })
}
