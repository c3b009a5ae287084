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

use super::{
    decode::DecodeStats,
    outage::{Outage, cause::Cause},
};

/// What the stream is doing now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// A request is on its way, or about to be.
    #[default]
    Connecting,
    /// The service answered 200.
    Connected {
        /// When it answered.
        since: Timestamp,
    },
    /// A connection or an attempt was lost, and the next attempt waits for its time.
    Waiting {
        /// When the next attempt is due.
        until: Timestamp,
        /// Why it was lost.
        cause: Cause,
    },
    /// The stream has ended for good.
    Stopped,
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

    /// How long nothing has arrived, whether the stream is connected or not. `None` before it was asked for.
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

    /// A status for connections beside the stream. It has counters of its own, but shares the connection numbers and
    /// the count of over-long lines.
    pub(crate) fn beside(&self) -> Self {
        Self {
            numbers: Arc::clone(&self.numbers),
            over_long: Arc::clone(&self.over_long),
            ..Self::default()
        }
    }

    /// Sets how much time is missing now, in all gaps together.
    pub(crate) fn set_missing(&self, time: Duration) {
        self.lock().counts.missing = time;
    }

    /// The number of a connection that begins. It is greater than all before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed) + 1
    }

    /// Counts an outage. If `counted` is the same outage, only the time since then is added.
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
