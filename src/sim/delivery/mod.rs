//! Sends one connection its Tweets and heartbeats, and what goes wrong on purpose.

mod ended;
mod farewell;
mod trouble;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use self::{ended::Ended, farewell::FAREWELL};
use super::{
    fault::{DELIMITER, Damage, Dice},
    gate::Place,
    memory::{Line, Piece},
    message,
    oracle::{self, Event},
    outlet::Outlet,
    service::{Service, Stream},
    timeline::{Due, sent},
    window::Window,
};

/// The most bytes of lines that share a flush.
const BATCH: usize = 64 * 1024;

/// How often a delivery that waits for its reader checks how far behind it is.
const LAG_TICK: Duration = Duration::from_millis(50);

/// How long the readers wait for one that has fallen behind, if readers set the pace.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a connection's Tweets come from.
#[derive(Debug)]
pub(super) enum Feed {
    /// The stream as it happens, from the Tweet of this number on.
    Live {
        cursor: u64,
        /// How many Tweets had matched when it connected. Those before that are backfill.
        joined: u64,
        place: Place,
    },
    /// A part of the past.
    Window { number: u64, window: Window },
}

/// What sends one connection its Tweets.
pub(super) struct Delivery {
    service: Arc<Service>,
    stream: Arc<Stream>,
    feed: Feed,
    outlet: Outlet,
    damage: Damage,
    /// Lines that have not been sent yet, and how many Tweets are in them.
    lines: Vec<u8>,
    pending: u64,
    delivered: u64,
    dice: Dice,
    /// When something was last sent.
    last: Instant,
    /// Since when this one waits for a reader that has fallen behind.
    waiting_since: Option<Instant>,
}

impl Delivery {
    /// A delivery of `feed` by `outlet`.
    pub(super) fn new(
        service: Arc<Service>,
        stream: Arc<Stream>,
        feed: Feed,
        outlet: Outlet,
    ) -> Self {
        let connection = match &feed {
            Feed::Live { place, .. } => place.number,
            Feed::Window { number, .. } => *number,
        };
        service.stats.connections.fetch_add(1, Relaxed);
        service.stats.open.fetch_add(1, Relaxed);
        Self {
            service,
            stream,
            feed,
            outlet,
            damage: Damage::default(),
            lines: Vec::with_capacity(BATCH),
            pending: 0,
            delivered: 0,
            dice: Dice {
                connection,
                tweets: 0,
            },
            last: Instant::now(),
            waiting_since: None,
        }
    }

    pub(super) async fn run(mut self) {
        let ended = self.deliver().await.unwrap_or_else(|ended| ended);
        if ended == Ended::Compressor {
            tracing::error!("the compressor of a simulated connection failed");
        }
        if let Some(oracle) = &self.service.oracle {
            oracle.write(&Event::Close {
                at: oracle::now(),
                stream: self.stream.name(),
                connection: self.dice.connection,
                cause: ended.name(),
                delivered: self.delivered,
            });
            oracle.flush();
        }
    }

    /// Sends until the reader leaves, the feed is over, or something ends the connection.
    async fn deliver(&mut self) -> Result<Ended, Ended> {
        let stop = self.service.stop.clone();
        let mut more = self.stream.timeline.watch();
        let mut rules = self.stream.live.watch();
        let mut faults = self.service.faults.watch();
        // The head of the response goes out with the first bytes of the body.
        self.flush().await?;
        loop {
            if stop.is_cancelled() {
                self.outlet.try_finish();
                return Ok(Ended::Stopped);
            }
            if self.is_surplus() {
                let text = message::too_many_connections(self.stream.gate.allowed());
                self.farewell(&text, false).await;
                return Ok(Ended::TooManyConnections);
            }
            more.borrow_and_update();
            let (pieces, due) = self.take();
            let is_idle = pieces.is_empty();
            for piece in pieces {
                if let Some(ended) = self.give(piece).await? {
                    return Ok(ended);
                }
            }
            if !self.lines.is_empty() {
                self.flush().await?;
            }
            if due == Due::Never && matches!(self.feed, Feed::Window { .. }) {
                return self.complete().await;
            }
            if is_idle {
                for fault in self.service.faults.at_rest() {
                    if let Some(ended) = self.suffer(fault, None).await? {
                        return Ok(ended);
                    }
                }
                self.keep_alive().await?;
            }
            let wake_at = match due {
                Due::Now => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Due::At(at) => Some(at),
                Due::Never => None,
            };
            let wake_at = [wake_at, self.heartbeat_at(), self.service.faults.next_at()];
            let wake_at = wake_at.into_iter().flatten().min();
            tokio::select! {
                () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => {}
                _ = more.changed() => {}
                _ = rules.changed() => {}
                _ = faults.changed() => {}
                () = surplus(&mut self.feed) => {}
                () = self.outlet.closed() => return Err(Ended::ReaderLeft),
                () = stop.cancelled() => {}
            }
        }
    }

