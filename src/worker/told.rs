//! What the worker needs, and what it tells the rest of the program.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::{handled::Handled, matching::Matching, sinks};
use crate::{
    control::feed::Feed,
    doing::Doing,
    journal::{self, Newest, Position},
    outage::mark::{Mark, Marks},
    script::{self, Change, Code, Declared, Files, Limits},
    store::{self, Cursor, Gap, GapIds, OverdueRule, OwnedRule, PausedTag, RetagRow, Store},
    tally::Tally,
};

/// What the worker needs.
#[derive(Debug)]
pub struct Work {
    /// The script.
    pub script: PathBuf,
    /// How much the script may take.
    pub limits: Limits,
    /// The database.
    pub store: Store,
    /// How far the journal is handled. `None` if the lines come from no journal.
    pub progress: Option<Progress>,
    /// The journal. `None` if the lines come from no journal.
    pub journal: Option<Newest>,
    /// Tweets that are not handled again. `None` if each line that is a Tweet is handled.
    pub handled: Option<Handled>,
    /// The file that says which Tweets are in hand. `None` if a crash loses nothing.
    pub in_hand: Option<PathBuf>,
    /// The folder for the files that the script emits into.
    pub sinks: PathBuf,
    /// The endpoint whose rules are asked for when the script has loaded.
    pub rules_endpoint: String,
    /// Which Tweets the script's own rules are matched against.
    pub matching: Matching,
    /// The most Tweets to handle.
    pub limit: Option<u64>,
    /// Where the counts go.
    pub tally: Arc<Tally>,
    /// Where the worker says what it is doing.
    pub doing: Arc<Doing>,
    /// Who wants to know what becomes of Tweets.
    pub feed: Arc<Feed>,
}

/// How far a journal is handled and committed. The worker moves it on. Everything before it may be deleted.
#[derive(Debug, Clone)]
pub struct Progress {
    journal: Arc<str>,
    committed: Arc<Mutex<Position>>,
    received: Marks,
    handled: Handled,
    /// What the run before kept.
    before: Option<Mark>,
    gap_ids: GapIds,
}

impl Progress {
    /// Reads from the database how far the journal with this name is handled. No Tweet is known to be handled yet.
    pub fn read(store: &Store, journal: &str) -> Result<Self, store::Error> {
        let position = match store.cursor(journal)? {
            Some(cursor) => Position {
                segment: cursor.segment.unsigned_abs(),
                offset: cursor.offset.unsigned_abs(),
                line: u32::try_from(cursor.line).unwrap_or(0),
            },
            None => Position::START,
        };
        Ok(Self {
            journal: journal.into(),
            committed: Arc::new(Mutex::new(position)),
            received: Marks::default(),
            handled: Handled::default(),
            before: store.received(journal)?.map(Mark::from),
            gap_ids: store.gap_ids()?,
        })
    }

    /// Reads from the database which Tweets were handled lately, and remembers them.
    pub fn remember(&self, store: &Store) -> Result<(), store::Error> {
        store.each_handled(&self.journal, |row, ids| {
            self.handled.remember(ids, row.at_ms);
        })
    }

    /// The Tweets that have been handled lately.
    pub fn handled(&self) -> &Handled {
        &self.handled
    }

    /// The journal's name.
    pub fn journal(&self) -> &str {
        &self.journal
    }

