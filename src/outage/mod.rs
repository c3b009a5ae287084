//! What an outage is to ouzel. Takes outages of the stream and lost parts of the journal, gives rows of the gap ledger and
//! jobs that bring what was missed, and never stands in the live stream's way.

pub(crate) mod estimate;
pub(crate) mod mark;
mod outages;
mod pace;
mod unsettled;
mod verdict;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    panic,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{
    estimate::{Rate, missing_tweets},
    pace::Pace,
    unsettled::with_backfill,
    verdict::{after, is_soon_after, not_any_more, too_long},
};
use crate::{
    powertrack::{
        self, Cause, StreamStatus, copy_replay_rules,
        deliver::Deliver,
        job::{AskPast, Brought, Jobs},
        line::Dropped,
        outage::{Means, Outage, Product, choose, span::Span},
        rules::{RulesClient, bodies::NewRule},
    },
    script::{Declared, DeclaredRule},
    store::{Gap, GapIds, GapState, Repair},
};

/// How often the task counts lines and looks for requested repairs.
const LOOK: Duration = Duration::from_secs(2);

/// The rate before an outage is measured over this time.
const BEFORE: Duration = Duration::from_secs(5 * 60);

/// The rate after an outage is measured over this time, without the first minute, in which backfill comes.
const AFTER: Duration = Duration::from_secs(5 * 60);
const SETTLED: Duration = Duration::from_secs(60);

/// How long the end of a run waits for its jobs. A job ends by itself, at once unless it waits for an answer.
const GRACE: Duration = Duration::from_secs(1);

/// Waits until a job for a span may begin, and returns the taker of its lines. `None` if the run ends.
pub(crate) type Desk<D> =
    Box<dyn FnMut(Span) -> Pin<Box<dyn Future<Output = Option<D>> + Send>> + Send>;

/// What repairs need.
pub(crate) struct Parts<A, D> {
    /// Runs the jobs.
    pub jobs: Jobs<A>,
    /// Which of Recovery and Replay the account has.
    pub means: Means,
    /// The rules endpoint of Replay, if the account has Replay.
    pub replay_rules: Option<RulesClient>,
    /// The rules that Replay is to have.
    pub declared: watch::Receiver<Arc<Declared>>,
    /// The tags of those that it is not to have for now.
    pub paused: watch::Receiver<Arc<BTreeSet<String>>>,
    /// The live stream's counters.
    pub status: Arc<StreamStatus>,
    /// Writes a gap to the ledger.
    pub put: Box<dyn FnMut(Gap) + Send>,
    /// Where a job's lines go.
    pub desk: Desk<D>,
    /// The gaps that somebody has asked to repair.
    pub asked: Arc<dyn Fn() -> Vec<Gap> + Send + Sync>,
    /// The ledger as it was at the start.
    pub known: Vec<Gap>,
    /// The ids of new gaps.
    pub ids: GapIds,
    /// The rate before the start, if it is known.
    pub rate_before: Option<Rate>,
    /// Whether to continue the repairs that an earlier run could not finish.
    pub resumes: bool,
    /// Cancelled once the script has been loaded and the rules have been reconciled.
    pub ready: CancellationToken,
}

/// The handle by which the rest of a run reports outages.
#[derive(Debug, Clone)]
pub(crate) struct Repairer {
    told: mpsc::UnboundedSender<Told>,
}

#[derive(Debug)]
enum Told {
    Away(Outage),
    Outage(Outage),
    Settled,
    Lost(Gap),
    Dropped(Dropped, Span),
}

impl Repairer {
    /// Reports an outage that goes on. Its end is reported with the same number.
    pub(crate) fn away(&self, outage: Outage) {
        let _ = self.told.send(Told::Away(outage));
    }

    /// Reports that the backfill after the last outage has come.
    pub(crate) fn settled(&self) {
        let _ = self.told.send(Told::Settled);
    }

    /// Reports that an outage has ended, or that an earlier one goes on.
    pub(crate) fn outage(&self, outage: Outage) {
        // If the run has ended, nothing is repaired any more. The next start sees an outage of its own.
        let _ = self.told.send(Told::Outage(outage));
    }

    /// Reports a lost part of the journal, which is in the ledger already.
    pub(crate) fn lost(&self, gap: Gap) {
        let _ = self.told.send(Told::Lost(gap));
    }

    /// Reports lines that were too long, and when they came.
    pub(crate) fn dropped(&self, dropped: Dropped, span: Span) {
        let _ = self.told.send(Told::Dropped(dropped, span));
    }
}

