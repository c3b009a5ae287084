//! Which Tweets have come lately: backfill and redundant connections bring some of them again. Pure: no IO, no clock.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// An id is remembered at least this long, in milliseconds: twice what the longest backfill brings again.
pub const REMEMBERED_MS: i64 = 10 * 60 * 1000;

/// Ids in a generation at most: as many as fit a table of 2^21 places before it grows, 19 MB. There are two generations, so
/// no stream takes more than 38 MB, and up to 3 000 Tweets a second are remembered the whole time, faster ones shorter.
const MOST_IDS: usize = (1 << 21) / 8 * 7;

/// The ids of the last minutes, in two generations: when the younger one is old or full, the older one is forgotten.
#[derive(Debug)]
pub struct Dedupe {
    young: HashSet<u64, BuildHasherDefault<IdHasher>>,
    old: HashSet<u64, BuildHasherDefault<IdHasher>>,
    /// When the younger generation began.
    began_ms: Option<i64>,
    most: usize,
}

impl Default for Dedupe {
    fn default() -> Self {
        Self::holding(MOST_IDS)
    }
}

impl Dedupe {
    fn holding(most: usize) -> Self {
        Self {
            young: HashSet::default(),
            old: HashSet::default(),
            began_ms: None,
            most,
        }
    }

    /// Remembers an id that has come at `now_ms`, and says whether it is new. 0 stands for a line without an id and is new
    /// each time.
    pub fn is_new(&mut self, id: u64, now_ms: i64) -> bool {
        if id == 0 {
            return true;
        }
        // A clock that is put back makes no generation last longer.
        let began = self.began_ms.map_or(now_ms, |began| began.min(now_ms));
        self.began_ms = Some(began);
        if now_ms - began > REMEMBERED_MS || self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
            self.began_ms = Some(now_ms);
        }
        !self.old.contains(&id) && self.young.insert(id)
    }

    /// Forgets an id whose line was no Tweet after all, so that the Tweet is new when it comes.
    pub fn forget(&mut self, id: u64) {
        self.young.remove(&id);
        self.old.remove(&id);
    }
}

/// Ids are counted up in their upper and their lower bits; a multiplication, folded, spreads both over the whole word.
#[derive(Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let spread = u128::from(self.0 ^ number) * 0x9E37_79B9_7F4A_7C15;
        let [low, high] = [spread, spread >> 64].map(|half| half as u64);
        self.0 = low ^ high;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tweet_is_new_once_in_ten_minutes() {
        let mut dedupe = Dedupe::default();
        assert!(dedupe.is_new(1, 0));
        assert!(!dedupe.is_new(1, 0));
        assert!(dedupe.is_new(2, REMEMBERED_MS));
        for minute in 0..=9 {
            assert!(!dedupe.is_new(2, REMEMBERED_MS + minute * 60_000));
        }
        assert!(!dedupe.is_new(2, 2 * REMEMBERED_MS));
        // Two generations later nobody knows it any more.
        assert!(dedupe.is_new(3, 3 * REMEMBERED_MS + 2));
        assert!(dedupe.is_new(2, 5 * REMEMBERED_MS));
    }

    #[test]
    fn lines_without_an_id_always_pass() {
        let mut dedupe = Dedupe::default();
        assert!(dedupe.is_new(0, 0) && dedupe.is_new(0, 0));
    }

    #[test]
    fn what_is_forgotten_is_new() {
        let mut dedupe = Dedupe::default();
        dedupe.is_new(1, 0);
        dedupe.is_new(2, 2 * REMEMBERED_MS);
        for id in [1, 2] {
            dedupe.forget(id);
            assert!(dedupe.is_new(id, 2 * REMEMBERED_MS));
        }
    }

    #[test]
    fn a_fast_stream_takes_no_more_memory_than_the_bound() {
        let mut dedupe = Dedupe::holding(100);
        for id in 1..=1000 {
            assert!(dedupe.is_new(id, 0));
            assert!(dedupe.young.len() <= 100 && dedupe.old.len() <= 100);
        }
        for id in 901..=1000 {
            assert!(!dedupe.is_new(id, 0), "{id}");
        }
    }

    #[test]
    fn a_clock_that_jumps_forgets_nothing_of_the_last_minutes() {
        let mut dedupe = Dedupe::default();
        assert!(dedupe.is_new(1, 100 * REMEMBERED_MS));
        assert!(!dedupe.is_new(1, 200 * REMEMBERED_MS));
        assert!(!dedupe.is_new(1, 0));
        assert!(!dedupe.is_new(1, 1));
    }

    #[test]
    fn ids_that_follow_each_other_do_not_share_a_place() {
        let hash = |id: u64| {
            let mut hasher = IdHasher::default();
            hasher.write_u64(id);
            hasher.finish()
        };
        for step in [1, 1 << 12, 1 << 22, 1 << 40] {
            let places: HashSet<u64> = (0..1000).map(|n| hash(n * step) % (1 << 16)).collect();
            assert!(places.len() > 950, "{step}: {}", places.len());
        }
    }
}
