//! One long gzip member that can be read up to its last line at any time.

use flate2::{Compress, CompressError, Compression, FlushCompress, Status};

/// The compressor of one connection.
#[derive(Debug)]
pub(super) struct Gzip(Compress);

impl Gzip {
    /// Starts at level 1, which is fast. Tweets repeat themselves so much that it compresses well enough.
    pub(super) fn new() -> Self {
        Self(Compress::new_gzip(Compression::new(1), 15))
    }

    /// Compresses `lines` and flushes, so that a reader can decode all of it now. [inferred]
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<Vec<u8>, CompressError> {
        self.run(lines, FlushCompress::Sync)
    }

    /// Ends the member in order.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, CompressError> {
        self.run(&[], FlushCompress::Finish)
    }

    fn run(&mut self, input: &[u8], flush: FlushCompress) -> Result<Vec<u8>, CompressError> {
        let mut out = Vec::with_capacity(input.len() / 3 + 64);
        let before = self.0.total_in();
        loop {
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or(input.len());
            let status = self.0.compress_vec(&input[taken..], &mut out, flush)?;
            // Room left over means that everything has been flushed.
            let is_done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => out.len() < out.capacity(),
            };
            if is_done {
                return Ok(out);
            }
            out.reserve(out.capacity().max(64));
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;

    #[test]
    fn every_write_can_be_read_at_once() {
        let mut gzip = Gzip::new();
        let mut decoder = Decompress::new_gzip(15);
        let mut rng = fastrand::Rng::with_seed(1);
        for length in [2, 0, 1, 5000, 70_000, 300_000] {
            let line: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
            let compressed = gzip.write(&line).unwrap();
            let mut out = Vec::with_capacity(length + 1);
            decoder
                .decompress_vec(&compressed, &mut out, FlushDecompress::Sync)
                .unwrap();
            assert_eq!(out, line);
        }
        let mut out = Vec::with_capacity(64);
        let end =
            decoder.decompress_vec(&gzip.finish().unwrap(), &mut out, FlushDecompress::Finish);
        assert_eq!(end.unwrap(), Status::StreamEnd);
    }
}
