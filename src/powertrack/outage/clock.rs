//! The clocks that measure outages.

use std::time;

use jiff::{SignedDuration, Timestamp};
#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

/// A point in time: one clock for lengths, another for the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// A clock that never goes back, even if somebody sets the wall clock.
    steady: Instant,
    /// The time that the steady clock left out: it stands still while the machine sleeps, and it does not reach back to
    /// earlier processes.
    left_out: SignedDuration,
    /// The time on the wall clock.
    pub wall: Timestamp,
}

impl Moment {
    /// The present moment. `asleep` is the last result of [`asleep`]: asking the system each time would cost more than
    /// reading the stream.
    pub(crate) fn now(asleep: SignedDuration) -> Self {
        Self::at(Instant::now(), asleep, Timestamp::now())
    }

    pub(crate) fn at(steady: Instant, left_out: SignedDuration, wall: Timestamp) -> Self {
        Self {
            steady,
            left_out,
            wall,
        }
    }

    /// An earlier moment, known only from the wall clock. A moment in the future tells nothing, because the wall clock
    /// was set back; it counts as now.
    pub(crate) fn earlier(self, wall: Timestamp) -> Self {
        let away = self.wall.duration_since(wall).max(SignedDuration::ZERO);
        Self {
            left_out: self.left_out - away,
            wall,
            ..self
        }
    }

    /// The time on the steady clock.
    pub(crate) fn steady(self) -> Instant {
        self.steady
    }

    /// How long ago an earlier moment was.
    pub(crate) fn since(self, earlier: Self) -> time::Duration {
        let steady = self.steady.saturating_duration_since(earlier.steady);
        SignedDuration::try_from(steady)
            .ok()
            .and_then(|steady| {
                steady
                    .checked_add(self.left_out)?
                    .checked_sub(earlier.left_out)
            })
            .and_then(|since| since.try_into().ok())
            .unwrap_or_default()
    }
}

/// How long the machine has been suspended since it was started: an outage of a night would look like one of seconds.
#[cfg(target_os = "linux")]
pub(crate) fn asleep() -> SignedDuration {
    let [up, awake] = [ClockId::Boottime, ClockId::Monotonic].map(|clock| {
        let time = clock_gettime(clock);
        SignedDuration::new(time.tv_sec, time.tv_nsec as i32)
    });
    let asleep = up - awake;
    // No more exactly than this, since the two clocks are not read at once.
    SignedDuration::new(asleep.as_secs(), asleep.subsec_millis() * 1_000_000)
}

/// Where the system does not say it, it counts as none.
#[cfg(not(target_os = "linux"))]
pub(crate) fn asleep() -> SignedDuration {
    SignedDuration::ZERO
}
