//! Faults in the text of the stream: damaged, moved and doubled lines, and lines that should not be there.

use super::{Firing, Kind};
use crate::message;

/// The size of a big Tweet: below the 1 MiB that readers should take. [inferred]
const BIG: usize = 900_000;

/// The delimiter of lines, and by itself a heartbeat. [source: dev-tutorial]
pub(crate) const DELIMITER: &[u8] = b"\r\n";

/// Writes the lines of a connection, with the faults that happen to them.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    /// A line that comes after the next one.
    held: Option<Vec<u8>>,
}

impl Damage {
    /// Appends a Tweet's line and its delimiter, changed by the faults.
    pub(crate) fn append(&mut self, out: &mut Vec<u8>, line: &[u8], sent: &str, faults: &[Firing]) {
        let has = |kind: Kind| faults.iter().any(|fault| fault.kind == kind);
        for fault in faults {
            insert_before(out, line, sent, fault.kind);
        }
        let big = has(Kind::BigTweet).then(|| enlarge(line));
        let line = big.as_deref().unwrap_or(line);
        if has(Kind::Reorder) && self.held.is_none() {
            self.held = Some(line.to_vec());
            return;
        }
        for _ in 0..1 + usize::from(has(Kind::Duplicate)) {
            out.extend_from_slice(line);
            if !has(Kind::NoDelimiter) {
                out.extend_from_slice(DELIMITER);
            }
        }
        self.release(out);
    }

    /// Appends the line that waits for the next one. It is called when no next one comes.
    pub(crate) fn release(&mut self, out: &mut Vec<u8>) {
        if let Some(held) = self.held.take() {
            out.extend_from_slice(&held);
            out.extend_from_slice(DELIMITER);
        }
    }
}

fn insert_before(out: &mut Vec<u8>, line: &[u8], sent: &str, kind: Kind) {
    match kind {
        // No UTF-8 has this byte.
        Kind::InvalidUtf8 => damaged_copy(out, line, 0xff),
        Kind::DamagedCopy => damaged_copy(out, line, b'\t'),
        Kind::InvalidJson => out.extend_from_slice(&line[..line.len() / 2]),
        Kind::UnknownMessage => out.extend_from_slice(
            format!(
                r#"{{"notice":{{"message":"A kind of message that is new","sent":"{sent}"}}}}"#
            )
            .as_bytes(),
        ),
        Kind::Info => message::write(out, "info", "A message for information", sent),
        Kind::Warn => message::write(out, "warn", "A message of warning", sent),
        Kind::Error => message::write(out, "error", message::INVALID_FROM_DATE, sent),
        _ => return,
    }
    out.extend_from_slice(DELIMITER);
}

/// A copy with this byte in the middle of a text.
fn damaged_copy(out: &mut Vec<u8>, line: &[u8], byte: u8) {
    let at = memchr::memmem::find(line, b"\"text\":\"").map_or(1, |at| at + 8);
    out.extend_from_slice(&line[..at]);
    out.push(byte);
    out.extend_from_slice(&line[at..]);
}

/// The same Tweet with a member that makes it big.
fn enlarge(line: &[u8]) -> Vec<u8> {
    let mut big = Vec::with_capacity(BIG);
    big.extend_from_slice(&line[..line.len() - 1]);
    big.extend_from_slice(b",\"padding\":\"");
    big.resize(BIG.saturating_sub(2).max(big.len()), b'x');
    big.extend_from_slice(b"\"}");
    big
}
