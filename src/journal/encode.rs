//! Turns lines into the bytes of a frame: metadata in a skippable frame, then the compressed lines.

use std::io;

use zstd::{
    bulk::Compressor,
    zstd_safe::{CParameter, compress_bound},
};

use crate::text::lines::Lines;

use super::{
    error::Refused,
    limits::{MAX_LINES, MAX_RAW},
    meta::{self, Meta, Source},
};

/// What compression should save: space on disk, or time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effort {
    /// Save space: lines come more slowly than they are compressed.
    #[default]
    Small,
    /// Save time: more lines are already waiting.
    Fast,
}

/// Measured on 20 000 Tweets of 5.4 KB in frames of 256 KiB: 7.7 µs for each Tweet and a ratio of 6.6. Level 3 takes
/// 9.2 µs for 6.8.
const SMALL: i32 = 1;

/// Measured on the same Tweets: 6.2 µs for a ratio of 3.9. Level -5 takes 6.6 for 4.7, and level -20 takes 5.4 for 3.0.
const FAST: i32 = -10;

/// Tweets repeat long keys and whole users, so short matches cost more than they save. With a minimum of 7, level 1 is
/// 4 % faster and level -10 is 13 % faster. Only frames of a single Tweet become larger: by 2 % and by 6 %.
const MIN_MATCH: u32 = 7;

/// The largest table of matches that fits the nearest cache. The usual table of level -10 is half as large, and finds
/// 3 % less.
const HASH_LOG: u32 = 14;

/// Lines that arrived together and become one frame.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The lines, without delimiters.
    pub lines: Lines,
    /// The Tweet id of each line; 0 for a line without an id.
    pub ids: Vec<u64>,
    /// Where the lines come from.
    pub source: Source,
    /// The number of the connection that brought the lines.
    pub connection: u64,
    /// When the first was received, in milliseconds since 1970.
    pub first_ms: i64,
    /// When the last was received, in milliseconds since 1970.
    pub last_ms: i64,
    /// What compression should save.
    pub effort: Effort,
}

/// Why lines could not be encoded.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(Refused),
    Compress(io::Error),
}

/// Makes frames. Its memory is used again for each frame.
pub(super) struct Encoder {
    small: Compressor<'static>,
    fast: Compressor<'static>,
    joined: Vec<u8>,
    // As long as the longest frame so far needed, so that only new room is filled with zeros.
    frame: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            small: compressor(SMALL)?,
            fast: compressor(FAST)?,
            joined: Vec::new(),
            frame: Vec::new(),
        })
    }

    /// Returns the metadata of a frame, and its bytes: the skippable frame and the compressed lines.
    pub(super) fn encode(&mut self, batch: &Batch) -> Result<(Meta, &[u8]), Failed> {
        check(batch).map_err(Failed::Refused)?;
        let raw = match batch.lines.joined() {
            Some(raw) => raw,
            None => {
                self.joined.clear();
                for line in batch.lines.iter() {
                    self.joined.extend_from_slice(line);
                    self.joined.push(b'\n');
                }
                &self.joined
            }
        };
        let header = meta::header_len(batch.lines.len());
        let room = header + compress_bound(raw.len());
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
        let compressor = match batch.effort {
            Effort::Small => &mut self.small,
            Effort::Fast => &mut self.fast,
        };
        let compressed = compressor
            .compress_to_buffer(raw, &mut self.frame[header..])
            .map_err(Failed::Compress)?;
        let bounded = |length: usize| u32::try_from(length).expect("frames are bounded");
        let meta = Meta {
            source: batch.source,
            connection: batch.connection,
            first_ms: batch.first_ms,
            last_ms: batch.last_ms,
            lines: bounded(batch.lines.len()),
            raw_bytes: bounded(raw.len()),
            compressed_bytes: bounded(compressed),
            ids: batch.ids.as_slice().into(),
        };
        meta::write(&meta, &mut self.frame[..header]);
        Ok((meta, &self.frame[..header + compressed]))
    }
}

fn compressor(level: i32) -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(level)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.set_parameter(CParameter::MinMatch(MIN_MATCH))?;
    compressor.set_parameter(CParameter::HashLog(HASH_LOG))?;
    Ok(compressor)
}

/// Checks that the lines can be read back exactly.
fn check(batch: &Batch) -> Result<(), Refused> {
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
    match lines
        .iter()
        .position(|line| memchr::memchr(b'\n', line).is_some())
    {
        Some(number) => Err(Refused::Delimiter(number)),
        None => Ok(()),
    }
}
