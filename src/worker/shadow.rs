//! Runs a new generation beside the running one over the last Tweets, and says how they differ. Both run in memory, each
//! over a database of its own that begins empty, so nothing of it lasts.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::rehearsal::{Scene, Stage};
use crate::{
    script::{Code, Declared, Failure, Limits, Shelf, Trouble, Verdict},
    store::{self, ReadOnly, Rows, Store},
    tweet::Tweet,
};

/// A shadow run takes no longer than this, so that a save does not wait for it.
const MOST_TIME: Duration = Duration::from_secs(1);

/// How many different failures are told apart.
const MOST_FAILURES: usize = 100;

/// What runs in the shadow.
pub(super) struct Shadow<'a> {
    pub(super) script: &'a Path,
    pub(super) limits: &'a Limits,
    /// The files of the running generation.
    pub(super) old: &'a Code,
    /// What it declares.
    pub(super) declared: &'a Declared,
    /// The files of the new one.
    pub(super) new: &'a Code,
    /// The last Tweets, oldest first.
    pub(super) tweets: &'a [Bytes],
    /// The real database.
    pub(super) database: &'a Path,
    /// Whether somebody still wants the result.
    pub(super) is_wanted: &'a dyn Fn() -> bool,
}

/// How a new generation differs from the running one.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// How many Tweets both have handled.
    pub(super) tweets: u64,
    /// Tweets with another verdict: how many, and the id of one.
    pub(super) verdicts: BTreeMap<(Ended, Ended), (u64, Option<i64>)>,
    /// Failures of the new generation on Tweets on which the running one does not fail.
    pub(super) failures: Vec<NewFailure>,
    /// Rows that only the new one has written, and those that only the running one has; by table.
    pub(super) rows: BTreeMap<String, Change>,
    /// The same for the lines of each sink; `stdout` is one of them.
    pub(super) lines: BTreeMap<String, Change>,
    /// How many Tweets have each tag, before and now.
    pub(super) tags: BTreeMap<String, (u64, u64)>,
}

/// How it ended with a Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ended {
    Kept,
    Filtered,
    Failed,
}

/// A failure of the new generation.
#[derive(Debug)]
pub(super) struct NewFailure {
    pub(super) failure: Failure,
    /// On how many Tweets.
    pub(super) tweets: u64,
    /// One of these.
    pub(super) example: Option<i64>,
}

/// What only one of two has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) added: u64,
    pub(super) removed: u64,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoShadow {
    /// Nobody wants to know any more.
    #[error("nobody wants to know any more")]
    Unwanted,
    /// A generation cannot be loaded without the real database, or cannot go on.
    #[error("{0}")]
    Trouble(String),
    /// The database in memory failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<Trouble> for NoShadow {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(match trouble {
            Trouble::Load(error) => error.brief(),
            Trouble::Handler(failure) => failure.fault.message,
            Trouble::Database(reason) => reason,
        })
    }
}

impl Ended {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Filtered => "filtered",
            Self::Failed => "failed",
        }
    }
}

impl Differences {
    /// Whether both have done the same.
    pub(super) fn is_empty(&self) -> bool {
        self.verdicts.is_empty()
            && self.failures.is_empty()
            && self.rows.is_empty()
            && self.lines.is_empty()
            && self.tags.is_empty()
    }

    fn note(&mut self, id: Option<i64>, old: &Outcome, new: Outcome) {
        self.tweets += 1;
        let (before, now) = (old.ended(), new.ended());
        if before != now {
            let (count, example) = self.verdicts.entry((before, now)).or_default();
            *count += 1;
            *example = example.or(id);
        }
        if let (Outcome::Failed(failure), false) = (new, before == Ended::Failed) {
            self.note_failure(failure, id);
        }
    }

    fn note_failure(&mut self, failure: Failure, id: Option<i64>) {
        let is_same = |other: &NewFailure| {
            other.failure.handler == failure.handler
                && other.failure.fault.place == failure.fault.place
        };
        match self.failures.iter().position(is_same) {
            Some(known) => self.failures[known].tweets += 1,
            None if self.failures.len() < MOST_FAILURES => self.failures.push(NewFailure {
                failure,
                tweets: 1,
                example: id,
            }),
            None => {}
        }
    }
}

enum Outcome {
    Ran(Verdict),
    Failed(Failure),
}

impl Outcome {
    fn ended(&self) -> Ended {
        match self {
            Self::Ran(Verdict::Kept) => Ended::Kept,
            Self::Ran(Verdict::Dropped) => Ended::Filtered,
            Self::Failed(_) => Ended::Failed,
        }
    }
}

