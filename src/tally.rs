//! What has happened so far, counted by the worker and read by the status line and the summary.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Tags counted one by one; Tweets of further tags count as "other tags".
const MAX_TAGS: usize = 10_000;

/// Counters since the start. Nearly each is written by one thread: what arrives by the journal's, the rest by the worker.
#[derive(Debug, Default)]
pub struct Tally {
    counters: [AtomicU64; COUNTERS],
    tags: Mutex<BTreeMap<String, u64>>,
}

/// One counter of a [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Count {
    /// Tweets handled, however it ended.
    Tweets,
    /// Tweets that no filter dropped.
    Kept,
    /// Tweets that a filter dropped.
    Filtered,
    /// Tweets whose handler failed.
    Failed,
    /// Lines that are not valid JSON in UTF-8.
    Invalid,
    /// Valid JSON that is no Tweet.
    Unknown,
    /// Rows written and committed.
    Rows,
    /// Lines of the journal that are done with, whatever they were.
    Handled,
    /// Parts of the journal that could not be read.
    Damaged,
    /// When the oldest Tweet that waits was received, in milliseconds since 1970; 0 where none does.
    OldestMs,
    /// The generation that handles Tweets.
    Generation,
    /// Lines written to the journal.
    Journaled,
    /// Lines whose Tweets had been handled before, and that were dropped: by the journal's thread or the worker.
    Duplicates,
    /// Lines that waited in the journal at the start.
    Backlog,
    /// Tweets in quarantine.
    Quarantined,
    /// The size of the journal in bytes.
    JournalBytes,
    /// When the newest handled Tweet was received, in milliseconds since 1970.
    NewestMs,
}

const COUNTERS: usize = Count::NewestMs as usize + 1;

/// What is counted while Tweets are handled, and taken back with them.
const TAKEN_BACK: [Count; 8] = [
    Count::Tweets,
    Count::Kept,
    Count::Filtered,
    Count::Failed,
    Count::Invalid,
    Count::Unknown,
    Count::Handled,
    Count::Damaged,
];

/// What was counted while Tweets were handled, at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts([u64; TAKEN_BACK.len()]);

impl Counts {
    /// Tweets handled.
    pub fn tweets(&self) -> u64 {
        self.0[0]
    }
}

impl Tally {
    /// The counter's value.
    pub fn get(&self, count: Count) -> u64 {
        self.counters[count as usize].load(Ordering::Relaxed)
    }

    /// Adds to a counter.
    pub fn add(&self, count: Count, number: u64) {
        self.counters[count as usize].fetch_add(number, Ordering::Relaxed);
    }

    /// Takes from a counter what was added and did not last.
    pub fn take_back(&self, count: Count, number: u64) {
        self.counters[count as usize].fetch_sub(number, Ordering::Relaxed);
    }

    /// Sets a counter.
    pub fn set(&self, count: Count, number: u64) {
        self.counters[count as usize].store(number, Ordering::Relaxed);
    }

    /// What was counted while Tweets were handled, up to now.
    pub fn handled(&self) -> Counts {
        Counts(TAKEN_BACK.map(|count| self.get(count)))
    }

    /// Goes back to an earlier moment: the Tweets since then will be handled again.
    pub fn put_back(&self, counts: &Counts) {
        for (count, number) in TAKEN_BACK.into_iter().zip(counts.0) {
            self.set(count, number);
        }
    }

    /// Lines that wait in the journal to be handled.
    pub fn waiting(&self) -> u64 {
        let all = self.get(Count::Backlog) + self.get(Count::Journaled);
        all.saturating_sub(self.get(Count::Handled))
    }

    /// How long the oldest Tweet that is not handled has waited, at `now_ms` milliseconds since 1970.
    pub fn lag(&self, now_ms: i64) -> Duration {
        let oldest = self.get(Count::OldestMs);
        if oldest == 0 || self.waiting() == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(u64::try_from(now_ms).unwrap_or(0).saturating_sub(oldest))
    }

    /// Lines received at `at_ms` wait now.
    pub fn waits_since(&self, at_ms: i64) {
        // Whatever waits already is older.
        let _ = self.counters[Count::OldestMs as usize].compare_exchange(
            0,
            u64::try_from(at_ms).unwrap_or(0),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// Adds the Tweets of each tag; empties `tags` but keeps its room.
    pub fn add_tags(&self, tags: &mut BTreeMap<String, u64>) {
        let mut known = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        for (tag, number) in tags.iter_mut().filter(|(_, number)| **number > 0) {
            if known.len() >= MAX_TAGS && !known.contains_key(tag) {
                *known.entry("other tags".to_owned()).or_default() += *number;
            } else if let Some(count) = known.get_mut(tag) {
                *count += *number;
            } else {
                known.insert(tag.clone(), *number);
            }
            *number = 0;
        }
        if tags.len() > MAX_TAGS {
            tags.clear();
        }
    }

    /// Matches of each tag, by tag.
    pub fn tags(&self) -> BTreeMap<String, u64> {
        self.tags
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
