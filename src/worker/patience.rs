//! How long to wait until something outside is mended, and how often to report it. Pure: no IO, no clock.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that grow from attempt to attempt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience {
    attempts: u32,
}

impl Patience {
    /// The wait after another failure.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.attempts.min(10));
        self.attempts = self.attempts.saturating_add(1);
        doubled.min(LONGEST)
    }

    /// How many failures there were since the last success.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether the last failure should be reported: the first one, and later ones more and more rarely, down to about
    /// every five minutes.
    pub(crate) fn is_worth_a_word(&self) -> bool {
        self.attempts == 1
            || self.attempts > 8
                && (self.attempts.is_power_of_two() || self.attempts.is_multiple_of(64))
    }

    /// Notes a success. Returns whether there was a failure before.
    pub(crate) fn reset(&mut self) -> bool {
        std::mem::take(&mut self.attempts) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_words_become_rare() {
        let mut patience = Patience::default();
        let waits: Vec<u128> = (0..7).map(|_| patience.next_wait().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 5000, 5000]);
        assert!(patience.reset());
        assert!(!patience.reset());
        let mut told = Vec::new();
        for attempt in 1..200 {
            patience.next_wait();
            if patience.is_worth_a_word() {
                told.push(attempt);
            }
        }
        assert_eq!(told, [1, 16, 32, 64, 128, 192]);
    }
}
