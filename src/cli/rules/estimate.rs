//! `ouzel rules estimate`: counts what rules would have matched in files of Tweets.

use std::{
    num::NonZero,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use bytes::Bytes;
use jiff::{Timestamp, fmt::strtime};
use sonic_rs::{JsonValueTrait, Value};

use super::{
    RulesEstimate,
    estimate_table::{Estimate, Found, as_json, as_text},
    files::{FileRule, read},
    invalid_text, warning_text,
};
use crate::{
    cli::{
        check::declared,
        print::{print, say},
        tweets::{
            Batch,
            format::{NO_LINE, NO_TWEET},
            read_all, size,
        },
    },
    error::Error,
    rule::{Analysis, Rule, RuleSet, doubts},
    settings::Settings,
    status::Bar,
    tweet::{Format, Tweet},
};

/// How many texts of Tweets are shown for a rule: enough to see what it is about.
const SAMPLES: usize = 3;

/// The overlap is counted for at most this many rules in one Tweet. The pairs of more rules would fill the memory.
const OVERLAPPING: usize = 200;

/// Matches the Tweets of files and prints what was found.
///
/// # Errors
/// [`Error::Rules`] if a rule is not valid, [`Error::System`] if a file cannot be read.
pub(super) fn estimate(arguments: &RulesEstimate) -> Result<(), Error> {
    let given = rules(arguments)?;
    let mut parsed = Vec::new();
    let mut wrong = 0;
    for rule in &given {
        let found = Rule::accept(&rule.value);
        for warning in doubts(&rule.value, rule.tag.as_deref(), rule.unchecked) {
            say(&warning_text(&rule.place, &rule.value, &warning));
        }
        match found {
            Ok(rule) => parsed.push(Some(Arc::new(rule))),
            Err(_) if rule.unchecked => parsed.push(None),
            Err(invalid) => {
                wrong += 1;
                let diagnosis = invalid.diagnose(&rule.value);
                say(&invalid_text(&rule.place, "rule", &rule.value, &diagnosis));
            }
        }
    }
    if wrong > 0 {
        return Err(Error::Rules(format!("rules that are not valid: {wrong}")));
    }
    let bar = Bar::on_stderr(size(&arguments.tweets));
    let found = count(arguments, &parsed, &bar);
    bar.clear();
    let found = found?;
    print(&if arguments.json {
        as_json(&given, &found)
    } else {
        as_text(&given, &found)
    })?;
    match (found.tweets, found.skipped) {
        (0, 0) => Err(Error::Usage(NO_LINE.to_owned())),
        (0, _) => Err(Error::Usage(NO_TWEET.to_owned())),
        _ => Ok(()),
    }
}

fn rules(arguments: &RulesEstimate) -> Result<Vec<FileRule>, Error> {
    if let Some(file) = &arguments.rules {
        return read(file);
    }
    let settings = Settings::read(arguments.given())?;
    let declared = declared(&settings.script, &settings.script_limits)?;
    let rules = declared.rules.into_iter().map(|rule| FileRule {
        place: format!("{}:{}", rule.file, rule.line),
        value: rule.value,
        tag: rule.tag,
        unchecked: rule.unchecked,
    });
    Ok(rules.collect())
}

/// Counts the matches. One thread reads, and as many threads as there are cores parse and match.
fn count(
    arguments: &RulesEstimate,
    rules: &[Option<Arc<Rule>>],
    bar: &Bar,
) -> Result<Estimate, Error> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    // When the channel is full, reading waits.
    let (sender, receiver) = mpsc::sync_channel::<Batch>(2 * threads);
    let receiver = Arc::new(Mutex::new(receiver));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                scope.spawn(move || work(&receiver, rules))
            })
            .collect();
        // Only the workers hold the receiver now, so sending fails if all of them have ended.
        drop(receiver);
        let done = read_all(&arguments.tweets, &|bytes| bar.advance(bytes), |batch| {
            sender.send(batch).is_ok()
        });
        drop(sender);
        let mut whole = Estimate {
            rules: none_found(rules),
            ..Estimate::default()
        };
        for worker in workers {
            let part = worker.join().map_err(|_| {
                Error::system("cannot match Tweets")(std::io::Error::other("a thread has failed"))
            })?;
            whole.add(part);
        }
        done.map(|()| whole)
    })
}

