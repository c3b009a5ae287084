//! Streams that flush, stop, break and lie.

use std::{
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll},
};

use by_hand::{now, pending};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tokio::io::{AsyncRead, BufReader, ReadBuf};

use super::*;
use crate::powertrack::line::MAX_LINE;

/// Polling by hand, so that "must not wait" is a fact and not a timeout.
mod by_hand {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    /// What the future returns without waiting for anything.
    pub(super) fn now<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future waits"),
        }
    }

    pub(super) fn pending<F: Future>(future: F) -> bool {
        pin!(future)
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    }
}

/// Gives these pieces, and then is silent, breaks or ends.
struct Pieces {
    pieces: Vec<Vec<u8>>,
    then: Then,
    position: usize,
}

#[derive(Clone, Copy)]
enum Then {
    Silence,
    Reset,
    End,
}

impl Pieces {
    fn new(pieces: impl IntoIterator<Item = impl Into<Vec<u8>>>, then: Then) -> Self {
        let mut pieces: Vec<Vec<u8>> = pieces.into_iter().map(Into::into).collect();
        pieces.retain(|piece| !piece.is_empty());
        pieces.reverse();
        Self {
            pieces,
            then,
            position: 0,
        }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        unreachable!("the decoder reads through `AsyncBufRead`")
    }
}

impl AsyncBufRead for Pieces {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        match (this.pieces.last(), this.then) {
            (Some(piece), _) => Poll::Ready(Ok(&piece[this.position..])),
            (None, Then::Silence) => Poll::Pending,
            (None, Then::Reset) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            (None, Then::End) => Poll::Ready(Ok(&[])),
        }
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.position += amount;
        if self
            .pieces
            .last()
            .is_some_and(|piece| piece.len() == self.position)
        {
            self.pieces.pop();
            self.position = 0;
        }
    }
}

/// Compresses each text into a piece that is flushed as the server does it.
fn flushed(texts: &[&str]) -> Vec<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    texts
        .iter()
        .map(|text| {
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.flush().unwrap();
            std::mem::take(encoder.get_mut())
        })
        .collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn texts(lines: &Lines) -> Vec<String> {
    lines
        .iter()
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect()
}

/// Everything until the end, and how it ended.
fn all<R: AsyncBufRead + Unpin>(decoder: &mut Decoder<R>) -> (Vec<String>, Result<(), Error>) {
    let mut found = Vec::new();
    loop {
        match now(decoder.next()) {
            Ok(Some(lines)) => {
                assert!(!lines.is_empty());
                found.extend(texts(&lines));
            }
            Ok(None) => return (found, Ok(())),
            Err(error) => return (found, Err(error)),
        }
    }
}

/// A text that hardly compresses, so that its bytes are spread over the compressed stream.
fn noise(length: usize, seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.alphanumeric())
        .take(length)
        .collect()
}

#[test]
fn one_line_of_a_quiet_stream_does_not_wait_for_the_next_byte() {
    for length in [
        1,
        100,
        5_000,
        READ - 2,
        READ - 1,
        READ,
        READ + 1,
        2 * READ,
        300_000,
    ] {
        let line = noise(length, 1);
        let pieces = flushed(&[&format!("{line}\r\n")]);
        let mut decoder = Decoder::new(Pieces::new(pieces, Then::Silence), MAX_LINE);
        assert_eq!(
            texts(&now(decoder.next()).unwrap().unwrap()),
            [line],
            "{length} bytes"
        );
        assert!(pending(decoder.next()));
    }
}

#[test]
fn output_that_inflate_keeps_back_is_asked_for_before_the_reader() {
    // Compresses a thousandfold: a few input bytes fill the output many times over.
    for length in [READ - 1, READ, READ + 1, 4 * READ, 4 * READ + 7, 900_000] {
        let line = "a".repeat(length);
        let pieces = flushed(&[&format!("{line}\r\n")]);
        let mut decoder = Decoder::new(Pieces::new(pieces, Then::Silence), MAX_LINE);
        assert_eq!(
            texts(&now(decoder.next()).unwrap().unwrap())[0].len(),
            length
        );
        assert!(pending(decoder.next()));
    }
}

