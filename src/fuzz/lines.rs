//! Bytes of the stream, in any pieces, to lines, messages and Tweets.

use std::{
    future::Future,
    io::Write,
    ops::Range,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use sonic_rs::JsonValueTrait;
use tokio::io::{AsyncBufRead, BufReader};

use crate::{
    powertrack::{
        decode::Decoder,
        line::{LineCounts, Splitter},
        message::Message,
    },
    text::json,
    tweet::{Format, Tweet, id::tweet_id},
};

/// The lines that were handed on, and what was counted.
type Seen = (Vec<Vec<u8>>, LineCounts);

/// Cuts bytes into lines and reads the lines. The first byte is the longest length of a line, the others are the stream.
///
/// # Panics
/// Where another cut gives other lines, where a limit does not hold, or where the lines are not what lies between the
/// delimiters.
pub fn lines(data: &[u8]) {
    let Some((&most, bytes)) = data.split_first() else {
        return;
    };
    let max_line = 1 + usize::from(most);
    let whole = split([bytes], max_line);
    compare(bytes, max_line, &whole);
    for size in [1, 2, 3, 7, max_line] {
        assert_eq!(
            split(bytes.chunks(size), max_line),
            whole,
            "pieces of {size}"
        );
    }
    // Each place for a cut is tried where that does not take long.
    for at in 0..bytes.len().min(64) {
        let (left, right) = bytes.split_at(at);
        assert_eq!(split([left, right], max_line), whole, "cut at {at}");
    }
    for (flushed, received) in [(1, 1), (7, 3), (64, 4096)] {
        let packed = gzip(bytes, flushed);
        let decoded = decode(BufReader::with_capacity(received, &packed[..]), max_line);
        assert_eq!(
            decoded, whole,
            "flushed after {flushed}, received by {received}"
        );
    }
    // The same bytes as a server's answer that is no gzip, or nearly.
    decode(bytes, max_line);
    decode(BufReader::with_capacity(1, bytes), max_line);
    whole.0.into_iter().for_each(read);
}

/// Feeds the pieces one after the other, as the decoder does.
fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, max_line: usize) -> Seen {
    let mut splitter = Splitter::new(max_line);
    let (mut buffer, mut lines) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let mut spans = Vec::new();
        let done = splitter.split(&buffer, &mut spans);
        collect(&buffer, spans, &mut lines);
        buffer.drain(..done);
        // One more for a `\r` that may belong to the delimiter.
        assert!(buffer.len() <= max_line + 1, "{} bytes wait", buffer.len());
    }
    let mut spans = Vec::new();
    splitter.finish(&buffer, &mut spans);
    collect(&buffer, spans, &mut lines);
    let (counts, dropped) = (splitter.counts(), splitter.take_dropped());
    assert_eq!(counts.lines, lines.len() as u64);
    assert_eq!(counts.over_long, dropped.lines);
    assert!(dropped.lines == 0 || dropped.longest > max_line as u64);
    assert!(lines.iter().all(|line| line.len() <= max_line + 1));
    (lines, counts)
}

fn collect(buffer: &[u8], spans: Vec<Range<u32>>, lines: &mut Vec<Vec<u8>>) {
    let line = |span: Range<u32>| buffer[span.start as usize..span.end as usize].to_vec();
    lines.extend(spans.into_iter().map(line));
}

/// What lies between delimiters is handed on, unless it is blank or too long. A line may have been cut further, where two
/// records stand in it, so they are compared without their borders.
fn compare(bytes: &[u8], max_line: usize, (lines, counts): &Seen) {
    let mut expected = Vec::new();
    let (mut heartbeats, mut over_long) = (0, 0);
    let mut pieces: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    let unfinished = pieces.pop().unwrap_or_default();
    for line in pieces {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > max_line {
            over_long += 1;
        } else if line.trim_ascii().is_empty() {
            heartbeats += 1;
        } else {
            expected.extend_from_slice(line);
        }
    }
    let handed_on = lines.concat();
    assert_eq!(handed_on.get(..expected.len()), Some(&expected[..]));
    // Whole records before an end that is cut off.
    assert!(unfinished.starts_with(&handed_on[expected.len()..]));
    assert_eq!(counts.heartbeats, heartbeats);
    let is_over_long = unfinished.strip_suffix(b"\r").unwrap_or(unfinished).len() > max_line;
    assert_eq!(counts.over_long, over_long + u64::from(is_over_long));
}

/// Packs bytes as a server does that flushes after so many of them.
fn gzip(bytes: &[u8], flushed: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for piece in bytes.chunks(flushed) {
        encoder.write_all(piece).unwrap();
        encoder.flush().unwrap();
    }
    encoder.finish().unwrap()
}

/// Unpacks to the end, or to where the gzip is broken.
fn decode(reader: impl AsyncBufRead + Unpin, max_line: usize) -> Seen {
    let mut decoder = Decoder::new(reader, max_line);
    let mut lines = Vec::new();
    while let Ok(Some(more)) = now(decoder.next()) {
        lines.extend(more.iter().map(<[u8]>::to_vec));
    }
    let stats = decoder.stats();
    let counts = LineCounts {
        lines: stats.lines,
        heartbeats: stats.heartbeats,
        over_long: stats.over_long,
        incomplete: stats.incomplete,
    };
    assert_eq!(counts.lines, lines.len() as u64);
    (lines, counts)
}

/// What the future gives. Bytes in memory never have to be waited for.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the decoder waits for what is there"),
    }
}

fn read(line: Vec<u8>) {
    if let Message::System(message) = Message::of(&line) {
        let _ = message.disconnect();
        assert!(!json::is_too_deep(&line));
    }
    let id = tweet_id(&line);
    if let Ok(tweet) = Tweet::parse(Bytes::from(line)) {
        tweet.matching_rules().for_each(drop);
        // What is found without parsing, parsing finds too. A line that begins as the one format and goes on as the other is
        // not read to its end for that.
        let is_both = tweet.format() == Format::Native && tweet.root().get("objectType").is_some();
        if id > 0 && !is_both {
            assert_eq!(tweet.id(), i64::try_from(id).ok());
        }
    }
}
