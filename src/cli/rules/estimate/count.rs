//! Matches rules against the Tweets of a sample, on all cores, and counts.

use std::{
    collections::HashMap,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use bytes::Bytes;
use sonic_rs::JsonValueTrait;

use super::{
    covered::Times,
    source::{Most, Seen, Source},
};
use crate::{
    cli::tweets::Batch,
    error::Error,
    rule::{Analysis, Rule, RuleSet},
    tweet::{Format, Tweet},
};

/// How many texts of Tweets are shown for a rule: enough to see what it is about.
const SAMPLES: usize = 3;

/// A longer text is cut, because there may be thousands of rules.
const SAMPLE_CHARS: usize = 2_000;

/// The overlap is counted for at most this many rules in one Tweet. The pairs of more rules would fill the memory.
pub(super) const OVERLAPPING: usize = 200;

/// Each thread counts the overlap of at most this many pairs. More would fill the memory too.
const PAIRS: usize = 500_000;

/// The rules that are counted.
pub(super) struct Asked {
    set: RuleSet<usize>,
    rules: usize,
    /// Whether texts and overlaps are wanted too.
    has_details: bool,
}

/// What was found in the Tweets.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) tweets: u64,
    pub(super) skipped: u64,
    /// Tweets that too many rules match, so that their overlap was not counted, or not all of it.
    pub(super) crowded: u64,
    /// Tweets that tell no time that can be right.
    pub(super) untimed: u64,
    pub(super) times: Times,
    /// The Tweets that any of the rules match.
    pub(super) together: Hits,
    pub(super) rules: Vec<Found>,
    /// How many Tweets two rules have in common, by the places of the rules.
    pub(super) overlap: HashMap<(usize, usize), u64>,
}

/// How many Tweets match.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Hits {
    pub(super) matches: u64,
    /// How many of them tell their time.
    pub(super) timed: u64,
}

/// What a rule has matched.
#[derive(Debug, Default, Clone)]
pub(super) struct Found {
    pub(super) hits: Hits,
    /// The first texts, each with the number of its batch and its place in the batch.
    pub(super) samples: Vec<((usize, usize), String)>,
}

impl Asked {
    /// Indexes the rules. One that cannot be read is `None`, and matches nothing.
    pub(super) fn new(
        rules: impl IntoIterator<Item = Option<Arc<Rule>>>,
        has_details: bool,
    ) -> Self {
        let (mut set, mut count) = (RuleSet::new(), 0);
        for rule in rules {
            if let Some(rule) = rule {
                set.insert(count, rule);
            }
            count += 1;
        }
        Self {
            set,
            rules: count,
            has_details,
        }
    }
}

/// Counts the matches. This thread reads, and as many threads as there are cores parse and match. What could be counted
/// before an error is returned beside it.
pub(super) fn count(
    source: Source,
    asked: &Asked,
    most: &Most,
    now: i64,
    advance: &dyn Fn(u64),
) -> (Counts, Seen, Result<(), Error>) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    // When the channel is full, reading waits.
    let (sender, receiver) = mpsc::sync_channel::<Batch>(2 * threads);
    let receiver = Arc::new(Mutex::new(receiver));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                scope.spawn(move || work(&receiver, asked, now))
            })
            .collect();
        // Only the workers hold the receiver now, so sending fails if all of them have ended.
        drop(receiver);
        let (seen, mut done) = source.read(most, advance, &mut |batch| sender.send(batch).is_ok());
        drop(sender);
        let mut whole = Counts::none(asked, now);
        for worker in workers {
            match worker.join() {
                Ok(part) => whole.add(part),
                Err(_) => {
                    let failed = std::io::Error::other("a thread has failed");
                    done = Err(Error::system("cannot match Tweets")(failed));
                }
            }
        }
        (whole, seen, done)
    })
}