#[test]
fn lines_come_out_of_single_byte_chunks() {
    let bytes = flushed(&["{\"a\":1}\r\n", "\r\n", "{\"b\":2}\r\n"]).concat();
    let mut decoder = Decoder::new(Pieces::new(bytes.chunks(1), Then::Silence), MAX_LINE);
    assert_eq!(
        texts(&now(decoder.next()).unwrap().unwrap()),
        ["{\"a\":1}", "{\"b\":2}"]
    );
    assert!(pending(decoder.next()));
    let stats = decoder.stats();
    assert_eq!((stats.lines, stats.heartbeats, stats.decoded), (2, 1, 20));
    assert_eq!(stats.compressed, bytes.len() as u64);
}

#[test]
fn a_read_that_brings_only_a_heartbeat_is_progress() {
    let mut decoder = Decoder::new(Pieces::new(flushed(&["\r\n"]), Then::Silence), MAX_LINE);
    assert!(matches!(now(decoder.read()), Ok(Progress::Bytes)));
    assert_eq!(decoder.stats().heartbeats, 1);
    assert!(pending(decoder.read()));
}

#[test]
fn a_cancelled_wait_loses_nothing() {
    let pieces = flushed(&["{\"half\":", "1}\r\n"]);
    let mut decoder = Decoder::new(Pieces::new([pieces[0].clone()], Then::Silence), MAX_LINE);
    assert!(pending(decoder.next()));
    decoder.reader.get_mut().reader = Pieces::new([pieces[1].clone()], Then::Silence);
    assert_eq!(
        texts(&now(decoder.next()).unwrap().unwrap()),
        ["{\"half\":1}"]
    );
}

#[test]
fn an_end_inside_a_member_keeps_whole_lines_and_drops_the_last() {
    let pieces = flushed(&["{1}\r\n", "{2}\r\n{3"]);
    let mut decoder = Decoder::new(Pieces::new(pieces, Then::End), MAX_LINE);
    let (lines, end) = all(&mut decoder);
    assert_eq!(lines, ["{1}", "{2}"]);
    assert!(end.is_ok());
    assert_eq!(decoder.stats().incomplete, 1);
    assert!(
        matches!(now(decoder.next()), Ok(None)),
        "the end stays the end"
    );
}

#[test]
fn a_reset_is_told_after_the_lines_before_it() {
    let pieces = flushed(&["{1}\r\n{2}{3"]);
    let mut decoder = Decoder::new(Pieces::new(pieces, Then::Reset), MAX_LINE);
    let (lines, end) = all(&mut decoder);
    assert_eq!(lines, ["{1}", "{2}"]);
    assert!(matches!(end, Err(Error::Broken(_))));
    assert_eq!(decoder.stats().incomplete, 1);
    assert!(matches!(now(decoder.next()), Ok(None)));
}

#[test]
fn a_corrupt_stream_hands_out_the_lines_of_the_pieces_before_it() {
    let mut pieces = flushed(&["{1}\r\n", "{2}\r\n"]);
    pieces.push(vec![0xff]); // a block of a type that does not exist
    let mut decoder = Decoder::new(Pieces::new(pieces, Then::End), MAX_LINE);
    let (lines, end) = all(&mut decoder);
    assert_eq!(lines, ["{1}", "{2}"]);
    assert!(matches!(end, Err(Error::Corrupt(_))), "{end:?}");
}

#[test]
fn a_fault_in_a_large_chunk_costs_no_more_than_a_few_kilobytes_of_it() {
    let texts: Vec<_> = (0..200)
        .map(|n| format!("{}\r\n", noise(1_000, n)))
        .collect();
    let mut bytes = flushed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).concat();
    bytes.push(0xff);
    let mut decoder = Decoder::new(Pieces::new([bytes], Then::End), MAX_LINE);
    let (lines, end) = all(&mut decoder);
    assert!(lines.len() > 190, "{} of 200 lines", lines.len());
    assert!(matches!(end, Err(Error::Corrupt(_))), "{end:?}");
}

#[test]
fn something_that_is_not_gzip_is_corrupt() {
    let mut decoder = Decoder::new(&b"{\"plain\":1}\r\n"[..], MAX_LINE);
    let (lines, end) = all(&mut decoder);
    assert!(lines.is_empty());
    assert!(matches!(end, Err(Error::Corrupt(_))));
}

#[test]
fn a_wrong_checksum_is_corrupt() {
    let mut bytes = gzip(b"{1}\r\n");
    let at = bytes.len() - 5;
    bytes[at] ^= 1;
    let (lines, end) = all(&mut Decoder::new(&bytes[..], MAX_LINE));
    assert_eq!(lines, ["{1}"]);
    assert!(matches!(end, Err(Error::Corrupt(_))));
}

