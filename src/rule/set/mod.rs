//! Finds which of many rules match a Tweet, without trying each rule.

mod cells;
mod feature;
mod index;
mod literals;
mod offered;
mod required;

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::{Analysis, Rule};
use feature::Feature;
use index::Index;

thread_local! {
    /// The memory of a search. Each thread has its own, since many threads can search a set at once.
    static SCRATCH: Cell<Scratch> = const { Cell::new(Scratch::new()) };
}

/// Rules by key. An index finds them by the features that a matching Tweet must have.
///
/// It finds exactly the rules that trying each rule would find. The cost to add or remove a rule grows
/// with the rule's length, not with the number of rules.
#[derive(Debug)]
pub struct RuleSet<K> {
    /// A free slot is used again.
    slots: Vec<Option<Slot<K>>>,
    free: Vec<u32>,
    by_key: HashMap<K, u32>,
    /// The number of rules inserted so far.
    inserted: u64,
    index: Index,
}

#[derive(Debug)]
struct Slot<K> {
    key: K,
    /// The rule's place in the order of insertion.
    order: u64,
    rule: Arc<Rule>,
    /// The features under which the index has the rule.
    features: Option<Vec<Feature>>,
}

impl<K> Default for RuleSet<K> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_key: HashMap::new(),
            inserted: 0,
            index: Index::default(),
        }
    }
}

impl<K: Copy + Eq + Hash> RuleSet<K> {
    /// A set without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule as the last one. It replaces a rule with the same key.
    pub fn insert(&mut self, key: K, rule: Arc<Rule>) {
        self.remove(&key);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        let features = self.index.add(rule.expr(), slot);
        self.by_key.insert(key, slot);
        let order = self.inserted;
        self.inserted += 1;
        self.slots[slot as usize] = Some(Slot {
            key,
            order,
            rule,
            features,
        });
    }

    /// Removes the rule of a key, if there is one.
    pub fn remove(&mut self, key: &K) -> Option<Arc<Rule>> {
        let number = self.by_key.remove(key)?;
        let slot = self.slots[number as usize].take()?;
        self.index.remove(slot.features.as_deref(), number);
        self.free.push(number);
        Some(slot.rule)
    }

    /// The number of rules.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Appends the keys of all rules that match a Tweet, in the order of insertion.
    pub fn matching(&self, tweet: &Analysis<'_>, found: &mut Vec<K>) {
        let mut scratch = SCRATCH.take();
        scratch.begin(self.slots.len());
        self.index.candidates(tweet, |slot| scratch.add(slot));
        let slot = |number: &u32| self.slots[*number as usize].as_ref();
        let matching = &mut scratch.candidates;
        matching.retain(|number| slot(number).is_some_and(|slot| slot.rule.matches(tweet)));
        matching.sort_unstable_by_key(|number| slot(number).map(|slot| slot.order));
        found.extend(matching.iter().filter_map(slot).map(|slot| slot.key));
        SCRATCH.set(scratch);
    }
}

/// Collects candidates without repetitions.
#[derive(Debug, Default)]
struct Scratch {
    /// The number of the last search in which each slot was a candidate. So nothing has to be cleared
    /// between searches.
    seen: Vec<u32>,
    search: u32,
    candidates: Vec<u32>,
}

impl Scratch {
    const fn new() -> Self {
        Self {
            seen: Vec::new(),
            search: 0,
            candidates: Vec::new(),
        }
    }

    fn begin(&mut self, slots: usize) {
        self.candidates.clear();
        if self.seen.len() < slots {
            self.seen.resize(slots, 0);
        }
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.seen.fill(0);
            self.search = 1;
        }
    }

    fn add(&mut self, slot: u32) {
        let seen = &mut self.seen[slot as usize];
        if *seen != self.search {
            *seen = self.search;
            self.candidates.push(slot);
        }
    }
}
