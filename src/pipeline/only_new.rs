//! Passes on only those Tweets of a repair that the journal does not hold yet. A repair repeats Tweets from before and
//! after the outage, which dedupe has forgotten by then.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::PathBuf,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::stream::ToJournal;
use crate::{
    journal::Newest,
    powertrack::{
        deliver::{Connection, Deliver, Refused},
        lateness::made_at,
        span::Span,
    },
    store::ReadOnly,
    text::lines::Lines,
    tweet::id::tweet_id,
    worker::Progress,
};

/// Tweets are delivered some seconds after they were written, by backfill some minutes.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The journal is asked for the ids of so much time at once. At 3 000 Tweets a second that is a million of them.
const STRETCH: SignedDuration = SignedDuration::from_mins(5);

/// Tweets come nearly in the order of their ids, so what came before the last few stretches is not asked for again.
const STRETCHES: usize = 3;

/// How often it is looked whether the worker has got so far.
const LOOK: Duration = Duration::from_millis(100);

/// Hands on only what is new.
pub(super) struct OnlyNew {
    journal: InJournal,
    deliver: ToJournal,
    shutdown: CancellationToken,
    /// The ids in the journal when this connection began, by the numbers of their stretches. What is handed on is not added:
    /// it may be a damaged copy before the good one, and the worker knows.
    known: BTreeMap<i64, HashSet<u64>>,
}

/// What the journal knows of a span.
#[derive(Clone)]
pub(super) struct InJournal {
    pub(super) newest: Newest,
    pub(super) progress: Progress,
    /// Where the lines are named that turned out to be no Tweets.
    pub(super) database: PathBuf,
    pub(super) span: Span,
}

impl InJournal {
    /// The stretch that a Tweet was made in; `None` outside the span, where the journal is not asked.
    fn stretch(&self, id: u64) -> Option<i64> {
        let made = made_at(id)?;
        let is_near = self.span.from - LATE <= made && made <= self.span.to + LATE;
        is_near.then(|| number(made))
    }

    /// Waits until the worker has handled what is in the journal by now, since only then it is known which of its lines are
    /// Tweets: a damaged copy does not stand for the good one. A shutdown ends the waiting.
    async fn is_judged(&self, shutdown: &CancellationToken) -> bool {
        let end = self.newest.end();
        let mut is_told = false;
        while self.progress.committed() < end {
            if !std::mem::replace(&mut is_told, true) {
                info!("a repair waits until what is in the journal has been handled");
            }
            tokio::select! {
                () = shutdown.cancelled() => return false,
                () = sleep(LOOK) => {}
            }
        }
        true
    }

    /// The Tweets of a stretch that are in the journal.
    fn look(&self, stretch: i64) -> HashSet<u64> {
        let mut known = HashSet::new();
        let since = start(stretch).max(self.span.from - LATE) - LATE;
        for meta in self.newest.recent(since.as_millisecond()) {
            match meta {
                Ok(meta) => known.extend(
                    meta.ids
                        .iter()
                        .filter(|&&id| self.stretch(id) == Some(stretch)),
                ),
                Err(error) => warn!(%error, "some repaired Tweets may be handled twice"),
            }
        }
        let forgotten = ReadOnly::open(&self.database).and_then(|database| {
            database.each_invalid(|line| {
                known.remove(&tweet_id(line));
            })
        });
        if let Err(error) = forgotten {
            warn!(%error, "a repaired Tweet that came damaged before may be missing");
        }
        known
    }
}

/// The number of the stretch of a time.
fn number(time: Timestamp) -> i64 {
    time.as_second().div_euclid(STRETCH.as_secs())
}

fn start(stretch: i64) -> Timestamp {
    Timestamp::from_second(stretch * STRETCH.as_secs()).unwrap_or_default()
}

impl OnlyNew {
    pub(super) fn new(journal: InJournal, deliver: ToJournal, shutdown: CancellationToken) -> Self {
        Self {
            journal,
            deliver,
            shutdown,
            known: BTreeMap::new(),
        }
    }

    /// Waits until there is nothing to wait for while the service sends; `None` when the run ends.
    pub(super) async fn ready(self) -> Option<Self> {
        let is_judged = self.journal.is_judged(&self.shutdown).await;
        is_judged.then_some(self)
    }

    /// Looks the stretches of some lines up, and forgets others.
    async fn prepare(&mut self, lines: &Lines) -> Result<(), Refused> {
        let needed: BTreeSet<i64> = lines
            .iter()
            .filter_map(|line| self.journal.stretch(tweet_id(line)))
            .collect();
        for &stretch in &needed {
            if self.known.contains_key(&stretch) {
                continue;
            }
            if !self.journal.is_judged(&self.shutdown).await {
                return Err(Refused::Closed);
            }
            let journal = self.journal.clone();
            let look = tokio::task::spawn_blocking(move || journal.look(stretch));
            match look.await {
                Ok(known) => self.known.insert(stretch, known),
                Err(died) => std::panic::resume_unwind(died.into_panic()),
            };
        }
        while self.known.len() > STRETCHES.max(needed.len()) {
            let not_needed = self.known.keys().find(|known| !needed.contains(known));
            let Some(&oldest) = not_needed else { break };
            self.known.remove(&oldest);
        }
        Ok(())
    }
}

impl Deliver for OnlyNew {
    fn begin(&mut self, connection: Connection) {
        // What an attempt before has brought is in the journal too by now.
        self.known.clear();
        self.deliver.begin(connection);
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        self.prepare(&lines).await?;
        let lines = lines.filtered(|line| {
            let id = tweet_id(line);
            let stretch = self.journal.stretch(id);
            let known = stretch.and_then(|number| self.known.get(&number));
            known.is_none_or(|known| !known.contains(&id))
        });
        if lines.is_empty() {
            return Ok(());
        }
        self.deliver.deliver(lines).await
    }
}
