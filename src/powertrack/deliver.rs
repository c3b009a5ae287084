//! What a connection brings, and who takes it.

use std::future::Future;

use super::{
    continuity::Complete,
    line::Dropped,
    outage::{Outage, Product},
    span::Span,
};
use crate::text::lines::Lines;

/// Why no more lines can be handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Whoever should have taken the lines is gone.
    Closed,
    /// These lines are taken, but no more for a while: rather than leave the service with a full buffer, which backfill
    /// does not repair, the connection is given up.
    Full,
}

/// What comes over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    /// The stream.
    Live,
    /// A past time again.
    Past(Product),
}

/// A connection over which something has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Greater than those of all connections before, in this process.
    pub number: u64,
    /// What comes over it.
    pub feed: Feed,
    /// The minutes that were asked for again.
    pub backfill_minutes: u8,
    /// What was before it. One with the number of an earlier outage takes its place.
    pub outage: Option<Outage>,
}

/// Takes the lines. As long as it does not return, nothing more is read.
pub(crate) trait Deliver: Send {
    /// A connection has begun: its first bytes have come, and the lines from now on are its lines.
    fn begin(&mut self, _: Connection) {}

    /// A connection or an attempt was lost, and nothing comes since this outage began; the next connection tells it again.
    fn away(&mut self, _: Outage) {}

    /// Takes a run of payload lines.
    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Lines came between these times that were longer than any may be. What was in them is gone.
    fn dropped(&mut self, _: Dropped, _: Span) {}

    /// All lines until then have been taken. Told with each piece that comes, heartbeats included, so it must cost nothing.
    fn received(&mut self, _: Complete) {}
}

impl<D: Deliver> Deliver for &mut D {
    fn begin(&mut self, connection: Connection) {
        (**self).begin(connection);
    }

    fn away(&mut self, outage: Outage) {
        (**self).away(outage);
    }

    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Refused>> + Send {
        (**self).deliver(lines)
    }

    fn dropped(&mut self, dropped: Dropped, span: Span) {
        (**self).dropped(dropped, span);
    }

    fn received(&mut self, complete: Complete) {
        (**self).received(complete);
    }
}
