//! Keeps the faults that are set, and decides which of them happen now.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use fastrand::Rng;
use serde::Serialize;
use tokio::{sync::watch, time::Instant};

use super::{Fault, Kind, Scope, spec::When};

/// The most faults that can be set while the simulator runs. There is a limit because each Tweet looks
/// at all of them.
const MAX_FAULTS: usize = 1000;

/// The faults of a simulator. They can be changed while it runs.
#[derive(Debug)]
pub(crate) struct Board {
    seed: u64,
    /// Whether there are no faults. A Tweet looks here first and then needs no lock.
    is_empty: AtomicBool,
    armed: Mutex<Vec<Armed>>,
    /// Counts the changes, and wakes connections that wait.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    since: Instant,
    fired: u64,
    /// How many requests a request fault has seen.
    seen: u64,
    /// When a lasting request fault ends.
    until: Option<Instant>,
}

/// A fault that happens now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Firing {
    pub(crate) kind: Kind,
    pub(crate) lasts: Option<Duration>,
    pub(crate) bytes: Option<u64>,
    pub(crate) status: Option<u16>,
    pub(crate) reset: bool,
}

/// The numbers that chance follows from, together with the seed: the number of the connection, and how
/// many Tweets it has been given.
///
/// So chance falls the same way in each run. But it falls another way when the next connection repeats
/// a Tweet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice {
    pub(crate) connection: u64,
    pub(crate) tweets: u64,
}

/// A fault with how often it has happened, for whoever asks.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    fault: Fault,
    fired: u64,
}

impl Board {
    /// The faults to begin with.
    pub(crate) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        let board = Self {
            seed,
            is_empty: AtomicBool::new(true),
            armed: Mutex::default(),
            changes: watch::Sender::new(0),
        };
        board
            .arm(faults, usize::MAX)
            .expect("a command line has an end");
        board
    }

    /// Adds all of these faults or none. Their times count from now.
    pub(crate) fn add(&self, faults: Vec<Fault>) -> Result<(), String> {
        self.arm(faults, MAX_FAULTS)
    }

    fn arm(&self, faults: Vec<Fault>, most: usize) -> Result<(), String> {
        let since = Instant::now();
        let mut armed = self.lock();
        if armed.len().saturating_add(faults.len()) > most {
            return Err(format!(
                "there would be {} faults, and there can be {most}; `DELETE` takes them all away",
                armed.len() + faults.len()
            ));
        }
        armed.extend(faults.into_iter().map(|fault| Armed {
            fault,
            since,
            fired: 0,
            seen: 0,
            until: None,
        }));
        self.is_empty.store(armed.is_empty(), Relaxed);
        drop(armed);
        self.changes.send_modify(|changes| *changes += 1);
        Ok(())
    }

    /// Takes all faults away.
    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.is_empty.store(true, Relaxed);
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// The faults, with how often each has happened.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let show = |armed: &Armed| Shown {
            fault: armed.fault.clone(),
            fired: armed.fired,
        };
        self.lock().iter().map(show).collect()
    }

    /// How often each kind has happened.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for armed in self.lock().iter().filter(|armed| armed.fired > 0) {
            *counts.entry(armed.fault.kind.name()).or_default() += armed.fired;
        }
        counts
    }

    /// Wakes its holder when the faults change.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What happens to the Tweet that a connection is given next.
    pub(crate) fn at_tweet(&self, dice: Dice) -> Vec<Firing> {
        if self.is_empty.load(Relaxed) {
            return Vec::new();
        }
        let now = Instant::now();
        let mut firing = Vec::new();
        for (number, armed) in self.of(Scope::Tweet, &mut self.lock()) {
            let happens = match armed.fault.when {
                When::Probability(probability) => self.chance(number, dice) < probability,
                When::After(after) => armed.fired == 0 && now >= armed.since + after,
                When::Every(every) => (dice.tweets + 1).is_multiple_of(every),
            };
            if happens {
                firing.extend(armed.fire());
            }
        }
        firing
    }

    /// The faults that happen now on a connection that has no Tweet to give: those set for a time.
    pub(crate) fn at_rest(&self) -> Vec<Firing> {
        if self.is_empty.load(Relaxed) {
            return Vec::new();
        }
        let now = Instant::now();
        let mut armed = self.lock();
        self.of(Scope::Tweet, &mut armed)
            .filter(|(_, armed)| armed.due_at().is_some_and(|due| due <= now))
            .filter_map(|(_, armed)| armed.fire())
            .collect()
    }

    /// When the next fault that is set for a time happens.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        if self.is_empty.load(Relaxed) {
            return None;
        }
        let mut armed = self.lock();
        let due = self.of(Scope::Tweet, &mut armed);
        due.filter_map(|(_, armed)| armed.due_at()).min()
    }

    /// The first fault that happens to a request, or to the end of a job.
    pub(crate) fn at_request(&self, scope: Scope) -> Option<Firing> {
        if self.is_empty.load(Relaxed) {
            return None;
        }
        let now = Instant::now();
        let mut armed = self.lock();
        let mut first = None;
        for (number, armed) in self.of(scope, &mut armed) {
            armed.seen += 1;
            let dice = Dice {
                connection: 0,
                tweets: armed.seen,
            };
            let goes_on = armed.until.is_some_and(|until| now < until);
            let happens = match armed.fault.when {
                When::Probability(probability) => self.chance(number, dice) < probability,
                When::After(after) => armed.fired == 0 && now >= armed.since + after,
                When::Every(every) => armed.seen.is_multiple_of(every),
            };
            if first.is_some() {
                continue;
            }
            if goes_on {
                first = Some(Firing::from(&armed.fault));
            } else if happens {
                first = armed.fire();
                // The lateness of one change is no trouble of the next.
                let lasts = armed
                    .fault
                    .lasts
                    .filter(|_| armed.fault.kind != Kind::RulesLate);
                armed.until = lasts.map(|lasts| now + lasts);
            }
        }
        first
    }

    fn of<'a>(
        &self,
        scope: Scope,
        armed: &'a mut [Armed],
    ) -> impl Iterator<Item = (usize, &'a mut Armed)> {
        armed
            .iter_mut()
            .enumerate()
            .filter(move |(_, armed)| armed.fault.kind.scope() == scope)
    }

    fn chance(&self, number: usize, dice: Dice) -> f64 {
        let mixed =
            [number as u64, dice.connection, dice.tweets]
                .iter()
                .fold(self.seed, |mixed, part| {
                    (mixed ^ part)
                        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                        .rotate_left(29)
                });
        Rng::with_seed(mixed).f64()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn fire(&mut self) -> Option<Firing> {
        if self.fault.times.is_some_and(|times| self.fired >= times) {
            return None;
        }
        self.fired += 1;
        Some(Firing::from(&self.fault))
    }

    /// When it happens, if it is set for a time and has not happened yet.
    fn due_at(&self) -> Option<Instant> {
        match self.fault.when {
            When::After(after) if self.fired == 0 && self.fault.times != Some(0) => {
                Some(self.since + after)
            }
            _ => None,
        }
    }
}

impl From<&Fault> for Firing {
    fn from(fault: &Fault) -> Self {
        Self {
            kind: fault.kind,
            lasts: fault.lasts,
            bytes: fault.bytes,
            status: fault.status,
            reset: fault.reset,
        }
    }
}
