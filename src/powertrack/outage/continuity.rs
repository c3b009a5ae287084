//! Follows what came when, over all connections, and derives the outages and the backfill to ask for. Pure: no IO, no
//! clock.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::powertrack::outage::{
    Outage, QUEUED, back, backfill_minutes, cause::Cause, clock::Moment, lateness::ReadTo,
};

/// After this long, backfill has come completely: the service sends older Tweets first, as fast as they are read
/// [reference 2.11].
const SETTLED: Duration = Duration::from_secs(30);

/// Follows the bytes of one stream.
#[derive(Debug)]
pub(crate) struct Continuity {
    outages: u64,
    /// When the last byte came over a connection. Before the first connection: up to when an earlier process had
    /// received everything.
    last: Option<Moment>,
    /// How far the present connection has been read, if a Tweet has come over it.
    read: Option<ReadTo>,
    /// Once the connection is lost: how much of the time before its last byte may be missing too.
    queued: Duration,
    /// Why the connection that brought the last byte ended.
    lost: Option<Cause>,
    /// Whether the service has said that it has nothing left of the time before.
    is_emptied: bool,
    /// The outage before the present connection, with its beginning and its end on both clocks.
    before: Option<Before>,
    /// The connection that began last.
    connection: Option<Begun>,
}

/// A connection, and what it can bring or hold in its buffer: everything sent since its first byte, and the backfill.
///
/// It begins with its first byte and not with the request for it, because the time between the two belongs to the
/// outage before.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// When the first byte came.
    at: Moment,
    /// How much of the time before the first byte was asked for again, without what an earlier connection had brought.
    again: Duration,
}

impl Begun {
    /// How much of the time before its last byte can have waited in its buffer, at most.
    fn most(self, last: Moment) -> Duration {
        last.since(self.at) + self.again
    }

    /// How much of the time before its last byte was not read. The Tweets that were read tell it.
    fn unread(self, read: &ReadTo, last: Moment) -> Duration {
        read.behind(last).min(self.most(last))
    }
}

#[derive(Debug, Clone, Copy)]
struct Before {
    number: u64,
    cause: Cause,
    began: Moment,
    ended: Moment,
    queued: Duration,
}

/// Up to when the stream has brought everything that it had to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Everything before this time has come.
    pub until: Timestamp,
    /// `false` while backfill may still be on its way. Then `until` is the time before the backfill, and younger lines
    /// may have come already.
    pub is_settled: bool,
}

/// States that everything has come that could come until now. The exact time is computed only when somebody keeps it,
/// because this is reported with each piece that comes.
#[derive(Debug, Clone)]
pub(crate) struct Complete {
    /// When the last byte came. While backfill may still be on its way: the beginning of the backfill.
    pub at: Timestamp,
    /// See [`Received::is_settled`].
    pub is_settled: bool,
    /// How far the connection was read, the connection, and when its last byte came.
    read: Option<(ReadTo, Begun, Moment)>,
}

impl Complete {
    /// Computes up to when everything has come. It is earlier than the last byte, because Tweets from before may still
    /// wait to be read.
    pub(crate) fn received(&self) -> Received {
        let unread = self
            .read
            .as_ref()
            .map_or(Duration::ZERO, |(read, connection, last)| {
                connection.unread(read, *last)
            });
        Received {
            until: back(self.at, unread),
            is_settled: self.is_settled,
        }
    }
}

impl Continuity {
    /// Starts to follow a stream. An earlier process, if there was one, had received everything until `last_received`.
    pub(crate) fn new(last_received: Option<Timestamp>, now: Moment) -> Self {
        let last = last_received.map(|last| now.earlier(last));
        Self {
            outages: 0,
            lost: last.map(|_| Cause::Restart),
            last,
            read: None,
            // `last_received` already leaves out what waited in a buffer.
            queued: Duration::ZERO,
            is_emptied: false,
            before: None,
            connection: None,
        }
    }

    /// How many minutes of backfill to ask for now, at most `most`.
    pub(crate) fn to_ask(&self, now: Moment, most: u8) -> u8 {
        match self.last {
            Some(last) if !self.is_emptied => backfill_minutes(now.since(last) + self.queued, most),
            _ => 0,
        }
    }

