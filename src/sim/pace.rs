//! How many Tweets are due: a bucket that fills with time.

use std::time::Duration;

use tokio::time::Instant;

/// A reader that was away for longer than this does not get all of it at once.
const BURST: Duration = Duration::from_secs(1);

/// Timers are not finer than this.
const TICK: Duration = Duration::from_millis(1);

/// A number of Tweets per second.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    rate: f64,
    /// Tweets that are due, with the fraction of the next one.
    due: f64,
    since: Instant,
}

impl Pace {
    /// The first Tweet is due at once, the others at `rate` per second.
    pub(super) fn new(rate: f64, now: Instant) -> Self {
        Self {
            rate,
            due: 1.0,
            since: now,
        }
    }

    /// Takes one Tweet if one is due.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let is_due = self.due >= 1.0;
        if is_due {
            self.due -= 1.0;
        }
        is_due
    }

    /// When the next Tweet is due.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let missing = (1.0 - self.due).max(0.0) / self.rate;
        // A rate close to zero would ask for more time than there is.
        now + Duration::from_secs_f64(missing.min(86_400.0)).max(TICK)
    }

    fn fill(&mut self, now: Instant) {
        let gained = now.saturating_duration_since(self.since).as_secs_f64() * self.rate;
        let most = (self.rate * BURST.as_secs_f64()).max(1.0);
        self.due = (self.due + gained).min(most.max(self.due));
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what is due every `step`, for `steps` steps.
    fn taken(rate: f64, step: Duration, steps: u32) -> u32 {
        let start = Instant::now();
        let mut pace = Pace::new(rate, start);
        let mut taken = 0;
        for at in 0..=steps {
            while pace.take(start + step * at) {
                taken += 1;
            }
        }
        taken
    }

    #[test]
    fn rates_are_kept_whatever_the_tick() {
        assert!((20_000..=20_001).contains(&taken(20_000.0, TICK, 1000)));
        assert!((7..=8).contains(&taken(0.7, Duration::from_millis(100), 100)));
        assert!((30..=31).contains(&taken(3.0, Duration::from_millis(7), 1429)));
    }

    #[test]
    fn a_long_absence_is_not_made_up_for() {
        assert_eq!(taken(10.0, Duration::from_secs(60), 1), 11);
    }

    #[test]
    fn the_next_tweet_is_due_when_the_bucket_says_so() {
        let start = Instant::now();
        let mut pace = Pace::new(4.0, start);
        assert!(pace.take(start));
        assert!(!pace.take(start));
        assert_eq!(pace.next(start), start + Duration::from_millis(250));
    }
}
