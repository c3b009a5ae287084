//! What the worker is doing now. The worker notes it here and other threads look, because a handler that hangs cannot
//! report anything itself.

use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Whether a signal has asked the process to end.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Notes that a signal has asked the process to end.
pub(crate) fn end() {
    IS_ENDING.store(true, Ordering::Relaxed);
}

/// Whether a signal has asked the process to end. A script that is loading gives up then.
pub(crate) fn is_ending() -> bool {
    IS_ENDING.load(Ordering::Relaxed)
}

thread_local! {
    /// Becomes true when nobody wants what runs on this thread any more.
    static IS_UNWANTED: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Scripts on this thread give up once this is true.
pub(crate) fn give_up_at(is_unwanted: Arc<AtomicBool>) {
    IS_UNWANTED.set(Some(is_unwanted));
}

/// Whether scripts on this thread are to give up.
pub(crate) fn is_unwanted() -> bool {
    let is_true = |flag: &Arc<AtomicBool>| flag.load(Ordering::Relaxed);
    IS_UNWANTED.with_borrow(|flag| flag.as_ref().is_some_and(is_true))
}

/// What the worker has begun. Noting it costs a few stores for each Tweet.
#[derive(Debug, Default)]
pub struct Doing {
    /// Counts everything that the worker begins.
    begun: AtomicU64,
    /// Counts the rounds of the worker's loop, of which it makes a few each second even if there is nothing to do.
    rounds: AtomicU64,
    /// The kind of work in progress; `IDLE` when there is none.
    kind: AtomicU32,
    tweet: AtomicI64,
    step: AtomicU32,
    /// The names of the script's steps, in the order in which they run.
    steps: Mutex<Vec<String>>,
}

const IDLE: u32 = 0;
const TWEET: u32 = 1;
const LOAD: u32 = 2;
const OUTPUT: u32 = 3;

/// Something that has not ended for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hanging {
    /// A handler that works on a Tweet.
    Handler {
        /// The handler's name, and the place where it begins.
        handler: String,
        /// The Tweet's id, if it has one.
        tweet: Option<i64>,
    },
    /// A script that is being loaded.
    Load,
    /// A write to standard output that nobody reads.
    Output,
}

impl Doing {
    /// The worker's loop goes round once more.
    pub fn round(&self) {
        self.rounds.fetch_add(1, Ordering::Relaxed);
    }

    /// How many rounds the worker's loop has made.
    pub(crate) fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// The handlers are about to get this Tweet.
    pub fn begin_tweet(&self, id: Option<i64>) {
        self.begun.store(
            self.begun.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Relaxed,
        );
        self.tweet.store(id.unwrap_or(0), Ordering::Relaxed);
        self.step.store(0, Ordering::Relaxed);
        self.kind.store(TWEET, Ordering::Release);
    }

    /// The step with this number is about to get the Tweet.
    pub fn step(&self, number: usize) {
        self.step
            .store(u32::try_from(number).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// The number of the handler that began last.
    pub fn last_step(&self) -> usize {
        self.step.load(Ordering::Relaxed) as usize
    }

    /// A script is about to be loaded.
    pub fn begin_load(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.kind.store(LOAD, Ordering::Release);
    }

    /// The lines that the script emitted are about to be written to standard output.
    pub fn begin_output(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.kind.store(OUTPUT, Ordering::Release);
    }

    /// The work that was begun last has ended.
    pub fn end(&self) {
        self.kind.store(IDLE, Ordering::Release);
    }

    /// From now on the script has these steps.
    pub fn set_steps(&self, steps: Vec<String>) {
        *self.steps.lock().unwrap_or_else(PoisonError::into_inner) = steps;
    }

    fn hanging(&self) -> Option<Hanging> {
        match self.kind.load(Ordering::Acquire) {
            LOAD => Some(Hanging::Load),
            OUTPUT => Some(Hanging::Output),
            TWEET => {
                let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
                let step = self.step.load(Ordering::Relaxed) as usize;
                let id = self.tweet.load(Ordering::Relaxed);
                Some(Hanging::Handler {
                    handler: steps.get(step).cloned().unwrap_or_default(),
                    tweet: (id != 0).then_some(id),
                })
            }
            _ => None,
        }
    }
}

/// Looks at what the worker is doing from time to time, and knows how long it has lasted.
#[derive(Debug)]
pub(crate) struct Look {
    begun: u64,
    since: Instant,
}

impl Look {
    /// Begins to watch at this moment.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            begun: 0,
            since: now,
        }
    }

    /// Looks once. Gives the work that has not ended since an earlier look, and how long it has lasted at least.
    pub(crate) fn look(&mut self, doing: &Doing, now: Instant) -> Option<(Hanging, Duration)> {
        let begun = doing.begun.load(Ordering::Relaxed);
        let hanging = doing.hanging();
        if begun != self.begun || hanging.is_none() {
            self.begun = begun;
            self.since = now;
            return None;
        }
        hanging.map(|hanging| (hanging, now.saturating_duration_since(self.since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_is_found_and_what_goes_on_is_not() {
        let (doing, start) = (Doing::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut look = Look::new(start);
        doing.set_steps(vec![
            "filter at a.lua:1".to_owned(),
            "enrich at a.lua:2".to_owned(),
        ]);
        assert_eq!(look.look(&doing, at(1)), None, "idle");
        for second in 2..10 {
            doing.begin_tweet(Some(7));
            assert_eq!(look.look(&doing, at(second)), None, "each is another one");
        }
        doing.step(1);
        let handler = Hanging::Handler {
            handler: "enrich at a.lua:2".to_owned(),
            tweet: Some(7),
        };
        assert_eq!(
            look.look(&doing, at(15)),
            Some((handler, Duration::from_secs(6)))
        );
        doing.end();
        assert_eq!(look.look(&doing, at(16)), None);
        doing.begin_load();
        assert_eq!(look.look(&doing, at(17)), None);
        assert_eq!(
            look.look(&doing, at(20)),
            Some((Hanging::Load, Duration::from_secs(3)))
        );
    }
}