/// Starts the repairs as a task; it ends with the run.
pub(crate) fn start<A: AskPast + 'static, D: Deliver + 'static>(
    parts: Parts<A, D>,
    shutdown: CancellationToken,
) -> (Repairer, tokio::task::JoinHandle<()>) {
    let (told, hears) = mpsc::unbounded_channel();
    let repairs = Repairs::new(parts);
    (
        Repairer { told },
        tokio::spawn(repairs.run(hears, shutdown)),
    )
}

struct Repairs<A, D> {
    jobs: Arc<Jobs<A>>,
    means: Means,
    replay_rules: Option<RulesClient>,
    declared: watch::Receiver<Arc<Declared>>,
    paused: watch::Receiver<Arc<BTreeSet<String>>>,
    status: Arc<StreamStatus>,
    put: Box<dyn FnMut(Gap) + Send>,
    desk: Desk<D>,
    asked: Arc<dyn Fn() -> Vec<Gap> + Send + Sync>,
    gaps: HashMap<i64, Gap>,
    ids: GapIds,
    /// The rows of outages that may be reported again, and where each begins if that is not the outage's own beginning.
    of_outage: HashMap<u64, (i64, Option<Timestamp>)>,
    /// Rows of an earlier run whose outcome is not known yet.
    left: Vec<i64>,
    /// The row whose backfill is on its way, and the span of that backfill.
    by_backfill: Option<(i64, Span)>,
    /// Rows whose repair was requested before they were settled.
    later: HashSet<i64>,
    at_work: HashSet<i64>,
    running: JoinSet<(i64, Product, Span, Result<Brought, powertrack::Error>)>,
    pace: Pace,
    rate_before_start: Option<Rate>,
    /// The rates before gaps, kept until the rates after them are known.
    rates: Vec<RateBefore>,
    /// Jobs that wait until the script is loaded.
    waiting: Vec<(i64, Product, Span)>,
    /// The thread that reads requested repairs from the database.
    asking: JoinSet<Vec<Gap>>,
    ready: CancellationToken,
    has_begun: bool,
    resumes: bool,
    /// The gap of the latest lines that were too long.
    too_long: Option<i64>,
    /// Further such lines, not in the ledger yet, and when that row was last written.
    unwritten: Option<(Dropped, Span)>,
    written_at: Option<Instant>,
}

struct RateBefore {
    id: i64,
    before: Option<Rate>,
    ended: Instant,
}

impl<A: AskPast + 'static, D: Deliver + 'static> Repairs<A, D> {
    fn new(parts: Parts<A, D>) -> Self {
        let unsettled = parts.known.iter().filter(|gap| gap.unsettled.is_some());
        let unsettled = unsettled.map(|gap| gap.id);
        Self {
            jobs: Arc::new(parts.jobs),
            means: parts.means,
            replay_rules: parts.replay_rules,
            declared: parts.declared,
            paused: parts.paused,
            status: parts.status,
            put: parts.put,
            desk: parts.desk,
            asked: parts.asked,
            ids: parts.ids,
            left: unsettled.collect(),
            by_backfill: None,
            later: HashSet::new(),
            gaps: parts.known.into_iter().map(|gap| (gap.id, gap)).collect(),
            of_outage: HashMap::new(),
            at_work: HashSet::new(),
            running: JoinSet::new(),
            pace: Pace::default(),
            rate_before_start: parts.rate_before,
            rates: Vec::new(),
            waiting: Vec::new(),
            asking: JoinSet::new(),
            ready: parts.ready,
            has_begun: false,
            resumes: parts.resumes,
            too_long: None,
            unwritten: None,
            written_at: None,
        }
    }

