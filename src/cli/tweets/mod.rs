//! Reads the lines of files of Tweets, plain or compressed, in batches.

pub(super) mod format;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;

use self::format::{LOOK, foreign};
use crate::{error::Error, text::lines::Lines};

/// The first bytes of gzip, whatever the file is called.
pub(super) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The first bytes of zstd.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The second to fourth byte of a journal's segment. A segment is zstd too, but begins with a frame that zstd skips.
const SKIPPABLE_MAGIC: [u8; 3] = [0x2a, 0x4d, 0x18];

/// About how many bytes a batch has: a dozen Tweets, which are still in the processor's cache when they are handed on.
const BATCH: usize = 64 * 1024;

/// A longer line is not a Tweet. Without a limit, a file without line ends would fill the memory.
const MAX_LINE: usize = 16 << 20;

/// Some editors begin a file with this.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Some lines of a file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The number of the batch. It counts the batches of all files from 0.
    pub(super) number: usize,
    pub(super) lines: Lines,
    /// Lines that are too long to be kept.
    pub(super) skipped: u64,
}

/// How many bytes the files have together. `None` if that is not known.
pub(super) fn size(files: &[PathBuf]) -> Option<u64> {
    let sizes = files.iter().map(|file| {
        let metadata = std::fs::metadata(file).ok()?;
        metadata.is_file().then_some(metadata.len())
    });
    sizes.sum()
}

/// Reads all files, one after the other; `-` is stdin. Tells `advance` how many bytes were read, before unpacking.
/// Stops when `hand_on` returns `false`.
///
/// # Errors
/// [`Error::System`], which names the file, if a file cannot be read. What could be read of it was handed on.
/// [`Error::Usage`] if a file is something other than JSON Lines of Tweets.
pub(super) fn read_all(
    files: &[PathBuf],
    advance: &dyn Fn(u64),
    mut hand_on: impl FnMut(Batch) -> bool,
) -> Result<(), Error> {
    let mut number = 0;
    for file in files {
        let failed = || Error::system(format!("cannot read `{}`", file.display()));
        let from = open(file, advance).map_err(failed())?;
        let mut from = BufReader::with_capacity(LOOK, from);
        refuse_foreign(file, from.fill_buf().map_err(failed())?)?;
        if !read(from, &mut number, &mut hand_on).map_err(failed())? {
            break;
        }
    }
    Ok(())
}

/// Refuses a file that is known to be something other than JSON Lines of Tweets, before anything is done with it. A
/// source that can be read only once is checked when it is read.
///
/// # Errors
/// [`Error::Usage`] if the file is something else, [`Error::System`] if it cannot be read.
pub(super) fn check(file: &Path) -> Result<(), Error> {
    let failed = || Error::system(format!("cannot read `{}`", file.display()));
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(());
    }
    let mut start = Vec::new();
    let from = open(file, &|_| {}).map_err(failed())?;
    // If the file is cut off or damaged further on, that shows when it is read.
    let _ = from.take(LOOK as u64).read_to_end(&mut start);
    refuse_foreign(file, &start)
}

fn refuse_foreign(file: &Path, start: &[u8]) -> Result<(), Error> {
    let name = match file.to_str() {
        Some("-") => "stdin".into(),
        _ => file.to_string_lossy(),
    };
    foreign(&name, start).map_or(Ok(()), |what| Err(Error::Usage(what)))
}

fn open<'a>(path: &Path, advance: &'a dyn Fn(u64)) -> io::Result<Box<dyn Read + 'a>> {
    let from: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    let mut raw = BufReader::with_capacity(128 * 1024, Counted { from, advance });
    let start = raw.fill_buf()?;
    let is_zstd = start.starts_with(&ZSTD_MAGIC)
        || (start.get(1..).unwrap_or_default()).starts_with(&SKIPPABLE_MAGIC);
    Ok(if start.starts_with(&GZIP_MAGIC) {
        Box::new(MultiGzDecoder::new(raw))
    } else if is_zstd {
        Box::new(zstd::stream::read::Decoder::with_buffer(raw)?)
    } else {
        Box::new(raw)
    })
}

