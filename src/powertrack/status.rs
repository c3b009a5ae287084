//! What the stream is doing, for others to read while it runs.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{decode::DecodeStats, error::Error, message::Disconnect, outage::Outage};

/// What the stream is doing now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// A request is on its way, or about to be.
    #[default]
    Connecting,
    /// The service answered 200 at this time.
    Connected {
        /// When.
        since: Timestamp,
    },
    /// A connection or an attempt was lost; the next attempt is made at this time.
    Waiting {
        /// When the next attempt is due.
        until: Timestamp,
        /// What was lost.
        cause: Cause,
    },
    /// Over for good.
    Stopped,
}

/// Why a new attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The server ended the stream in order, without a word.
    Ended,
    /// It did so, or refused one, after saying that there are too many connections: somebody else holds the stream.
    TooManyConnections,
    /// It did so because this client was too slow; backfill does not help [reference 2.8].
    FullBuffer,
    /// It did so for maintenance.
    Operational,
    /// The connection broke.
    Broken,
    /// Nothing arrived for too long.
    Stalled,
    /// What arrived could not be unpacked.
    Corrupt,
    /// What arrived could not be kept, so the connection was given up on purpose.
    GivenUp,
    /// The server could not be reached.
    Network,
    /// 5xx.
    Server,
    /// 420 or 429.
    RateLimit,
    /// ouzel itself was not running.
    Restart,
    /// It came, and cannot be read in the journal any more.
    Journal,
    /// It came in a line that was too long.
    OverLong,
}

impl Cause {
    /// Every cause, in the order of [`Counts::reconnects`].
    pub(crate) const ALL: [Self; 14] = [
        Self::Ended,
        Self::TooManyConnections,
        Self::FullBuffer,
        Self::Operational,
        Self::Broken,
        Self::Stalled,
        Self::Corrupt,
        Self::GivenUp,
        Self::Network,
        Self::Server,
        Self::RateLimit,
        Self::Restart,
        Self::Journal,
        Self::OverLong,
    ];

    /// The name in logs and metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::TooManyConnections => "too_many_connections",
            Self::FullBuffer => "full_buffer",
            Self::Operational => "operational",
            Self::Broken => "broken",
            Self::Stalled => "stalled",
            Self::Corrupt => "corrupt",
            Self::GivenUp => "given_up",
            Self::Network => "network",
            Self::Server => "server",
            Self::RateLimit => "rate_limit",
            Self::Restart => "restart",
            Self::Journal => "journal",
            Self::OverLong => "over_long",
        }
    }

    /// Where it stands in [`Cause::ALL`].
    fn place(self) -> usize {
        let at = Self::ALL.iter().position(|&other| other == self);
        at.expect("the table of causes is complete")
    }

    /// What the service announced says more than how the connection ended then.
    pub(super) fn of(error: &Error, announced: Option<Disconnect>) -> Self {
        match (announced, error) {
            (Some(Disconnect::TooManyConnections), _) => Self::TooManyConnections,
            (_, error) if error.is_taken() => Self::TooManyConnections,
            (Some(Disconnect::FullBuffer), _) => Self::FullBuffer,
            (Some(Disconnect::Operational), _) => Self::Operational,
            (_, Error::Broken(_)) => Self::Broken,
            (_, Error::Stalled { .. } | Error::Dripping { .. }) => Self::Stalled,
            (_, Error::Corrupt(_)) => Self::Corrupt,
            (_, Error::Full) => Self::GivenUp,
            (_, Error::Connect { .. } | Error::NoAnswer { .. } | Error::Endless { .. }) => {
                Self::Network
            }
            (_, Error::Status { status, .. }) if status.is_server_error() => Self::Server,
            (_, Error::Status { .. }) => Self::RateLimit,
            _ => Self::Ended,
        }
    }
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Requests for the stream, answered or not.
    pub attempts: u64,
    /// Requests answered with the stream.
    pub connections: u64,
    /// What was decoded, over all connections.
    pub decoded: DecodeStats,
    /// Lines in which the service speaks about the stream.
    pub system_messages: u64,
    /// Lost connections and attempts, in the order of [`Cause::ALL`].
    pub reconnects: [u64; Cause::ALL.len()],
    /// Times in which nothing came, in the order of [`Cause::ALL`].
    pub outages: [u64; Cause::ALL.len()],
    /// How long they were together.
    pub outage: Duration,
    /// How much time is missing now, earlier runs included.
    pub missing: Duration,
}

