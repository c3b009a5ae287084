//! A compressed run of made-up Tweets, for measuring.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::{generator::Generator, json_text::Json};

/// Compresses `tweets` made-up Tweets. Each says that it matched one to three of the rules with these tags.
///
/// The same arguments give the same Tweets. The level is that of the `gzip` program.
#[must_use]
pub fn corpus(tweets: u64, seed: u64, tags: &[Option<String>]) -> Vec<u8> {
    let mut generator = Generator::new(seed);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
    let mut line = Vec::new();
    for _ in 0..tweets {
        line.clear();
        generator.next_into(&mut line);
        line.pop();
        append_rules(&mut line, tags, &mut random);
        line.extend_from_slice(b"}\r\n");
        gzip.write_all(&line)
            .expect("writing to memory does not fail");
    }
    gzip.finish().expect("writing to memory does not fail")
}

fn append_rules(line: &mut Vec<u8>, tags: &[Option<String>], random: &mut fastrand::Rng) {
    /// An id as the service makes them, of the year 2022.
    const FIRST_ID: u64 = 1_500_000_000_000_000_000;

    let count = match random.u8(..) {
        0..190 => 1,
        190..240 => 2,
        _ => 3,
    };
    let mut json = Json(line);
    json.raw(r#","matching_rules":["#);
    let first = random.usize(..tags.len().max(1));
    for (number, tag) in tags
        .iter()
        .cycle()
        .skip(first)
        .take(count.min(tags.len()))
        .enumerate()
    {
        let id = FIRST_ID + ((first + number) % tags.len()) as u64;
        json.raw(if number > 0 { "," } else { "" })
            .raw(r#"{"tag":"#)
            .text_or_null(tag.as_deref())
            .raw(r#","id":"#)
            .int(id)
            .raw(r#","id_str":"#)
            .quoted(id)
            .raw("}");
    }
    json.raw("]");
}
