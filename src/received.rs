//! Up to when everything has been received: said by the stream, noted when it is in the journal, kept in the database for the next start.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::{journal::Position, powertrack::stream::Received, store};

/// Up to when everything has been received, and where the journal ended when all of that was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Up to when.
    pub received: Received,
    /// What was received until then lies before this.
    pub end: Position,
}

/// The newest mark, noted by the journal's thread and kept by the worker.
#[derive(Debug, Clone, Default)]
pub struct Marks(Arc<Mutex<Option<Mark>>>);

impl Marks {
    /// All that has been received until then is in the journal, which ends there.
    pub fn note(&self, received: Received, end: Position) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Mark { received, end });
    }

    /// What was noted last.
    #[must_use]
    pub fn newest(&self) -> Option<Mark> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Up to when everything was received before this start; `None` where that is not known.
///
/// A mark is noted after its lines are written, but nothing is synced for it, and the database has its own time for reaching
/// the disk: after a power failure the mark may be there and lines before it not. So it counts only where the journal still
/// reaches as far as it did, or where so much of it is handled: `end` is the farther one of the two, and a cursor in the
/// database is never younger than the mark beside it. Else the last line in the journal counts: the making of its Tweet may
/// be too early, and is never too late.
///
/// That line is of no use either while what was asked for again is not complete: it may belong to it.
#[must_use]
pub fn last_received(
    kept: Option<Mark>,
    end: Position,
    last_line: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    // A clock that was ahead would make an outage shorter than it is.
    let Some(mark) = kept.filter(|mark| mark.received.until <= now) else {
        return last_line;
    };
    let until = mark.received.until;
    let is_there = mark.end <= end;
    match (last_line, mark.received.is_settled) {
        (Some(line), true) if is_there => Some(line.max(until)),
        (Some(line), false) if !is_there => Some(line.min(until)),
        (line, true) if !is_there => line,
        _ => Some(until),
    }
}

impl From<Mark> for store::Received {
    fn from(mark: Mark) -> Self {
        let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            until: mark.received.until,
            is_settled: mark.received.is_settled,
            segment: bounded(mark.end.segment),
            offset: bounded(mark.end.offset),
        }
    }
}

impl From<store::Received> for Mark {
    fn from(row: store::Received) -> Self {
        Self {
            received: Received {
                until: row.until,
                is_settled: row.is_settled,
            },
            end: Position {
                segment: row.segment.unsigned_abs(),
                offset: row.offset.unsigned_abs(),
                line: 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_where_the_journal_still_reaches_so_far() {
        let at = |secs| Timestamp::from_second(secs).expect("a time");
        let place = |offset| Position {
            segment: 7,
            offset,
            line: 0,
        };
        // The mark and whether it is settled, where the journal ends, the last line, and what comes of it at 1000.
        for (until, is_settled, end, line, expected) in [
            // A quiet stream, and one whose lines came after the mark.
            (900, true, 50, Some(100), Some(900)),
            (900, true, 60, Some(950), Some(950)),
            (900, true, 50, None, Some(900)),
            // A power failure has taken lines away.
            (900, true, 49, Some(100), Some(100)),
            (900, true, 49, None, None),
            // What was asked for again may not have come, though lines have.
            (900, false, 60, Some(950), Some(900)),
            (900, false, 50, Some(100), Some(900)),
            (900, false, 49, Some(100), Some(100)),
            (900, false, 49, Some(950), Some(900)),
            (900, false, 49, None, Some(900)),
            // The clock was put back since.
            (1001, true, 50, Some(100), Some(100)),
        ] {
            let received = Received {
                until: at(until),
                is_settled,
            };
            let mark = Mark {
                received,
                end: place(50),
            };
            let last = last_received(Some(mark), place(end), line.map(at), at(1000));
            assert_eq!(
                last,
                expected.map(at),
                "{until} {is_settled} {end} {line:?}"
            );
        }
        assert_eq!(
            last_received(None, place(50), Some(at(100)), at(1000)),
            Some(at(100))
        );
    }
}
