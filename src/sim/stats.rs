//! Counters of what the simulator has done.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use axum::http::StatusCode;
use serde::Serialize;

/// Counters that handlers and connections add to.
#[derive(Debug, Default)]
pub(super) struct Stats {
    requests: Mutex<BTreeMap<&'static str, BTreeMap<u16, u64>>>,
    pub(super) connections: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) made: AtomicU64,
    pub(super) matched: AtomicU64,
    pub(super) delivered: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Connections to the stream.
    pub connections: Connections,
    /// Answers by kind of request (`list`, `add`, `delete`, `get`, `validate`, `stream`, `replay`) and by status.
    pub requests: BTreeMap<&'static str, BTreeMap<u16, u64>>,
    /// Tweets of all streams.
    pub tweets: Tweets,
    /// How many rules there are now, of all streams.
    pub rules: usize,
    /// Each stream, as `account/label`.
    pub streams: BTreeMap<String, StreamCounts>,
    /// How often each kind of fault has happened.
    pub faults: BTreeMap<&'static str, u64>,
}

/// One stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StreamCounts {
    /// Connections that are open now.
    pub open: u64,
    /// Rules.
    pub rules: usize,
    /// Rules for Replay.
    pub replay_rules: usize,
    /// Tweets that matched.
    pub matched: u64,
}

/// Connections to the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Connections {
    /// Ever opened.
    pub total: u64,
    /// Open now.
    pub open: u64,
}

/// Tweets on their way to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tweets {
    /// Made, or read from the file; once for each stream.
    pub made: u64,
    /// Matched by at least one rule of their stream, delivered or not.
    pub matched: u64,
    /// Handed to connections; once for each of them.
    pub delivered: u64,
}

impl Stats {
    /// Counts an answer.
    pub(super) fn count(&self, kind: &'static str, status: StatusCode) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests
            .entry(kind)
            .or_default()
            .entry(status.as_u16())
            .or_default() += 1;
    }

    /// The counters now, together with what others count.
    pub(super) fn counts(
        &self,
        streams: BTreeMap<String, StreamCounts>,
        faults: BTreeMap<&'static str, u64>,
    ) -> Counts {
        Counts {
            connections: Connections {
                total: self.connections.load(Relaxed),
                open: self.open.load(Relaxed),
            },
            requests: self
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            tweets: Tweets {
                made: self.made.load(Relaxed),
                matched: self.matched.load(Relaxed),
                delivered: self.delivered.load(Relaxed),
            },
            rules: streams.values().map(|stream| stream.rules).sum(),
            streams,
            faults,
        }
    }
}
