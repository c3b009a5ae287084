//! The clock of the simulation.

use std::sync::{
    OnceLock,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use tokio::time::Instant;

use super::snowflake;

/// The clock that ids, dates and `sent` are taken from.
#[derive(Debug)]
pub(super) enum Clock {
    /// The machine's clock.
    Wall,
    /// A clock that begins at a given time when the first reader comes, and then runs.
    From {
        start_ms: i64,
        began: OnceLock<Instant>,
    },
    /// A clock that shows the time of the newest Tweet, so that two runs show the same times.
    Told(AtomicI64),
}

impl Clock {
    /// The machine's clock, or one that begins at `start_ms`. That one stands still between Tweets, unless
    /// Tweets are `paced`.
    pub(super) fn new(start_ms: Option<i64>, paced: bool) -> Self {
        match start_ms {
            None => Self::Wall,
            Some(start_ms) if paced => Self::From {
                start_ms,
                began: OnceLock::new(),
            },
            Some(start_ms) => Self::Told(AtomicI64::new(start_ms)),
        }
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        match self {
            Self::Wall => snowflake::now_ms(),
            Self::From { start_ms, began } => {
                let since = began.get().map(Instant::elapsed).unwrap_or_default();
                start_ms.saturating_add(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Told(ms) => ms.load(Relaxed),
        }
    }

    /// Starts a clock that waits for the first reader.
    pub(super) fn begin(&self, now: Instant) {
        if let Self::From { began, .. } = self {
            began.get_or_init(|| now);
        }
    }

    /// A Tweet of this time has been made.
    pub(super) fn tell(&self, at_ms: i64) {
        if let Self::Told(ms) = self {
            ms.fetch_max(at_ms, Relaxed);
        }
    }
}
