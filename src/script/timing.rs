//! Measures how long handlers take, on some of the Tweets.

use std::{
    cell::{Cell, RefCell},
    time::Instant,
};

use crate::metric::Times;

/// The handlers of one Tweet of this many are measured. Two looks at the clock for each handler of each Tweet would cost
/// more than ouzel's own part of a call.
const ONE_OF: u32 = 16;

/// How long the handlers of a generation took.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// How many Tweets pass before the next one is measured.
    until: Cell<u32>,
    /// One for each step; those behind the last one that was measured are missing.
    steps: RefCell<Vec<Times>>,
}

impl Timing {
    /// Whether this Tweet is to be measured.
    pub(super) fn is_due(&self) -> bool {
        let until = self.until.get();
        self.until.set(until.checked_sub(1).unwrap_or(ONE_OF - 1));
        until == 0
    }

    /// Counts a call of a step that has just ended.
    pub(super) fn note(&self, step: usize, began: Instant) {
        let took = began.elapsed();
        let mut steps = self.steps.borrow_mut();
        if steps.len() <= step {
            steps.resize(step + 1, Times::default());
        }
        steps[step].note(took);
    }

    /// Takes what was measured since the last call, with the numbers of the steps.
    pub(super) fn take(&self) -> Vec<(usize, Times)> {
        let mut steps = self.steps.borrow_mut();
        let measured = steps.iter_mut().enumerate();
        measured
            .filter(|(_, times)| times.calls > 0)
            .map(|(step, times)| (step, std::mem::take(times)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tweet_is_measured_and_then_one_of_sixteen() {
        let timing = Timing::default();
        let due: Vec<_> = (0..40).filter(|_| timing.is_due()).collect();
        assert_eq!(due, [0, 16, 32]);
    }
}
