//! What others have changed between two looks at the remote rules.

use std::collections::{HashMap, HashSet};

use super::rules::{Owned, Remote};

/// How many rules are watched for vanishing again. The set may be large, and whoever deletes thousands of rules is
/// noticed by any of them.
const MOST_WATCHED: usize = 1_000;

/// A rule that has vanished so often is somebody else's doing again and again.
const OFTEN: u32 = 2;

/// What differs between the rules as ouzel left them and as it finds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Rules that somebody else has added.
    pub appeared: Vec<Remote>,
    /// Rules of ours that somebody else has deleted.
    pub vanished: Vec<Remote>,
    /// Rules of others that are gone.
    pub gone: Vec<Remote>,
}

impl Drift {
    /// Compares the rules as they were left with the rules as they are now. A rule whose tag has changed is gone and has
    /// appeared: it has another id.
    #[must_use]
    pub fn between(left: &[Remote], now: &[Remote], owned: &[Owned]) -> Self {
        let ids = |rules: &[Remote]| -> HashSet<i64> { rules.iter().map(|rule| rule.id).collect() };
        let (before, after) = (ids(left), ids(now));
        let ours: HashSet<i64> = owned.iter().filter_map(|rule| rule.id).collect();
        // A request whose answer was lost may have been carried out late.
        let intents: HashSet<&str> = owned
            .iter()
            .filter(|rule| rule.id.is_none())
            .map(|rule| rule.value.as_str())
            .collect();
        let mut drift = Self::default();
        for rule in now {
            if !before.contains(&rule.id)
                && !ours.contains(&rule.id)
                && !intents.contains(rule.value.as_str())
            {
                drift.appeared.push(rule.clone());
            }
        }
        for rule in left.iter().filter(|rule| !after.contains(&rule.id)) {
            let list = if ours.contains(&rule.id) {
                &mut drift.vanished
            } else {
                &mut drift.gone
            };
            list.push(rule.clone());
        }
        drift
    }

    /// Whether nobody has changed anything.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.appeared.is_empty() && self.vanished.is_empty() && self.gone.is_empty()
    }
}

/// Which rules vanish again and again after they have been added again: then somebody else works against ouzel.
#[derive(Debug, Default)]
pub struct Vanishing {
    times: HashMap<String, u32>,
}

impl Vanishing {
    /// Notes rules that have vanished. Returns one of those that have vanished before, if there is one.
    pub fn note<'a>(&mut self, vanished: &'a [Remote]) -> Option<&'a Remote> {
        let mut again = None;
        for rule in vanished {
            if self.times.len() >= MOST_WATCHED && !self.times.contains_key(&rule.value) {
                continue;
            }
            let times = self.times.entry(rule.value.clone()).or_default();
            *times += 1;
            if *times >= OFTEN {
                again = again.or(Some(rule));
            }
        }
        again
    }
}
