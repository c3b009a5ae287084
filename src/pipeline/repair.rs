//! What repairs need of the rest of a run: the journal's memory, the ledger, the worker, and the rules of the script.

use std::{collections::HashSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Plan, stream::ToJournal};
use crate::{
    behind::Controls,
    inbox::Control,
    ingest::Arrived,
    journal::Newest,
    lines::Lines,
    powertrack::{
        self, Http, StreamStatus,
        estimate::Rate,
        job::{HttpPast, Jobs},
        outage::{Means, Span},
        rules::RulesClient,
        stream::{Connection, Deliver, Refused},
    },
    queue::Sender,
    repair::{self, Parts, Repairer},
    script::Declared,
    store::{Gap, Ledger},
    tweet_id::tweet_id,
};

/// Tweets are delivered some seconds after they were written, by backfill some minutes.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The time of a Tweet is in its id.
const SNOWFLAKE_EPOCH_MS: u64 = 1_288_834_974_657;

/// What the repairs of a run are made of.
pub(super) struct Joins<'a> {
    pub(super) plan: &'a Plan,
    pub(super) http: Http,
    pub(super) status: &'a Arc<StreamStatus>,
    pub(super) queue: Sender<Arrived>,
    pub(super) controls: Controls,
    pub(super) newest: Newest,
    pub(super) declared: watch::Receiver<Arc<Declared>>,
    pub(super) rate_before: Option<Rate>,
    pub(super) shutdown: CancellationToken,
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
    let database = plan.database.clone();
    let (queue, stop, newest, controls) =
        (joins.queue, shutdown.clone(), joins.newest, joins.controls);
    let parts = Parts {
        jobs: Jobs::new(past, plan.stream, joins.status, shutdown.clone()),
        means: Means {
            recovery: plan.recovery,
            replay: replay_rules.is_some(),
        },
        replay_rules: replay_rules.transpose()?,
        declared: joins.declared,
        status: Arc::clone(joins.status),
        // A worker that is gone has ended the run.
        put: move |gap| {
            let _ = controls.send(Control::Gap(gap));
        },
        desk: move |span| OnlyNew {
            newest: newest.clone(),
            span,
            known: None,
            deliver: ToJournal::new(queue.clone(), stop.clone(), None),
        },
        asked: move || read(&database, Ledger::asked),
        known,
        rate_before: joins.rate_before,
    };
    Ok(repair::start(parts, shutdown))
}

/// What the ledger says; nothing where it cannot be read, for the stream must not suffer from it.
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

/// When the last line before this run was received, and how fast they came then.
pub(super) fn last_received(newest: &Newest) -> (Option<Timestamp>, Option<Rate>) {
    let now = Timestamp::now();
    // Mostly it was a moment ago, and then the newest segment says it.
    for hours in [1, 24, 24 * 7, 24 * 365] {
        let since = now.as_millisecond() - hours * 3_600_000;
        // What the stream brought is what counts, and not what was brought again for it.
        let live = || {
            newest
                .recent(since)
                .flatten()
                .filter(|meta| u8::from(meta.source) == 0)
        };
        let Some(last) = live().map(|meta| meta.last_ms).max() else {
            continue;
        };
        let first = last - 300_000;
        let inside = || live().filter(|meta| meta.first_ms >= first);
        let over = inside()
            .map(|meta| meta.first_ms)
            .min()
            .map_or(0, |first| last - first);
        let rate = Rate {
            lines: inside().map(|meta| u64::from(meta.lines)).sum(),
            over: std::time::Duration::from_millis(over.unsigned_abs()),
        };
        return (Timestamp::from_millisecond(last).ok(), Some(rate));
    }
    (None, None)
}

/// Hands on the Tweets of a past time that are not in the journal: a job repeats what came just before and after an
/// outage, so long ago that nobody else remembers it.
struct OnlyNew {
    newest: Newest,
    span: Span,
    /// The ids of that time in the journal, once the first lines have come.
    known: Option<HashSet<u64>>,
    deliver: ToJournal,
}

impl OnlyNew {
    /// The Tweets of about that time that are in the journal.
    async fn look(&self) -> HashSet<u64> {
        let (newest, from, to) = (
            self.newest.clone(),
            self.span.from - LATE,
            self.span.to + LATE,
        );
        let ms = |time: Timestamp| u64::try_from(time.as_millisecond()).unwrap_or(0);
        let times = ms(from)..=ms(to);
        let look = move || {
            let mut known = HashSet::new();
            for meta in newest.recent(from.as_millisecond()) {
                match meta {
                    Ok(meta) => known.extend(meta.ids.iter().filter(|&&id| {
                        id != 0 && times.contains(&((id >> 22) + SNOWFLAKE_EPOCH_MS))
                    })),
                    Err(error) => warn!(%error, "some repaired Tweets may be handled twice"),
                }
            }
            known
        };
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }
}

impl Deliver for OnlyNew {
    fn begin(&mut self, connection: Connection) {
        self.deliver.begin(connection);
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        if self.known.is_none() {
            self.known = Some(self.look().await);
        }
        let known = self.known.get_or_insert_default();
        let lines = lines.filtered(|line| {
            let id = tweet_id(line);
            id == 0 || known.insert(id)
        });
        if lines.is_empty() {
            return Ok(());
        }
        self.deliver.deliver(lines).await
    }
}
