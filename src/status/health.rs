//! Whether a run is well: the judgement behind `/healthz`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::{
    doing::{Doing, Hanging, Look},
    powertrack::{State, StreamStatus},
    tally::{Count, Tally},
};

/// The stream drops a silent connection by itself and usually has a new one soon. If nothing has come this much later,
/// somebody should look.
const SLACK: Duration = Duration::from_secs(15);

/// If lines wait but none is handled for this long, processing stands still.
const STANDSTILL: Duration = Duration::from_secs(10);

/// What is wrong, if anything is, and the numbers behind that judgement.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    pub(super) status: &'static str,
    pub(super) stream: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silent_seconds: Option<u64>,
    waiting: u64,
    standing_still_seconds: u64,
    /// The handler that does not end, or the other work that does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) in_hand: Option<String>,
}

/// How long processing has stood still.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Still {
    /// How long no waiting line has been handled.
    lasts: Duration,
    in_hand: Option<String>,
}

/// Watches whether processing makes progress.
#[derive(Debug)]
pub(super) struct Pulse {
    handled: u64,
    since: Instant,
    doing: Arc<Doing>,
    look: Look,
}

impl Pulse {
    pub(super) fn new(now: Instant, doing: Arc<Doing>) -> Self {
        Self {
            handled: 0,
            since: now,
            doing,
            look: Look::new(now),
        }
    }

    /// Looks once; has to be called about every second. Gives how long no waiting line has been handled.
    pub(super) fn look(&mut self, tally: &Tally, now: Instant) -> Still {
        let handled = tally.get(Count::Handled);
        if handled != self.handled || tally.waiting() == 0 {
            self.handled = handled;
            self.since = now;
        }
        let hanging = self.look.look(&self.doing, now);
        let waited = now.saturating_duration_since(self.since);
        let lasts = hanging
            .as_ref()
            .map_or(waited, |(_, lasts)| waited.max(*lasts));
        let in_hand = hanging.map(|(hanging, _)| match hanging {
            Hanging::Handler { handler, tweet } => {
                let tweet = tweet.map_or_else(String::new, |id| format!(", Tweet {id}"));
                format!("{handler}{tweet}")
            }
            Hanging::Load => "loading the script".to_owned(),
            Hanging::Output => "writing to standard output, which nobody reads".to_owned(),
        });
        Still { lasts, in_hand }
    }
}

/// Judges how the run is going.
pub(super) fn judge(
    stream: &StreamStatus,
    tally: &Tally,
    still: Still,
    read_timeout: Duration,
) -> Health {
    let silent = stream.silence();
    let (name, silent, troubled) = match stream.state() {
        State::Connecting => ("connecting", silent, "away"),
        State::Connected { .. } => ("connected", silent, "silent"),
        State::Waiting { .. } => ("waiting", silent, "away"),
        State::Stopped => ("stopped", None, "away"),
    };
    let status = if silent.is_some_and(|silent| silent > read_timeout + SLACK) {
        troubled
    } else if still.lasts > STANDSTILL {
        "standing still"
    } else {
        "ok"
    };
    Health {
        status,
        stream: name,
        silent_seconds: silent.map(|silent| silent.as_secs()),
        waiting: tally.waiting(),
        standing_still_seconds: still.lasts.as_secs(),
        in_hand: still.in_hand.filter(|_| status == "standing still"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::powertrack::decode::DecodeStats;

    #[test]
    fn processing_stands_still_when_what_waits_is_not_handled() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let tally = Tally::default();
        let mut pulse = Pulse::new(start, Arc::default());
        let mut lasts = |seconds| pulse.look(&tally, at(seconds)).lasts.as_secs();
        assert_eq!(lasts(100), 0, "nothing waits");
        tally.add(Count::Journaled, 5);
        assert_eq!(lasts(130), 30);
        tally.add(Count::Handled, 1);
        assert_eq!(lasts(150), 0);
        let judge = |seconds| {
            let still = Still {
                lasts: Duration::from_secs(seconds),
                in_hand: None,
            };
            let stream = StreamStatus::default();
            judge(&stream, &tally, still, Duration::from_secs(35)).status
        };
        assert_eq!(judge(11), "standing still");
        assert_eq!(judge(10), "ok");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_brings_nothing_for_long_is_silent_or_away() {
        let stream = StreamStatus::default();
        let judge = || {
            let still = Still {
                lasts: Duration::ZERO,
                in_hand: None,
            };
            let health = judge(&stream, &Tally::default(), still, Duration::from_secs(35));
            (health.status, health.silent_seconds)
        };
        let later = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        // Meanwhile the script is loaded and the rules are reconciled.
        later(100).await;
        assert_eq!(judge(), ("ok", None));
        stream.attempt();
        later(50).await;
        assert_eq!(judge(), ("ok", Some(50)));
        later(1).await;
        assert_eq!(judge(), ("away", Some(51)));
        stream.lost(crate::powertrack::Cause::Network, Duration::from_secs(16));
        assert_eq!(judge(), ("away", Some(51)));
        // A new connection alone does not end the silence.
        stream.connected();
        assert_eq!(judge(), ("silent", Some(51)));
        let came = |compressed| DecodeStats {
            compressed,
            ..DecodeStats::default()
        };
        stream.decoded(came(0), came(1));
        assert_eq!(judge(), ("ok", Some(0)));
        stream.lost(crate::powertrack::Cause::Broken, Duration::from_secs(16));
        stream.attempt();
        later(51).await;
        assert_eq!(judge(), ("away", Some(51)));
    }
}