    /// The position behind the last committed line.
    pub fn committed(&self) -> Position {
        *self
            .committed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to when the run before received everything, if it kept that.
    pub fn before(&self) -> Option<Mark> {
        self.before
    }

    /// Whether everything that the run before is known to have received lies before a place. What it may have received
    /// after that is missing like what it did not receive, because its outage counts from there.
    pub(super) fn was_all_before(&self, place: Position) -> bool {
        self.before.is_some_and(|mark| mark.end <= place)
    }

    /// The ids of new gaps.
    pub fn gap_ids(&self) -> &GapIds {
        &self.gap_ids
    }

    /// Up to when everything is in the journal.
    pub fn received(&self) -> &Marks {
        &self.received
    }

    /// Puts the time up to which everything was received into the transaction.
    pub(super) fn write_received(&self, store: &Store, mark: Mark) -> Result<(), store::Error> {
        store.put_received(&self.journal, mark.into())
    }

    /// Puts a position into the transaction of the batch.
    pub(super) fn write(&self, store: &Store, position: Position) -> Result<(), store::Error> {
        let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let cursor = Cursor {
            segment: bounded(position.segment),
            offset: bounded(position.offset),
            line: position.line.into(),
        };
        store.move_cursor(&self.journal, cursor)
    }

    /// Notes that the transaction is committed.
    pub(super) fn moved(&self, position: Position) {
        *self
            .committed
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = position;
    }
}

/// What the worker tells the rest of the program.
#[derive(Debug)]
pub enum Report {
    /// The script has loaded, and handles Tweets from now on.
    Loaded(Loaded),
    /// The script could not be loaded. What ran before still runs.
    LoadFailed {
        /// The reason.
        error: script::Error,
        /// The files to watch for a change.
        files: Files,
    },
    /// What was to be loaded is what runs, or a rollback was not possible. So each control that is about a load has one report:
    /// this one or one of the two above.
    Unchanged,
    /// A part of the journal could not be read. It is in the ledger.
    Gap(Gap),
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
    /// Its files of Lua.
    pub code: Code,
    /// The hash of these.
    pub hash: String,
    /// The generation whose files these are, if it was rolled back to.
    pub back_to: Option<u64>,
    /// The rules that ouzel has added so far.
    pub owned: Vec<OwnedRule>,
    /// The changes of their tags that are remembered.
    pub retags: Vec<RetagRow>,
    /// The rules that may come late.
    pub overdue: Vec<OverdueRule>,
    /// The tags whose rules are paused.
    pub paused: Vec<PausedTag>,
    /// How long no Tweet was handled.
    pub pause: std::time::Duration,
}

/// A rollback, for who has asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RolledBack {
    /// The number of the generation that runs now.
    pub(crate) number: u64,
    /// The generation that ran before.
    pub(crate) from: u64,
    /// The hash of its files.
    pub(crate) from_hash: String,
    /// The generation whose files run now.
    pub(crate) to: u64,
    /// The hash of its files.
    pub(crate) to_hash: String,
    /// When that was loaded, in RFC 3339.
    pub(crate) at: String,
}

/// A rollback that has ended because somebody has asked for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undone {
    /// The number of the generation that runs now.
    pub(crate) number: u64,
    /// The earlier generation whose files ran before.
    pub(crate) from: u64,
    /// The hash of these.
    pub(crate) from_hash: String,
}

/// What to do where an earlier generation cannot be loaded, and its own error does not say it.
const HINT: &str = "\nhint: a later one may have changed its tables; save a script that fits them";

/// Why a rollback has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unchanged {
    /// No generation runs yet.
    #[error(
        "no generation runs yet, so there is none before it\nhint: wait until the script is loaded"
    )]
    NoGeneration,
    /// There is no earlier one.
    #[error(
        "there is no generation before {number} to go back to\nhint: `ouzel rollback --list` shows which there were; the files of the last 20 are kept"
    )]
    NothingBefore {
        /// The generation that runs.
        number: u64,
    },
    /// The earlier one could not be loaded.
    #[error(
        "generation {to} could not be loaded again, so nothing has changed\n{reason}{}",
        if reason.contains("\nhint: ") { "" } else { HINT }
    )]
    Refused {
        /// The earlier generation.
        to: u64,
        /// Why not.
        reason: String,
    },
    /// Nothing was rolled back.
    #[error(
        "nothing is rolled back: what is on disk runs\nhint: `ouzel rollback --list` shows the generations"
    )]
    NotBack,
    /// What is on disk could not be loaded.
    #[error("the files on disk could not be loaded, so the rollback goes on\n{reason}")]
    Broken {
        /// Why not.
        reason: String,
    },
}

/// What ends the worker before it is told to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A file that the script emits into.
    #[error(transparent)]
    Sink(#[from] sinks::Error),
    /// The journal failed, and waiting does not help.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// Standard output failed, and not because its reader has gone.
    #[error("cannot write what the script emits: {0}")]
    Output(io::Error),
}

impl Error {
    /// Whether the same may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Store(error) | Self::Sink(sinks::Error::Store(error)) => error.may_pass(),
            Self::Sink(sinks::Error::File { .. }) => true,
            Self::Journal(_) | Self::Output(_) => false,
        }
    }

    /// What people can do about the error.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) | Self::Sink(sinks::Error::Store(error)) => error.hint(),
            _ => "make room on the disk, or make the file writable",
        }
    }
}
