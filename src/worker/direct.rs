//! Lines straight to the worker, for whoever has them safe elsewhere: there is no journal between.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::inbox::{Control, Event, Inbox};
use crate::{
    ingest::queue::{self, Receiver, Room, Sender, Trouble},
    journal::{self, Position},
    text::lines::Lines,
    tweet::{NotTweet, Tweet},
};

/// Lines that may wait for the worker: seconds of a busy stream, and well inside the memory of a small machine.
const QUEUE: usize = 16 << 20;

/// When more bytes than this wait, the handling side is behind. They fit a cache that both sides share.
const BEHIND: usize = 1 << 20;

/// A parsed Tweet takes so many times the memory of its line, the line included.
const PARSED_SIZE: usize = 4;

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

/// The reading side.
#[derive(Debug)]
pub(crate) struct DirectSender(Sender<Load>);

/// The handling side: the worker loads its script, and handles lines until no more come.
#[derive(Debug)]
pub(crate) struct Direct {
    queue: Receiver<Load>,
    is_loaded: bool,
    /// What is being handled.
    room: Option<Room>,
}

/// A way for lines from memory to a worker.
pub(crate) fn direct() -> (DirectSender, Direct) {
    let (sender, receiver) = queue::queue(QUEUE);
    let direct = Direct {
        queue: receiver,
        is_loaded: false,
        room: None,
    };
    (DirectSender(sender), direct)
}

impl DirectSender {
    /// Hands lines on; waits while the worker has too many.
    ///
    /// When the queue is filling up, the handling side is the slower one. Instead of waiting for it at the end, the
    /// reading side then does a part of its work: it parses the lines. So both are busy, whichever has more to do.
    ///
    /// # Errors
    /// [`Trouble::Closed`] when nothing handles them any more.
    pub(crate) async fn deliver(&self, lines: Lines) -> Result<(), Trouble> {
        let behind = self.0.waiting() > BEHIND;
        let bytes = lines.bytes() * if behind { PARSED_SIZE } else { 1 };
        let load = if behind {
            Load::Parsed(lines.share_all().map(parse).collect())
        } else {
            Load::Lines(lines)
        };
        match self.0.deliver(load, bytes, &CancellationToken::new()).await {
            // Waiting loses nothing: lines from memory have time.
            Err(Trouble::Stuck) => {
                self.0.flows().await;
                Ok(())
            }
            delivered => delivered,
        }
    }

    /// Hands lines on that are in memory anyway; never waits.
    ///
    /// # Errors
    /// [`Trouble::Closed`] when nothing handles them any more.
    pub(crate) fn deliver_free(&self, lines: Lines) -> Result<(), Trouble> {
        self.0.deliver_free(Load::Lines(lines))
    }
}

/// Understands a line; what is no Tweet keeps its line for inspection.
pub(crate) fn parse(line: Bytes) -> Parsed {
    Tweet::parse(line.clone()).map_err(|reason| (line, reason))
}

impl Inbox for Direct {
    fn next(&mut self, wait: Option<Duration>) -> Result<Event, journal::Error> {
        self.room = None;
        if !self.is_loaded {
            self.is_loaded = true;
            return Ok(Event::Control(Control::Load));
        }
        Ok(match self.queue.next(wait) {
            Err(queue::TimedOut) => Event::TimedOut,
            Ok(None) => Event::Closed,
            Ok(Some(delivery)) => {
                self.room = Some(delivery.room);
                Event::Lines(delivery.item)
            }
        })
    }

    fn control(&mut self, _: Option<Duration>) -> Option<Control> {
        self.room = None;
        if !self.is_loaded {
            self.is_loaded = true;
            return Some(Control::Load);
        }
        // The worker wants no more lines, so this one is dropped.
        while let Ok(Some(_)) = self.queue.next(None) {}
        Some(Control::Stop)
    }

    fn go_back(&mut self, _: Position) -> bool {
        false
    }
}
