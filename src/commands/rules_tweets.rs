//! Reads the lines of files of Tweets, plain or compressed, in batches.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;

use crate::{error::Error, status::Bar};

/// How gzip begins, whatever the file is called.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How zstd begins.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A batch is handed on once it holds so many bytes: enough that handing on costs nothing.
const BATCH: usize = 256 * 1024;

/// A longer line is no Tweet; without a limit, a file without line ends would fill the memory.
const MAX_LINE: u64 = 16 << 20;

/// Some lines of a file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Counts the batches of all files from 0.
    pub(super) number: usize,
    pub(super) lines: Vec<Bytes>,
    /// Lines that are too long to be kept.
    pub(super) skipped: u64,
}

/// How many bytes the files have together; `None` where that cannot be told.
pub(super) fn size(files: &[PathBuf]) -> Option<u64> {
    let sizes = files.iter().map(|file| {
        let metadata = std::fs::metadata(file).ok()?;
        metadata.is_file().then_some(metadata.len())
    });
    sizes.sum()
}

/// Reads all files, one after the other; `-` is stdin. Stops when `hand_on` says so.
///
/// # Errors
/// [`Error::System`], naming the file.
pub(super) fn read_all(
    files: &[PathBuf],
    bar: &Bar,
    mut hand_on: impl FnMut(Batch) -> bool,
) -> Result<(), Error> {
    let mut number = 0;
    for file in files {
        let failed = Error::system(format!("cannot read `{}`", file.display()));
        let go_on = open(file, bar).and_then(|from| read(from, &mut number, &mut hand_on));
        if !go_on.map_err(failed)? {
            break;
        }
    }
    Ok(())
}

fn open(path: &Path, bar: &Bar) -> io::Result<Box<dyn BufRead>> {
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    let mut raw = BufReader::with_capacity(
        128 * 1024,
        Counted {
            from: raw,
            bar: bar.clone(),
        },
    );
    let start = raw.fill_buf()?;
    Ok(if start.starts_with(&GZIP_MAGIC) {
        Box::new(BufReader::new(MultiGzDecoder::new(raw)))
    } else if start.starts_with(&ZSTD_MAGIC) {
        Box::new(BufReader::new(zstd::stream::read::Decoder::with_buffer(
            raw,
        )?))
    } else {
        Box::new(raw)
    })
}

/// Whether there may be more.
fn read(
    mut from: Box<dyn BufRead>,
    number: &mut usize,
    hand_on: &mut impl FnMut(Batch) -> bool,
) -> io::Result<bool> {
    let mut line = Vec::new();
    let mut buffer: Vec<u8> = Vec::with_capacity(BATCH * 2);
    let mut spans = Vec::new();
    let mut skipped = 0;
    loop {
        line.clear();
        let ended = (&mut from).take(MAX_LINE).read_until(b'\n', &mut line)? == 0;
        let text = line.trim_ascii();
        if line.len() as u64 == MAX_LINE && line.last() != Some(&b'\n') {
            skipped += 1;
            from.skip_until(b'\n')?;
        } else if !text.is_empty() {
            spans.push(buffer.len()..buffer.len() + text.len());
            buffer.extend_from_slice(text);
        }
        if ended || buffer.len() >= BATCH {
            let bytes = Bytes::from(std::mem::take(&mut buffer));
            let lines = spans.drain(..).map(|span| bytes.slice(span)).collect();
            let batch = Batch {
                number: *number,
                lines,
                skipped: std::mem::take(&mut skipped),
            };
            *number += 1;
            if !hand_on(batch) || ended {
                return Ok(ended);
            }
        }
    }
}

/// Moves the bar as bytes are read, before they are unpacked.
struct Counted {
    from: Box<dyn Read>,
    bar: Bar,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.bar.advance(count as u64);
        Ok(count)
    }
}
