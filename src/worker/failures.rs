//! Logs failing handlers. Each kind of failure is logged a few times, so that a handler that fails on every Tweet does
//! not fill the disk.

use std::collections::{BTreeMap, HashMap};

use tracing::error;

use crate::script::{Call, Failure};

/// How many failures of a kind are logged one by one. Of later ones only the 4th, 8th, 16th and so on are logged.
const LOGGED: u64 = 3;

/// The most kinds of failure that are told apart.
const KINDS: usize = 1_000;

/// How often each kind of failure has happened.
#[derive(Debug, Default)]
pub(super) struct Failures {
    kinds: HashMap<String, u64>,
    /// How many Tweets have failed in each handler since the last commit.
    handlers: BTreeMap<String, u64>,
}

impl Failures {
    /// Logs a failed handler, if its kind was not logged too often yet.
    pub(super) fn log(&mut self, id: Option<i64>, failure: &Failure) {
        if let Some(times) = self.times_to_log(failure) {
            let tweet = id.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
            error!(tweet, handler = failure.handler, times, error = %failure, "handler failed");
        }
    }

    /// Counts a Tweet that failed in a handler.
    pub(super) fn count(&mut self, failure: &Failure) {
        match self.handlers.get_mut(&failure.handler) {
            Some(number) => *number += 1,
            None => {
                self.handlers.insert(failure.handler.clone(), 1);
            }
        }
    }

    /// Takes what was counted. After a rollback it counts for nothing: the Tweets come again.
    pub(super) fn take_counted(&mut self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.handlers)
    }

    /// Logs a failed call between two Tweets, if its kind was not logged too often yet.
    pub(super) fn log_call(&mut self, call: Call<'_>, failure: &Failure) {
        if let Some(times) = self.times_to_log(failure) {
            match call {
                Call::Timer { .. } => {
                    error!(timer = failure.handler, times, error = %failure, "timer failed");
                }
                Call::Alarm { .. } => {
                    error!(function = failure.handler, times, error = %failure, "hearing of an alarm failed");
                }
            }
        }
    }

    /// How often this kind of failure has happened, if it has to be logged.
    fn times_to_log(&mut self, failure: &Failure) -> Option<u64> {
        let kind = format!("{:?} {}", failure.fault.place, failure.fault.message);
        if self.kinds.len() >= KINDS {
            self.kinds.clear();
        }
        let times = self.kinds.entry(kind).or_default();
        *times += 1;
        (*times <= LOGGED || times.is_power_of_two()).then_some(*times)
    }

    /// Forgets which kinds there were, for a new generation.
    pub(super) fn clear(&mut self) {
        self.kinds.clear();
    }
}
