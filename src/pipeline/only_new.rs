//! Passes on only those Tweets of a repair that the journal does not hold yet. A repair repeats Tweets from before and
//! after the outage, and the normal check for duplicates has forgotten them by then.

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
        outage::{lateness::made_at, span::Span},
    },
    store::ReadOnly,
    text::lines::Lines,
    tweet::id::tweet_id,
    worker::Progress,
};

/// How late a Tweet may be delivered. The stream delivers a Tweet some seconds after it was written, backfill some
/// minutes.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The ids are read from the journal in stretches of this length. At 3 000 Tweets a second one stretch has about a
/// million ids.
const STRETCH: SignedDuration = SignedDuration::from_mins(5);

/// How many stretches are kept in memory. Tweets come nearly in the order of their ids, so older stretches are not
/// needed again.
const STRETCHES: usize = 3;

/// How often to check whether the worker has got far enough.
const LOOK: Duration = Duration::from_millis(100);

/// Passes on only new Tweets.
pub(super) struct OnlyNew {
    journal: InJournal,
    deliver: ToJournal,
    shutdown: CancellationToken,
    /// The ids that were in the journal when this connection began, by the number of their stretch. The ids of Tweets
    /// that are passed on are not added: such a line may be a damaged copy that comes before the good one, and the
    /// worker can tell.
    known: BTreeMap<i64, HashSet<u64>>,
}

/// What the journal holds of a span of time.
#[derive(Clone)]
pub(super) struct InJournal {
    pub(super) newest: Newest,
    pub(super) progress: Progress,
    /// The database that lists the lines that turned out to be no Tweets.
    pub(super) database: PathBuf,
    pub(super) span: Span,
}

impl InJournal {
    /// The stretch in which a Tweet was made. It is `None` outside the span, where the journal is not searched.
    fn stretch(&self, id: u64) -> Option<i64> {
        let made = made_at(id)?;
        let is_near = self.span.from - LATE <= made && made <= self.span.to + LATE;
        is_near.then(|| number(made))
    }

    /// Waits until the worker has handled everything that is in the journal now. Only then it is known which of the
    /// lines are Tweets: a damaged copy must not stand for the good one. A shutdown ends the wait; then the result is
    /// false.
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

    /// The ids of the Tweets of a stretch that are in the journal.
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

/// The number of the stretch that a time lies in.
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

    /// Does the waiting before the service begins to send. Gives `None` if the run ends meanwhile.
    pub(super) async fn ready(self) -> Option<Self> {
        let is_judged = self.journal.is_judged(&self.shutdown).await;
        is_judged.then_some(self)
    }

    /// Reads the stretches that some lines need, and forgets old ones.
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
        // The Tweets that an earlier attempt brought are in the journal too by now.
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
