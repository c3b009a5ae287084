//! Segments as no journal writes them: good frames with damage between, made by a list of pieces.
//!
//! The layout stands here a second time, so that what writes the damage shares no mistake with what reads it.

use std::{fs, path::Path};

/// What was written.
pub(super) struct Written {
    /// How many segments there are.
    pub(super) segments: u32,
    /// What they have together.
    pub(super) bytes: u64,
    /// The lines of the good frames before the first piece that is not good.
    pub(super) before: Vec<Vec<u8>>,
    /// Whether there is such a piece.
    pub(super) is_damaged: bool,
}

/// Zstandard's own magic number.
const ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// That of the skippable frame before each frame, with what is known of it.
const META: [u8; 4] = 0x184D_2A57_u32.to_le_bytes();

/// What is said of a frame.
struct Said {
    version: u8,
    first_ms: i64,
    lines: u32,
    raw_bytes: u32,
    compressed_bytes: u32,
    ids: u32,
}

/// Writes segments into a folder. A piece is a byte that says what it is, and one that says how much of it.
pub(super) fn write(folder: &Path, pieces: &[u8]) -> Written {
    let mut written = Written {
        segments: 0,
        bytes: 0,
        before: Vec::new(),
        is_damaged: false,
    };
    let mut input = Input(pieces);
    let (mut segment, mut number) = (Vec::new(), 0);
    while let Some(kind) = input.byte() {
        let size = usize::from(input.byte().unwrap_or(0));
        match kind % 8 {
            0 => {
                let lines = texts(number, size % 4);
                segment.extend(frame(&lines));
                number += 1;
                if !written.is_damaged {
                    written.before.extend(lines);
                }
                continue;
            }
            1 => segment.extend(input.bytes(size)),
            2 => segment.resize(segment.len() + size, 0),
            // A good frame whose end is missing.
            3 => {
                let whole = frame(&texts(number, 2));
                segment.extend(&whole[..size.min(whole.len() - 1)]);
            }
            // A good frame with another byte in it.
            4 => {
                let mut changed = frame(&texts(number, 1));
                let at = size % changed.len();
                changed[at] ^= input.byte().unwrap_or(0) | 1;
                segment.extend(changed);
            }
            // A valid checksum over what cannot be, or hardly.
            5 => {
                let said = Said {
                    version: 1,
                    first_ms: i64::from_le_bytes(input.array()),
                    lines: u32::from_le_bytes(input.array()),
                    raw_bytes: u32::from_le_bytes(input.array()),
                    compressed_bytes: u32::from_le_bytes(input.array()),
                    ids: size as u32 % 8,
                };
                segment.extend(header(&said));
                segment.extend(input.bytes(size));
            }
            // What a later ouzel may write.
            6 => segment.extend(header(&Said {
                version: 2 + kind / 8,
                first_ms: 0,
                lines: 1,
                raw_bytes: 2,
                compressed_bytes: size as u32,
                ids: 1,
            })),
            _ => {
                save(folder, &mut written, &mut segment);
                continue;
            }
        }
        written.is_damaged = true;
    }
    save(folder, &mut written, &mut segment);
    written
}

fn save(folder: &Path, written: &mut Written, segment: &mut Vec<u8>) {
    // An hour has so many seconds to name segments after.
    if written.segments >= 3_600 {
        return;
    }
    let (minute, second) = (written.segments / 60, written.segments % 60);
    let name = format!("20260314T15{minute:02}{second:02}.000000Z.zst");
    fs::write(folder.join(name), &segment).unwrap();
    written.segments += 1;
    written.bytes += segment.len() as u64;
    segment.clear();
}

/// A few lines, each another than all before.
fn texts(number: usize, more: usize) -> Vec<Vec<u8>> {
    let line = |line| format!(r#"{{"id_str":"{number}","line":{line}}}"#).into_bytes();
    (0..=more).map(line).collect()
}

/// A frame as the journal has it, but that nothing is compressed.
fn frame(lines: &[Vec<u8>]) -> Vec<u8> {
    let raw: Vec<u8> = lines
        .iter()
        .flat_map(|line| [line, &b"\n"[..]].concat())
        .collect();
    let length = u32::try_from(raw.len()).unwrap();
    let mut data = ZSTD.to_vec();
    // One segment, and its length in four bytes; then one block, the last, of bytes as they are.
    data.push(0b1010_0000);
    data.extend(length.to_le_bytes());
    data.extend(&(length << 3 | 1).to_le_bytes()[..3]);
    data.extend(&raw);
    let lines = u32::try_from(lines.len()).unwrap();
    let mut whole = header(&Said {
        version: 1,
        first_ms: 1_000,
        lines,
        raw_bytes: length,
        compressed_bytes: u32::try_from(data.len()).unwrap(),
        ids: lines,
    });
    whole.extend(data);
    whole
}

fn header(said: &Said) -> Vec<u8> {
    let mut body = vec![said.version, 0, 0, 0];
    body.extend(7_u64.to_le_bytes());
    body.extend(said.first_ms.to_le_bytes());
    body.extend(said.first_ms.to_le_bytes());
    body.extend(said.lines.to_le_bytes());
    body.extend(said.raw_bytes.to_le_bytes());
    body.extend(said.compressed_bytes.to_le_bytes());
    for id in 0..said.ids {
        body.extend(u64::from(id).to_le_bytes());
    }
    let mut header = META.to_vec();
    header.extend(u32::try_from(body.len() + 4).unwrap().to_le_bytes());
    header.extend(crc32fast::hash(&body).to_le_bytes());
    header.extend(body);
    header
}

/// Bytes to be used up from the front.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// So many bytes, or what is left.
    pub(super) fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// So many bytes, with zeros where nothing is left.
    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let bytes = self.bytes(N);
        array[..bytes.len()].copy_from_slice(bytes);
        array
    }
}
