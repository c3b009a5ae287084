//! The processing thread: lines become Tweets, Tweets go through the script, rows are committed in batches.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{debug, error};

use crate::{
    queue::{self, Delivery, Event, Load, OwnRules, Parsed, Receiver, TimedOut},
    script::{self, Change, Declared, Failure, Files, Generation, Verdict},
    store::{self, OwnedRule, Store},
    tables::Tables,
    tally::{Count, Tally},
    tweet::{NotTweet, Tweet},
};

/// Rows after which a batch is committed: enough that the commit itself costs nothing per row.
const COMMIT_ROWS: u64 = 5_000;

/// A row is visible to other programs this soon.
const COMMIT_AFTER: Duration = Duration::from_millis(200);

/// Failures of one kind that are logged each; of the rest only the 4th, the 8th, the 16th, and so on.
const LOGGED_FAILURES: u64 = 3;

/// Kinds of failure told apart.
const FAILURE_KINDS: usize = 1_000;

/// What the worker works with.
#[derive(Debug)]
pub struct Work {
    /// The script.
    pub script: PathBuf,
    /// The database; `None` for one in memory.
    pub database: Option<PathBuf>,
    /// The endpoint whose rules are asked for when the script has loaded.
    pub rules_endpoint: String,
    /// Handle so many Tweets and no more.
    pub limit: Option<u64>,
    /// Where the counts go.
    pub tally: Arc<Tally>,
}

/// What the worker tells the rest of the program.
#[derive(Debug)]
pub enum Report {
    /// The script has loaded, and handles Tweets from now on.
    Loaded(Loaded),
    /// The script could not be loaded; what ran before still runs.
    LoadFailed {
        /// Why.
        error: script::Error,
        /// What to watch for a better one.
        files: Files,
    },
    /// The limit has been reached: nothing more will be handled.
    LimitReached,
    /// Nobody reads what the script emits any more.
    OutputClosed,
}

/// A generation that has taken over.
#[derive(Debug)]
pub struct Loaded {
    /// The generation's number, from 1.
    pub number: u64,
    /// What it declares.
    pub declared: Arc<Declared>,
    /// What is different from the generation before.
    pub change: Change,
    /// What to watch.
    pub files: Files,
    /// The rules that ouzel has added so far.
    pub owned: Vec<OwnedRule>,
    /// How long no Tweet was handled.
    pub pause: Duration,
}

/// What ends the worker before it is told to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Standard output, other than by its reader's going.
    #[error("cannot write what the script emits: {0}")]
    Output(io::Error),
}

/// The worker.
pub struct Worker<'a> {
    work: Work,
    store: Rc<Store>,
    generation: Option<Generation>,
    declared: Arc<Declared>,
    files: Option<Files>,
    number: u64,
    /// When the first lines were handled whose rows and counts are not committed and told.
    dirty_since: Option<Instant>,
    committed_rows: u64,
    tags: BTreeMap<String, u64>,
    failures: HashMap<String, u64>,
    output: &'a mut dyn Write,
    report: &'a mut dyn FnMut(Report),
    done: bool,
    output_closed: bool,
}

