//! The time up to which everything was received. The stream tells it, the journal's thread notes it, and the worker
//! stores it for the next start.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{journal::Position, powertrack::outage::continuity::Received, store};

/// A time up to which everything was received, and where the journal ended then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The time.
    pub received: Received,
    /// The end of the journal at that time.
    pub end: Position,
}

/// The newest mark, noted by the journal's thread and kept by the worker.
#[derive(Debug, Clone, Default)]
pub struct Marks(Arc<Mutex<Option<Mark>>>);

impl Marks {
    /// Notes that everything received until then is in the journal, which ends there.
    pub fn note(&self, received: Received, end: Position) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Mark { received, end });
    }

    /// The latest mark.
    pub fn newest(&self) -> Option<Mark> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other signs of the time up to which everything was received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Signs {
    /// When the last line of the journal came, without lines from the future.
    pub line: Option<Timestamp>,
    /// Whether the journal has lines from the future.
    pub is_line_ahead: bool,
    /// When the last Tweet was made, by its id.
    pub made: Option<Timestamp>,
    /// The beginning of the gap that the last run has left open.
    pub left: Option<Timestamp>,
}

/// How much is asked for again if nobody knows how long ouzel was away. It is as far as backfill reaches, which costs
/// nothing.
const UNKNOWN: Duration = Duration::from_secs(290);

/// A Tweet that was made longer ago comes from a file, and says nothing about the stream.
const OLDEST: Duration = Duration::from_secs(5 * 24 * 3600);

/// Whether the clock was ahead when the last run wrote its mark, and has been set back since.
pub(crate) fn is_set_back(kept: Option<Mark>, signs: Signs, now: Timestamp) -> bool {
    kept.map_or(signs.is_line_ahead, |mark| mark.received.until > now)
}

/// Up to when everything was received, if the times of the earlier run are of no use. A time from before the clock went
/// wrong would make an outage of all the time since then, although Tweets came.
fn after_set_back(kept: Option<Mark>, signs: Signs, now: Timestamp) -> Timestamp {
    let since = |time: Timestamp| now.duration_since(time).unsigned_abs();
    // While backfill is on its way, the last Tweet says nothing.
    let is_settled = kept.is_none_or(|mark| mark.received.is_settled);
    let is_between = |made: &Timestamp| {
        *made <= now && since(*made) <= OLDEST && signs.line.is_none_or(|line| line <= *made)
    };
    let left = signs.left.filter(|left| *left <= now);
    let made = signs.made.filter(|made| is_settled && is_between(made));
    let unknown = now.checked_sub(UNKNOWN).unwrap_or(now);
    left.or(made)
        .unwrap_or_else(|| signs.line.map_or(unknown, |line| line.max(unknown)))
}

/// Up to when everything was received before this start. `None` if that is not known.
///
/// A mark is noted after its lines are written. But no sync is made for it, and the database reaches the disk in its
/// own time. So after a power failure the mark may be there, and the lines before it may be gone.
///
/// For that reason the mark counts only if the journal still reaches as far as it did, or if that much of the journal
/// is handled. `end` is the farther one of the two, and a cursor in the database is never younger than the mark beside
/// it. Otherwise the last line of the journal counts. The time when its Tweet was made may be too early, but never too
/// late.
///
/// That line is also of no use while backfill is not complete, because it may belong to the backfill.
pub(crate) fn last_received(
    kept: Option<Mark>,
    end: Position,
    signs: Signs,
    now: Timestamp,
) -> Option<Timestamp> {
    if is_set_back(kept, signs, now) {
        return Some(after_set_back(kept, signs, now));
    }
    let last_line = signs.line;
    let Some(mark) = kept else {
        return last_line.or(signs.left);
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
        // The mark's time, whether it is settled, the end of the journal, the last line's time, and the result at 1000.
        for (until, is_settled, end, line, expected) in [
            // A quiet stream, and a stream whose lines came after the mark.
            (900, true, 50, Some(100), Some(900)),
            (900, true, 60, Some(950), Some(950)),
            (900, true, 50, None, Some(900)),
            // A power failure has taken lines away.
            (900, true, 49, Some(100), Some(100)),
            (900, true, 49, None, None),
            // The backfill may not have come completely, although lines have come.
            (900, false, 60, Some(950), Some(900)),
            (900, false, 50, Some(100), Some(900)),
            (900, false, 49, Some(100), Some(100)),
            (900, false, 49, Some(950), Some(900)),
            (900, false, 49, None, Some(900)),
        ] {
            let received = Received {
                until: at(until),
                is_settled,
            };
            let mark = Mark {
                received,
                end: place(50),
            };
            let signs = Signs {
                line: line.map(at),
                // The clock was set back, but before the mark was written.
                is_line_ahead: true,
                made: Some(at(990)),
                ..Signs::default()
            };
            let last = last_received(Some(mark), place(end), signs, at(1000));
            assert_eq!(
                last,
                expected.map(at),
                "{until} {is_settled} {end} {line:?}"
            );
        }
        for (line, left, expected) in [
            (Some(100), None, Some(100)),
            (Some(100), Some(50), Some(100)),
            (None, Some(50), Some(50)),
            (None, None, None),
        ] {
            let signs = Signs {
                line: line.map(at),
                left: left.map(at),
                ..Signs::default()
            };
            let last = last_received(None, place(50), signs, at(1000));
            assert_eq!(last, expected.map(at));
        }
    }

    #[test]
    fn a_mark_of_a_time_to_come_makes_no_outage_of_the_time_before_the_clock_went_wrong() {
        let now = 100 * 24 * 3600;
        let at = |ago: i64| Timestamp::from_second(now - ago).expect("a time");
        let day = 24 * 3600;
        let unknown = 290;
        // All times say how long ago: the mark and whether it is settled, the last line by a right clock, when the last
        // Tweet was made, when the open gap began, and the result.
        for (until, is_settled, line, made, left, expected) in [
            // The id of the last Tweet tells it.
            (-day, true, Some(2 * day), Some(90), None, 90),
            (-day, true, None, Some(90), None, 90),
            (-1, true, Some(900), Some(90), None, 90),
            // But not if the Tweet is from a file, or while backfill is on its way.
            (-day, true, Some(day), Some(2 * day), None, unknown),
            (-day, true, None, Some(3000 * day), None, unknown),
            (-day, true, Some(day), Some(-day), None, unknown),
            (-day, false, Some(day), Some(90), None, unknown),
            // The stream was away already, by a clock that nobody sets.
            (-day, true, Some(day), Some(90), Some(600), 600),
            (-day, true, Some(day), Some(90), Some(-day), 90),
            // There are no Tweets.
            (-day, true, Some(day), None, None, unknown),
            (-day, true, Some(60), None, None, 60),
            (-day, true, None, None, None, unknown),
        ] {
            let mark = Mark {
                received: Received {
                    until: at(until),
                    is_settled,
                },
                end: Position::default(),
            };
            let signs = Signs {
                line: line.map(at),
                is_line_ahead: true,
                made: made.map(at),
                left: left.map(at),
            };
            let case = format!("{until} {is_settled} {line:?} {made:?} {left:?}");
            let last = last_received(Some(mark), Position::default(), signs, at(0));
            assert_eq!(last, Some(at(expected)), "{case}");
            // The result is the same if the database has no mark.
            if is_settled {
                let last = last_received(None, Position::default(), signs, at(0));
                assert_eq!(last, Some(at(expected)), "{case}, without a mark");
            }
        }
    }
}
