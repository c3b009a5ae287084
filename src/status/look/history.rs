//! The last hour of a run, second by second, made from the counters. Pure: the clock comes from outside.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::view::{Mark, Past, Rate, Second, cut};
use crate::tally::{Count, Tally};

/// How many seconds are kept.
const KEPT: usize = 3_600;

/// How many marks are kept. Whoever saves each second has no use for more.
const MOST_MARKS: usize = 200;

/// How many tags of a second are kept one by one; the others are added up.
const TAGS_OF_A_SECOND: usize = 24;

/// How many tags of the hour are told one by one; the others are added up.
const TAGS_OF_THE_HOUR: usize = 12;

/// The last hour.
#[derive(Debug, Default)]
pub(super) struct History {
    seconds: VecDeque<Held>,
    marks: VecDeque<Mark>,
    before: Before,
    /// The number of each tag at the last look.
    tags: HashMap<Arc<str>, u64>,
}

/// One second. Its tags share their names with [`History::tags`].
#[derive(Debug, Default)]
struct Held {
    at: i64,
    tweets: u32,
    failed: u32,
    away: bool,
    tags: Vec<(Arc<str>, u32)>,
    others: u32,
}

/// The counters at the last look.
#[derive(Debug, Default, Clone, Copy)]
struct Before {
    tweets: u64,
    failed: u64,
    generation: u64,
    refused: u64,
    rollbacks: u64,
}

impl History {
    /// Takes what has changed since the last look as the second `at`, in seconds since 1970. Gives that second, and what
    /// happened to the script.
    pub(super) fn feed(&mut self, at: i64, tally: &Tally, away: bool) -> (Second, Vec<Mark>) {
        let now = Before {
            tweets: tally.get(Count::Tweets),
            failed: tally.get(Count::Failed),
            generation: tally.get(Count::Generation),
            refused: tally.get(Count::Refused),
            rollbacks: tally.get(Count::Rollbacks),
        };
        let before = std::mem::replace(&mut self.before, now);
        let (tags, others) = self.feed_tags(tally);
        let second = Held {
            at,
            tweets: more(now.tweets, before.tweets),
            failed: more(now.failed, before.failed),
            away,
            tags,
            others,
        };
        let told = second.told();
        self.push(second);
        let marks = marks(at, before, now);
        self.marks.extend(marks.iter().cloned());
        let too_many = self.marks.len().saturating_sub(MOST_MARKS);
        self.marks.drain(..too_many);
        (told, marks)
    }

    /// The tags whose number has grown, the most frequent ones one by one.
    fn feed_tags(&mut self, tally: &Tally) -> (Vec<(Arc<str>, u32)>, u32) {
        let known = &mut self.tags;
        let mut grown: Vec<(Arc<str>, u32)> = Vec::new();
        tally.each_tag(|tag, number| {
            let found = known.get_key_value(tag);
            let before = found.map_or(0, |(_, before)| *before);
            if number != before {
                let name = found.map_or_else(|| tag.into(), |(name, _)| Arc::clone(name));
                grown.push((Arc::clone(&name), more(number, before)));
                known.insert(name, number);
            }
        });
        let others = most_frequent(&mut grown, TAGS_OF_A_SECOND);
        grown.shrink_to_fit();
        (grown, others)
    }

    fn push(&mut self, second: Held) {
        match self.seconds.back_mut() {
            // Two looks may fall into one second.
            Some(last) if last.at == second.at => return last.add(second),
            // The clock was set back: what lies ahead of it has no place in the last hour.
            Some(last) if last.at > second.at => {
                self.seconds.clear();
                self.marks.clear();
            }
            _ => {}
        }
        let oldest = second.at - KEPT as i64;
        self.seconds.push_back(second);
        while self.seconds.front().is_some_and(|first| first.at <= oldest) {
            self.seconds.pop_front();
        }
        while self.marks.front().is_some_and(|mark| mark.at <= oldest) {
            self.marks.pop_front();
        }
    }

    /// Tweets per second now, and over longer times.
    pub(super) fn rate(&self) -> Rate {
        let over = |seconds| self.mean(seconds, |held| held.tweets);
        Rate {
            now: over(5),
            minute: over(60),
            hour: over(KEPT as i64),
        }
    }

