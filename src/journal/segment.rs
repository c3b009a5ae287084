//! Reads the frames of one segment, and finds the next good frame behind a damaged one.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use memchr::memmem;
use zstd::bulk::Decompressor;

use super::{
    Damage, Damaged, Error, Frame, Meta, Position,
    frame::decode,
    meta::{self, MAGIC_BYTES, PREFIX, Parsed},
    position::path_of,
    window::Window,
};

/// How many bytes are read ahead when whole frames are read.
pub(super) const FRAMES_AHEAD: usize = 256 * 1024;

/// How many bytes are read ahead when only metadata is read, which is far apart.
pub(super) const METADATA_AHEAD: usize = 4 * 1024;

/// How many bytes are searched at a time for the next good frame.
const SEARCHED: usize = 64 * 1024;

/// No frame ends in this many zeros, because its data ends in a checksum.
const ZEROS: u64 = PREFIX as u64;

/// A valid skippable frame, and where its data frame is.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) meta: Meta,
    pub(super) offset: u64,
    data: u64,
    pub(super) end: u64,
}

/// What is found at an offset.
#[derive(Debug)]
pub(super) enum Found<T> {
    /// What was looked for.
    Whole(T),
    /// Something unreadable, and where reading can go on.
    Damaged(Damaged),
    /// Nothing more.
    End,
}

/// An open segment.
pub(super) struct Segment {
    pub(super) segment: u64,
    path: PathBuf,
    window: Window,
    decompressor: Decompressor<'static>,
}

