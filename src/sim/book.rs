//! The rules of one stream, as requests and connections share them.

use std::sync::{
    Arc, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::{sync::watch, time::Instant};

use super::{bucket::Bucket, options::Limits, rule_set::RuleSet, snowflake::Ids};

/// A set of rules, and what keeps requests to it in order.
#[derive(Debug)]
pub(super) struct Book {
    rules: RwLock<RuleSet>,
    version: AtomicU64,
    /// How many rules there are. Connections are told of a change as soon as it is made. [seed:000]
    count: watch::Sender<usize>,
    /// One bucket for all requests. [seed:003]
    pub(super) requests: Bucket,
    is_changing: AtomicBool,
    /// Whether there are changes that have not taken effect yet.
    is_settling: AtomicBool,
}

/// The right to change the rules. Only one request has it at a time.
#[derive(Debug)]
pub(super) struct Turn<'b>(&'b Book);

impl Book {
    /// A set without rules, under these limits.
    pub(super) fn new(limits: &Limits, ids: &Arc<Ids>) -> Self {
        Self {
            rules: RwLock::new(RuleSet::new(limits.rule_delay, Arc::clone(ids))),
            version: AtomicU64::new(0),
            count: watch::Sender::new(0),
            requests: Bucket::new(limits.rule_requests_per_minute),
            is_changing: AtomicBool::new(false),
            is_settling: AtomicBool::new(false),
        }
    }

    /// The right to change the rules; `None` while another request has it. [source: xd/powertrack-api]
    pub(super) fn turn(&self) -> Option<Turn<'_>> {
        let was_changing = self.is_changing.swap(true, Ordering::AcqRel);
        // It is made only if it is given out, because dropping it ends the turn.
        (!was_changing).then(|| Turn(self))
    }

    /// The rules, for reading. Hold them no longer than it takes to fill a batch.
    pub(super) fn rules(&self) -> RwLockReadGuard<'_, RuleSet> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the rules and tells the connections.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut RuleSet) -> T) -> T {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut rules);
        self.is_settling
            .store(rules.settle(Instant::now()), Ordering::Release);
        self.version.fetch_add(1, Ordering::Release);
        self.count.send_replace(rules.len());
        outcome
    }

    /// Puts the changes into effect whose time has come.
    pub(super) fn settle(&self) {
        if self.is_settling.load(Ordering::Acquire) {
            self.change(|_| ());
        }
    }

    /// How many changes there were.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// How many rules there are.
    pub(super) fn len(&self) -> usize {
        *self.count.borrow()
    }

    /// Wakes its holder at each change.
    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.is_changing.store(false, Ordering::Release);
    }
}
