//! Turns compressed bytes into lines, and hands on each line as soon as its delimiter is decoded.

use std::{io::ErrorKind, ops::Range};

use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncReadExt};

use super::{
    compressed::Compressed,
    error::Error,
    line::{Dropped, Splitter},
};
use crate::text::lines::Lines;

/// How many bytes are decoded at a time: about a dozen Tweets, which still fit in the processor's cache.
const READ: usize = 64 * 1024;

/// The buffer grows when it has less room than this, so that no read is too small to be worth it.
const LEAST_ROOM: usize = READ / 4;

/// What a [`Decoder`] has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DecodeStats {
    /// Bytes received.
    pub compressed: u64,
    /// Bytes after unpacking.
    pub decoded: u64,
    /// Lines handed on.
    pub lines: u64,
    /// Blank lines.
    pub heartbeats: u64,
    /// Lines dropped because they were too long.
    pub over_long: u64,
    /// Last lines without a delimiter, which are dropped.
    pub incomplete: u64,
}

/// Unpacks all of `reader`, keeps nothing, and returns the number of bytes. This is the measure for everything else.
///
/// # Errors
/// If the reader fails or the gzip is corrupt.
pub(crate) async fn inflate_alone(reader: impl AsyncBufRead + Unpin) -> std::io::Result<u64> {
    let mut reader = GzipDecoder::new(reader);
    reader.multiple_members(true);
    let mut buffer = Vec::with_capacity(READ);
    let mut bytes = 0;
    loop {
        buffer.clear();
        match reader.read_buf(&mut buffer).await? {
            0 => return Ok(bytes),
            read => bytes += read as u64,
        }
    }
}

/// What one read brought.
#[derive(Debug)]
pub(crate) enum Progress {
    /// At least one line.
    Lines(Lines),
    /// Bytes without a whole line, perhaps heartbeats.
    Bytes,
    /// The stream has ended.
    End,
}

/// Unpacks gzip from `R` and cuts it into lines.
#[derive(Debug)]
pub(crate) struct Decoder<R> {
    reader: GzipDecoder<Compressed<R>>,
    splitter: Splitter,
    /// Decoded bytes, from the start of the first unfinished line.
    buffer: Vec<u8>,
    decoded: u64,
    /// The error that ended the stream. It is kept until the lines before it are handed out.
    failure: Option<Error>,
    ended: bool,
}

impl<R: AsyncBufRead + Unpin> Decoder<R> {
    /// A decoder that drops lines of more than `max_line` bytes.
    pub(crate) fn new(reader: R, max_line: usize) -> Self {
        let mut reader = GzipDecoder::new(Compressed::new(reader));
        // A second gzip member is not documented, but legal [inferred, reference 2.5].
        reader.multiple_members(true);
        Self {
            reader,
            splitter: Splitter::new(max_line),
            buffer: Vec::with_capacity(READ),
            decoded: 0,
            failure: None,
            ended: false,
        }
    }

    /// What was seen so far.
    pub(crate) fn stats(&self) -> DecodeStats {
        let counts = self.splitter.counts();
        DecodeStats {
            compressed: self.reader.get_ref().bytes(),
            decoded: self.decoded,
            lines: counts.lines,
            heartbeats: counts.heartbeats,
            over_long: counts.over_long,
            incomplete: counts.incomplete,
        }
    }

    /// Takes the over-long lines that have ended since the last call.
    pub(crate) fn take_dropped(&mut self) -> Dropped {
        self.splitter.take_dropped()
    }

    /// Says that nothing more is read. This ends an over-long line that has begun.
    pub(crate) fn abandon(&mut self) -> Dropped {
        self.splitter.abandon();
        self.take_dropped()
    }

    /// Whether only whole lines have come.
    pub(crate) fn is_between_lines(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Waits for the next lines, and returns them as soon as there is one. Returns `None` at the end of the stream,
    /// which may come inside a gzip member [inferred, reference 2.5]. Cancelling this loses nothing.
    ///
    /// # Errors
    /// If the connection broke or the gzip stream is corrupt. The lines before that are returned first. If gzip is
    /// corrupt, the last few lines may be lost with the piece that holds the fault.
    pub(crate) async fn next(&mut self) -> Result<Option<Lines>, Error> {
        loop {
            match self.read().await? {
                Progress::Lines(lines) => return Ok(Some(lines)),
                Progress::Bytes => {}
                Progress::End => return Ok(None),
            }
        }
    }

    /// Waits for bytes and decodes them. Unlike [`Decoder::next`], it also returns when no whole line has come, so the
    /// caller can watch for silence. Cancelling this loses nothing.
    ///
    /// # Errors
    /// As for [`Decoder::next`].
    pub(crate) async fn read(&mut self) -> Result<Progress, Error> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        if self.ended {
            return Ok(Progress::End);
        }
        if self.buffer.capacity() - self.buffer.len() < LEAST_ROOM {
            self.buffer.reserve(READ);
        }
        let read = self.reader.read_buf(&mut self.buffer).await;
        if let Ok(read @ 1..) = read {
            self.decoded += read as u64;
            let mut spans = Vec::new();
            let done = self.splitter.split(&self.buffer, &mut spans);
            return Ok(self.hand_out(done, spans));
        }
        let broken = self.reader.get_mut().take_failure().map(Error::Broken);
        let corrupt = match read {
            // The trailer of the gzip may never arrive [inferred, reference 2.5].
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
                Some(Error::Corrupt(error.to_string()))
            }
            _ => None,
        };
        self.finish(broken.or(corrupt))
    }

    /// Hands out the whole lines and drops the rest. If there are whole lines, only the next read returns `failure`.
    fn finish(&mut self, failure: Option<Error>) -> Result<Progress, Error> {
        self.ended = true;
        let mut spans = Vec::new();
        let done = self.splitter.split(&self.buffer, &mut spans);
        let mut rest = Vec::new();
        self.splitter.finish(&self.buffer[done..], &mut rest);
        let offset = u32::try_from(done).expect("a buffer holds less than 4 GiB");
        spans.extend(
            rest.iter()
                .map(|span| span.start + offset..span.end + offset),
        );
        if spans.is_empty() {
            return failure.map_or(Ok(Progress::End), Err);
        }
        self.failure = failure;
        Ok(self.hand_out(self.buffer.len(), spans))
    }

    /// Takes the first `done` bytes out of the buffer.
    ///
    /// A well-filled buffer is handed on as it is, and only the unfinished line at its end is copied. A nearly empty
    /// buffer stays, and its few lines are copied. Otherwise each Tweet of a quiet stream would hold a whole buffer
    /// while it waits to be processed.
    fn hand_out(&mut self, done: usize, spans: Vec<Range<u32>>) -> Progress {
        if spans.is_empty() {
            self.buffer.drain(..done);
            return Progress::Bytes;
        }
        let bytes = if done >= self.buffer.capacity() / 2 {
            let rest = &self.buffer[done..];
            let mut next = Vec::with_capacity(READ + rest.len());
            next.extend_from_slice(rest);
            let mut full = std::mem::replace(&mut self.buffer, next);
            full.truncate(done);
            Bytes::from(full)
        } else {
            let bytes = Bytes::copy_from_slice(&self.buffer[..done]);
            self.buffer.drain(..done);
            bytes
        };
        Progress::Lines(Lines::new(bytes, spans))
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
