//! The inverted index. It leads from the features of a Tweet to the rules that ask for them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::super::analysis::Analysis;
use super::super::tree::Expr;
use super::feature::{Class, Feature};
use super::literals::Literals;
use super::offered::offered;
use super::required::required;

/// Finds rules, given as numbers, by features. A rule stands under one feature for each way in which a Tweet can match
/// it.
#[derive(Debug, Default)]
pub(super) struct Index {
    features: HashMap<u64, Vec<u32>, BuildHasherDefault<Hashed>>,
    /// The number of entries of each class.
    used: [usize; Class::COUNT],
    contains: Literals,
    url_contains: Literals,
    /// The rules that require no feature at all. They are always candidates.
    always: Vec<u32>,
}

impl Index {
    /// Adds a rule, and returns the features under which it now stands.
    pub(super) fn add(&mut self, expr: &Expr, slot: u32) -> Option<Vec<Feature>> {
        let load = |class: Class, hash| self.features.get(&class.key(hash)).map_or(0, Vec::len);
        let features = required(expr, &load);
        let Some(list) = &features else {
            self.always.push(slot);
            return None;
        };
        for feature in list {
            match feature {
                Feature::Of(class, hash) => {
                    let slots = self.features.entry(class.key(*hash)).or_default();
                    slots.push(slot);
                    self.used[*class as usize] += 1;
                }
                Feature::Contains(part) => self.contains.add(part, slot),
                Feature::UrlContains(part) => self.url_contains.add(part, slot),
            }
        }
        features
    }

    /// Removes a rule from under its features.
    pub(super) fn remove(&mut self, features: Option<&[Feature]>, slot: u32) {
        let Some(features) = features else {
            self.always.retain(|other| *other != slot);
            return;
        };
        for feature in features {
            match feature {
                Feature::Of(class, hash) => self.remove_feature(*class, *hash, slot),
                Feature::Contains(part) => self.contains.remove(part, slot),
                Feature::UrlContains(part) => self.url_contains.remove(part, slot),
            }
        }
    }

    /// Removes one entry. A rule that has a feature twice has two entries.
    fn remove_feature(&mut self, class: Class, hash: u64, slot: u32) {
        let key = class.key(hash);
        let Some(slots) = self.features.get_mut(&key) else {
            return;
        };
        if let Some(at) = slots.iter().position(|other| *other == slot) {
            slots.swap_remove(at);
            self.used[class as usize] -= 1;
        }
        if slots.is_empty() {
            self.features.remove(&key);
        }
    }

    /// Passes all rules that a Tweet can match to `tell`, in any order, and some of them more than once.
    pub(super) fn candidates(&self, tweet: &Analysis<'_>, mut tell: impl FnMut(u32)) {
        for slot in &self.always {
            tell(*slot);
        }
        let is_used = |class| self.used[class as usize] > 0;
        offered(tweet, is_used, |key| {
            for slot in self.features.get(&key).into_iter().flatten() {
                tell(*slot);
            }
        });
        if !self.contains.is_empty() {
            for text in &tweet.own_texts {
                self.contains.find(text.folded(), &mut tell);
            }
        }
        if !self.url_contains.is_empty() {
            for url in &tweet.posted_urls {
                self.url_contains.find(url.folded(), &mut tell);
            }
        }
    }
}

/// Uses a number as its own hash, since the keys are hashes already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(8) ^ number;
    }
}