/// Counters and state of the stream, shared with those who report them.
#[derive(Debug, Default)]
pub(crate) struct StreamStatus {
    now: Mutex<Now>,
    /// Shared with [`StreamStatus::beside`]: what is dropped is missing, wherever it was asked for.
    over_long: Arc<AtomicU64>,
    /// Connections begun; shared with [`StreamStatus::beside`].
    numbers: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Now {
    state: State,
    last_data: Option<Timestamp>,
    /// When bytes last arrived, or else when the stream was asked for first, by a clock that nobody sets.
    heard: Option<Instant>,
    /// Without the lines that were too long.
    counts: Counts,
}

impl StreamStatus {
    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the stream is doing now.
    pub(crate) fn state(&self) -> State {
        self.lock().state
    }

    /// When bytes last arrived, heartbeats included.
    pub(crate) fn last_data(&self) -> Option<Timestamp> {
        self.lock().last_data
    }

    /// How long nothing has arrived, be the stream connected or away; `None` before it was asked for.
    pub(crate) fn silence(&self) -> Option<Duration> {
        self.lock().heard.map(|heard| heard.elapsed())
    }

    /// The counters now.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.lock().counts;
        counts.decoded.over_long = self.over_long.load(Relaxed);
        counts
    }

    pub(crate) fn attempt(&self) {
        let mut now = self.lock();
        now.counts.attempts += 1;
        // What is never heard of is silent since it was asked.
        now.heard.get_or_insert_with(Instant::now);
        now.state = State::Connecting;
    }

    pub(crate) fn connected(&self) {
        let mut now = self.lock();
        now.counts.connections += 1;
        now.state = State::Connected {
            since: Timestamp::now(),
        };
    }

    /// Counts what a connection's decoder has seen since the last call.
    pub(crate) fn decoded(&self, before: DecodeStats, seen: DecodeStats) {
        let mut now = self.lock();
        if seen.compressed > before.compressed {
            now.last_data = Some(Timestamp::now());
            now.heard = Some(Instant::now());
        }
        let all = &mut now.counts.decoded;
        all.compressed += seen.compressed - before.compressed;
        all.decoded += seen.decoded - before.decoded;
        all.lines += seen.lines - before.lines;
        all.heartbeats += seen.heartbeats - before.heartbeats;
        all.incomplete += seen.incomplete - before.incomplete;
        self.over_long
            .fetch_add(seen.over_long - before.over_long, Relaxed);
    }

    pub(super) fn system_message(&self) {
        self.lock().counts.system_messages += 1;
    }

    /// A status for connections beside those of this one: it counts for itself, but numbers them together.
    pub(crate) fn beside(&self) -> Self {
        Self {
            numbers: Arc::clone(&self.numbers),
            over_long: Arc::clone(&self.over_long),
            ..Self::default()
        }
    }

    /// Says how much time is missing now, all gaps together.
    pub(crate) fn set_missing(&self, time: Duration) {
        self.lock().counts.missing = time;
    }

    /// The number of a connection that begins: greater than all before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed) + 1
    }

    /// Counts an outage, or how much longer one has become that goes on.
    pub(super) fn outage(&self, outage: &Outage, counted: Option<&Outage>) {
        let counts = &mut self.lock().counts;
        let counted = counted.filter(|counted| counted.number == outage.number);
        if counted.is_none() {
            counts.outages[outage.cause.place()] += 1;
        }
        let before = counted.map_or(Duration::ZERO, |counted| counted.length);
        counts.outage += outage.length.saturating_sub(before);
    }

    pub(crate) fn lost(&self, cause: Cause, delay: Duration) {
        let mut now = self.lock();
        now.counts.reconnects[cause.place()] += 1;
        let time = Timestamp::now();
        let until = time.checked_add(delay).unwrap_or(time);
        now.state = State::Waiting { until, cause };
    }

    pub(super) fn stopped(&self) {
        self.lock().state = State::Stopped;
    }
}
