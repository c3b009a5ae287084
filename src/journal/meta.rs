//! The metadata of a frame, and its layout. It stands in a skippable frame before the frame, so it can be read without
//! decompressing anything.

use std::sync::Arc;

use super::limits::{MAX_LINES, MAX_RAW};

/// One of the sixteen magic numbers that zstd leaves to other programs. Well-known programs use 0 and 14.
const MAGIC: u32 = 0x184D_2A57;

/// The magic number as it is in a file.
pub(super) const MAGIC_BYTES: [u8; 4] = MAGIC.to_le_bytes();

/// Must be raised when today's readers would misunderstand what is written.
pub(super) const VERSION: u8 = 1;

/// The length of the prefix: the magic number, and the length of the rest.
pub(super) const PREFIX: usize = 8;

/// The length of the fixed part, between the prefix and the ids: checksum 4, version 1, source 1, nothing 2, connection
/// 8, first and last time 8 each, lines 4, raw bytes 4, compressed bytes 4. All numbers are little-endian.
const FIXED: usize = 44;

/// Where the lines of a frame come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The live stream.
    Live,
    /// Backfill: the stream sent it again after connecting.
    Backfill,
    /// The stream, recovered by the service on its own account.
    Recovery,
    /// A Replay of a past time.
    Replay,
    /// A source that only a later ouzel knows.
    Other(u8),
}

impl From<u8> for Source {
    fn from(code: u8) -> Self {
        match code {
            0 => Self::Live,
            1 => Self::Backfill,
            2 => Self::Recovery,
            3 => Self::Replay,
            other => Self::Other(other),
        }
    }
}

impl From<Source> for u8 {
    fn from(source: Source) -> Self {
        match source {
            Source::Live => 0,
            Source::Backfill => 1,
            Source::Recovery => 2,
            Source::Replay => 3,
            Source::Other(other) => other,
        }
    }
}

/// The metadata of a frame. It can be read without decompressing the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Where the lines come from.
    pub source: Source,
    /// The number of the connection that brought the lines.
    pub connection: u64,
    /// When the first line was received, in milliseconds since 1970.
    pub first_ms: i64,
    /// When the last line was received, in milliseconds since 1970.
    pub last_ms: i64,
    /// How many lines there are.
    pub lines: u32,
    /// How many bytes the lines have, with a delimiter of one byte each.
    pub raw_bytes: u32,
    /// How many bytes the compressed lines have.
    pub compressed_bytes: u32,
    /// The Tweet id of each line; 0 for a line without an id.
    pub ids: Arc<[u64]>,
}

/// The result of reading bytes as one of our skippable frames.
#[derive(Debug)]
pub(super) enum Parsed {
    /// Valid.
    Meta(Meta),
    /// Valid, but written by a later ouzel.
    Version(u8),
    /// Anything else.
    Nothing,
}

/// The length of the skippable frame for this many lines.
pub(super) const fn header_len(lines: usize) -> usize {
    PREFIX + FIXED + lines * size_of::<u64>()
}

/// Reads the length of the whole skippable frame from its prefix. `None` if it is not one of ours.
pub(super) fn announced_len(prefix: &[u8]) -> Option<usize> {
    let (magic, length) = prefix.get(..PREFIX)?.split_at(4);
    let length = u32_at(length, 0) as usize;
    let is_ours = magic == MAGIC_BYTES && length >= FIXED && length <= header_len(MAX_LINES);
    is_ours.then_some(PREFIX + length)
}

/// Writes a skippable frame into `header`, which must be as long as [`header_len`] says.
pub(super) fn write(meta: &Meta, header: &mut [u8]) {
    let body = header.len() - PREFIX;
    let length = u32::try_from(body).expect("the number of lines is bounded");
    header[..4].copy_from_slice(&MAGIC_BYTES);
    header[4..8].copy_from_slice(&length.to_le_bytes());
    let body = &mut header[PREFIX..];
    body[4..8].copy_from_slice(&[VERSION, meta.source.into(), 0, 0]);
    body[8..16].copy_from_slice(&meta.connection.to_le_bytes());
    body[16..24].copy_from_slice(&meta.first_ms.to_le_bytes());
    body[24..32].copy_from_slice(&meta.last_ms.to_le_bytes());
    body[32..36].copy_from_slice(&meta.lines.to_le_bytes());
    body[36..40].copy_from_slice(&meta.raw_bytes.to_le_bytes());
    body[40..44].copy_from_slice(&meta.compressed_bytes.to_le_bytes());
    for (place, id) in body[FIXED..].chunks_exact_mut(8).zip(meta.ids.iter()) {
        place.copy_from_slice(&id.to_le_bytes());
    }
    let checksum = crc32fast::hash(&body[4..]);
    body[..4].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads a whole skippable frame. Nothing in it is trusted before its checksum is checked.
pub(super) fn parse(header: &[u8]) -> Parsed {
    if announced_len(header) != Some(header.len()) {
        return Parsed::Nothing;
    }
    let body = &header[PREFIX..];
    if crc32fast::hash(&body[4..]) != u32_at(body, 0) {
        return Parsed::Nothing;
    }
    if body[4] != VERSION {
        return Parsed::Version(body[4]);
    }
    let meta = Meta {
        source: body[5].into(),
        connection: u64_at(body, 8),
        first_ms: u64_at(body, 16).cast_signed(),
        last_ms: u64_at(body, 24).cast_signed(),
        lines: u32_at(body, 32),
        raw_bytes: u32_at(body, 36),
        compressed_bytes: u32_at(body, 40),
        ids: body[FIXED..]
            .chunks_exact(8)
            .map(|id| u64_at(id, 0))
            .collect(),
    };
    let lines = meta.lines as usize;
    let is_possible = lines > 0
        && header.len() == header_len(lines)
        && meta.raw_bytes >= meta.lines
        && meta.raw_bytes as usize <= MAX_RAW
        && meta.compressed_bytes as usize <= zstd::zstd_safe::compress_bound(MAX_RAW);
    if is_possible {
        Parsed::Meta(meta)
    } else {
        Parsed::Nothing
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are cut"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are cut"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> (Meta, Vec<u8>) {
        let meta = Meta {
            source: Source::Backfill,
            connection: 7,
            first_ms: -1,
            last_ms: 1_795_301_490_123,
            lines: 3,
            raw_bytes: 30,
            compressed_bytes: 20,
            ids: [u64::MAX, 0, 5].into(),
        };
        let mut header = vec![0; header_len(3)];
        write(&meta, &mut header);
        (meta, header)
    }

    #[test]
    fn what_is_written_is_read() {
        let (meta, header) = header();
        assert!(matches!(parse(&header), Parsed::Meta(read) if read == meta));
    }

    #[test]
    fn no_changed_bit_and_no_cut_is_believed() {
        let (_, header) = header();
        for cut in 0..header.len() {
            assert!(matches!(parse(&header[..cut]), Parsed::Nothing), "{cut}");
        }
        for bit in 0..header.len() * 8 {
            let mut changed = header.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(parse(&changed), Parsed::Nothing), "{bit}");
        }
    }

    #[test]
    fn a_later_version_is_told_apart_from_damage() {
        let (_, mut header) = header();
        header[PREFIX + 4] = 2;
        let checksum = crc32fast::hash(&header[PREFIX + 4..]);
        header[PREFIX..PREFIX + 4].copy_from_slice(&checksum.to_le_bytes());
        assert!(matches!(parse(&header), Parsed::Version(2)));
    }

    #[test]
    fn sources_keep_their_numbers() {
        for code in 0..=u8::MAX {
            assert_eq!(u8::from(Source::from(code)), code);
        }
    }
}
