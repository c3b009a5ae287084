//! Keeps within the number of requests that the service takes in a minute. All requests of one client share it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tracing::debug;

/// The service counts in windows of this length [reference 3.1].
const WINDOW: Duration = Duration::from_secs(60);

/// The service takes 60. Two are left, because it counts when requests arrive and not when they are sent.
const MOST: usize = 58;

/// So many may change rules. The others are for reading, which tells what a lost answer has done.
const MOST_CHANGES: usize = 50;

/// With so few requests in a minute, "too many requests" is no answer to them: another program is writing.
const FEW: usize = 30;

/// When the requests of the last minute were sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace(Arc<Mutex<Sent>>);

#[derive(Debug, Default)]
struct Sent {
    all: VecDeque<Instant>,
    changes: VecDeque<Instant>,
}

impl Pace {
    /// Waits until the service takes another request, and counts it.
    pub(super) async fn wait(&self, is_change: bool) {
        loop {
            let Some(free_at) = self.take(Instant::now(), is_change) else {
                return;
            };
            debug!(is_change, "waiting for the next minute's requests");
            sleep_until(free_at).await;
        }
    }

    /// Whether there were so few requests lately that the service cannot mean them.
    pub(super) fn is_slow(&self) -> bool {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.forget(Instant::now());
        sent.all.len() <= FEW
    }

    /// Counts a request; or gives the time at which there is room for it.
    fn take(&self, now: Instant, is_change: bool) -> Option<Instant> {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.forget(now);
        let free_at = |times: &VecDeque<Instant>, most: usize| {
            let oldest = times.len().checked_sub(most)?;
            times.get(oldest).map(|at| *at + WINDOW)
        };
        let changes = free_at(&sent.changes, MOST_CHANGES).filter(|_| is_change);
        let wait = free_at(&sent.all, MOST).max(changes);
        if wait.is_none() {
            sent.all.push_back(now);
            if is_change {
                sent.changes.push_back(now);
            }
        }
        wait
    }
}

impl Sent {
    fn forget(&mut self, now: Instant) {
        for times in [&mut self.all, &mut self.changes] {
            while times
                .front()
                .is_some_and(|at| now.saturating_duration_since(*at) >= WINDOW)
            {
                times.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_leave_room_for_reading() {
        let pace = Pace::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(pace.is_slow());
        for _ in 0..MOST_CHANGES {
            assert_eq!(pace.take(at(0), true), None);
        }
        assert!(!pace.is_slow());
        assert_eq!(pace.take(at(1), true), Some(at(60)));
        for _ in MOST_CHANGES..MOST {
            assert_eq!(pace.take(at(2), false), None);
        }
        assert_eq!(pace.take(at(3), false), Some(at(60)));
        assert_eq!(pace.take(at(60), true), None);
        assert_eq!(pace.take(at(60), false), None);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_too_fast_waits() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..120 {
            pace.wait(true).await;
        }
        assert_eq!(start.elapsed(), 2 * WINDOW);
    }
}