    /// How often a tag came per second over the last minute. Where it is rare among many tags, that is 0.
    pub(super) fn rates_of_tags(&self) -> HashMap<&str, f64> {
        let (recent, seconds) = self.last(60);
        let mut rates: HashMap<&str, f64> = HashMap::new();
        for (tag, number) in recent.flat_map(|held| &held.tags) {
            *rates.entry(tag).or_default() += f64::from(*number) / seconds;
        }
        rates
    }

    /// The whole hour.
    pub(super) fn past(&self) -> Past {
        let from = self.seconds.front().map_or(0, |first| first.at);
        let mut sums: HashMap<&Arc<str>, u32> = HashMap::new();
        for (tag, number) in self.seconds.iter().flat_map(|held| &held.tags) {
            let sum = sums.entry(tag).or_default();
            *sum = sum.saturating_add(*number);
        }
        let mut tags: Vec<_> = sums
            .into_iter()
            .map(|(tag, sum)| (Arc::clone(tag), sum))
            .collect();
        most_frequent(&mut tags, TAGS_OF_THE_HOUR);
        let mut columns: Vec<Vec<u32>> = vec![vec![0; self.seconds.len()]; tags.len()];
        let mut others: Vec<_> = self.seconds.iter().map(|held| held.others).collect();
        for (second, held) in self.seconds.iter().enumerate() {
            for (tag, number) in &held.tags {
                let column = tags.iter().position(|(name, _)| name == tag);
                let cell = match column {
                    Some(column) => &mut columns[column][second],
                    None => &mut others[second],
                };
                *cell = cell.saturating_add(*number);
            }
        }
        let of = |column: fn(&Held) -> u32| self.seconds.iter().map(column).collect();
        Past {
            from,
            at: self.seconds.iter().map(|held| held.at - from).collect(),
            tweets: of(|held| held.tweets),
            failed: of(|held| held.failed),
            away: self
                .seconds
                .iter()
                .map(|held| u8::from(held.away))
                .collect(),
            tags: tags.iter().map(|(tag, _)| cut(tag)).zip(columns).collect(),
            others,
            marks: self.marks.iter().cloned().collect(),
        }
    }

    /// The seconds of a time that ends now, and how many these are; a run that is younger counts from its beginning.
    fn last(&self, seconds: i64) -> (impl Iterator<Item = &Held>, f64) {
        let last = self.seconds.back().map_or(0, |last| last.at);
        let age = self.seconds.front().map_or(1, |first| last - first.at + 1);
        let recent = self.seconds.iter().rev();
        let recent = recent.take_while(move |held| held.at > last - seconds);
        (recent, age.min(seconds) as f64)
    }

    fn mean(&self, seconds: i64, number: fn(&Held) -> u32) -> f64 {
        let (recent, seconds) = self.last(seconds);
        recent.map(|held| f64::from(number(held))).sum::<f64>() / seconds
    }
}

impl Held {
    fn add(&mut self, more: Self) {
        self.tweets = self.tweets.saturating_add(more.tweets);
        self.failed = self.failed.saturating_add(more.failed);
        self.others = self.others.saturating_add(more.others);
        self.away |= more.away;
        for (tag, number) in more.tags {
            let has_room = self.tags.len() < TAGS_OF_A_SECOND;
            match self.tags.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, sum)) => *sum = sum.saturating_add(number),
                None if has_room => self.tags.push((tag, number)),
                None => self.others = self.others.saturating_add(number),
            }
        }
    }

    fn told(&self) -> Second {
        Second {
            at: self.at,
            tweets: self.tweets,
            failed: self.failed,
            away: self.away,
            tags: self
                .tags
                .iter()
                .map(|(tag, number)| (cut(tag), *number))
                .collect(),
            others: self.others,
        }
    }
}

/// How much a counter has grown. It goes back when a batch is taken back.
fn more(now: u64, before: u64) -> u32 {
    u32::try_from(now.saturating_sub(before)).unwrap_or(u32::MAX)
}

/// Leaves the most frequent tags, the most frequent first. Gives the sum of the others.
fn most_frequent(tags: &mut Vec<(Arc<str>, u32)>, most: usize) -> u32 {
    tags.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let rest = tags.drain(most.min(tags.len())..);
    rest.fold(0, |sum: u32, (_, number)| sum.saturating_add(number))
}