    async fn run(mut self, mut told: mpsc::UnboundedReceiver<Told>, shutdown: CancellationToken) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ready = self.ready.clone();
        loop {
            tokio::select! {
                biased;
                Some(told) = told.recv() => match told {
                    Told::Away(outage) => self.away(outage),
                    Told::Outage(outage) => self.outage(outage),
                    Told::Settled => self.backfill_is_over(None),
                    Told::Lost(gap) => self.lost(gap),
                    Told::Dropped(dropped, span) => self.dropped(dropped, span),
                },
                Some(done) = self.running.join_next() => {
                    let (id, product, asked, brought) = joined(done);
                    self.brought(id, product, asked, brought);
                }
                Some(asked) = self.asking.join_next() => {
                    for gap in joined(asked) {
                        self.again(gap);
                    }
                }
                // Like the stream: the Tweets need a script that handles them, and rules that say what they are.
                () = ready.cancelled(), if !self.has_begun => self.begin(),
                () = shutdown.cancelled() => break,
                _ = look.tick() => self.look(),
            }
        }
        self.write_dropped();
        let end = async {
            while let Some(done) = self.running.join_next().await {
                if let Ok((id, product, asked, brought)) = done {
                    self.brought(id, product, asked, brought);
                }
            }
        };
        // The next run asks again for what a job could not finish in time.
        let _ = timeout(GRACE, end).await;
    }

    /// Starts the jobs that waited for the script, and continues those that an earlier run could not finish.
    fn begin(&mut self) {
        self.has_begun = true;
        for (id, product, span) in std::mem::take(&mut self.waiting) {
            self.start(id, product, span);
        }
        match self.resumes {
            true => self.resume(),
            false => self.let_be(),
        }
    }

    /// Continues the repairs that an earlier run could not finish.
    fn resume(&mut self) {
        let mut open: Vec<_> = self
            .gaps
            .values()
            // The first connection of this run reports unsettled rows again.
            .filter(|gap| gap.state == GapState::Open && gap.unsettled.is_none())
            .cloned()
            .collect();
        open.sort_unstable_by_key(|gap| gap.id);
        for gap in open {
            self.estimate(&gap);
            self.again(gap);
        }
        self.count_missing();
    }

    fn lost(&mut self, gap: Gap) {
        self.estimate(&gap);
        self.again(gap);
    }

    /// Estimates the lines of a lost part of the journal by the rates before and after it, where their number is unknown.
    fn estimate(&mut self, gap: &Gap) {
        let is_known = self.rates.iter().any(|known| known.id == gap.id);
        if gap.cause != Cause::Journal.name() || gap.estimated_tweets.is_some() || is_known {
            return;
        }
        let ended = Instant::now();
        let before = match ended.checked_sub(BEFORE) {
            Some(since) => self.pace.between(since, ended),
            None => None,
        };
        let before = before.or(self.rate_before_start);
        let id = gap.id;
        self.rates.push(RateBefore { id, before, ended });
    }

    /// A line that was too long is gone, and may have been a Tweet.
    fn dropped(&mut self, lines: Dropped, span: Span) {
        let more = match self.unwritten.take() {
            None => (lines, span),
            Some((before, first)) => (
                before.and(lines),
                Span {
                    to: span.to,
                    ..first
                },
            ),
        };
        self.unwritten = Some(more);
        // All of them share one row. It is not written again for each line.
        if self.written_at.is_none_or(|at| at.elapsed() >= LOOK) {
            self.write_dropped();
        }
    }

    fn write_dropped(&mut self) {
        let Some((lines, span)) = self.unwritten.take() else {
            return;
        };
        self.written_at = Some(Instant::now());
        let last = self.too_long.and_then(|id| self.gaps.get(&id));
        let id = last
            .filter(|gap| is_soon_after(gap, span))
            .map(|gap| gap.id);
        let gap = too_long(id.and_then(|id| self.gaps.get(&id)), lines, span);
        let id = id.unwrap_or_else(|| self.ids.next());
        self.too_long = Some(id);
        self.write(Gap { id, ..gap });
    }

    /// Asks once more for what a gap is missing.
    fn again(&mut self, gap: Gap) {
        let Some((from, to)) = gap.missing else {
            return;
        };
        let id = gap.id;
        // An outage that goes on is repaired when it is over.
        if self.at_work.contains(&id) {
            return;
        }
        if gap.unsettled.is_some() {
            self.later.insert(id);
            return;
        }
        let now = Timestamp::now();
        match choose(Span { from, to }, now, self.means) {
            Some((product, span)) => {
                let detail = match gap.detail.is_empty() {
                    true => format!("asked for by {}", product.name()),
                    false => format!("asked for again at {now:.0}"),
                };
                self.write(Gap { detail, ..gap });
                self.start(id, product, span);
            }
            None => self.write(not_any_more(gap, now, self.means)),
        }
    }

    fn start(&mut self, id: i64, product: Product, span: Span) {
        self.at_work.insert(id);
        if !self.has_begun {
            self.waiting.push((id, product, span));
            return;
        }
        let (jobs, ready) = (Arc::clone(&self.jobs), (self.desk)(span));
        let rules = self
            .replay_rules
            .clone()
            .filter(|_| product == Product::Replay);
        let (mut declared, paused) = (self.declared.clone(), self.paused.clone());
        self.running.spawn(async move {
            let Some(deliver) = ready.await else {
                return (id, product, span, Err(powertrack::Error::Closed));
            };
            let copied = match &rules {
                Some(rules) => {
                    let wanted = rules_of(&mut declared, &paused).await;
                    copy_replay_rules(&wanted, rules).await
                }
                None => Ok(()),
            };
            let brought = match copied {
                Ok(()) => jobs.bring(product, span, deliver).await,
                Err(error) => Ok(Brought {
                    missing: vec![span],
                    trouble: Some(format!("the rules of Replay could not be set: {error}")),
                    ..Brought::default()
                }),
            };
            (id, product, span, brought)
        });
        let (product, from, to) = (product.name(), span.from, span.to);
        info!(product, %from, %to, "what was missed is asked for");
    }

    fn brought(
        &mut self,
        id: i64,
        product: Product,
        asked: Span,
        brought: Result<Brought, powertrack::Error>,
    ) {
        self.at_work.remove(&id);
        let (Ok(brought), Some(gap)) = (brought, self.gaps.get(&id).cloned()) else {
            // The run ends, so nothing takes lines any more. The next run continues.
            return;
        };
        let gap = after(gap, product, asked, &brought);
        let (lines, missing) = (brought.lines, gap.missing_length);
        match gap.state {
            GapState::Repaired => info!(lines, "a gap is repaired"),
            _ => {
                let reason = brought.trouble.as_deref().unwrap_or_default();
                warn!(lines, ?missing, reason, "a gap could not be repaired");
            }
        }
        self.write(gap);
    }

    fn look(&mut self) {
        if self.resumes {
            self.set_back();
        }
        self.write_dropped();
        self.pace
            .count(Instant::now(), self.status.counts().decoded.lines);
        // A locked database must not hold up the stream, and one thread at a time asks it.
        if self.asking.is_empty() {
            let asked = Arc::clone(&self.asked);
            self.asking.spawn_blocking(move || asked());
        }
        let gaps = &self.gaps;
        let is_due = |rate: &mut RateBefore| {
            let is_away = gaps.get(&rate.id).is_some_and(Gap::is_away);
            rate.ended.elapsed() >= AFTER && !is_away
        };
        let due: Vec<_> = self.rates.extract_if(.., is_due).collect();
        for RateBefore { id, before, ended } in due {
            let after = self.pace.between(ended + SETTLED, ended + AFTER);
            if let Some(gap) = self.gaps.get(&id).cloned()
                && !gap.missing_length.is_zero()
            {
                let estimated_tweets = missing_tweets(gap.missing_length, before, after);
                self.write(Gap {
                    estimated_tweets,
                    ..gap
                });
            }
        }
    }

    fn write(&mut self, mut gap: Gap) {
        self.estimate_tweets(&mut gap);
        self.gaps.insert(gap.id, gap.clone());
        self.count_missing();
        if let Some((_, span)) = self.by_backfill.filter(|(id, _)| *id == gap.id) {
            gap = with_backfill(gap, span);
            self.estimate_tweets(&mut gap);
        }
        (self.put)(gap);
    }

    fn estimate_tweets(&self, gap: &mut Gap) {
        if let Some(rate) = self.rates.iter().find(|rate| rate.id == gap.id) {
            gap.estimated_tweets = missing_tweets(gap.missing_length, rate.before, None);
        }
        if gap.missing_length.is_zero() {
            gap.estimated_tweets = None;
        }
    }

    fn count_missing(&self) {
        let missing: Duration = self.gaps.values().map(|gap| gap.missing_length).sum();
        let by_backfill = self.by_backfill.map(|(_, span)| span.length());
        self.status
            .set_missing(missing + by_backfill.unwrap_or_default());
    }
}

/// What a task has brought. A task that has panicked ends the repairs, and so the run.
fn joined<T>(done: Result<T, JoinError>) -> T {
    match done {
        Ok(done) => done,
        Err(died) => panic::resume_unwind(died.into_panic()),
    }
}

/// What the script declares and nobody has paused, once it has been loaded.
async fn rules_of(
    declared: &mut watch::Receiver<Arc<Declared>>,
    paused: &watch::Receiver<Arc<BTreeSet<String>>>,
) -> Vec<NewRule> {
    let Ok(declared) = declared
        .wait_for(|declared| !declared.rules.is_empty())
        .await
    else {
        return Vec::new();
    };
    let new = |rule: &DeclaredRule| NewRule {
        value: rule.value.clone(),
        tag: rule.tag.clone(),
    };
    let paused = paused.borrow();
    let is_paused =
        |rule: &&DeclaredRule| rule.tag.as_ref().is_some_and(|tag| paused.contains(tag));
    let rules = declared.rules.iter().filter(|rule| !is_paused(rule));
    rules.map(new).collect()
}

impl From<Product> for Repair {
    fn from(product: Product) -> Self {
        match product {
            Product::Recovery => Self::Recovery,
            Product::Replay => Self::Replay,
        }
    }
}
