//! Whether a run is well: the judgement behind `/healthz`.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{
    powertrack::{State, StreamStatus},
    tally::{Count, Tally},
};

/// The stream gives up a silent connection by itself; this is how much later something is wrong with that.
const SLACK: Duration = Duration::from_secs(15);

/// Nothing that waits is handled for so long: processing stands still.
const STANDSTILL: Duration = Duration::from_secs(60);

/// What is wrong, if anything, and the numbers behind it.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    pub(super) status: &'static str,
    stream: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_seconds: Option<u64>,
    waiting: u64,
    standing_still_seconds: u64,
}

/// Watches how processing goes on.
#[derive(Debug)]
pub(super) struct Pulse {
    handled: u64,
    since: Instant,
}

impl Pulse {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            handled: 0,
            since: now,
        }
    }

    /// Looks; to be called every second or so. Gives how long nothing has been handled that waits.
    pub(super) fn look(&mut self, tally: &Tally, now: Instant) -> Duration {
        let handled = tally.get(Count::Handled);
        if handled != self.handled || tally.waiting() == 0 {
            self.handled = handled;
            self.since = now;
        }
        now.saturating_duration_since(self.since)
    }
}

/// How it is going, at `now_ms` milliseconds since 1970.
pub(super) fn judge(
    stream: &StreamStatus,
    tally: &Tally,
    still: Duration,
    read_timeout: Duration,
    now_ms: i64,
) -> Health {
    let (name, silent) = match stream.state() {
        State::Connecting => ("connecting", None),
        State::Connected { since } => {
            let last = stream.last_data().map_or(since, |last| last.max(since));
            let silent = now_ms.saturating_sub(last.as_millisecond()).max(0);
            (
                "connected",
                Some(Duration::from_millis(silent.unsigned_abs())),
            )
        }
        State::Waiting { .. } => ("waiting", None),
        State::Stopped => ("stopped", None),
    };
    let status = if silent.is_some_and(|silent| silent > read_timeout + SLACK) {
        "silent"
    } else if still > STANDSTILL {
        "standing still"
    } else {
        "ok"
    };
    Health {
        status,
        stream: name,
        silent_seconds: silent.map(|silent| silent.as_secs()),
        waiting: tally.waiting(),
        standing_still_seconds: still.as_secs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processing_stands_still_when_what_waits_is_not_handled() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let tally = Tally::default();
        let mut pulse = Pulse::new(start);
        assert_eq!(pulse.look(&tally, at(100)), Duration::ZERO, "nothing waits");
        tally.add(Count::Journaled, 5);
        assert_eq!(pulse.look(&tally, at(130)).as_secs(), 30);
        tally.add(Count::Handled, 1);
        assert_eq!(pulse.look(&tally, at(150)), Duration::ZERO);
        let still = pulse.look(&tally, at(215));
        let judge = |still| {
            let stream = StreamStatus::default();
            judge(&stream, &tally, still, Duration::from_secs(35), 0).status
        };
        assert_eq!(judge(still), "standing still");
        assert_eq!(judge(Duration::from_secs(60)), "ok");
    }
}
