//! The clocks that outages are measured by.

use std::{fs, sync::LazyLock, time};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A point in time: one clock for lengths, another for the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Never goes back, whatever is done to the wall clock.
    steady: Instant,
    /// What that clock has left out: it stands still while the machine sleeps, and it does not reach back to earlier
    /// processes.
    left_out: SignedDuration,
    /// What the wall clock says.
    pub wall: Timestamp,
}

impl Moment {
    /// Now. `asleep` is what [`asleep`] said last: asking the system each time would cost more than reading the stream.
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

    /// An earlier moment that only the wall clock knows. One that lies in the future, since that clock was put back, says
    /// nothing, and counts as now.
    pub(super) fn earlier(self, wall: Timestamp) -> Self {
        let away = self.wall.duration_since(wall).max(SignedDuration::ZERO);
        Self {
            left_out: self.left_out - away,
            wall,
            ..self
        }
    }

    /// What the clock said that never goes back.
    pub(super) fn steady(self) -> Instant {
        self.steady
    }

    /// How long ago another moment was.
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

/// When this process first looked, and how long the machine was up then.
static FIRST: LazyLock<(time::Instant, Option<SignedDuration>)> =
    LazyLock::new(|| (time::Instant::now(), uptime()));

/// How long the machine has been suspended since this process began: an outage of a night would look like one of seconds.
///
/// Where the system does not say it (on others than Linux), it counts as none.
pub(super) fn asleep() -> SignedDuration {
    let (first, up) = *FIRST;
    let awake = SignedDuration::try_from(first.elapsed()).unwrap_or_default();
    let asleep = uptime()
        .zip(up)
        .map_or(SignedDuration::ZERO, |(now, then)| now - then - awake);
    // The two clocks are not read at once.
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
