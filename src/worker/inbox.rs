//! What the worker does next. Its lines come from the journal in a run, and from memory if no journal is wanted.

use std::time::Duration;

use bytes::Bytes;

use super::told::{RolledBack, Unchanged, Undone};
use crate::{
    journal::{self, Damaged, Frame, Position},
    script::{self, Code, Files},
    store::{Gap, PauseChange, RuleChange, Warned},
    text::lines::Lines,
    tweet::{NotTweet, Tweet},
    volume::Alarm,
};

/// What the worker does next.
#[derive(Debug)]
pub enum Event {
    /// Handle these lines of the journal.
    Frame(Frame),
    /// Handle these lines, which are in no journal.
    Lines(Load),
    /// A part of the journal cannot be read. Go on behind it.
    Damaged(Damaged),
    /// Do something other than handling lines.
    Control(Control),
    /// Nothing has come within the time.
    TimedOut,
    /// Nothing has come yet, but there may be more right away.
    Again,
    /// Nothing will come any more.
    Closed,
}

/// A parsed line.
pub(crate) type Parsed = Result<Tweet, (Bytes, NotTweet)>;

/// Lines on their way to the worker, as received or already parsed.
#[derive(Debug)]
pub enum Load {
    /// As received.
    Lines(Lines),
    /// Parsed on the reading side, because the handling side was behind.
    Parsed(Vec<Parsed>),
}

/// What the worker is told to do before it handles more lines.
#[derive(Debug)]
pub enum Control {
    /// Load the script, again if it has been loaded before.
    Load,
    /// Load these files of the script, which have been found good.
    LoadCode(Code),
    /// The script is not loaded: note why.
    Refuse(Box<Refuse>),
    /// Go back to an earlier generation, or end that.
    Rollback(AskRollback),
    /// Change the record of ouzel's rules.
    Own(OwnRules),
    /// Write a gap to the ledger.
    Gap(Gap),
    /// Remember of what somebody was warned.
    Warned(Warned),
    /// Change which tags are paused.
    Pause(PauseTag),
    /// Tell the script of an alarm.
    Alarm(TellAlarm),
    /// Handle what has come so far, commit, and end. Leave what takes too long.
    Stop,
}

/// A script that could be loaded, and is not.
#[derive(Debug)]
pub struct Refuse {
    pub(crate) error: script::Error,
    pub(crate) files: Files,
}

/// An alarm that the script is to hear of.
#[derive(Debug)]
pub struct TellAlarm(pub(crate) Alarm);

/// A rollback, and whom to tell what came of it.
#[derive(Debug)]
pub struct AskRollback {
    pub(crate) undo: bool,
    pub(crate) done: tokio::sync::oneshot::Sender<RollbackAnswer>,
}

/// What came of a rollback: where it went, or with `undo` what runs now.
pub(crate) type RollbackAnswer = Result<Result<RolledBack, Undone>, Unchanged>;

/// What changes in the record of ouzel's rules, and whom to tell when that is done.
#[derive(Debug)]
pub struct OwnRules {
    /// The rules endpoint that they belong to.
    pub endpoint: String,
    /// What changes.
    pub change: RuleChange,
    /// Told once the change is committed.
    pub done: tokio::sync::oneshot::Sender<()>,
}

/// What changes in which tags are paused, and whom to tell when that is done.
#[derive(Debug)]
pub struct PauseTag {
    pub(crate) endpoint: String,
    pub(crate) change: PauseChange,
    pub(crate) done: tokio::sync::oneshot::Sender<()>,
}

/// Where the worker's lines come from.
pub trait Inbox {
    /// Waits for the next event, but not longer than `wait`.
    ///
    /// # Errors
    /// If only a person can mend what is wrong.
    fn next(&mut self, wait: Option<Duration>) -> Result<Event, journal::Error>;

    /// Waits for the next control, but not longer than `wait`, and leaves lines where they are.
    fn control(&mut self, wait: Option<Duration>) -> Option<Control>;

    /// Goes back to a place in the journal, so that the lines behind it come again. Returns whether that is possible.
    fn go_back(&mut self, to: Position) -> bool;
}
