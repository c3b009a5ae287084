//! The counters of a run. The worker and the journal's thread count; the status line and the summary read.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::metric::{HandlerNumbers, Metrics};

/// How many tags have a counter of their own. Tweets of any other tag count as "other tags".
pub(crate) const MAX_TAGS: usize = 10_000;

/// Counters since the start. Nearly every counter is written by one thread only: the journal's thread counts what
/// arrives, the worker counts the rest.
#[derive(Debug, Default)]
pub struct Tally {
    counters: [AtomicU64; COUNTERS],
    tags: Mutex<BTreeMap<String, u64>>,
    metrics: Mutex<Metrics>,
    handlers: Mutex<HandlerNumbers>,
    running: Mutex<Running>,
}

/// What the running generation is called beside its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The hash of its files.
    pub hash: String,
    /// The earlier generation whose files these are, if it was rolled back to.
    pub back_to: Option<u64>,
}

/// One counter of a [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Count {
    /// Tweets handled, whatever the result.
    Tweets,
    /// Tweets that no filter dropped.
    Kept,
    /// Tweets that a filter dropped.
    Filtered,
    /// Tweets whose handler failed.
    Failed,
    /// Lines that are not valid JSON in UTF-8.
    Invalid,
    /// Lines that are valid JSON but no Tweet.
    Unknown,
    /// Rows written and committed.
    Rows,
    /// Lines of the journal that are finished, whether they were Tweets or not.
    Handled,
    /// Parts of the journal that could not be read.
    Damaged,
    /// When the oldest waiting Tweet was received, in milliseconds since 1970; 0 if none waits.
    OldestMs,
    /// The generation of the script that handles Tweets now.
    Generation,
    /// Lines written to the journal.
    Journaled,
    /// Lines dropped because their Tweets had been handled before. The journal's thread or the worker drops them.
    Duplicates,
    /// Lines that waited in the journal at the start.
    Backlog,
    /// Tweets in quarantine.
    Quarantined,
    /// The size of the journal in bytes.
    JournalBytes,
    /// Calls of `ouzel.every` functions that failed.
    FailedTimers,
    /// When the newest handled Tweet was received, in milliseconds since 1970.
    NewestMs,
    /// Tweets that the script's own rules were matched against.
    Matched,
    /// Of these, the Tweets that at least one of the rules matches.
    Matching,
    /// Loads that became a generation.
    Loads,
    /// Loads that were refused.
    Refused,
    /// Rollbacks that were asked for in this run.
    Rollbacks,
    /// The memory of the running script, in bytes.
    LuaMemory,
    /// The memory that it may take.
    LuaMemoryLimit,
    /// Lines that the script has emitted, to standard output and into sinks.
    Emitted,
    /// Tweets of this month, each once.
    MonthTweets,
    /// What the month will come to; 0 while nobody knows.
    MonthForecast,
    /// How many Tweets a month may have; 0 where nobody says it.
    MonthCap,
    /// Tags that bring more Tweets than usual now.
    Alarms,
    /// Tags whose rules are off the stream for now.
    Paused,
}

const COUNTERS: usize = Count::Paused as usize + 1;

/// The counters that change while Tweets are handled. If the Tweets are taken back, these counters go back with them.
const TAKEN_BACK: [Count; 10] = [
    Count::Tweets,
    Count::Kept,
    Count::Filtered,
    Count::Failed,
    Count::Invalid,
    Count::Unknown,
    Count::Handled,
    Count::Damaged,
    Count::Matched,
    Count::Matching,
];

/// The values of the counters of handling at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts([u64; TAKEN_BACK.len()]);

impl Counts {
    /// How many Tweets were handled.
    pub fn tweets(&self) -> u64 {
        self.0[0]
    }
}

impl Tally {
    /// The value of a counter.
    pub fn get(&self, count: Count) -> u64 {
        self.counters[count as usize].load(Ordering::Relaxed)
    }

    /// Adds to a counter.
    pub fn add(&self, count: Count, number: u64) {
        self.counters[count as usize].fetch_add(number, Ordering::Relaxed);
    }

    /// Subtracts from a counter what was added but then taken back.
    pub fn take_back(&self, count: Count, number: u64) {
        self.counters[count as usize].fetch_sub(number, Ordering::Relaxed);
    }

    /// Sets a counter.
    pub fn set(&self, count: Count, number: u64) {
        self.counters[count as usize].store(number, Ordering::Relaxed);
    }

    /// The present values of the counters of handling.
    pub fn handled(&self) -> Counts {
        Counts(TAKEN_BACK.map(|count| self.get(count)))
    }

    /// Sets the counters of handling back to an earlier moment, because the Tweets since then will be handled again.
    pub fn put_back(&self, counts: &Counts) {
        for (count, number) in TAKEN_BACK.into_iter().zip(counts.0) {
            self.set(count, number);
        }
    }

    /// How many lines wait in the journal to be handled.
    pub fn waiting(&self) -> u64 {
        let all = self.get(Count::Backlog) + self.get(Count::Journaled);
        all.saturating_sub(self.get(Count::Handled))
    }

    /// How long the oldest unhandled Tweet has waited. `now_ms` is the time now, in milliseconds since 1970.
    pub fn lag(&self, now_ms: i64) -> Duration {
        let oldest = self.get(Count::OldestMs);
        if oldest == 0 || self.waiting() == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(u64::try_from(now_ms).unwrap_or(0).saturating_sub(oldest))
    }

    /// Notes that lines received at `at_ms` now wait.
    pub fn waits_since(&self, at_ms: i64) {
        // Lines that already wait are older, so their time stays.
        let _ = self.counters[Count::OldestMs as usize].compare_exchange(
            0,
            u64::try_from(at_ms).unwrap_or(0),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    /// Adds the number of Tweets of each tag. Sets the numbers in `tags` to 0 but keeps the entries, to use their
    /// memory again.
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

    /// The metrics of the script.
    pub fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of the script's handlers.
    pub fn handlers(&self) -> MutexGuard<'_, HandlerNumbers> {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the generation is called that runs now.
    pub fn run(&self, running: Running) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }

    /// What the running generation is called.
    pub fn running(&self) -> Running {
        let running = self.running.lock();
        running.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows each tag with its number of matches, without a copy of them. The worker may wait for it meanwhile.
    pub fn each_tag(&self, mut show: impl FnMut(&str, u64)) {
        let tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.iter().for_each(|(tag, number)| show(tag, *number));
    }

    /// How many matches each tag had.
    pub fn tags(&self) -> BTreeMap<String, u64> {
        self.tags
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
