//! Chooses the row of the ledger for an outage: while it goes on, when it ends, and across runs.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tracing::warn;

use super::{
    BEFORE, RateBefore, Repairs,
    unsettled::{away, by_backfill, not_ahead, settled_at_start},
    verdict::{at_first, rest, rest_from},
};
use crate::{
    powertrack::{Cause, deliver::Deliver, job::AskPast, outage::Outage},
    store::{Gap, GapState, Repair},
};

/// If two runs report the same outage, its beginning may be this much later in the second report. Rounding and two
/// clocks cause no more.
const SAME: SignedDuration = SignedDuration::from_millis(50);

impl<A: AskPast + 'static, D: Deliver + 'static> Repairs<A, D> {
    pub(super) fn outage(&mut self, outage: Outage) {
        let (id, outage) = self.row_of(outage);
        self.backfill_is_over(Some(id));
        self.by_backfill = by_backfill(&outage).map(|span| (id, span));
        let (gap, job) = at_first(id, &outage, Timestamp::now(), self.means);
        self.note_rate(id, &outage);
        self.write(gap);
        if let Some((product, span)) = job {
            self.start(id, product, span);
        }
    }

    pub(super) fn away(&mut self, outage: Outage) {
        let (id, outage) = self.row_of(outage);
        self.backfill_is_over(Some(id));
        self.note_rate(id, &outage);
        self.write(away(id, &outage));
    }

    /// The row of an outage, and the part of the outage that it covers.
    fn row_of(&mut self, outage: Outage) -> (i64, Outage) {
        let told = self.of_outage.get(&outage.number).copied();
        let (mut id, mut from) = told.unwrap_or_else(|| {
            let of_earlier_run = self.of_earlier_run(&outage);
            (of_earlier_run.unwrap_or_else(|| self.ids.next()), None)
        });
        // The part that a job is bringing keeps its row. The rest of the outage is another gap.
        if self.at_work.contains(&id) {
            from = self.gaps.get(&id).map(rest_from).or(from);
            id = self.ids.next();
        }
        self.of_outage.insert(outage.number, (id, from));
        self.settle_left(id, outage.span().from);
        (id, from.map_or(outage, |from| rest(outage, from)))
    }

    /// Finds the row of an outage that goes on from an earlier run: when that run ended, the outage was not over, or
    /// not repaired yet. What is missing in other rows stays missing.
    ///
    /// The row says when the last byte came. A restart counts from where the Tweets had been read to by then, which is
    /// earlier. So a row inside the outage is a part of it.
    fn of_earlier_run(&self, outage: &Outage) -> Option<i64> {
        if outage.cause != Cause::Restart {
            return None;
        }
        let is_same = |gap: &&Gap| {
            let later = gap.started_at.duration_since(outage.started_at);
            let is_inside = later > -SAME && gap.ended_at <= outage.ended_at;
            // The clock was set back after the row was written.
            let is_inside = is_inside || gap.is_away() && gap.started_at > outage.ended_at;
            let is_repaired = gap.missing.is_none() && gap.repair == Repair::Backfill;
            (gap.unsettled.is_some() || is_repaired) && is_inside
        };
        let ids = self.gaps.values().filter(is_same).map(|gap| gap.id);
        ids.max()
    }

    /// Settles the rows that an earlier run left unsettled. The first outage of this run tells how they ended: it began
    /// where that run had everything. The row `but` belongs to that outage itself, so it is left alone.
    fn settle_left(&mut self, but: i64, restarted_from: Timestamp) {
        for id in std::mem::take(&mut self.left) {
            let Some(gap) = self.gaps.get(&id).filter(|_| id != but).cloned() else {
                continue;
            };
            let gap = settled_at_start(gap, restarted_from);
            self.write(gap.clone());
            if gap.state == GapState::Open && self.resumes {
                self.again(gap);
            }
        }
    }

    /// Ends the wait for the backfill of a row, and settles the row. The row `but` is not settled, because its outage
    /// goes on, and the row is about to be written.
    pub(super) fn backfill_is_over(&mut self, but: Option<i64>) {
        if let Some((id, _)) = self.by_backfill.take()
            && Some(id) != but
            && let Some(gap) = self.gaps.get(&id).cloned()
        {
            self.write(gap.clone());
            if self.later.remove(&id) {
                self.again(gap);
            }
        }
    }

    /// Leaves unsettled rows of an earlier run as they are: nothing can tell their outcome any more.
    pub(super) fn let_be(&mut self) {
        for id in std::mem::take(&mut self.left) {
            if let Some(gap) = self.gaps.get(&id).cloned() {
                let detail = "the run ended before it was known what of this came".to_owned();
                self.write(Gap {
                    unsettled: None,
                    detail,
                    ..gap
                });
            }
        }
    }

    /// Keeps the rate before an outage until the rate after it is known.
    fn note_rate(&mut self, id: i64, outage: &Outage) {
        let ended = Instant::now();
        let began = ended.checked_sub(outage.length).unwrap_or(ended);
        let before = match outage.cause {
            Cause::Restart => self.rate_before_start,
            _ => self
                .pace
                .between(began.checked_sub(BEFORE).unwrap_or(began), began),
        };
        self.rates.retain(|rate| rate.id != id);
        self.rates.push(RateBefore { id, before, ended });
    }

    /// Cuts rows that lie in the future: a clock that was ahead has written them, and was set back since.
    pub(super) fn set_back(&mut self) {
        let now = Timestamp::now();
        let of_this_run = |id: i64| self.rates.iter().find(|rate| rate.id == id);
        let is_idle = |gap: &&Gap| {
            let is_by_backfill = self.by_backfill.is_some_and(|(id, _)| id == gap.id);
            !is_by_backfill && !self.at_work.contains(&gap.id)
        };
        let cut = |gap: &Gap| {
            let since = of_this_run(gap.id).map_or(Duration::ZERO, |told| told.ended.elapsed());
            let ended = now.checked_sub(since).unwrap_or(now);
            not_ahead(gap, now, ended)
        };
        let cut: Vec<_> = self.gaps.values().filter(is_idle).filter_map(cut).collect();
        for gap in cut {
            let (from, to) = (gap.started_at, gap.ended_at);
            warn!(%from, %to, "the clock was set back, so an outage was shorter than it was written down");
            self.write(gap);
        }
    }
}
