//! A part of the calendar, from one time to another. Pure: no IO, no clock.

use std::time::Duration;

use jiff::Timestamp;

/// A span of time. Its end does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl Span {
    /// How long the span is. Zero if it ends before it begins.
    #[must_use]
    pub(crate) fn length(&self) -> Duration {
        self.to
            .duration_since(self.from)
            .try_into()
            .unwrap_or_default()
    }
}
