//! Estimates how many Tweets fell into a gap. Pure: no IO, no clock.

use std::time::Duration;

/// The shortest time over which a rate is measured.
const LEAST: Duration = Duration::from_secs(2);

/// How many lines came in how much time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    /// The number of lines.
    pub lines: u64,
    /// The time.
    pub over: Duration,
}

/// Estimates how many Tweets fell into a gap, from the mean of the rates before and after it. `None` if neither rate is
/// known.
pub(crate) fn missing_tweets(
    missing: Duration,
    before: Option<Rate>,
    after: Option<Rate>,
) -> Option<u64> {
    let per_second = |rate: Rate| {
        let is_known = rate.over >= LEAST;
        is_known.then(|| rate.lines as f64 / rate.over.as_secs_f64())
    };
    let known: Vec<_> = [before, after]
        .into_iter()
        .flatten()
        .filter_map(per_second)
        .collect();
    if known.is_empty() {
        return None;
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    Some((mean * missing.as_secs_f64()).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_around_are_taken_for_the_rate_between() {
        let rate = |lines, secs| {
            Some(Rate {
                lines,
                over: Duration::from_secs(secs),
            })
        };
        for (secs, before, after, expected) in [
            (60, None, None, None),
            (60, rate(600, 60), None, Some(600)),
            (60, None, rate(600, 60), Some(600)),
            (60, rate(600, 60), rate(1200, 60), Some(900)),
            (60, rate(600, 60), rate(0, 60), Some(300)),
            (600, rate(0, 60), rate(0, 60), Some(0)),
            (0, rate(600, 60), rate(600, 60), Some(0)),
            // The rates were measured over too short a time.
            (60, rate(600, 1), None, None),
            (60, rate(600, 60), rate(1, 1), Some(600)),
            (60, rate(1, 0), None, None),
            (1, rate(5, 300), None, Some(0)),
            (86_400, rate(5, 300), None, Some(1440)),
        ] {
            let missing = Duration::from_secs(secs);
            assert_eq!(
                missing_tweets(missing, before, after),
                expected,
                "{secs} {before:?} {after:?}"
            );
        }
    }
}
