//! Which Tweets have been handled lately: decided by the worker, asked by the journal's thread, committed with the rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ingest::dedupe::Dedupe;

/// The ids of Tweets that have been handled, or that come again from the journal if their rows are taken back.
///
/// Only the worker adds to it, and only once a line has proved to be a Tweet: a damaged copy must not stand for the good one.
#[derive(Debug, Clone, Default)]
pub struct Handled(Arc<Mutex<Dedupe>>);

impl Handled {
    /// Whether the Tweet of this id has been handled; never for 0, which stands for a line without an id.
    pub fn contains(&self, id: u64) -> bool {
        self.lock().contains(id)
    }

    /// Puts into `known`, in the place of what is there, which of the ids have been handled.
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

    /// When the last of them was received, in milliseconds since 1970.
    pub fn newest_ms(&self) -> Option<i64> {
        self.lock().newest_ms()
    }

    fn lock(&self) -> MutexGuard<'_, Dedupe> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
