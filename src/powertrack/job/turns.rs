//! Limits how often the service is asked for the past.

use std::{collections::VecDeque, time::Duration};

use tokio::{
    sync::{Mutex, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

/// Recovery allows two jobs at a time [reference 2.13].
const JOBS: usize = 2;

/// Replay allows five requests in five minutes [reference 2.12]. For Recovery no limit is documented, and five are
/// enough.
const REQUESTS: usize = 5;
const WITHIN: Duration = Duration::from_secs(5 * 60);

/// Decides when the next job and the next request may begin.
#[derive(Debug)]
pub(crate) struct Turns {
    jobs: Semaphore,
    /// The last requests, oldest first.
    asked: Mutex<VecDeque<Instant>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            jobs: Semaphore::new(JOBS),
            asked: Mutex::default(),
        }
    }
}

impl Turns {
    /// Waits until one more job may run. The job runs until the permit is dropped.
    pub(crate) async fn job(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.jobs.acquire().await.ok()
    }

    /// Waits until one more request may be made, and counts it.
    pub(crate) async fn request(&self) {
        let mut asked = self.asked.lock().await;
        if asked.len() >= REQUESTS
            && let Some(first) = asked.pop_front()
        {
            sleep_until(first + WITHIN).await;
        }
        asked.push_back(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_requests_are_made_in_five_minutes() {
        let (turns, start) = (Turns::default(), Instant::now());
        let mut at = Vec::new();
        for _ in 0..11 {
            turns.request().await;
            at.push(start.elapsed().as_secs());
        }
        assert_eq!(at, [0, 0, 0, 0, 0, 300, 300, 300, 300, 300, 600]);
    }

    #[tokio::test(start_paused = true)]
    async fn two_jobs_run_at_a_time() {
        let turns = Turns::default();
        let (_first, second) = (turns.job().await, turns.job().await);
        assert!(turns.jobs.try_acquire().is_err());
        drop(second);
        assert!(turns.jobs.try_acquire().is_ok());
    }
}
