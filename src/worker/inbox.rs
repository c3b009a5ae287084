//! What the worker does next, wherever its lines come from: the journal in a run, memory where none is wanted.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    journal::{self, Damaged, Frame, Position},
    store::{Gap, OwnedRule},
    text::lines::Lines,
    tweet::{NotTweet, Tweet},
};

/// What the worker does next.
#[derive(Debug)]
pub enum Event {
    /// Handle these lines of the journal.
    Frame(Frame),
    /// Handle these lines, which are in no journal.
    Lines(Load),
    /// A part of the journal cannot be read; go on behind it.
    Damaged(Damaged),
    /// Something else than lines.
    Control(Control),
    /// Nothing has come in time.
    TimedOut,
    /// Nothing has come yet, and there may be more right away.
    Again,
    /// Nothing will come any more.
    Closed,
}

/// A parsed line.
pub(crate) type Parsed = Result<Tweet, (Bytes, NotTweet)>;

/// Lines on their way, as received or parsed already.
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
    /// Remember rules as added by ouzel.
    Own(OwnRules),
    /// Write a gap down.
    Gap(Gap),
    /// Handle what has come so far, commit, and end; leave what takes too long.
    Stop,
}

/// Rules to remember or to forget, and where to say that it is done.
#[derive(Debug)]
pub struct OwnRules {
    /// The rules endpoint that they belong to.
    pub endpoint: String,
    /// Rules to remember.
    pub own: Vec<OwnedRule>,
    /// Values of rules to forget.
    pub disown: Vec<String>,
    /// Told once the change is committed.
    pub done: tokio::sync::oneshot::Sender<()>,
}

/// Where the worker's lines come from.
pub trait Inbox {
    /// Waits for the next event, but not longer than `wait`.
    ///
    /// # Errors
    /// What nothing but a person can mend.
    fn next(&mut self, wait: Option<Duration>) -> Result<Event, journal::Error>;

    /// Waits for the next control, but not longer than `wait`, and leaves lines where they are.
    fn control(&mut self, wait: Option<Duration>) -> Option<Control>;

    /// Goes back to a place in the journal, so that the lines behind come once more; says whether it can.
    fn go_back(&mut self, to: Position) -> bool;
}
