//! What a listener gets: records, each a line of JSON, and for a Tweet its line behind that, byte for byte. Pure: no IO.

use bytes::{Buf, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::text::json;

/// The longest line of JSON that is read. The tags of a Tweet are in it, and no line of a stream is longer.
const LONGEST_HEAD: usize = 256 << 20;

/// The longest line of a Tweet that is read.
const LONGEST_LINE: usize = 256 << 20;

/// What became of a Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// No filter dropped it.
    Kept,
    /// A filter dropped it.
    Filtered,
    /// A handler failed on it.
    Failed,
}

/// What is told of a Tweet beside its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) verdict: Verdict,
    /// The tags of the rules that it matched; `None` for a rule without a tag.
    pub(crate) tags: Vec<Option<String>>,
    /// Where and why a handler failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A Tweet, and its line as received.
    Tweet(About, Bytes),
    /// So many Tweets are left out here, because the reader was slower than the stream.
    Skipped(u64),
    /// The run has ended. No record follows.
    End,
}

/// The line of JSON of a record.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Head<A> {
    Tweet {
        #[serde(flatten)]
        about: A,
        /// How long the Tweet's line is.
        bytes: usize,
    },
    Skipped(u64),
    End(bool),
}

/// Writes a Tweet's record.
pub(super) fn write_tweet(about: &About, line: &[u8]) -> Bytes {
    let head = Head::Tweet {
        about,
        bytes: line.len(),
    };
    let mut out = write(&head);
    out.reserve_exact(line.len() + 1);
    out.extend_from_slice(line);
    out.push(b'\n');
    out.into()
}

/// Writes the record of skipped Tweets.
pub(super) fn write_skipped(tweets: u64) -> Bytes {
    write(&Head::<About>::Skipped(tweets)).into()
}

/// Writes the record of the end.
pub(super) fn write_end() -> Bytes {
    write(&Head::<About>::End(true)).into()
}

fn write<A: Serialize>(head: &Head<A>) -> Vec<u8> {
    // Nothing in it can fail to be JSON.
    let mut out = sonic_rs::to_vec(head).unwrap_or_default();
    out.push(b'\n');
    out
}

/// Reads records from bytes that come in any pieces.
#[derive(Debug, Default)]
pub(super) struct Reader {
    come: BytesMut,
    /// The record whose Tweet's line has not come yet, and how long that is.
    waits: Option<(About, usize)>,
    /// So many bytes hold no line end.
    searched: usize,
}

impl Reader {
    /// Takes what has come.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.come.extend_from_slice(bytes);
    }

    /// The next record, if all of it has come.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub(super) fn next(&mut self) -> Result<Option<Record>, String> {
        if self.waits.is_none() {
            match self.next_head()? {
                None => return Ok(None),
                Some(Head::Skipped(tweets)) => return Ok(Some(Record::Skipped(tweets))),
                Some(Head::End(_)) => return Ok(Some(Record::End)),
                Some(Head::Tweet { bytes, .. }) if bytes > LONGEST_LINE => {
                    return Err(format!("a line of {bytes} bytes"));
                }
                Some(Head::Tweet { about, bytes }) => self.waits = Some((about, bytes)),
            }
        }
        let has_come = |(_, bytes): &mut (About, usize)| self.come.len() > *bytes;
        let Some((about, bytes)) = self.waits.take_if(has_come) else {
            return Ok(None);
        };
        let line = self.come.split_to(bytes).freeze();
        match self.come.get_u8() {
            b'\n' => Ok(Some(Record::Tweet(about, line))),
            _ => Err("a line without its end".to_owned()),
        }
    }

    fn next_head(&mut self) -> Result<Option<Head<About>>, String> {
        let end = memchr::memchr(b'\n', &self.come[self.searched..]);
        let Some(end) = end.map(|end| self.searched + end) else {
            self.searched = self.come.len();
            return match self.searched > LONGEST_HEAD {
                true => Err("a record without end".to_owned()),
                false => Ok(None),
            };
        };
        self.searched = 0;
        let head = self.come.split_to(end + 1);
        let head = json::read(&head[..end]).map_err(|error| format!("no record: {error}"))?;
        Ok(Some(head))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn about(verdict: Verdict, tags: &[Option<&str>], failure: Option<&str>) -> About {
        About {
            verdict,
            tags: tags.iter().map(|tag| tag.map(str::to_owned)).collect(),
            failure: failure.map(str::to_owned),
        }
    }

    fn all(bytes: &[u8], piece: usize) -> Result<Vec<Record>, String> {
        let mut reader = Reader::default();
        let mut records = Vec::new();
        for piece in bytes.chunks(piece) {
            reader.push(piece);
            while let Some(record) = reader.next()? {
                records.push(record);
            }
        }
        assert!(reader.come.is_empty() && reader.waits.is_none());
        Ok(records)
    }

    #[test]
    fn what_is_written_is_read_however_it_is_cut() {
        let records = [
            Record::Tweet(
                about(Verdict::Kept, &[Some("a\n\"ü"), None], None),
                Bytes::from_static(b"{\"text\":\"a\"\n}\xff"),
            ),
            Record::Skipped(120),
            Record::Tweet(
                about(Verdict::Failed, &[], Some("main.lua:7: no")),
                Bytes::new(),
            ),
            Record::End,
        ];
        let written: Vec<Bytes> = records
            .iter()
            .map(|record| match record {
                Record::Tweet(about, line) => write_tweet(about, line),
                Record::Skipped(tweets) => write_skipped(*tweets),
                Record::End => write_end(),
            })
            .collect();
        let written = written.concat();
        for piece in 1..=written.len() {
            assert_eq!(all(&written, piece).unwrap(), records, "{piece}");
        }
        expect_test::expect![[r#"
            {"tweet":{"verdict":"failed","tags":[],"failure":"main.lua:7: no","bytes":2}}
            {}
        "#]]
        .assert_eq(
            str::from_utf8(&write_tweet(
                &about(Verdict::Failed, &[], Some("main.lua:7: no")),
                b"{}",
            ))
            .unwrap(),
        );
    }

    #[test]
    fn what_is_no_record_is_an_error() {
        for bytes in [
            "\n",
            "{}\n",
            "[]\n",
            "{\"tweet\":{}}\n",
            "{\"tweet\":{\"verdict\":\"kept\",\"tags\":[],\"bytes\":1}}\n{}\n",
            "{\"tweet\":{\"verdict\":\"kept\",\"tags\":[],\"bytes\":99999999999}}\n{}\n",
            "{\"tweet\":{\"verdict\":\"kept\",\"tags\":[],\"bytes\":-1}}\n{}\n",
        ] {
            assert!(all(bytes.as_bytes(), 7).is_err(), "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::default();
            reader.push(&bytes);
            while let Ok(Some(_)) = reader.next() {}
        }
    }
}
