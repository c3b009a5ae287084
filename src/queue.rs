//! The seam between reading and handling: lines go in without waiting for Lua or SQLite, up to a bound.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use bytes::Bytes;

use crate::{
    lines::Lines,
    store::OwnedRule,
    tweet::{NotTweet, Tweet},
};

/// Memory is counted in pieces of this size, since a permit counts in 32 bits.
const UNIT: usize = 1024;

/// With more than this waiting the handling side is behind. Little enough to stay in a cache that both sides share.
const BEHIND: usize = 1 << 20;

/// A parsed Tweet takes so many times the memory of its line, the line included.
const PARSED_SIZE: usize = 4;

/// What the worker does next.
#[derive(Debug)]
pub enum Event {
    /// Handle these lines.
    Lines(Delivery),
    /// Load the script, again if it has been loaded before.
    Load,
    /// Remember rules as added by ouzel.
    Own(OwnRules),
    /// Handle what has come so far, commit, and end.
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

/// A line, understood.
pub type Parsed = Result<Tweet, (Bytes, NotTweet)>;

/// Lines on their way, as received or parsed already.
#[derive(Debug)]
pub enum Load {
    /// As received.
    Lines(Lines),
    /// Parsed on the reading side, because the handling side was behind.
    Parsed(Vec<Parsed>),
}

/// Lines on their way, with the room that they take in the queue.
#[derive(Debug)]
pub struct Delivery {
    /// The lines.
    pub load: Load,
    /// When the last of them was decoded.
    pub received: Instant,
    // Given back when the lines have been handled, not when they are taken out: what is being handled is memory too.
    _room: Option<OwnedSemaphorePermit>,
}

impl Delivery {
    /// Lines that are in memory anyway, so that they take no room of the queue.
    #[must_use]
    pub fn from_memory(lines: Lines) -> Self {
        Self {
            load: Load::Lines(lines),
            received: Instant::now(),
            _room: None,
        }
    }
}

/// The side that reads the stream.
#[derive(Debug, Clone)]
pub struct Sender {
    events: mpsc::Sender<Event>,
    room: Arc<Semaphore>,
    size: u32,
}

/// The side that handles Tweets.
#[derive(Debug)]
pub struct Receiver(mpsc::Receiver<Event>);

/// The other side of the queue is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue is closed")]
pub struct Closed;

/// A queue that holds at most `bytes` of lines. When it is full, [`Sender::deliver`] waits, and so does the stream's
/// connection: the server buffers for a while, and then disconnects.
#[must_use]
pub fn queue(bytes: usize) -> (Sender, Receiver) {
    // What is not lines is rare and small, so only lines are counted.
    let (events, receiver) = mpsc::channel();
    let size = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
    let sender = Sender {
        events,
        room: Arc::new(Semaphore::new(size as usize)),
        size,
    };
    (sender, Receiver(receiver))
}

impl Sender {
    /// Hands lines on; waits while the queue is full, but not once `shutdown` is cancelled: what has been read when the
    /// reading ends is let in over the bound, and not lost.
    ///
    /// When the queue is filling up, the handling side is the slower one. Instead of waiting for it at the end, the
    /// reading side then does a part of its work: it parses the lines. So both are busy, whichever has more to do.
    ///
    /// # Errors
    /// [`Closed`] when nothing handles them any more.
    pub async fn deliver(&self, lines: Lines, shutdown: &CancellationToken) -> Result<(), Closed> {
        let received = Instant::now();
        let waiting = self.size as usize - self.room.available_permits();
        let behind = waiting * UNIT > BEHIND;
        let bytes = lines.bytes() * if behind { PARSED_SIZE } else { 1 };
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let load = if behind {
            Load::Parsed(lines.iter().map(parse).collect())
        } else {
            Load::Lines(lines)
        };
        // A single run of lines larger than the queue goes when the queue is empty.
        let room = Arc::clone(&self.room).acquire_many_owned(units.clamp(1, self.size));
        let room = tokio::select! {
            biased;
            room = room => Some(room.map_err(|_| Closed)?),
            () = shutdown.cancelled() => None,
        };
        self.send(Event::Lines(Delivery {
            load,
            received,
            _room: room,
        }))
    }

    /// Sends anything else; never waits.
    ///
    /// # Errors
    /// [`Closed`] when the worker is gone.
    pub fn send(&self, event: Event) -> Result<(), Closed> {
        self.events.send(event).map_err(|_| Closed)
    }
}

/// Understands a line; what is no Tweet keeps its line for inspection.
pub fn parse(line: Bytes) -> Parsed {
    Tweet::parse(line.clone()).map_err(|reason| (line, reason))
}

impl Receiver {
    /// The next event; `None` once every sender is gone.
    ///
    /// # Errors
    /// [`TimedOut`] when none has come within `wait`.
    pub fn next(&self, wait: Option<Duration>) -> Result<Option<Event>, TimedOut> {
        match wait {
            None => Ok(self.0.recv().ok()),
            Some(wait) => match self.0.recv_timeout(wait) {
                Ok(event) => Ok(Some(event)),
                Err(mpsc::RecvTimeoutError::Disconnected) => Ok(None),
                Err(mpsc::RecvTimeoutError::Timeout) => Err(TimedOut),
            },
        }
    }
}

/// Nothing has come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOut;
