//! Follows what came when, over all connections. From that follow the outages and what to ask for again. Pure: no IO,
//! no clock.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    clock::Moment,
    lateness::ReadTo,
    outage::{Outage, QUEUED, back, backfill_minutes},
    status::Cause,
    stream::Received,
};

/// What was asked for again has come after so long: older Tweets are sent first, as fast as they are read [reference 2.11].
const SETTLED: Duration = Duration::from_secs(30);

/// Follows the bytes of one stream.
#[derive(Debug)]
pub(super) struct Continuity {
    outages: u64,
    /// When the last byte came, by a connection or, before the first one, up to when an earlier process had everything.
    last: Option<Moment>,
    /// Up to where the present connection has been read, if a Tweet has come over it.
    read: Option<ReadTo>,
    /// How much of the time before the last byte may be missing too, once the connection is lost.
    queued: Duration,
    /// What ended the connection that brought it.
    lost: Option<Cause>,
    /// Whether the service has said that nothing of the time before is left.
    is_emptied: bool,
    /// The outage before the present connection, and when both clocks stood where.
    before: Option<Before>,
    /// The connection that has begun last.
    connection: Option<Begun>,
}

/// What a connection can bring, and its buffer can hold: what was sent since its first byte, and what was asked for again.
///
/// Its first byte, and not the request for it, since the time between belongs to the outage before.
#[derive(Debug, Clone, Copy)]
struct Begun {
    /// When the first byte came.
    at: Moment,
    /// How much of the time before was asked for again, but not what an earlier connection had brought.
    again: Duration,
}

impl Begun {
    /// The most of the time before its last byte that can have waited in its buffer.
    fn most(self, last: Moment) -> Duration {
        last.since(self.at) + self.again
    }

    /// How much of the time before its last byte was not read, as the Tweets say that were.
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

/// That everything has come which could until then. What that means is worked out when somebody keeps it: it is said of
/// each piece that comes.
#[derive(Debug, Clone)]
pub(crate) struct Complete {
    /// When the last byte came, or the beginning of what was asked for again and may still be on its way.
    pub at: Timestamp,
    /// See [`Received::is_settled`].
    pub is_settled: bool,
    /// Where it was read to, by the connection and at the byte that came last.
    read: Option<(ReadTo, Begun, Moment)>,
}

impl Complete {
    /// Up to when everything has come: Tweets of before the last byte may still wait to be read.
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
    /// A stream of which everything has come until `last_received`, if there was one before.
    pub(super) fn new(last_received: Option<Timestamp>, now: Moment) -> Self {
        let last = last_received.map(|last| now.earlier(last));
        Self {
            outages: 0,
            lost: last.map(|_| Cause::Restart),
            last,
            read: None,
            // Up to when an earlier process had everything says it already.
            queued: Duration::ZERO,
            is_emptied: false,
            before: None,
            connection: None,
        }
    }

    /// The minutes to ask for again now, of at most `most`.
    pub(super) fn to_ask(&self, now: Moment, most: u8) -> u8 {
        match self.last {
            Some(last) if !self.is_emptied => backfill_minutes(now.since(last) + self.queued, most),
            _ => 0,
        }
    }

    /// The first byte of a connection that has been asked for these minutes: what was before it, if anything was.
    pub(super) fn resumed(&mut self, now: Moment, asked: u8) -> Option<Outage> {
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

    /// The outage that goes on after a connection or an attempt was lost: the next connection tells it with the same number.
    pub(super) fn away(&self, now: Moment) -> Option<Outage> {
        let (began, cause) = (self.last?, self.lost?);
        let before = self.before(began, now, cause, self.queued, self.connection);
        let outage = Outage::between(before.number, before.cause, began, now, 0);
        Some(Outage {
            queued: before.queued,
            ..outage
        })
    }

    /// What is before the next connection: another outage, or one that goes on. `lost` is the connection before.
    fn before(
        &self,
        began: Moment,
        ended: Moment,
        cause: Cause,
        queued: Duration,
        lost: Option<Begun>,
    ) -> Before {
        match self.before.filter(|before| before.began == began) {
            // Its beginning stays: a buffer of a connection since then held nothing older.
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
                    // How much was in it nobody says. At the least it is what the last Tweet says.
                    (Cause::FullBuffer, Some(lost)) => queued.max(QUEUED.min(lost.most(began))),
                    _ => queued,
                },
            },
        }
    }

    /// Bytes have come.
    pub(super) fn received(&mut self, now: Moment) {
        self.last = Some(now);
    }

    /// Lines came with the last bytes, and this is the last of them.
    pub(super) fn read(&mut self, line: Bytes) {
        self.read = self.last.map(|last| ReadTo::Line(line, last));
    }

    /// The last bytes were a heartbeat that had to be waited for: the stream has been read to its end.
    pub(super) fn read_to_end(&mut self) {
        if let (Some(read), Some(last)) = (&mut self.read, self.last) {
            *read = read.at_end(last);
        }
    }

    /// That everything has come which could: a process that begins anew goes on from there, and knows nothing of an outage
    /// before that goes on.
    pub(super) fn complete(&self) -> Option<Complete> {
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

    /// The connection, or an attempt, was lost. After a full buffer that the service has announced, it has nothing left
    /// to ask for.
    pub(super) fn lost(&mut self, cause: Cause, is_announced: bool) {
        // Attempts that fail after it have read nothing.
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
            // What was asked for again may not have come: the outage goes on.
            Some(last) if lasted(last) < SETTLED => {
                self.last = Some(before.began);
                // Of what a full buffer has lost nothing is sent again.
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
