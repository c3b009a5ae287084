//! What repairs need of the rest of a run: the journal's memory, the ledger, the worker, and the rules of the script.

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Plan, stream::ToJournal, threads::Before};
use crate::{
    behind::Controls,
    inbox::Control,
    ingest::Arrived,
    journal::{Meta, Newest},
    lines::Lines,
    powertrack::{
        self, Http, StreamStatus,
        estimate::Rate,
        job::{HttpPast, Jobs},
        lateness::{lateness, made_at},
        outage::{Means, Span},
        rules::RulesClient,
        stream::{Connection, Deliver, Refused},
    },
    queue::Sender,
    received,
    repair::{self, Parts, Repairer},
    script::Declared,
    store::{Gap, Ledger, ReadOnly},
    tweet_id::tweet_id,
};

/// Tweets are delivered some seconds after they were written, by backfill some minutes.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The rate before a start is that of these minutes.
const BEFORE_MS: i64 = 300_000;

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
            database: of_lines.clone(),
            span,
            known: None,
            deliver: ToJournal::new(queue.clone(), stop.clone(), None),
        },
        asked: move || read(&database, Ledger::asked),
        known,
        rate_before: joins.rate_before,
        // Another simulator knows nothing of what an earlier one has made up.
        resumes: plan.journal.remembers,
        ready: joins.ready,
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

/// Up to when everything was received before this run, and how fast lines came until then.
pub(super) fn before_start(newest: &Newest, before: Before) -> (Option<Timestamp>, Option<Rate>) {
    let now = Timestamp::now();
    let line = last_line(newest, now);
    let since = received::last_received(before.mark, before.end, line, now);
    let rate = since.and_then(|since| rate_before(newest, since, line));
    (since, rate)
}

/// What the stream brought since then is what counts, and not what was brought again for it.
fn live(newest: &Newest, since_ms: i64) -> impl Iterator<Item = Meta> {
    let metas = newest.recent(since_ms).flatten();
    metas.filter(|meta| u8::from(meta.source) == 0)
}

/// When the last Tweet in the journal was made, or received where its id does not say it: what was made after it may have
/// waited to be read when the run before ended.
fn last_line(newest: &Newest, now: Timestamp) -> Option<Timestamp> {
    // Mostly it was a moment ago, and then the newest segment says it.
    [1, 24, 24 * 7, 24 * 365].into_iter().find_map(|hours| {
        let since = now.as_millisecond() - hours * 3_600_000;
        let last = live(newest, since).max_by_key(|meta| meta.last_ms)?;
        let came = Timestamp::from_millisecond(last.last_ms).ok()?;
        let id = last.ids.last().copied().unwrap_or_default();
        lateness(id, came).and(made_at(id)).or(Some(came))
    })
}

/// How fast lines came until then, where any is known at all.
fn rate_before(newest: &Newest, until: Timestamp, line: Option<Timestamp>) -> Option<Rate> {
    let until = until.as_millisecond();
    let times = until - BEFORE_MS..=until;
    let inside = || live(newest, *times.start()).filter(|meta| times.contains(&meta.first_ms));
    // Without a line in these minutes, they were quiet.
    let first = match inside().map(|meta| meta.first_ms).min() {
        Some(first) => first,
        None if line?.as_millisecond() < *times.start() => *times.start(),
        None => return None,
    };
    Some(Rate {
        lines: inside().map(|meta| u64::from(meta.lines)).sum(),
        over: Duration::from_millis(until.abs_diff(first)),
    })
}

/// Hands on the Tweets of a past time that are not in the journal: a job repeats what came just before and after an
/// outage, so long ago that nobody else remembers it.
struct OnlyNew {
    newest: Newest,
    /// Where the lines are named that turned out to be no Tweets.
    database: PathBuf,
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
        let times = from..=to;
        let database = self.database.clone();
        let look = move || {
            let mut known = HashSet::new();
            for meta in newest.recent(from.as_millisecond()) {
                match meta {
                    Ok(meta) => known.extend(
                        meta.ids
                            .iter()
                            .filter(|&&id| made_at(id).is_some_and(|made| times.contains(&made))),
                    ),
                    Err(error) => warn!(%error, "some repaired Tweets may be handled twice"),
                }
            }
            // A damaged copy does not stand for the Tweet.
            let forgotten = ReadOnly::open(&database).and_then(|database| {
                database.each_invalid(|line| {
                    known.remove(&tweet_id(line));
                })
            });
            if let Err(error) = forgotten {
                warn!(%error, "a repaired Tweet that came damaged before may be missing");
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