impl Segment {
    /// Opens a segment. `None` if there is no such file.
    pub(super) fn open(folder: &Path, segment: u64, ahead: usize) -> Result<Option<Self>, Error> {
        let path = path_of(folder, segment);
        let failed = |path, source| Error::Open { path, source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(path, source)),
        };
        let decompressor = match Decompressor::new() {
            Ok(decompressor) => decompressor,
            Err(source) => return Err(failed(path, source)),
        };
        Ok(Some(Self {
            segment,
            path,
            window: Window::new(file, ahead),
            decompressor,
        }))
    }

    /// Opens a segment, and returns the present length of its file too.
    pub(super) fn open_whole(
        folder: &Path,
        segment: u64,
        ahead: usize,
    ) -> Result<Option<(Self, u64)>, Error> {
        let Some(open) = Self::open(folder, segment, ahead)? else {
            return Ok(None);
        };
        match open.window.file_len() {
            Ok(length) => Ok(Some((open, length))),
            Err(source) => Err(open.unread(0, source)),
        }
    }

    /// Reads the frame at `offset`, without its first `done` lines. Nothing behind `limit` is looked at.
    pub(super) fn frame(
        &mut self,
        offset: u64,
        done: u32,
        limit: u64,
    ) -> Result<Found<Frame>, Error> {
        let header = match self.metadata(offset, limit)? {
            Found::Whole(header) => header,
            Found::Damaged(damaged) => return Ok(Found::Damaged(damaged)),
            Found::End => return Ok(Found::End),
        };
        let done = done.min(header.meta.lines);
        let length = header.meta.compressed_bytes as usize;
        let compressed = match self.window.bytes(header.data, length, header.end) {
            Ok(compressed) => compressed,
            Err(source) => return Err(self.unread(header.data, source)),
        };
        match decode(&mut self.decompressor, &header.meta, compressed, done) {
            Some(lines) => Ok(Found::Whole(Frame {
                segment: self.segment,
                offset,
                end: header.end,
                done,
                lines,
                meta: header.meta,
            })),
            None => self.damaged_data(header, limit).map(Found::Damaged),
        }
    }

    /// Reads the metadata of the frame at `offset`. The whole frame must be before `limit`.
    pub(super) fn metadata(&mut self, offset: u64, limit: u64) -> Result<Found<Header>, Error> {
        if offset >= limit {
            return Ok(Found::End);
        }
        match self.header(offset, limit)? {
            Some(header) if header.end <= limit => Ok(Found::Whole(header)),
            Some(cut) => self.damaged_data(cut, limit).map(Found::Damaged),
            None => {
                let next = self.search(offset + 1, limit, limit)?.unwrap_or(limit);
                Ok(Found::Damaged(self.damaged(offset, next, None)))
            }
        }
    }

    /// Describes a frame with damaged data. Its length is known, so the next frame begins behind it, unless bytes are
    /// missing.
    fn damaged_data(&mut self, header: Header, limit: u64) -> Result<Damaged, Error> {
        let end = header.end.min(limit);
        let next = match self.header(end, limit)? {
            Some(_) => end,
            None => self.search(header.data, end, limit)?.unwrap_or(end),
        };
        Ok(self.damaged(header.offset, next, Some(&header.meta)))
    }

    fn damaged(&self, offset: u64, next: u64, meta: Option<&Meta>) -> Damaged {
        Damaged {
            damage: Damage::Unreadable,
            segment: self.segment,
            offset,
            bytes_skipped: Some(next - offset),
            lines: meta.map(|meta| meta.lines),
            first_ms: meta.map(|meta| meta.first_ms),
            last_ms: meta.map(|meta| meta.last_ms),
            next: Position::at(self.segment, next),
            next_ms: None,
        }
    }

    /// Reads the metadata at `offset`, if there is any. The data behind it may be cut.
    fn header(&mut self, offset: u64, limit: u64) -> Result<Option<Header>, Error> {
        match self.parsed(offset, limit) {
            Err(source) => Err(self.unread(offset, source)),
            Ok(Parsed::Nothing) => Ok(None),
            Ok(Parsed::Version(version)) => Err(Error::Version {
                path: self.path.clone(),
                offset,
                version,
            }),
            Ok(Parsed::Meta(meta)) => {
                let data = offset + meta::header_len(meta.lines as usize) as u64;
                Ok(Some(Header {
                    offset,
                    data,
                    end: data + u64::from(meta.compressed_bytes),
                    meta,
                }))
            }
        }
    }

    fn parsed(&mut self, offset: u64, limit: u64) -> io::Result<Parsed> {
        let prefix = self.window.bytes(offset, PREFIX, limit)?;
        let Some(length) = meta::announced_len(prefix) else {
            return Ok(Parsed::Nothing);
        };
        Ok(meta::parse(self.window.bytes(offset, length, limit)?))
    }

    /// Whether the bytes from `offset` to the end are a frame that was only written in part: its end is missing, or a
    /// power failure has left zeros in its place.
    pub(super) fn is_torn(&mut self, offset: u64, limit: u64) -> Result<bool, Error> {
        let header = self.header(offset, limit)?;
        match self.is_torn_at(offset, limit, header.as_ref()) {
            Ok(is_torn) => Ok(is_torn),
            Err(source) => Err(self.unread(offset, source)),
        }
    }

    fn is_torn_at(&mut self, offset: u64, limit: u64, header: Option<&Header>) -> io::Result<bool> {
        let start = self.window.bytes(offset, PREFIX, limit)?;
        // The magic number itself may be cut.
        let mut magic = start.iter().zip(MAGIC_BYTES);
        let is_other = |(byte, known): (&u8, u8)| *byte != known;
        if let Some(at) = magic.position(is_other)
            && start[at..].iter().any(|byte| *byte != 0)
        {
            return Ok(false);
        }
        let announced = match header {
            Some(header) => Some(header.end),
            None if start.len() < PREFIX => return Ok(true),
            None => meta::announced_len(start).map(|length| offset + length as u64),
        };
        Ok(announced.is_some_and(|end| end > limit) || self.ends_in_zeros(offset, limit)?)
    }

    /// Whether the last of these bytes were never written, and so are zeros.
    fn ends_in_zeros(&mut self, offset: u64, limit: u64) -> io::Result<bool> {
        let from = limit.saturating_sub(ZEROS).max(offset);
        let bytes = self.window.bytes(from, PREFIX, limit)?;
        Ok(bytes.iter().all(|byte| *byte == 0))
    }

    /// Finds the first valid metadata that begins in `from..to`.
    fn search(&mut self, mut from: u64, to: u64, limit: u64) -> Result<Option<u64>, Error> {
        while from < to {
            let bytes = match self.window.bytes(from, SEARCHED, limit) {
                Ok(bytes) => bytes,
                Err(source) => return Err(self.unread(from, source)),
            };
            match memmem::find(bytes, &MAGIC_BYTES) {
                Some(found) => from += found as u64,
                // The magic number may begin in the last three bytes.
                None if bytes.len() > 3 => {
                    from += bytes.len() as u64 - 3;
                    continue;
                }
                None => return Ok(None),
            }
            if from < to && self.header(from, limit)?.is_some() {
                return Ok(Some(from));
            }
            from += 1;
        }
        Ok(None)
    }

    fn unread(&self, offset: u64, source: io::Error) -> Error {
        Error::Read {
            path: self.path.clone(),
            offset,
            source,
        }
    }
}
