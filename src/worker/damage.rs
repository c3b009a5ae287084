//! Passes over a part of the journal that cannot be read. Its gap is written to the ledger in the same commit that
//! moves the cursor behind it.

use jiff::Timestamp;
use tracing::{error, warn};

use super::{Error, Report, Worker};
use crate::{
    journal::{Damage, Damaged, Position},
    store::Gap,
    tally::Count,
};

impl Worker<'_> {
    /// Continues behind a part of the journal that cannot be read, and writes its gap to the ledger.
    pub(super) fn skip(&mut self, damaged: &Damaged) -> Result<(), Error> {
        let at = Position {
            segment: damaged.segment,
            offset: damaged.offset,
            line: 0,
        };
        self.tally.add(Count::Damaged, 1);
        self.tally
            .add(Count::Handled, damaged.lines.unwrap_or(0).into());
        self.dirty_since.get_or_insert_with(std::time::Instant::now);
        self.cursor = Some(damaged.next);
        let Some(progress) = &self.progress else {
            return Ok(());
        };
        if damaged.damage == Damage::Missing && progress.was_all_before(at) {
            warn!(%at, "the journal's {damaged}; all that is known to have been in it is handled");
            return Ok(());
        }
        error!(%at, "the journal's {damaged}; handling goes on behind it");
        let last_handled = self.received_ms.or(progress.handled().newest_ms());
        let id = progress.gap_ids().next();
        let (from, to) = span(damaged, last_handled, Timestamp::now());
        let gap = Gap::of_journal(id, from, to, damaged.lines.map(u64::from));
        self.store.put_gap(&gap)?;
        self.gaps.push(gap);
        Ok(())
    }

    /// Reports the gaps for repair, now that they are committed.
    pub(super) fn report_gaps(&mut self) {
        for gap in self.gaps.drain(..) {
            (self.report)(Report::Gap(gap));
        }
    }
}

/// Between which times the lost lines were received. If the metadata does not say it, these are the times of the lines
/// around the lost part. If no lines come after it, it lasts until now.
fn span(damaged: &Damaged, last_handled: Option<i64>, now: Timestamp) -> (Timestamp, Timestamp) {
    let time = |millis: i64| Timestamp::from_millisecond(millis).ok();
    let named = i64::try_from(damaged.segment / 1000).unwrap_or(0);
    let from = damaged
        .first_ms
        .unwrap_or_else(|| last_handled.map_or(named, |last| last.max(named)));
    let from = time(from).unwrap_or(now);
    let to = damaged.last_ms.or(damaged.next_ms).and_then(time);
    (from, to.unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_lies_between_what_is_known() {
        // The segment is named 1000. The times are those of the first and last lost line, of the last handled line, and
        // of the next line.
        for (first, last, handled, next, expected) in [
            (Some(1500), Some(1600), Some(1200), Some(1700), (1500, 1600)),
            (None, None, Some(1200), Some(1700), (1200, 1700)),
            (None, None, Some(900), Some(1700), (1000, 1700)),
            (None, None, None, Some(1700), (1000, 1700)),
            (None, None, Some(1200), None, (1200, 5000)),
        ] {
            let damaged = Damaged {
                damage: Damage::Missing,
                segment: 1_000_000,
                offset: 0,
                bytes_skipped: None,
                lines: None,
                first_ms: first,
                last_ms: last,
                next: Position::START,
                next_ms: next,
            };
            let now = Timestamp::from_millisecond(5000).expect("a time");
            let (from, to) = span(&damaged, handled, now);
            let found = (from.as_millisecond(), to.as_millisecond());
            assert_eq!(found, expected, "{damaged:?}");
        }
    }
}
