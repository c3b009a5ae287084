//! The inverted index: from what a Tweet has to the rules that ask for it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::super::analysis::Analysis;
use super::super::tree::Expr;
use super::feature::{Class, Feature};
use super::literals::Literals;
use super::offered::offered;
use super::required::required;

/// Rules, by numbers, under one feature for each way in which a Tweet can match them.
#[derive(Debug, Default)]
pub(super) struct Index {
    features: HashMap<u64, Vec<u32>, BuildHasherDefault<Hashed>>,
    /// How many entries each class has.
    used: [usize; Class::COUNT],
    contains: Literals,
    url_contains: Literals,
    /// Those that ask for nothing that could be looked up.
    always: Vec<u32>,
}

impl Index {
    /// Adds a rule, and says what it is found by from now on.
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

    /// Removes a rule from where it was added.
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

    /// One entry: a rule that has a feature twice has two.
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

    /// Tells all rules that a Tweet may match, in any order, some of them more than once.
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

/// Takes a number that is a hash already as it is.
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
