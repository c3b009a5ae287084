//! A frame for readers: its lines, their metadata, and the positions between them.

use std::ops::Range;

use bytes::Bytes;
use zstd::bulk::Decompressor;

use crate::text::lines::Lines;

use super::{Meta, Position};

/// How much memory a line of a frame takes besides its bytes: its place and its id.
const LINE_OVERHEAD: usize = size_of::<Range<u32>>() + size_of::<u64>();

/// How much memory a frame takes besides its lines.
const FRAME_OVERHEAD: usize = 256;

/// Lines that were written together, in the order of their arrival.
#[derive(Debug, Clone)]
pub struct Frame {
    pub(super) segment: u64,
    pub(super) offset: u64,
    /// Where the next frame of the segment begins.
    pub(super) end: u64,
    /// How many lines of the frame were done before. They are not in `lines`.
    pub(super) done: u32,
    pub(super) lines: Lines,
    pub(super) meta: Meta,
}

impl Frame {
    /// The lines behind the position that was asked for.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The Tweet ids of these lines; 0 for a line without an id.
    pub fn ids(&self) -> &[u64] {
        &self.meta.ids[self.done as usize..]
    }

    /// The metadata of the whole frame, which includes the lines that were done before.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How many bytes of its segment the whole frame takes.
    pub fn bytes(&self) -> u64 {
        self.end - self.offset
    }

    /// The position before the first of these lines.
    pub fn start(&self) -> Position {
        self.after(0)
    }

    /// The position behind the last of these lines.
    pub fn end(&self) -> Position {
        Position::at(self.segment, self.end)
    }

    /// The position behind this many of these lines.
    pub fn after(&self, lines: usize) -> Position {
        match self.meta.lines as usize - self.done as usize {
            left if lines >= left => self.end(),
            _ => Position {
                segment: self.segment,
                offset: self.offset,
                line: self.done + u32::try_from(lines).expect("fewer than the frame has"),
            },
        }
    }

    /// How much memory the frame takes.
    pub(super) fn memory(&self) -> usize {
        self.lines.bytes() + self.lines.len() * LINE_OVERHEAD + FRAME_OVERHEAD
    }
}

/// Decompresses a frame, and returns its lines behind the first `done`. `None` if the frame is not what its metadata
/// says.
///
/// This never takes more memory than the metadata says, and that is bounded.
pub(super) fn decode(
    decompressor: &mut Decompressor<'_>,
    meta: &Meta,
    compressed: &[u8],
    done: u32,
) -> Option<Lines> {
    let expected = meta.raw_bytes as usize;
    let mut raw = Vec::with_capacity(expected);
    let length = decompressor
        .decompress_to_buffer(compressed, &mut raw)
        .ok()?;
    if length != expected || raw.last() != Some(&b'\n') {
        return None;
    }
    let mut spans = Vec::with_capacity(meta.lines as usize);
    let (mut start, mut count) = (0, 0);
    for end in memchr::memchr_iter(b'\n', &raw) {
        let end = u32::try_from(end).ok()?;
        if count >= done {
            spans.push(start..end);
        }
        start = end + 1;
        count += 1;
    }
    (count == meta.lines).then(|| Lines::new(Bytes::from(raw), spans))
}
