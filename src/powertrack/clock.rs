//! The clocks that measure outages.

use std::{fs, sync::LazyLock, time};

use jiff::{SignedDuration, Timestamp};
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
    pub(super) fn now(asleep: SignedDuration) -> Self {
        Self::at(Instant::now(), asleep, Timestamp::now())
    }

    pub(super) fn at(steady: Instant, left_out: SignedDuration, wall: Timestamp) -> Self {
        Self {
            steady,
            left_out,
            wall,
        }
    }

    /// An earlier moment, known only from the wall clock. A moment in the future tells nothing, because the wall clock
    /// was set back; it counts as now.
    pub(super) fn earlier(self, wall: Timestamp) -> Self {
        let away = self.wall.duration_since(wall).max(SignedDuration::ZERO);
        Self {
            left_out: self.left_out - away,
            wall,
            ..self
        }
    }

    /// The time on the steady clock.
    pub(super) fn steady(self) -> Instant {
        self.steady
    }

    /// How long ago an earlier moment was.
    pub(super) fn since(self, earlier: Self) -> time::Duration {
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

/// When this process first looked at the clocks, and how long the machine had been up then.
static FIRST: LazyLock<(time::Instant, Option<SignedDuration>)> =
    LazyLock::new(|| (time::Instant::now(), uptime()));

/// How long the machine has been suspended since this process began. Without this, an outage of a night would look like
/// an outage of seconds.
///
/// Only Linux tells this. On other systems the result is zero.
pub(super) fn asleep() -> SignedDuration {
    let (first, up) = *FIRST;
    let awake = SignedDuration::try_from(first.elapsed()).unwrap_or_default();
    let asleep = uptime()
        .zip(up)
        .map_or(SignedDuration::ZERO, |(now, then)| now - then - awake);
    // The two clocks are not read at the same instant, so a small difference means nothing.
    if asleep.as_secs() >= 1 {
        asleep
    } else {
        SignedDuration::ZERO
    }
}

/// How long the machine has been up, times of sleep included.
fn uptime() -> Option<SignedDuration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    SignedDuration::try_from_secs_f64(seconds).ok()
}