    /// The Tweets that are ready, and when there are more.
    fn take(&mut self) -> (Vec<Piece>, Due) {
        let now = Instant::now();
        let (stream, number) = (Arc::clone(&self.stream), self.dice.connection);
        let timeline = &stream.timeline;
        let cursor = match &mut self.feed {
            Feed::Window { window, .. } => return window.take(now),
            Feed::Live { cursor, .. } => cursor,
        };
        timeline.begin(&stream.live, now);
        let pieces = timeline.take(number, cursor, BATCH);
        if !pieces.is_empty() {
            return (pieces, Due::Now);
        }
        if timeline.setup.paced {
            return (pieces, Due::Never);
        }
        // Readers set the pace, and this one has read everything that was made.
        let slowest = timeline.slowest().unwrap_or(*cursor);
        let is_ahead = *cursor - slowest.min(*cursor) > (self.service.limits.buffer / 2) as u64;
        if is_ahead && now < *self.waiting_since.get_or_insert(now) + PATIENCE {
            return (pieces, Due::At(now + Duration::from_millis(1)));
        }
        if !is_ahead {
            self.waiting_since = None;
        }
        let due = timeline.advance(&stream.live, &stream.gate, now);
        (timeline.take(number, cursor, BATCH), due)
    }

    /// Adds a Tweet to the lines, with the faults that happen to it.
    async fn give(&mut self, piece: Piece) -> Result<Option<Ended>, Ended> {
        let faults = self.service.faults.at_tweet(self.dice);
        self.dice.tweets += 1;
        let line = match piece.line {
            Line::Ready(line) => line,
            Line::Again(moment) => {
                let composer = &self.stream.timeline.setup.composer;
                composer.again(piece.position, &moment).into()
            }
        };
        if faults.is_empty() {
            self.damage.append(&mut self.lines, &line, "", &[]);
        } else {
            let sent = sent(self.stream.timeline.at_ms(piece.position));
            for fault in &faults {
                if let Some(ended) = self.suffer(*fault, Some((&line, &sent))).await? {
                    return Ok(Some(ended));
                }
            }
            self.damage.append(&mut self.lines, &line, &sent, &faults);
        }
        self.pending += 1;
        if self.lines.len() >= BATCH {
            self.flush().await?;
        }
        Ok(None)
    }

    /// Sends a heartbeat if nothing else was sent for long enough. [inferred]
    async fn keep_alive(&mut self) -> Result<(), Ended> {
        if self.heartbeat_at().is_some_and(|at| at <= Instant::now()) {
            self.damage.release(&mut self.lines);
            self.lines.extend_from_slice(DELIMITER);
            self.flush().await?;
        }
        Ok(())
    }

    fn heartbeat_at(&self) -> Option<Instant> {
        Some(self.last + self.service.heartbeat?)
    }

    fn is_surplus(&self) -> bool {
        match &self.feed {
            Feed::Live { place, .. } => *place.is_surplus.borrow(),
            Feed::Window { .. } => false,
        }
    }

    /// Sends the lines. Waits for the reader until its buffer is full or the simulator stops.
    async fn flush(&mut self) -> Result<(), Ended> {
        let lines = std::mem::take(&mut self.lines);
        let stop = self.service.stop.clone();
        let (stream, buffer) = (Arc::clone(&self.stream), self.service.limits.buffer as u64);
        // Backfill does not fill the buffer.
        let cursor = match &self.feed {
            Feed::Live { cursor, joined, .. } => Some(*cursor.max(joined)),
            Feed::Window { .. } => None,
        };
        let is_full = || cursor.is_some_and(|cursor| stream.timeline.head() - cursor > buffer);
        let mut next_look = self.last.max(Instant::now() - LAG_TICK) + LAG_TICK;
        let outcome = {
            let sending = self.outlet.send(&lines);
            tokio::pin!(sending);
            loop {
                tokio::select! {
                    biased;
                    sent = &mut sending => break sent.map_err(Ended::from),
                    () = stop.cancelled() => break Err(Ended::Stopped),
                    () = tokio::time::sleep_until(next_look) => if is_full() {
                        // What waits is lost. What is being sent may still arrive. [source: xd/powertrack-api]
                        let late = tokio::time::timeout(FAREWELL, &mut sending).await;
                        break if matches!(late, Ok(Ok(()))) { Err(Ended::FullBuffer) } else { Err(Ended::ReaderLeft) };
                    } else {
                        next_look += LAG_TICK;
                    },
                }
            }
        };
        match outcome {
            Ok(()) => {
                self.lines = lines;
                self.lines.clear();
                self.count_delivered();
                self.last = Instant::now();
                if is_full() {
                    Err(self.overflow(true).await)
                } else {
                    Ok(())
                }
            }
            Err(ended) if is_full() && ended != Ended::Stopped => {
                Err(self.overflow(ended == Ended::FullBuffer).await)
            }
            Err(ended) => Err(ended),
        }
    }

    fn count_delivered(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.delivered += pending;
        self.service.stats.delivered.fetch_add(pending, Relaxed);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Feed::Live { place, .. } = &self.feed {
            self.stream.gate.leave(place.number);
            self.stream.timeline.leave(place.number);
        }
        self.service.stats.open.fetch_sub(1, Relaxed);
    }
}

/// Waits until a live connection is one too many.
async fn surplus(feed: &mut Feed) {
    if let Feed::Live { place, .. } = feed
        && place.is_surplus.wait_for(|is| *is).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}