/// Reads the lines of one file. Returns whether more lines are wanted.
fn read(
    mut from: impl Read,
    number: &mut usize,
    hand_on: &mut impl FnMut(Batch) -> bool,
) -> io::Result<bool> {
    let mut buffer = Vec::with_capacity(BATCH);
    let (mut searched, mut skipping, mut is_first) = (0, false, true);
    loop {
        let read = (&mut from).take(BATCH as u64).read_to_end(&mut buffer);
        let ended = !matches!(read, Ok(1..));
        if std::mem::take(&mut is_first) && buffer.starts_with(BYTE_ORDER_MARK) {
            buffer.drain(..BYTE_ORDER_MARK.len());
        }
        let (mut start, mut spans, mut skipped) = (0, Vec::new(), 0);
        for end in memchr::memchr_iter(b'\n', &buffer[searched..]) {
            let end = searched + end;
            if !std::mem::take(&mut skipping) {
                push(&buffer, start, end, &mut spans);
            }
            start = end + 1;
        }
        if skipping || buffer.len() - start > MAX_LINE {
            skipped = u64::from(!std::mem::replace(&mut skipping, true));
            start = buffer.len();
        } else if ended && read.is_ok() {
            // A last line needs no line end. But if a failure has cut it off, it does not count.
            push(&buffer, start, buffer.len(), &mut spans);
        }
        let mut next = Vec::with_capacity(BATCH + buffer.len() - start);
        next.extend_from_slice(&buffer[start..]);
        searched = next.len();
        let batch = Batch {
            number: *number,
            lines: Lines::new(Bytes::from(std::mem::replace(&mut buffer, next)), spans),
            skipped,
        };
        let is_empty = batch.lines.is_empty() && skipped == 0;
        *number += 1;
        if !is_empty && !hand_on(batch) {
            return Ok(false);
        }
        if ended {
            return read.map(|_| true);
        }
    }
}

/// Adds a line, unless it is blank.
fn push(buffer: &[u8], start: usize, end: usize, spans: &mut Vec<std::ops::Range<u32>>) {
    let line = &buffer[start..end];
    let text = line.trim_ascii();
    if text.is_empty() {
        return;
    }
    let start = start + (line.len() - line.trim_ascii_start().len());
    let offset = |at| u32::try_from(at).expect("a batch is less than 4 GiB");
    spans.push(offset(start)..offset(start + text.len()));
}

/// Reports bytes as they are read.
struct Counted<'a> {
    from: Box<dyn Read>,
    advance: &'a dyn Fn(u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        (self.advance)(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the bytes in pieces of this length, and then fails if that is wanted.
    struct Pieces<'a>(&'a [u8], usize, bool);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len()).min(self.0.len());
            if length == 0 && self.2 {
                return Err(io::Error::other("broken"));
            }
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn lines(text: &[u8], piece: usize, fails: bool) -> (Vec<Bytes>, u64, bool) {
        let (mut lines, mut skipped) = (Vec::new(), 0);
        let read = read(Pieces(text, piece, fails), &mut 0, &mut |batch: Batch| {
            lines.extend(batch.lines.share_all());
            skipped += batch.skipped;
            true
        });
        (lines, skipped, read.is_ok())
    }

    #[test]
    fn any_cut_gives_the_same_lines() {
        let text = b"one\r\n\r\n  two \n\nthree";
        for piece in 1..=text.len() {
            let (lines, skipped, ok) = lines(text, piece, false);
            assert_eq!(lines, ["one", "two", "three"], "{piece}");
            assert_eq!((skipped, ok), (0, true));
        }
        assert_eq!(lines(b"", 1, false).0, [""; 0]);
        let marked = "\u{feff}one\n\u{feff}two";
        for piece in 1..=marked.len() {
            let (lines, ..) = lines(marked.as_bytes(), piece, false);
            assert_eq!(lines, ["one", "\u{feff}two"], "{piece}");
        }
    }

    #[test]
    fn long_files_keep_lines_that_lie_across_batches() {
        let text: String = (0..50_000)
            .map(|number| format!("line {number}\n"))
            .collect();
        let (lines, ..) = lines(text.as_bytes(), 10_000, false);
        assert_eq!(lines.len(), 50_000);
        assert!(
            lines
                .iter()
                .enumerate()
                .all(|(n, line)| *line == format!("line {n}"))
        );
    }

    #[test]
    fn what_is_before_a_failure_is_handed_on_and_a_cut_line_is_not() {
        let (lines, _, ok) = lines(b"one\ntwo\nthr", 5, true);
        assert_eq!(lines, ["one", "two"]);
        assert!(!ok);
    }

    #[test]
    fn lines_without_end_are_counted_and_skipped() {
        let mut text = b"one\n".to_vec();
        text.resize(text.len() + MAX_LINE + 2 * BATCH, b'x');
        text.extend_from_slice(b"\ntwo\n");
        let (lines, skipped, ok) = lines(&text, usize::MAX, false);
        assert_eq!(lines, ["one", "two"]);
        assert_eq!((skipped, ok), (1, true));
    }
}
