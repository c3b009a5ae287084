//! Takes lines straight to the worker, without a journal between, for callers that have the lines safe elsewhere.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::inbox::{Control, Event, Inbox, Load, Parsed};
use crate::{
    ingest::queue::{self, Receiver, Room, Sender, Trouble},
    journal::{self, Position},
    text::lines::Lines,
    tweet::Tweet,
};

/// How many bytes of lines may wait for the worker: seconds of a busy stream, and well inside the memory of a small
/// machine.
const QUEUE: usize = 16 << 20;

/// When more bytes than this wait, the handling side is behind. This many fit a cache that both sides share.
const BEHIND: usize = 1 << 20;

/// A parsed Tweet takes this many times the memory of its line. That includes the line.
const PARSED_SIZE: usize = 4;

/// The reading side.
#[derive(Debug)]
pub(crate) struct DirectSender(Sender<Load>);

/// The handling side: the worker loads its script, and handles lines until no more come.
#[derive(Debug)]
pub(crate) struct Direct {
    queue: Receiver<Load>,
    is_loaded: bool,
    /// The room of what is being handled.
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
    /// Hands lines on. Waits while the worker has too many lines.
    ///
    /// When the queue is filling up, the handling side is the slower one. Instead of waiting for it at the end, the
    /// reading side then does a part of its work: it parses the lines. So both are busy, whichever has more to do.
    ///
    /// # Errors
    /// [`Trouble::Closed`] if nothing handles lines any more.
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

    /// Hands on lines that are in memory anyway. Never waits.
    ///
    /// # Errors
    /// [`Trouble::Closed`] if nothing handles lines any more.
    pub(crate) fn deliver_free(&self, lines: Lines) -> Result<(), Trouble> {
        self.0.deliver_free(Load::Lines(lines))
    }
}

/// Parses a line. If it is not a Tweet, the line is kept for inspection.
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