impl<'a> Worker<'a> {
    /// Opens the database.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn new(
        work: Work,
        output: &'a mut dyn Write,
        report: &'a mut dyn FnMut(Report),
    ) -> Result<Self, Error> {
        let store = match &work.database {
            Some(path) => Store::open(path)?,
            None => Store::in_memory()?,
        };
        Ok(Self {
            work,
            store: Rc::new(store),
            generation: None,
            declared: Arc::default(),
            files: None,
            number: 0,
            dirty_since: None,
            committed_rows: 0,
            tags: BTreeMap::new(),
            failures: HashMap::new(),
            output,
            report,
            done: false,
            output_closed: false,
        })
    }

    /// Works until it is told to stop, or until nobody is left who could tell.
    ///
    /// # Errors
    /// [`Error`]; what was committed before stays.
    pub fn run(&mut self, events: &Receiver) -> Result<(), Error> {
        loop {
            let wait = self
                .dirty_since
                .map(|since| COMMIT_AFTER.saturating_sub(since.elapsed()));
            match events.next(wait) {
                Err(TimedOut) => self.commit()?,
                Ok(Some(Event::Lines(delivery))) => self.handle(delivery)?,
                Ok(Some(Event::Load)) => self.load()?,
                Ok(Some(Event::Own(rules))) => self.own(rules)?,
                Ok(Some(Event::Stop) | None) => break,
            }
            if self
                .dirty_since
                .is_some_and(|since| since.elapsed() >= COMMIT_AFTER)
            {
                self.commit()?;
            }
        }
        self.commit()
    }

    fn handle(&mut self, delivery: Delivery) -> Result<(), Error> {
        match delivery.load {
            Load::Lines(lines) => self.handle_all(lines.iter().map(queue::parse))?,
            Load::Parsed(parsed) => self.handle_all(parsed.into_iter())?,
        }
        let lag = delivery.received.elapsed().as_micros();
        let tally = &self.work.tally;
        tally.set(Count::LagMicros, u64::try_from(lag).unwrap_or(u64::MAX));
        self.write_output()?;
        self.dirty_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    fn handle_all(&mut self, lines: impl Iterator<Item = Parsed>) -> Result<(), Error> {
        for line in lines {
            if self.done {
                break;
            }
            match line {
                Ok(tweet) => self.handle_tweet(tweet)?,
                Err((line, reason)) => self.reject(&line, reason)?,
            }
            if self.store.rows() - self.committed_rows >= COMMIT_ROWS {
                self.commit()?;
            }
        }
        Ok(())
    }

    fn reject(&mut self, line: &[u8], reason: NotTweet) -> Result<(), Error> {
        match reason {
            NotTweet::Unknown => {
                self.work.tally.add(Count::Unknown, 1);
                debug!(
                    line = %String::from_utf8_lossy(&line[..line.len().min(500)]),
                    "neither a Tweet nor a system message"
                );
            }
            NotTweet::Invalid(reason) => {
                self.work.tally.add(Count::Invalid, 1);
                let now = jiff::Timestamp::now().to_string();
                self.store.keep_invalid(line, &reason, &now)?;
            }
        }
        Ok(())
    }

    fn handle_tweet(&mut self, tweet: Tweet) -> Result<(), Error> {
        let Some(generation) = &self.generation else {
            return Ok(());
        };
        for rule in tweet.matching_rules() {
            let tag = rule.tag.unwrap_or("(no tag)");
            match self.tags.get_mut(tag) {
                Some(count) => *count += 1,
                None => {
                    self.tags.insert(tag.to_owned(), 1);
                }
            }
        }
        let id = tweet.id();
        self.store.begin_tweet();
        let ran = generation.run(tweet);
        self.store.end_tweet(ran.is_ok())?;
        // Whatever the handler made of it, with a failed database nothing can be kept safe.
        if let Some(fault) = self.store.take_fault() {
            return Err(fault.into());
        }
        let count = match &ran {
            Ok(Verdict::Kept) => Count::Kept,
            Ok(Verdict::Dropped) => Count::Filtered,
            Err(_) => Count::Failed,
        };
        self.work.tally.add(count, 1);
        self.work.tally.add(Count::Tweets, 1);
        if let Err(failure) = ran {
            self.log_failure(id, &failure);
        }
        if self.work.limit == Some(self.work.tally.get(Count::Tweets)) {
            self.done = true;
            (self.report)(Report::LimitReached);
        }
        Ok(())
    }

    /// Logs a failed handler; one that fails on every Tweet does not fill the disk.
    fn log_failure(&mut self, id: Option<i64>, failure: &Failure) {
        let kind = format!("{:?} {}", failure.fault.place, failure.fault.message);
        if self.failures.len() >= FAILURE_KINDS {
            self.failures.clear();
        }
        let times = self.failures.entry(kind).or_default();
        *times += 1;
        if *times <= LOGGED_FAILURES || times.is_power_of_two() {
            let tweet = id.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
            error!(tweet, handler = failure.handler, times, error = %failure, "handler failed");
        }
    }

    fn load(&mut self) -> Result<(), Error> {
        if self.files.as_ref().is_some_and(|files| !files.changed()) {
            return Ok(());
        }
        let began = Instant::now();
        self.commit()?;
        let tables = Rc::new(Tables::over(&self.store));
        let mut files = Files::default();
        let loaded = self.store.load(|| {
            let (loaded, read) = Generation::load(&self.work.script, tables);
            files = read;
            loaded
        })?;
        if let Some(fault) = self.store.take_fault() {
            return Err(fault.into());
        }
        self.committed_rows = self.store.rows();
        self.files = Some(files.clone());
        let generation = match loaded {
            Ok(generation) => generation,
            Err(error) => {
                (self.report)(Report::LoadFailed { error, files });
                return Ok(());
            }
        };
        let declared = Arc::new(generation.declared().clone());
        let change = declared.changes_since(&self.declared);
        self.number += 1;
        self.work.tally.set(Count::Generation, self.number);
        self.work.tally.set(Count::Rows, self.committed_rows);
        self.generation = Some(generation);
        self.declared = Arc::clone(&declared);
        self.failures.clear();
        self.write_output()?;
        (self.report)(Report::Loaded(Loaded {
            number: self.number,
            declared,
            change,
            files,
            owned: self.store.owned_rules(&self.work.rules_endpoint)?,
            pause: began.elapsed(),
        }));
        Ok(())
    }

    fn own(&mut self, rules: OwnRules) -> Result<(), Error> {
        self.commit()?;
        self.store.own_rules(&rules.endpoint, &rules.own)?;
        self.store.disown_rules(&rules.endpoint, &rules.disown)?;
        // Whoever asked may have gone meanwhile.
        let _ = rules.done.send(());
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.dirty_since = None;
        // Before the commit: what a crash in between repeats is written twice, never not at all.
        self.write_output()?;
        self.store.commit()?;
        self.committed_rows = self.store.rows();
        self.work.tally.set(Count::Rows, self.committed_rows);
        // Not after each delivery: a script may have thousands of tags.
        self.work.tally.add_tags(&mut self.tags);
        Ok(())
    }

    fn write_output(&mut self) -> Result<(), Error> {
        let emitted = match &self.generation {
            Some(generation) => generation.take_emitted(),
            None => return Ok(()),
        };
        if emitted.is_empty() || self.output_closed {
            return Ok(());
        }
        let written = self
            .output
            .write_all(&emitted)
            .and_then(|()| self.output.flush());
        match written {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.done = true;
                self.output_closed = true;
                (self.report)(Report::OutputClosed);
                Ok(())
            }
            Err(error) => Err(Error::Output(error)),
        }
    }
}