impl Shadow<'_> {
    /// Runs both.
    ///
    /// # Errors
    /// [`NoShadow`].
    pub(super) fn run(&self) -> Result<Differences, NoShadow> {
        let parsed = self.tweets.iter().map(|line| Tweet::parse(line.clone()));
        let first = parsed.flatten().find_map(|tweet| tweet.created_ms());
        let now = Rc::new(Cell::new(first.unwrap_or(0)));
        let mut sides = [self.side(self.old, &now)?, self.side(self.new, &now)?];
        // The loads have their own limit.
        let until = Instant::now() + MOST_TIME;
        let go_on = || (self.is_wanted)() && Instant::now() < until;
        let [old, new] = &sides;
        let same_rules = are_same(&old.stage.declared, &new.stage.declared);
        let mut found = Differences::default();
        for line in self.tweets {
            if !go_on() {
                break;
            }
            let Ok(tweet) = Tweet::parse(line.clone()) else {
                continue;
            };
            let (id, created) = (tweet.id(), tweet.created_ms());
            drop(tweet);
            if let Some(created) = created.filter(|created| *created > now.get()) {
                let before = now.get();
                for side in &mut sides {
                    now.set(before);
                    side.pass(&now, created, &go_on)?;
                }
                now.set(created);
            }
            let mut outcomes = Vec::with_capacity(2);
            for side in &mut sides {
                outcomes.push(side.send(line, same_rules)?);
            }
            if let (Some(new), Some(old)) = (outcomes.pop(), outcomes.pop()) {
                found.note(id, &old, new);
            }
        }
        if !(self.is_wanted)() {
            return Err(NoShadow::Unwanted);
        }
        let [old, new] = sides;
        for (handler, failure) in new.failed_timers {
            if !old.failed_timers.contains_key(&handler) {
                found.note_failure(failure, None);
            }
        }
        found.rows = changes(
            old.stage.store.rows_of_all()?,
            new.stage.store.rows_of_all()?,
        );
        found.lines = changes(old.stage.lines(), new.stage.lines());
        found.tags = other_tags(&old.tags, &new.tags);
        Ok(found)
    }

    fn side(&self, code: &Code, now: &Rc<Cell<i64>>) -> Result<Side, NoShadow> {
        let store = stand_in(self.limits, self.database, Some(self.declared))?;
        let (stage, _) = Stage::set(Scene {
            script: self.script,
            code: Some(code),
            shelf: &Shelf::default(),
            limits: self.limits,
            now,
            store,
        });
        Ok(Side {
            stage: stage?,
            tags: BTreeMap::new(),
            failed_timers: BTreeMap::new(),
        })
    }
}

/// A database in memory for a script: with the tables of the real one, but empty where the running generation declares
/// them. Its Tweets have been handled before, and their rows would be there already.
///
/// # Errors
/// If one of the databases fails.
pub(super) fn stand_in(
    limits: &Limits,
    database: &Path,
    running: Option<&Declared>,
) -> Result<Rc<Store>, store::Error> {
    let store = Rc::new(Store::in_memory_within(limits.memory)?);
    let declared = running.iter().flat_map(|running| &running.tables);
    let declared: Vec<_> = declared.map(|table| table.name.as_str()).collect();
    store.copy_tables(&ReadOnly::open(database)?, &declared)?;
    Ok(store)
}

/// One of the two generations.
struct Side {
    stage: Stage,
    tags: BTreeMap<String, u64>,
    failed_timers: BTreeMap<String, Failure>,
}

