//! Stand-in for the index of many rules: tries each.

use std::hash::Hash;
use std::sync::Arc;

use super::{Analysis, Rule};

/// Many rules.
#[derive(Debug)]
pub struct RuleSet<K>(Vec<(K, Arc<Rule>)>);

impl<K> Default for RuleSet<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Copy + Eq + Hash> RuleSet<K> {
    /// No rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule.
    pub fn insert(&mut self, key: K, rule: Arc<Rule>) {
        self.remove(&key);
        self.0.push((key, rule));
    }

    /// Takes a rule out.
    pub fn remove(&mut self, key: &K) -> Option<Arc<Rule>> {
        let at = self.0.iter().position(|(own, _)| own == key)?;
        Some(self.0.swap_remove(at).1)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of the rules that a Tweet matches.
    pub fn matching(&self, tweet: &Analysis<'_>, found: &mut Vec<K>) {
        found.extend(
            self.0
                .iter()
                .filter(|(_, rule)| rule.matches(tweet))
                .map(|(key, _)| *key),
        );
    }
}
