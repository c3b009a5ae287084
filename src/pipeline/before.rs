//! Finds out what the last run left: up to when it received everything, how fast Tweets came, and which parts of its
//! journal are gone.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use jiff::Timestamp;
use tracing::{error, warn};

use super::lost::lost;
use crate::{
    journal::{Meta, Newest, Position},
    outage::{
        estimate::Rate,
        mark::{self, Signs},
    },
    powertrack::outage::lateness::{lateness, made_at},
    store::{self, Gap, Store},
    worker::Progress,
};

/// The rate before the start is measured over this much time.
const RATE_MS: i64 = 300_000;

/// What the previous run left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// The time up to which everything was received, if it is known.
    pub(super) received: Option<Timestamp>,
    /// How fast lines came before that time, if it is known.
    pub(super) rate: Option<Rate>,
}

impl Before {
    /// Reads what the previous run left from the journal and the database.
    pub(super) fn look(
        store: &Store,
        newest: &Newest,
        progress: &Progress,
    ) -> Result<Self, store::Error> {
        let now = Timestamp::now();
        let signs = Signs {
            left: store.unsettled_since()?,
            ..signs(newest, now)
        };
        let end = newest.end().max(progress.committed());
        let kept = progress.before();
        let received = mark::last_received(kept, end, signs, now);
        if mark::is_set_back(kept, signs, now)
            && let Some(from) = received
        {
            let said = kept.map(|mark| mark.received.until);
            let said = said.map(tracing::field::display);
            warn!(said, %from, "the clock was set back, since the run before has received something later than now; what was missed is counted from what is known otherwise");
        }
        let rate = received.and_then(|received| rate_before(newest, received, signs.line));
        Ok(Self { received, rate })
    }
}

/// Writes to the ledger which segments are gone although nobody handled their lines. It runs before more segments are
/// deleted.
pub(super) fn write_lost(
    store: &Store,
    newest: &Newest,
    progress: &Progress,
    in_hand: Option<Range<Position>>,
    received: Option<Timestamp>,
) -> Result<(), store::Error> {
    let mut known: BTreeSet<u64> = store.segments(progress.journal())?.into_iter().collect();
    known.extend(in_hand.map(|span| span.start.segment));
    let known: Vec<u64> = known.into_iter().collect();
    let there = newest.segments_from(0);
    let cursor = progress.committed().segment;
    for span in lost(&known, &there, cursor, received, Timestamp::now()) {
        let (from, to) = (span.from, span.to);
        error!(%from, %to, "a part of the journal is missing, with Tweets that were not handled; `ouzel gaps` lists it");
        store.put_gap(&Gap::of_journal(progress.gap_ids().next(), from, to, None))?;
    }
    store.commit()
}

/// The frames since a time that came from the live stream. Frames of Recovery and Replay do not count.
fn live(newest: &Newest, since_ms: i64) -> impl Iterator<Item = Meta> {
    let metas = newest.recent(since_ms).flatten();
    metas.filter(|meta| u8::from(meta.source) == 0)
}

/// What the journal shows about the end of the previous run.
fn signs(newest: &Newest, now: Timestamp) -> Signs {
    let ahead = live(newest, now.as_millisecond()).filter(|meta| is_ahead(meta, now));
    let ahead = ahead.last();
    Signs {
        line: last_line(newest, now),
        is_line_ahead: ahead.is_some(),
        made: ahead.and_then(|meta| made_at(meta.ids.last().copied().unwrap_or_default())),
        left: None,
    }
}

/// Whether the lines came at a time in the future. That happens if the clock has been set back since.
fn is_ahead(meta: &Meta, now: Timestamp) -> bool {
    meta.last_ms > now.as_millisecond()
}

/// When the last Tweet in the journal was made; if its id does not tell, when it was received. The time of making
/// counts, because younger Tweets may have waited to be read when the previous run ended.
fn last_line(newest: &Newest, now: Timestamp) -> Option<Timestamp> {
    // The last Tweet usually came a moment before the end. Then the newest segment is enough, so short periods are
    // tried first.
    [1, 24, 24 * 7, 24 * 365].into_iter().find_map(|hours| {
        let since = now.as_millisecond() - hours * 3_600_000;
        let there = live(newest, since).filter(|meta| !is_ahead(meta, now));
        let last = there.max_by_key(|meta| meta.last_ms)?;
        let came = Timestamp::from_millisecond(last.last_ms).ok()?;
        let id = last.ids.last().copied().unwrap_or_default();
        lateness(id, came).and(made_at(id)).or(Some(came))
    })
}

/// How fast lines came until then, if it can be known.
fn rate_before(newest: &Newest, until: Timestamp, line: Option<Timestamp>) -> Option<Rate> {
    let until = until.as_millisecond();
    let times = until - RATE_MS..=until;
    let inside = || live(newest, *times.start()).filter(|meta| times.contains(&meta.first_ms));
    // No line came in these minutes. If earlier lines exist, the stream was quiet in these minutes.
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
