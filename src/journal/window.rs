//! A part of a file in memory. It moves forward as the reader asks for more.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

/// A buffer larger than this shrinks when it need not be so large any more.
const KEPT: usize = 1024 * 1024;

/// The part of a file that was asked for last, and a little ahead of it.
#[derive(Debug)]
pub(super) struct Window {
    file: File,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    start: u64,
    /// How many bytes are read at least.
    ahead: usize,
}

impl Window {
    pub(super) fn new(file: File, ahead: usize) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            start: 0,
            ahead,
        }
    }

    /// The length of the file.
    pub(super) fn file_len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The bytes at `offset`: `length` of them, or fewer if `limit` or the file ends before that.
    ///
    /// Bytes behind `limit` are not touched, because they may be just being written.
    pub(super) fn bytes(&mut self, offset: u64, length: usize, limit: u64) -> io::Result<&[u8]> {
        let most = usize::try_from(limit.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = length.min(most);
        let held = self.start + self.buffer.len() as u64;
        let is_held = self.start <= offset && offset.saturating_add(length as u64) <= held;
        if !is_held {
            self.fill(offset, length.max(self.ahead.min(most)))?;
        }
        let from = usize::try_from(offset - self.start).expect("the buffer begins before");
        let rest = &self.buffer[from.min(self.buffer.len())..];
        Ok(&rest[..length.min(rest.len())])
    }

    /// Moves the buffer to `offset`, and reads until it holds `length` bytes or the file ends.
    fn fill(&mut self, offset: u64, length: usize) -> io::Result<()> {
        match offset.checked_sub(self.start) {
            Some(past) if past <= self.buffer.len() as u64 => {
                let past = usize::try_from(past).expect("it lies in the buffer");
                self.buffer.drain(..past);
            }
            _ => self.buffer.clear(),
        }
        self.start = offset;
        if self.buffer.capacity() > KEPT && length <= KEPT {
            self.buffer.shrink_to(KEPT);
        }
        let missing = length.saturating_sub(self.buffer.len());
        let at = offset + self.buffer.len() as u64;
        self.file.seek(SeekFrom::Start(at))?;
        // Reading makes room as it goes, so a wrong length takes no more memory than the file has bytes.
        let read = (&mut self.file)
            .take(missing as u64)
            .read_to_end(&mut self.buffer);
        if read.is_err() {
            self.buffer.clear();
        }
        read.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_is_the_files_and_none_lies_behind_the_limit() {
        let content: Vec<u8> = (0..=255).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, &content).unwrap();
        let mut window = Window::new(File::open(&path).unwrap(), 16);
        for limit in [0, 10, 255, 256, 300] {
            for offset in [0_usize, 200, 3, 9, 10, 17, 250, 255, 256, 299, 1] {
                for length in [0_usize, 1, 8, 100] {
                    let end = (offset + length).min(limit).min(256);
                    let expected = content.get(offset..end.max(offset)).unwrap_or_default();
                    let read = window.bytes(offset as u64, length, limit as u64).unwrap();
                    assert_eq!(read, expected, "{offset} {length} {limit}");
                }
            }
        }
    }
}
