//! A limit of requests in the last minute or minutes.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Remembers when requests were let in.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Zero for any number.
    most: usize,
    within: Duration,
    times: Mutex<VecDeque<Instant>>,
}

impl Bucket {
    /// So many requests a minute; zero for any number.
    pub(super) fn new(per_minute: u32) -> Self {
        Self::within(per_minute, Duration::from_secs(60))
    }

    /// So many requests in a time; zero for any number.
    pub(super) fn within(most: u32, within: Duration) -> Self {
        Self {
            most: most as usize,
            within,
            times: Mutex::default(),
        }
    }

    /// Whether one more request is let in now. A refused request does not count.
    pub(super) fn take(&self, now: Instant) -> bool {
        if self.most == 0 {
            return true;
        }
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        while times
            .front()
            .is_some_and(|at| now.saturating_duration_since(*at) >= self.within)
        {
            times.pop_front();
        }
        let has_room = times.len() < self.most;
        if has_room {
            times.push_back(now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_with_time() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let bucket = Bucket::new(2);
        assert!(bucket.take(at(0)) && bucket.take(at(30)));
        assert!(!bucket.take(at(59)));
        assert!(bucket.take(at(60)) && !bucket.take(at(61)));
        assert!(bucket.take(at(90)));
        let any = Bucket::new(0);
        assert!((0..1000).all(|_| any.take(start)));
    }
}
