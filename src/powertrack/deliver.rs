//! What a connection brings, and who takes it.

use std::future::Future;

use super::{
    line::Dropped,
    outage::{Outage, Product, continuity::Complete, span::Span},
};
use crate::text::lines::Lines;

/// Why no more lines can be handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The taker of the lines is gone.
    Closed,
    /// These lines are taken, but no more for a while. So the connection is closed: otherwise the service's buffer
    /// would fill up, and backfill does not repair that.
    Full,
}

/// What comes over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    /// The live stream.
    Live,
    /// A past time, asked for again.
    Past(Product),
}

/// A connection that has brought its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Greater than the number of every earlier connection in this process.
    pub number: u64,
    /// What comes over it.
    pub feed: Feed,
    /// The minutes of backfill that were asked for.
    pub backfill_minutes: u8,
    /// The outage before this connection. It replaces an earlier outage with the same number.
    pub outage: Option<Outage>,
}

/// Takes what a connection brings. Until a call returns, nothing more is read.
pub(crate) trait Deliver: Send {
    /// A connection has begun: its first bytes have come, and all lines from now on belong to it.
    fn begin(&mut self, _: Connection) {}

    /// A connection or an attempt was lost, and nothing has come since this outage began. The next connection reports
    /// the outage again.
    fn away(&mut self, _: Outage) {}

    /// Takes a run of payload lines.
    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Over-long lines came between these times. What was in them is gone.
    fn dropped(&mut self, _: Dropped, _: Span) {}

    /// All lines until then have been taken. This is called with each piece that comes, heartbeats included, so it must
    /// be cheap.
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
