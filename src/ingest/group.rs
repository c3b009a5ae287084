//! Collects lines that arrive one after the other into frames of the journal. Pure: no IO, no clock.

use std::ops::Range;

use bytes::Bytes;

use crate::{
    journal::{Batch, Effort, FRAME_BYTES, Source},
    powertrack::outage::continuity::Received,
    text::lines::Lines,
};

/// The most lines in a frame, a limit that only very small lines reach. A very large line makes a frame of its own.
const MOST_LINES: usize = FRAME_BYTES / 8;

/// Lines that arrived together, and when and how they arrived.
#[derive(Debug)]
pub struct Arrived {
    /// The lines.
    pub lines: Lines,
    /// Where they come from.
    pub source: Source,
    /// The number of the connection that brought them.
    pub connection: u64,
    /// When they were decoded, in milliseconds since 1970.
    pub at_ms: i64,
    /// The time up to which everything is in these lines and earlier ones.
    pub received: Option<Received>,
}

/// The frame that is being put together.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The lines as they will be in the frame.
    buffer: Vec<u8>,
    spans: Vec<Range<u32>>,
    ids: Vec<u64>,
    /// The source of the lines. A connection has only one source.
    source: Option<Source>,
    connection: u64,
    first_ms: i64,
    last_ms: i64,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether one more line can go in.
    pub(super) fn has_room_for(&self, line: &[u8], arrived: &Arrived) -> bool {
        self.is_empty()
            || self.connection == arrived.connection
                && self.buffer.len() + line.len() < FRAME_BYTES
                && self.len() < MOST_LINES
    }

    pub(super) fn push(&mut self, line: &[u8], id: u64, arrived: &Arrived) {
        if self.is_empty() {
            self.buffer.reserve(FRAME_BYTES.max(line.len() + 1));
            self.connection = arrived.connection;
            self.source = Some(arrived.source);
            self.first_ms = arrived.at_ms;
        }
        self.last_ms = arrived.at_ms;
        let place =
            |at: usize| u32::try_from(at).expect("a line is no longer than a setting allows");
        let start = place(self.buffer.len());
        self.buffer.extend_from_slice(line);
        self.spans.push(start..place(self.buffer.len()));
        self.buffer.push(b'\n');
        self.ids.push(id);
    }

    /// Takes the frame. The next line begins a new one.
    pub(super) fn take(&mut self, effort: Effort) -> Batch {
        let mut buffer = std::mem::take(&mut self.buffer);
        // A single Tweet must not hold the memory of a whole frame while it waits.
        if buffer.len() < buffer.capacity() / 2 {
            buffer.shrink_to_fit();
        }
        Batch {
            lines: Lines::new(Bytes::from(buffer), std::mem::take(&mut self.spans)),
            ids: std::mem::take(&mut self.ids),
            source: self.source.unwrap_or(Source::Live),
            connection: self.connection,
            first_ms: self.first_ms,
            last_ms: self.last_ms.max(self.first_ms),
            effort,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(connection: u64, at_ms: i64) -> Arrived {
        Arrived {
            lines: Lines::default(),
            source: Source::Live,
            connection,
            at_ms,
            received: None,
        }
    }

    #[test]
    fn a_frame_is_full_at_its_size_and_ends_with_its_connection() {
        let mut group = Group::default();
        let long = vec![b'x'; 2 * FRAME_BYTES];
        assert!(group.has_room_for(&long, &arrived(1, 5)));
        group.push(b"{}", 7, &arrived(1, 5));
        assert!(group.has_room_for(b"[]", &arrived(1, 9)));
        assert!(!group.has_room_for(b"[]", &arrived(2, 9)));
        assert!(!group.has_room_for(&long, &arrived(1, 9)));
        group.push(b"[]", 0, &arrived(1, 9));
        let batch = group.take(Effort::Small);
        let lines: Vec<_> = batch.lines.share_all().collect();
        assert_eq!(lines, ["{}", "[]"]);
        assert_eq!(
            batch.lines.joined(),
            Some(&b"{}\n[]\n"[..]),
            "no copy to be made"
        );
        assert_eq!((batch.ids, batch.connection), (vec![7, 0], 1));
        assert_eq!((batch.first_ms, batch.last_ms), (5, 9));
        assert!(group.is_empty());
        for id in 0..MOST_LINES {
            assert!(group.has_room_for(b"1", &arrived(1, 1)), "{id}");
            group.push(b"1", 0, &arrived(1, 1));
        }
        assert!(!group.has_room_for(b"1", &arrived(1, 1)));
    }
}