fn marks(at: i64, before: Before, now: Before) -> Vec<Mark> {
    let mark = |what: &str| Mark {
        at,
        what: what.to_owned(),
        generation: now.generation,
    };
    let loaded = match now.rollbacks > before.rollbacks {
        true => "rolled back",
        false => "loaded",
    };
    let mut marks = Vec::new();
    if now.generation != before.generation {
        marks.push(mark(loaded));
    }
    if now.refused > before.refused {
        marks.push(mark("refused"));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(tags: &[(&str, u64)]) -> Tally {
        let tally = Tally::default();
        add(&tally, tags);
        tally
    }

    fn add(tally: &Tally, tags: &[(&str, u64)]) {
        let mut tags = tags
            .iter()
            .map(|(tag, n)| ((*tag).to_owned(), *n))
            .collect();
        tally.add_tags(&mut tags);
        tally.add(Count::Tweets, tags.len() as u64);
    }

    #[test]
    fn a_second_is_what_has_changed_since_the_last_look() {
        let (tally, mut history) = (tally(&[("a", 2), ("b", 5)]), History::default());
        let tags = |second: Second| second.tags;
        let (first, _) = history.feed(10, &tally, false);
        assert_eq!(tags(first), [("b".to_owned(), 5), ("a".to_owned(), 2)]);
        add(&tally, &[("a", 1)]);
        let (second, _) = history.feed(11, &tally, true);
        assert_eq!((second.tweets, second.away), (1, true));
        assert_eq!(tags(second), [("a".to_owned(), 1)]);
        let past = history.past();
        assert_eq!((past.from, &past.at[..]), (10, &[0, 1][..]));
        assert_eq!(
            past.tags,
            [("b".to_owned(), vec![5, 0]), ("a".to_owned(), vec![2, 1])]
        );
        assert_eq!(past.away, [0, 1]);
        assert_eq!(history.rate().minute, 1.5);
        assert_eq!(history.rates_of_tags()["a"], 1.5);
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let (tally, mut history) = (Tally::default(), History::default());
        for second in 0..KEPT as i64 + 10 {
            let tags: Vec<_> = (0..40)
                .map(|tag| format!("t{}", tag + second % 100))
                .collect();
            let tags: Vec<_> = tags.iter().map(|tag| (&**tag, 1)).collect();
            add(&tally, &tags);
            tally.add(Count::Refused, 1);
            history.feed(second, &tally, false);
        }
        let past = history.past();
        assert_eq!((past.from, past.at.len()), (10, KEPT));
        assert_eq!(past.tags.len(), TAGS_OF_THE_HOUR);
        assert_eq!(past.marks.len(), MOST_MARKS);
        let shown: u32 = past.tags.iter().map(|(_, numbers)| numbers[0]).sum();
        assert_eq!(shown + past.others[0], 40, "nothing is left out of the sum");
    }

    #[test]
    fn a_clock_that_is_set_back_begins_anew_and_the_same_second_is_added() {
        let (tally, mut history) = (tally(&[("a", 1)]), History::default());
        history.feed(10, &tally, false);
        add(&tally, &[("a", 2), ("b", 1)]);
        history.feed(10, &tally, false);
        let past = history.past();
        assert_eq!((past.at, past.tweets), (vec![0], vec![3]));
        assert_eq!(past.tags[0], ("a".to_owned(), vec![3]));
        history.feed(5, &tally, false);
        assert_eq!(history.past().from, 5);
    }

    #[test]
    fn what_happens_to_the_script_leaves_a_mark() {
        let (tally, mut history) = (Tally::default(), History::default());
        tally.set(Count::Generation, 7);
        let mut feed = |at| {
            let (_, marks) = history.feed(at, &tally, false);
            marks
                .into_iter()
                .map(|mark| (mark.what, mark.generation))
                .collect::<Vec<_>>()
        };
        assert_eq!(feed(1), [("loaded".to_owned(), 7)]);
        assert_eq!(feed(2), []);
        tally.add(Count::Refused, 1);
        assert_eq!(feed(3), [("refused".to_owned(), 7)]);
        tally.set(Count::Generation, 8);
        tally.add(Count::Rollbacks, 1);
        assert_eq!(feed(4), [("rolled back".to_owned(), 8)]);
    }
}
