//! Remembers which Tweets were handled lately, because backfill and redundant connections bring some again. Pure: no
//! IO, no clock.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// An id is remembered at least this long, in milliseconds: half as long again as the longest backfill reaches back.
pub(crate) const REMEMBERED_MS: i64 = 450_000;

/// The number of generations. With more generations, fewer ids are kept longer than necessary.
const GENERATIONS: usize = 4;

/// The age at which a new generation begins and the oldest is forgotten, in milliseconds. All but the newest cover their
/// whole time.
const GENERATION_MS: i64 = REMEMBERED_MS / (GENERATIONS as i64 - 1);

/// The most ids in a generation: as many as fit a table of 2^19 places before it grows, 5 MB. So no stream takes more
/// than 19 MB. Up to 3 000 Tweets a second are remembered for the whole time, and those of faster streams for a shorter
/// time.
const MOST_IDS: usize = (1 << 19) / 8 * 7;

/// The most ids in all generations together.
pub(crate) const MOST_REMEMBERED: usize = MOST_IDS * GENERATIONS;

/// The ids of the last minutes.
#[derive(Debug)]
pub(crate) struct Dedupe {
    /// The newest generation comes first.
    generations: [HashSet<u64, BuildHasherDefault<IdHasher>>; GENERATIONS],
    /// When the newest generation began.
    began_ms: Option<i64>,
    newest_ms: Option<i64>,
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
            generations: Default::default(),
            began_ms: None,
            newest_ms: None,
            most,
        }
    }

    /// Whether an id is remembered. 0 stands for a line without an id, and is never remembered.
    pub(crate) fn contains(&self, id: u64) -> bool {
        self.generations.iter().any(|ids| ids.contains(&id))
    }

    /// Remembers an id that came at `now_ms`; 0 is not remembered.
    pub(crate) fn insert(&mut self, id: u64, now_ms: i64) {
        if id == 0 {
            return;
        }
        self.newest_ms = self.newest_ms.max(Some(now_ms));
        // If the clock is set back, no generation lasts longer because of that.
        let began = self.began_ms.map_or(now_ms, |began| began.min(now_ms));
        self.began_ms = Some(began);
        if now_ms - began > GENERATION_MS || self.generations[0].len() >= self.most {
            self.generations.rotate_right(1);
            self.generations[0] = HashSet::default();
            self.began_ms = Some(now_ms);
        }
        self.generations[0].insert(id);
    }

    /// When the last remembered id came.
    pub(crate) fn newest_ms(&self) -> Option<i64> {
        self.newest_ms
    }

    /// Forgets an id, so that it is new when it comes again.
    pub(crate) fn forget(&mut self, id: u64) {
        for ids in &mut self.generations {
            ids.remove(&id);
        }
    }
}

/// Ids count up in their upper and their lower bits. A multiplication whose halves are folded together spreads both
/// over the whole word.
#[derive(Debug, Default)]
pub(crate) struct IdHasher(u64);

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

    impl Dedupe {
        fn is_new(&mut self, id: u64, now_ms: i64) -> bool {
            let is_new = !self.contains(id);
            self.insert(id, now_ms);
            is_new
        }
    }

    #[test]
    fn a_tweet_is_new_once_in_the_minutes_that_are_remembered() {
        let mut dedupe = Dedupe::default();
        // Other ids keep the generations going. The id comes at different times within a generation.
        for first in (0..GENERATION_MS).step_by(10_000) {
            let (id, first) = (first as u64 + 1, first + 10 * REMEMBERED_MS * first);
            assert!(dedupe.is_new(id, first));
            for passed in (0..=REMEMBERED_MS).step_by(50_000) {
                dedupe.is_new(u64::MAX - passed as u64, first + passed);
                assert!(!dedupe.is_new(id, first + passed), "{first} {passed}");
            }
            // No id is remembered for ever.
            let forgotten = first + 2 * REMEMBERED_MS;
            for generation in 0..GENERATIONS as i64 {
                dedupe.is_new(1 << 40, forgotten + generation * (GENERATION_MS + 1));
            }
            assert!(dedupe.is_new(id, forgotten + 2 * REMEMBERED_MS));
        }
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
        dedupe.is_new(2, GENERATION_MS + 1);
        for id in [1, 2] {
            dedupe.forget(id);
            assert!(dedupe.is_new(id, GENERATION_MS + 1));
        }
    }

    #[test]
    fn a_fast_stream_takes_no_more_memory_than_the_bound() {
        let mut dedupe = Dedupe::holding(100);
        for id in 1..=1000 {
            assert!(dedupe.is_new(id, 0));
            assert!(dedupe.generations.iter().all(|ids| ids.len() <= 100));
        }
        for id in 701..=1000 {
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
