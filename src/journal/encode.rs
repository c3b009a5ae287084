//! From lines to the bytes of a frame: metadata in a skippable frame, then the compressed lines.

use std::io;

use zstd::{
    bulk::Compressor,
    zstd_safe::{CParameter, compress_bound},
};

use crate::lines::Lines;

use super::{
    error::Refused,
    meta::{self, Meta, Source},
};

/// The most bytes of lines that should go into one frame. A frame of twice the size is 4 % smaller and costs as much;
/// one of a quarter is 16 % larger.
pub const FRAME_BYTES: usize = 256 * 1024;

/// The most bytes of lines that one frame can hold: what reading a frame may take of memory.
pub(super) const MAX_RAW: usize = 64 * 1024 * 1024;

/// The most lines that one frame can hold: as many as the recommended size can have, two bytes each.
pub(super) const MAX_LINES: usize = FRAME_BYTES / 2;

/// Measured on 20 000 Tweets of 5.4 KB in frames of 256 KiB: 7.6 µs a Tweet for a ratio of 5.25, where level -5 takes
/// 7.3 to 7.7 µs for 4.63, and level 1 takes 8.9 to 9.4 µs for 6.64. Reading back takes 2.4, 2.4 and 2.9 µs.
const LEVEL: i32 = -2;

/// Tweets repeat long keys and whole users, so short matches cost more than they save. With 7, level -5 took 7.4 µs for a
/// ratio of 4.72 instead of 7.6 for 4.63; only frames of a single Tweet become larger by it, by 7 %.
const MIN_MATCH: u32 = 7;

/// The table of matches then fits the nearest cache. One of 2^14 is 2 % smaller and 10 % slower.
const HASH_LOG: u32 = 13;

/// Lines that arrived together, to become one frame.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The lines, without delimiters.
    pub lines: Lines,
    /// The Tweet id of each line; 0 for a line without one.
    pub ids: Vec<u64>,
    /// Where they come from.
    pub source: Source,
    /// The number of the connection that they came by.
    pub connection: u64,
    /// When the first was received, in milliseconds since 1970.
    pub first_ms: i64,
    /// When the last was received, in milliseconds since 1970.
    pub last_ms: i64,
}

/// Why there are no bytes.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Refused),
    Compress(io::Error),
}

/// Makes frames, with memory that is used again for each.
pub(super) struct Encoder {
    compressor: Compressor<'static>,
    raw: Vec<u8>,
    // As long as it ever had to be, so that only new room is filled with zeros.
    frame: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> io::Result<Self> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        compressor.set_parameter(CParameter::MinMatch(MIN_MATCH))?;
        compressor.set_parameter(CParameter::HashLog(HASH_LOG))?;
        Ok(Self {
            compressor,
            raw: Vec::new(),
            frame: Vec::new(),
        })
    }

    /// The metadata and the bytes of the frame, both parts of it.
    pub(super) fn encode(&mut self, batch: &Batch) -> Result<(Meta, &[u8]), Failed> {
        self.collect(batch).map_err(Failed::Refused)?;
        let header = meta::header_len(batch.lines.len());
        let room = header + compress_bound(self.raw.len());
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
        let compressed = self
            .compressor
            .compress_to_buffer(&self.raw, &mut self.frame[header..])
            .map_err(Failed::Compress)?;
        let bounded = |length: usize| u32::try_from(length).expect("frames are bounded");
        let meta = Meta {
            source: batch.source,
            connection: batch.connection,
            first_ms: batch.first_ms,
            last_ms: batch.last_ms,
            lines: bounded(batch.lines.len()),
            raw_bytes: bounded(self.raw.len()),
            compressed_bytes: bounded(compressed),
            ids: batch.ids.as_slice().into(),
        };
        meta::write(&meta, &mut self.frame[..header]);
        Ok((meta, &self.frame[..header + compressed]))
    }

    /// Puts the lines behind each other. The copy costs a twentieth of the compression, which then finds it in the cache.
    fn collect(&mut self, batch: &Batch) -> Result<(), Refused> {
        let lines = &batch.lines;
        if lines.len() != batch.ids.len() {
            return Err(Refused::Ids {
                lines: lines.len(),
                ids: batch.ids.len(),
            });
        }
        if lines.len() > MAX_LINES {
            return Err(Refused::TooMany(lines.len()));
        }
        let total = lines.iter().map(|line| line.len() + 1).sum();
        if total > MAX_RAW {
            return Err(Refused::TooLarge(total));
        }
        self.raw.clear();
        for (number, line) in lines.iter().enumerate() {
            if memchr::memchr(b'\n', &line).is_some() {
                return Err(Refused::Delimiter(number));
            }
            self.raw.extend_from_slice(&line);
            self.raw.push(b'\n');
        }
        Ok(())
    }
}