    /// Notes the first byte of a connection that was asked for this much backfill. Returns the outage before it, if
    /// there was one.
    pub(crate) fn resumed(&mut self, now: Moment, asked: u8) -> Option<Outage> {
        let last = self.last.replace(now);
        let was = self.connection;
        let queued = std::mem::take(&mut self.queued);
        self.read = None;
        let again = last.map_or(Duration::ZERO, |last| {
            let missing = now.since(last) + queued;
            missing.min(Duration::from_secs(60) * u32::from(asked))
        });
        self.connection = Some(Begun { at: now, again });
        let began = last?;
        let cause = self.lost.take().unwrap_or(Cause::Ended);
        self.is_emptied = false;
        let before = self.before(began, now, cause, queued, was);
        self.outages = before.number;
        self.before = Some(before);
        let outage = Outage::between(before.number, before.cause, began, now, asked);
        Some(Outage {
            queued: before.queued,
            ..outage
        })
    }

    /// The outage that goes on after a connection or an attempt was lost. The next connection reports it with the same
    /// number.
    pub(crate) fn away(&self, now: Moment) -> Option<Outage> {
        let (began, cause) = (self.last?, self.lost?);
        let before = self.before(began, now, cause, self.queued, self.connection);
        let outage = Outage::between(before.number, before.cause, began, now, 0);
        Some(Outage {
            queued: before.queued,
            ..outage
        })
    }

    /// The outage before the next connection: a new one, or one that goes on. `lost` is the connection before the
    /// outage.
    fn before(
        &self,
        began: Moment,
        ended: Moment,
        cause: Cause,
        queued: Duration,
        lost: Option<Begun>,
    ) -> Before {
        match self.before.filter(|before| before.began == began) {
            // The outage keeps its beginning: the buffer of a connection since then held nothing older.
            Some(before) => Before {
                ended,
                // What is gone from the service's buffer does not come back, whatever else happens.
                cause: if cause == Cause::FullBuffer {
                    cause
                } else {
                    before.cause
                },
                ..before
            },
            None => Before {
                number: self.outages + 1,
                cause,
                began,
                ended,
                queued: match (cause, lost) {
                    // Nobody says how much was in the buffer. It is at least what the last Tweet says.
                    (Cause::FullBuffer, Some(lost)) => queued.max(QUEUED.min(lost.most(began))),
                    _ => queued,
                },
            },
        }
    }

    /// Notes that bytes have come.
    pub(crate) fn received(&mut self, now: Moment) {
        self.last = Some(now);
    }

    /// Notes that lines came with the last bytes. `line` is the last of them.
    pub(crate) fn read(&mut self, line: Bytes) {
        self.read = self.last.map(|last| ReadTo::Line(line, last));
    }

    /// Notes that the stream was read to its end: the last bytes were a heartbeat, and the reader had to wait for it.
    pub(crate) fn read_to_end(&mut self) {
        if let (Some(read), Some(last)) = (&mut self.read, self.last) {
            *read = read.at_end(last);
        }
    }

    /// States that everything has come that could come. A new process goes on from there, and does not know of an
    /// earlier outage that goes on.
    pub(crate) fn complete(&self) -> Option<Complete> {
        let (last, connection) = (self.last?, self.connection?);
        let is_settled = connection.again.is_zero() || last.since(connection.at) >= SETTLED;
        Some(if is_settled {
            let read = self.read.clone();
            Complete {
                at: last.wall,
                is_settled,
                read: read.map(|read| (read, connection, last)),
            }
        } else {
            Complete {
                at: back(connection.at.wall, connection.again),
                is_settled,
                read: None,
            }
        })
    }

    /// Notes that the connection or an attempt was lost. If the service itself announced a full buffer, it has nothing
    /// left to ask for.
    pub(crate) fn lost(&mut self, cause: Cause, is_announced: bool) {
        // Attempts that fail after the connection have read nothing.
        if let Some(read) = self.read.take()
            && let (Some(connection), Some(last)) = (self.connection, self.last)
        {
            self.queued = connection.unread(&read, last);
        }
        if cause == Cause::FullBuffer {
            self.is_emptied |= is_announced;
            self.lost = Some(cause);
        }
        self.lost.get_or_insert(cause);
        let Some(before) = self.before else { return };
        let lasted = |last: Moment| last.since(before.ended);
        match self.last {
            // The backfill may not have come, so the outage goes on.
            Some(last) if lasted(last) < SETTLED => {
                self.last = Some(before.began);
                // The service does not send again what a full buffer has lost.
                self.queued = match before.cause {
                    Cause::FullBuffer => Duration::ZERO,
                    _ => before.queued,
                };
            }
            _ => self.before = None,
        }
    }
}

#[cfg(test)]
#[path = "continuity_tests.rs"]
mod tests;