fn none_found(rules: &[Option<Arc<Rule>>]) -> Vec<Found> {
    let unknown = rules.iter().map(|rule| Found {
        is_unknown: rule.is_none(),
        ..Found::default()
    });
    unknown.collect()
}

fn work(receiver: &Mutex<mpsc::Receiver<Batch>>, rules: &[Option<Arc<Rule>>]) -> Estimate {
    let mut set = RuleSet::new();
    for (index, rule) in rules.iter().enumerate() {
        if let Some(rule) = rule {
            set.insert(index, Arc::clone(rule));
        }
    }
    let mut part = Estimate {
        rules: none_found(rules),
        ..Estimate::default()
    };
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
            part.take(line, (batch.number, place), &set, &mut matching);
        }
    }
}

impl Estimate {
    /// Matches one line.
    fn take(
        &mut self,
        line: Bytes,
        place: (usize, usize),
        set: &RuleSet<usize>,
        matching: &mut Vec<usize>,
    ) {
        let Ok(tweet) = Tweet::parse(line) else {
            self.skipped += 1;
            return;
        };
        self.tweets += 1;
        let time = time(&tweet);
        if let Some(time) = time {
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
        }
        let analysis = match tweet.format() {
            Format::Native => Analysis::native(tweet.root()),
            Format::Activity => Analysis::activity(tweet.root()),
        };
        matching.clear();
        set.matching(&analysis, matching);
        matching.sort_unstable();
        for index in matching.iter() {
            let Some(found) = self.rules.get_mut(*index) else {
                continue;
            };
            found.matches += 1;
            found.timed += u64::from(time.is_some());
            // A thread gets batches in order, so its first samples are the earliest that it has.
            if found.samples.len() < SAMPLES
                && let Some(text) = text(&tweet)
            {
                found.samples.push((place, text.to_owned()));
            }
        }
        if matching.len() > OVERLAPPING {
            self.crowded += 1;
            return;
        }
        for (at, one) in matching.iter().enumerate() {
            for other in &matching[at + 1..] {
                *self.overlap.entry((*one, *other)).or_default() += 1;
            }
        }
    }

    /// Adds what another thread has found.
    fn add(&mut self, part: Self) {
        self.tweets += part.tweets;
        self.skipped += part.skipped;
        self.crowded += part.crowded;
        self.times = match (self.times, part.times) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        for (own, other) in self.rules.iter_mut().zip(part.rules) {
            own.matches += other.matches;
            own.timed += other.timed;
            own.samples.extend(other.samples);
            own.samples.sort();
            own.samples.truncate(SAMPLES);
        }
        for (pair, count) in part.overlap {
            *self.overlap.entry(pair).or_default() += count;
        }
    }

    /// How many hours passed between the first and the last Tweet, by their own times.
    pub(super) fn hours(&self) -> Option<f64> {
        let (first, last) = self.times?;
        let millis = last.checked_sub(first).filter(|millis| *millis > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
        let hours = millis as f64 / 3_600_000.0;
        Some(hours)
    }
}

/// The time of a Tweet in milliseconds since 1970.
fn time(tweet: &Tweet) -> Option<i64> {
    let root = tweet.root();
    let text = |key| root.get(key).and_then(|value: &Value| value.as_str());
    if let Some(millis) = text("timestamp_ms").and_then(|millis| millis.parse().ok()) {
        return Some(millis);
    }
    if let Some(posted) = text("postedTime") {
        return Some(posted.parse::<Timestamp>().ok()?.as_millisecond());
    }
    let created = strtime::parse("%a %b %d %H:%M:%S %z %Y", text("created_at")?).ok()?;
    Some(created.to_timestamp().ok()?.as_millisecond())
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
