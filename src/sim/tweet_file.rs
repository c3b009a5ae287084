//! Tweets from a JSONL file, plain or gzipped.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;

use super::{error::Error, tweet_text};
use ouzel_text::lines::Lines;

/// The largest file. It is held in memory, so that every connection can be at its own place in it.
const MAX_BYTES: usize = 1 << 30;

/// The longest line. A longer one is no Tweet.
const MAX_LINE: usize = 16 << 20;

/// The byte order mark, which some editors begin a file with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The first bytes of gzip. The name of the file does not matter.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The Tweets of a file, and how many of its lines were none.
#[derive(Debug)]
pub(super) struct TweetFile {
    tweets: Lines,
    pub(super) skipped: u64,
}

impl TweetFile {
    /// Reads a file; blank lines are not counted as skipped.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Tweets {
            path: path.to_owned(),
            source,
        };
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        let is_gzip = file.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC);
        let tweets = if is_gzip {
            Self::read(BufReader::new(MultiGzDecoder::new(file)))
        } else {
            Self::read(file)
        };
        let tweets = tweets.map_err(failed)?;
        if tweets.tweets.is_empty() {
            return Err(Error::NoTweets {
                path: path.to_owned(),
                skipped: tweets.skipped,
            });
        }
        Ok(tweets)
    }

    /// The Tweet at a position, without `matching_rules`.
    pub(super) fn get(&self, position: u64) -> Option<Bytes> {
        self.tweets.share(usize::try_from(position).ok()?)
    }

    fn read(mut from: impl BufRead) -> io::Result<Self> {
        let (mut buffer, mut spans, mut line) = (Vec::new(), Vec::new(), Vec::new());
        let (mut skipped, mut is_first, mut passed) = (0, true, 0);
        let position = |at: usize| u32::try_from(at).map_err(|_| io::ErrorKind::FileTooLarge);
        loop {
            line.clear();
            // The limit keeps a file without line ends from filling the memory.
            let limit = MAX_LINE as u64 + 1;
            if from.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if line.len() > MAX_LINE {
                skipped += 1;
                passed += pass_line(&mut from, &line)?;
                if passed > MAX_BYTES {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                continue;
            }
            let line = match line.strip_prefix(BYTE_ORDER_MARK) {
                Some(line) if is_first => line,
                _ => &line,
            };
            is_first = false;
            if let Some(tweet) = tweet_text::accept(line) {
                let start = position(buffer.len())?;
                buffer.extend_from_slice(&tweet);
                spans.push(start..position(buffer.len())?);
            } else if !line.trim_ascii().is_empty() {
                skipped += 1;
            }
            if buffer.len() > MAX_BYTES {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(Self {
            tweets: Lines::new(buffer.into(), spans),
            skipped,
        })
    }
}

/// Reads the rest of a line whose beginning has been read. Returns how long the line is at least.
fn pass_line(from: &mut impl BufRead, beginning: &[u8]) -> io::Result<usize> {
    let mut length = beginning.len();
    let mut has_ended = beginning.ends_with(b"\n");
    while !has_ended && length <= MAX_BYTES {
        let piece = from.fill_buf()?;
        let end = memchr::memchr(b'\n', piece);
        has_ended = end.is_some() || piece.is_empty();
        let used = end.map_or(piece.len(), |end| end + 1);
        from.consume(used);
        length += used;
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const FILE: &[u8] = b"{\"id\":1}\r\n\n{\"id\":2,\"matching_rules\":[]}\nnonsense\n{\"id\":3}";

    fn check(content: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tweets");
        std::fs::write(&path, content).unwrap();
        let file = TweetFile::open(&path).unwrap();
        assert_eq!(file.skipped, 1);
        assert_eq!(file.get(1).unwrap(), &b"{\"id\":2}"[..]);
        assert_eq!(file.get(2).unwrap(), &b"{\"id\":3}"[..]);
        assert_eq!(file.get(3), None);
    }

    #[test]
    fn plain_and_gzipped_files_are_read_alike() {
        check(FILE);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(FILE).unwrap();
        check(&gzip.finish().unwrap());
    }

    #[test]
    fn a_file_without_tweets_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tweets");
        std::fs::write(&path, "a\nb\n").unwrap();
        let error = TweetFile::open(&path).unwrap_err();
        assert!(
            matches!(error, Error::NoTweets { skipped: 2, .. }),
            "{error}"
        );
    }
}
