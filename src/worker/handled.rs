//! Which Tweets have been handled lately. The worker decides it, the journal's thread asks for it, and it is committed
//! with the rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ingest::dedupe::Dedupe;

/// The ids of Tweets that have been handled. If their rows are taken back, the Tweets come again from the journal.
///
/// Only the worker adds to it, and only after a line has proved to be a Tweet: a damaged copy must not stand for the
/// good one.
#[derive(Debug, Clone, Default)]
pub struct Handled(Arc<Mutex<Dedupe>>);

impl Handled {
    /// Whether the Tweet with this id has been handled. Never for 0, which stands for a line without an id.
    pub fn contains(&self, id: u64) -> bool {
        self.lock().contains(id)
    }

    /// Replaces the contents of `known` by whether each of the ids has been handled.
    pub fn look_up(&self, ids: &[u64], known: &mut Vec<bool>) {
        let dedupe = self.lock();
        known.clear();
        known.extend(ids.iter().map(|&id| dedupe.contains(id)));
    }

    /// Remembers ids that came at `at_ms`, in milliseconds since 1970.
    pub fn remember(&self, ids: &[u64], at_ms: i64) {
        let mut dedupe = self.lock();
        for &id in ids {
            dedupe.insert(id, at_ms);
        }
    }

    /// Forgets ids whose rows have been taken back: their Tweets will be handled again.
    pub fn forget(&self, ids: &[u64]) {
        let mut dedupe = self.lock();
        for &id in ids {
            dedupe.forget(id);
        }
    }

    /// When the last of these Tweets was received, in milliseconds since 1970.
    pub fn newest_ms(&self) -> Option<i64> {
        self.lock().newest_ms()
    }

    fn lock(&self) -> MutexGuard<'_, Dedupe> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
