//! Measures how fast Tweets came in the last minutes. Pure: no IO, no clock.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::estimate::Rate;

/// How long counts are kept. After a long outage the rate before it is still needed.
const REMEMBERED: usize = 1024;

/// Counts of lines at some moments.
#[derive(Debug, Default)]
pub(super) struct Pace {
    counts: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// Notes how many lines have come so far. An unchanged count is not kept: the stream may have been away.
    pub(super) fn count(&mut self, at: Instant, lines: u64) {
        if self.counts.back().is_some_and(|last| last.1 == lines) {
            return;
        }
        if self.counts.len() == REMEMBERED {
            self.counts.pop_front();
        }
        self.counts.push_back((at, lines));
    }

    /// The rate between two moments, if it is known.
    pub(super) fn between(&self, from: Instant, to: Instant) -> Option<Rate> {
        let inside = || {
            self.counts
                .iter()
                .filter(|(at, _)| (from..=to).contains(at))
        };
        let (first, last) = (inside().next()?, inside().next_back()?);
        Some(Rate {
            lines: last.1 - first.1,
            over: last.0 - first.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rates_are_told_between_counts() {
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        let mut pace = Pace::default();
        for (secs, lines) in [
            (0, 0),
            (10, 100),
            (20, 200),
            (30, 200),
            (90, 200),
            (100, 500),
        ] {
            pace.count(at(secs), lines);
        }
        let rate = |from, to| {
            let rate = pace.between(at(from), at(to))?;
            Some((rate.lines, rate.over.as_secs()))
        };
        assert_eq!(rate(0, 90), Some((200, 20)));
        assert_eq!(rate(5, 100), Some((400, 90)));
        assert_eq!(rate(11, 20), Some((0, 0)));
        assert_eq!(rate(21, 90), None);
    }
}