#[test]
fn members_follow_each_other_and_may_cut_a_line() {
    let bytes = [gzip(b"{1}\r\n{\"a\""), gzip(b""), gzip(b":2}\r\n")].concat();
    for size in [1, 3, 20, bytes.len()] {
        let mut decoder = Decoder::new(Pieces::new(bytes.chunks(size), Then::End), MAX_LINE);
        let (lines, end) = all(&mut decoder);
        assert_eq!(lines, ["{1}", "{\"a\":2}"]);
        assert!(end.is_ok());
    }
}

#[test]
fn however_the_service_flushes_the_lines_are_the_same() {
    let expected: Vec<_> = (0..200)
        .map(|n| format!("{{\"n\":{n},\"x\":\"{}\"}}", noise(2_000, n)))
        .collect();
    let lines: Vec<_> = expected.iter().map(|line| format!("{line}\r\n")).collect();
    let text = lines.concat();
    let pieces = |size: usize| -> Vec<&str> {
        let cuts = text.as_bytes().chunks(size);
        cuts.map(|piece| std::str::from_utf8(piece).unwrap())
            .collect()
    };
    let each_line: Vec<_> = lines.iter().map(String::as_str).collect();
    let members = pieces(50_000)
        .into_iter()
        .flat_map(|piece| gzip(piece.as_bytes()));
    for (flushing, bytes) in [
        ("after each line", flushed(&each_line).concat()),
        ("every 64 KB", flushed(&pieces(64 * 1024)).concat()),
        ("at the end only", gzip(text.as_bytes())),
        ("by a new member", members.collect()),
    ] {
        let mut decoder = Decoder::new(Pieces::new(bytes.chunks(1_400), Then::End), MAX_LINE);
        let (lines, end) = all(&mut decoder);
        assert_eq!(lines, expected, "{flushing}");
        assert!(end.is_ok(), "{flushing}");
    }
}

#[test]
fn a_plain_file_reader_will_do() {
    let many: String = (0..5_000)
        .map(|n| format!("{{\"n\":{n},\"x\":\"{}\"}}\r\n", noise(200, n)))
        .collect();
    let bytes = gzip(many.as_bytes());
    let expected: Vec<_> = many.lines().map(str::to_owned).collect();
    let (lines, end) = all(&mut Decoder::new(&bytes[..], MAX_LINE));
    assert_eq!(lines, expected);
    assert!(end.is_ok());
    let (lines, _) = all(&mut Decoder::new(BufReader::new(&bytes[..]), MAX_LINE));
    assert_eq!(lines, expected);
}

#[test]
fn a_line_without_end_takes_bounded_memory() {
    let bytes = gzip(
        &[
            b"{1}\n".to_vec(),
            vec![b'x'; 20 * MAX_LINE],
            b"\n{2}\n".to_vec(),
        ]
        .concat(),
    );
    let mut decoder = Decoder::new(&bytes[..], MAX_LINE);
    let mut found = Vec::new();
    while let Some(lines) = now(decoder.next()).unwrap() {
        found.extend(texts(&lines));
        assert!(
            decoder.buffer.capacity() <= 3 * MAX_LINE,
            "{}",
            decoder.buffer.capacity()
        );
    }
    assert_eq!(found, ["{1}", "{2}"]);
    assert_eq!(decoder.stats().over_long, 1);
}

#[test]
fn a_single_tweet_does_not_hold_a_whole_buffer() {
    let mut decoder = Decoder::new(Pieces::new(flushed(&["{1}\r\n"]), Then::Silence), MAX_LINE);
    assert_eq!(now(decoder.next()).unwrap().unwrap().bytes(), 5);
}

proptest! {
    #[test]
    fn any_cut_of_the_compressed_bytes_gives_the_same_lines(
        sizes in prop::collection::vec(0_usize..5_000, 0..30),
        chunk in 1_usize..3_000,
    ) {
        let expected: Vec<_> = sizes.iter().zip(0..).map(|(&size, seed)| format!("{{{}}}", noise(size, seed))).collect();
        let text: String = expected.iter().map(|line| format!("{line}\r\n")).collect();
        let bytes = gzip(text.as_bytes());
        let mut decoder = Decoder::new(Pieces::new(bytes.chunks(chunk), Then::End), MAX_LINE);
        let (lines, end) = all(&mut decoder);
        prop_assert_eq!(lines, expected);
        prop_assert!(end.is_ok());
    }
}