impl Side {
    fn send(&mut self, line: &Bytes, same_rules: bool) -> Result<Outcome, NoShadow> {
        let Ok(mut tweet) = Tweet::parse(line.clone()) else {
            return Ok(Outcome::Ran(Verdict::Kept));
        };
        // Where the rules differ, the Tweets do not say what the new ones would have matched.
        if !same_rules {
            let matcher = self.stage.matcher();
            let found = matcher.matching(&tweet);
            tweet = tweet.matching(&matcher.named(&found));
            for tag in tweet.matching_tags() {
                let tag = tag.unwrap_or("(no tag)");
                *self.tags.entry(tag.to_owned()).or_default() += 1;
            }
        }
        match self.stage.send(tweet) {
            Ok(verdict) => Ok(Outcome::Ran(verdict)),
            Err(Trouble::Handler(failure)) => Ok(Outcome::Failed(failure)),
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Lets time pass, with the timers that are due.
    fn pass(
        &mut self,
        now: &Cell<i64>,
        end: i64,
        go_on: &dyn Fn() -> bool,
    ) -> Result<(), NoShadow> {
        loop {
            match self.stage.advance(now, end, go_on) {
                Ok(()) => return Ok(()),
                Err(Trouble::Handler(failure)) => {
                    self.failed_timers.insert(failure.handler.clone(), failure);
                }
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }
}

impl Stage {
    /// How often each line was emitted into each sink.
    fn lines(&self) -> BTreeMap<String, Rows> {
        let all = [("stdout", &self.stdout)].into_iter();
        let all = all.chain(
            self.sinks
                .iter()
                .map(|(name, lines)| (name.as_str(), lines)),
        );
        all.map(|(name, lines)| (name.to_owned(), counted(lines)))
            .collect()
    }
}

fn counted(lines: &[u8]) -> Rows {
    let mut found = HashMap::new();
    for line in lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let mut hash = DefaultHasher::new();
        line.hash(&mut hash);
        *found.entry(hash.finish()).or_default() += 1;
    }
    found
}

/// Whether two scripts declare the same rules with the same tags.
fn are_same(old: &Declared, new: &Declared) -> bool {
    let rules = new.changes_since(old).rules;
    rules.added + rules.removed == 0
}

/// What only one of two has, by name; only where there is such a thing.
fn changes(
    old: BTreeMap<String, Rows>,
    mut new: BTreeMap<String, Rows>,
) -> BTreeMap<String, Change> {
    let mut all: BTreeMap<String, Change> = BTreeMap::new();
    for (name, before) in old {
        let now = new.remove(&name).unwrap_or_default();
        all.insert(name, change(&before, &now));
    }
    for (name, now) in new {
        all.insert(name, change(&Rows::new(), &now));
    }
    all.retain(|_, change| *change != Change::default());
    all
}

fn change(old: &Rows, new: &Rows) -> Change {
    let more = |these: &Rows, those: &Rows| {
        let more = these.iter().map(|(row, count)| {
            let other = those.get(row).copied().unwrap_or(0);
            count.saturating_sub(other)
        });
        more.sum()
    };
    Change {
        added: more(new, old),
        removed: more(old, new),
    }
}

fn other_tags(
    old: &BTreeMap<String, u64>,
    new: &BTreeMap<String, u64>,
) -> BTreeMap<String, (u64, u64)> {
    let count = |tags: &BTreeMap<String, u64>, tag: &str| tags.get(tag).copied().unwrap_or(0);
    let all = old.keys().chain(new.keys());
    let all = all.map(|tag| (tag.clone(), (count(old, tag), count(new, tag))));
    all.filter(|(_, (before, now))| before != now).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let rows = |rows: &[(u64, u64)]| rows.iter().copied().collect::<Rows>();
        let old = BTreeMap::from([
            ("gone".to_owned(), rows(&[(1, 2)])),
            ("same".to_owned(), rows(&[(1, 1), (2, 3)])),
            ("other".to_owned(), rows(&[(1, 1), (2, 3)])),
        ]);
        let new = BTreeMap::from([
            ("same".to_owned(), rows(&[(1, 1), (2, 3)])),
            ("other".to_owned(), rows(&[(2, 1), (3, 4)])),
            ("new".to_owned(), rows(&[(7, 1)])),
            ("empty".to_owned(), rows(&[])),
        ]);
        let found = changes(old, new);
        let found: Vec<_> = found
            .iter()
            .map(|(name, change)| format!("{name} +{} -{}", change.added, change.removed))
            .collect();
        assert_eq!(found, ["gone +0 -2", "new +1 -0", "other +4 -3"]);
        let tags = |tags: &[(&str, u64)]| -> BTreeMap<String, u64> {
            tags.iter()
                .map(|(tag, count)| ((*tag).to_owned(), *count))
                .collect()
        };
        let found = other_tags(&tags(&[("a", 1), ("b", 2)]), &tags(&[("b", 2), ("c", 4)]));
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(found, [("a".to_owned(), (1, 0)), ("c".to_owned(), (0, 4))]);
    }

    #[test]
    fn lines_are_counted_whatever_their_order() {
        assert_eq!(counted(b"a\nb\na\n"), counted(b"b\na\na\n"));
        assert_ne!(counted(b"a\nb\n"), counted(b"a\nb\na\n"));
    }
}
