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
        received::{self, Signs},
    },
    powertrack::lateness::{lateness, made_at},
    store::{self, Gap, Store},
    worker::Progress,
};

/// The rate before a start is that of these minutes.
const RATE_MS: i64 = 300_000;

/// What the run before has left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// Up to when everything was received, where that is known.
    pub(super) received: Option<Timestamp>,
    /// How fast lines came until then, where that is known.
    pub(super) rate: Option<Rate>,
}

impl Before {
    /// Looks at the journal and at what the database says of it.
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
        let received = received::last_received(kept, end, signs, now);
        if received::is_set_back(kept, signs, now)
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

/// Writes down which segments are gone with lines that nobody has handled, before any more are.
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

/// What the stream brought since then is what counts, and not what was brought again for it.
fn live(newest: &Newest, since_ms: i64) -> impl Iterator<Item = Meta> {
    let metas = newest.recent(since_ms).flatten();
    metas.filter(|meta| u8::from(meta.source) == 0)
}

/// What the journal says.
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

/// Whether lines came at a time that is to come: the clock was set back since.
fn is_ahead(meta: &Meta, now: Timestamp) -> bool {
    meta.last_ms > now.as_millisecond()
}

/// When the last Tweet in the journal was made, or received where its id does not say it: what was made after it may have
/// waited to be read when the run before ended.
fn last_line(newest: &Newest, now: Timestamp) -> Option<Timestamp> {
    // Mostly it was a moment ago, and then the newest segment says it.
    [1, 24, 24 * 7, 24 * 365].into_iter().find_map(|hours| {
        let since = now.as_millisecond() - hours * 3_600_000;
        let there = live(newest, since).filter(|meta| !is_ahead(meta, now));
        let last = there.max_by_key(|meta| meta.last_ms)?;
        let came = Timestamp::from_millisecond(last.last_ms).ok()?;
        let id = last.ids.last().copied().unwrap_or_default();
        lateness(id, came).and(made_at(id)).or(Some(came))
    })
}

/// How fast lines came until then, where any is known at all.
fn rate_before(newest: &Newest, until: Timestamp, line: Option<Timestamp>) -> Option<Rate> {
    let until = until.as_millisecond();
    let times = until - RATE_MS..=until;
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
