//! What the stream is doing, for others to read while it runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use super::{cause::Cause, decode::DecodeStats, outage::Outage};

/// What the stream is doing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// A request is on its way, or about to be.
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
    /// The length of all these times together, in milliseconds.
    pub outage_millis: u64,
    /// How much time is missing now, in milliseconds. Earlier runs are included.
    pub missing_millis: u64,
}

/// Counters and state of the stream, shared with those who report them.
#[derive(Debug)]
pub(crate) struct StreamStatus {
    state: watch::Sender<State>,
    /// Milliseconds since the epoch; 0 for never.
    last_data: AtomicI64,
    /// When bytes last arrived, or when the stream was first asked for, if no bytes have come. In milliseconds since
    /// `born`, by a clock that nobody sets; 0 for never.
    heard: AtomicU64,
    born: Instant,
    attempts: AtomicU64,
    connections: AtomicU64,
    compressed: AtomicU64,
    decoded: AtomicU64,
    lines: AtomicU64,
    heartbeats: AtomicU64,
    /// Shared with [`StreamStatus::beside`]: a dropped line is missing, whichever connection brought it.
    over_long: Arc<AtomicU64>,
    incomplete: AtomicU64,
    system_messages: AtomicU64,
    reconnects: [AtomicU64; Cause::ALL.len()],
    outages: [AtomicU64; Cause::ALL.len()],
    outage_millis: AtomicU64,
    missing_millis: AtomicU64,
    /// How many connections have begun. Shared with [`StreamStatus::beside`].
    numbers: Arc<AtomicU64>,
}

impl Default for StreamStatus {
    fn default() -> Self {
        Self {
            state: watch::Sender::new(State::Connecting),
            last_data: AtomicI64::default(),
            heard: AtomicU64::default(),
            born: Instant::now(),
            attempts: AtomicU64::default(),
            connections: AtomicU64::default(),
            compressed: AtomicU64::default(),
            decoded: AtomicU64::default(),
            lines: AtomicU64::default(),
            heartbeats: AtomicU64::default(),
            over_long: Arc::default(),
            incomplete: AtomicU64::default(),
            system_messages: AtomicU64::default(),
            reconnects: Default::default(),
            outages: Default::default(),
            outage_millis: AtomicU64::default(),
            missing_millis: AtomicU64::default(),
            numbers: Arc::default(),
        }
    }
}

impl StreamStatus {
    /// What the stream is doing now.
    #[must_use]
    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

    /// When bytes last arrived, heartbeats included.
    #[must_use]
    pub(crate) fn last_data(&self) -> Option<Timestamp> {
        match self.last_data.load(Relaxed) {
            0 => None,
            millis => Timestamp::from_millisecond(millis).ok(),
        }
    }

    /// How long nothing has arrived, whether the stream is connected or not. `None` before it was asked for.
    #[must_use]
    pub(crate) fn silence(&self) -> Option<Duration> {
        let heard = Some(self.heard.load(Relaxed)).filter(|heard| *heard > 0)?;
        Some(
            self.born
                .elapsed()
                .saturating_sub(Duration::from_millis(heard)),
        )
    }

    /// Milliseconds since `born`, and never 0.
    fn age(&self) -> u64 {
        millis(self.born.elapsed()).max(1)
    }

    /// The counters now.
    #[must_use]
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            attempts: self.attempts.load(Relaxed),
            connections: self.connections.load(Relaxed),
            decoded: DecodeStats {
                compressed: self.compressed.load(Relaxed),
                decoded: self.decoded.load(Relaxed),
                lines: self.lines.load(Relaxed),
                heartbeats: self.heartbeats.load(Relaxed),
                over_long: self.over_long.load(Relaxed),
                incomplete: self.incomplete.load(Relaxed),
            },
            system_messages: self.system_messages.load(Relaxed),
            reconnects: std::array::from_fn(|at| self.reconnects[at].load(Relaxed)),
            outages: std::array::from_fn(|at| self.outages[at].load(Relaxed)),
            outage_millis: self.outage_millis.load(Relaxed),
            missing_millis: self.missing_millis.load(Relaxed),
        }
    }

    pub(crate) fn attempt(&self) {
        self.attempts.fetch_add(1, Relaxed);
        // If nothing ever arrives, the silence counts from the first request.
        let _ = self.heard.compare_exchange(0, self.age(), Relaxed, Relaxed);
        self.state.send_replace(State::Connecting);
    }

    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
        let since = Timestamp::now();
        self.state.send_replace(State::Connected { since });
    }

    /// Counts what a connection's decoder has seen since the last call.
    pub(crate) fn decoded(&self, before: DecodeStats, now: DecodeStats) {
        if now.compressed > before.compressed {
            let millis = Timestamp::now().as_millisecond();
            self.last_data.store(millis, Relaxed);
            self.heard.store(self.age(), Relaxed);
        }
        for (counter, before, now) in [
            (&self.compressed, before.compressed, now.compressed),
            (&self.decoded, before.decoded, now.decoded),
            (&self.lines, before.lines, now.lines),
            (&self.heartbeats, before.heartbeats, now.heartbeats),
            (&*self.over_long, before.over_long, now.over_long),
            (&self.incomplete, before.incomplete, now.incomplete),
        ] {
            counter.fetch_add(now - before, Relaxed);
        }
    }

    pub(super) fn system_message(&self) {
        self.system_messages.fetch_add(1, Relaxed);
    }

    /// A status for connections beside the stream. It has counters of its own, but shares the connection numbers and
    /// the count of over-long lines.
    #[must_use]
    pub(crate) fn beside(&self) -> Self {
        Self {
            numbers: Arc::clone(&self.numbers),
            over_long: Arc::clone(&self.over_long),
            ..Self::default()
        }
    }

    /// Sets how much time is missing now, in all gaps together.
    pub(crate) fn set_missing(&self, time: Duration) {
        self.missing_millis.store(millis(time), Relaxed);
    }

    /// The number of a connection that begins. It is greater than all before.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed) + 1
    }

    /// Counts an outage. If `counted` is the same outage, only the time since then is added.
    pub(super) fn outage(&self, outage: &Outage, counted: Option<&Outage>) {
        let counted = counted.filter(|counted| counted.number == outage.number);
        if counted.is_none() {
            self.outages[outage.cause.place()].fetch_add(1, Relaxed);
        }
        let before = counted.map_or(Duration::ZERO, |counted| counted.length);
        let more = outage.length.saturating_sub(before);
        self.outage_millis.fetch_add(millis(more), Relaxed);
    }

    pub(crate) fn lost(&self, cause: Cause, delay: Duration) {
        self.reconnects[cause.place()].fetch_add(1, Relaxed);
        let now = Timestamp::now();
        let until = now.checked_add(delay).unwrap_or(now);
        self.state.send_replace(State::Waiting { until, cause });
    }

    pub(super) fn stopped(&self) {
        self.state.send_replace(State::Stopped);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