fn work(receiver: &Mutex<mpsc::Receiver<Batch>>, asked: &Asked, now: i64) -> Counts {
    let mut part = Counts::none(asked, now);
    let mut matching = Vec::new();
    loop {
        let batch = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(batch) = batch else {
            return part;
        };
        part.skipped += batch.skipped;
        for (place, line) in batch.lines.share_all().enumerate() {
            part.take(line, (batch.number, place), asked, &mut matching);
        }
    }
}

impl Counts {
    fn none(asked: &Asked, now: i64) -> Self {
        Self {
            tweets: 0,
            skipped: 0,
            crowded: 0,
            untimed: 0,
            times: Times::until(now),
            together: Hits::default(),
            rules: vec![Found::default(); asked.rules],
            overlap: HashMap::new(),
        }
    }

    /// Matches one line.
    fn take(
        &mut self,
        line: Bytes,
        place: (usize, usize),
        asked: &Asked,
        matching: &mut Vec<usize>,
    ) {
        let Ok(tweet) = Tweet::parse(line) else {
            self.skipped += 1;
            return;
        };
        self.tweets += 1;
        let is_timed = tweet.created_ms().is_some_and(|time| self.times.add(time));
        self.untimed += u64::from(!is_timed);
        let analysis = match tweet.format() {
            Format::Native => Analysis::native(tweet.root()),
            Format::Activity => Analysis::activity(tweet.root()),
        };
        matching.clear();
        asked.set.matching(&analysis, matching);
        if matching.is_empty() {
            return;
        }
        self.together.add_one(is_timed);
        for index in matching.iter() {
            let Some(found) = self.rules.get_mut(*index) else {
                continue;
            };
            found.hits.add_one(is_timed);
            // A thread gets batches in order, so its first samples are the earliest that it has.
            if asked.has_details
                && found.samples.len() < SAMPLES
                && let Some(text) = text(&tweet)
            {
                let text = text.chars().take(SAMPLE_CHARS).collect();
                found.samples.push((place, text));
            }
        }
        if asked.has_details && matching.len() > 1 {
            self.overlaps(matching);
        }
    }

    fn overlaps(&mut self, matching: &mut [usize]) {
        if matching.len() > OVERLAPPING {
            self.crowded += 1;
            return;
        }
        matching.sort_unstable();
        let mut is_whole = true;
        for (at, one) in matching.iter().enumerate() {
            for other in &matching[at + 1..] {
                let is_full = self.overlap.len() >= PAIRS;
                match self.overlap.get_mut(&(*one, *other)) {
                    Some(tweets) => *tweets += 1,
                    None if is_full => is_whole = false,
                    None => {
                        self.overlap.insert((*one, *other), 1);
                    }
                }
            }
        }
        self.crowded += u64::from(!is_whole);
    }

    /// Adds what another thread has found.
    fn add(&mut self, part: Self) {
        self.tweets += part.tweets;
        self.skipped += part.skipped;
        self.crowded += part.crowded;
        self.untimed += part.untimed;
        self.times.join(part.times);
        self.together.add(part.together);
        for (own, other) in self.rules.iter_mut().zip(part.rules) {
            own.hits.add(other.hits);
            own.samples.extend(other.samples);
            own.samples.sort();
            own.samples.truncate(SAMPLES);
        }
        for (pair, count) in part.overlap {
            *self.overlap.entry(pair).or_default() += count;
        }
    }
}

impl Hits {
    fn add_one(&mut self, is_timed: bool) {
        self.matches += 1;
        self.timed += u64::from(is_timed);
    }

    fn add(&mut self, other: Self) {
        self.matches += other.matches;
        self.timed += other.timed;
    }
}

/// The text of a Tweet, uncut if the Tweet has it uncut.
fn text(tweet: &Tweet) -> Option<&str> {
    let root = tweet.root();
    let inner = |key| root.get(key);
    let long = inner("extended_tweet")
        .and_then(|long| long.get("full_text"))
        .or_else(|| inner("long_object").and_then(|long| long.get("body")));
    ["full_text", "text", "body"]
        .into_iter()
        .fold(long, |found, key| found.or_else(|| inner(key)))
        .and_then(|text| text.as_str())
}
