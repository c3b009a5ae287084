//! Describes a part of the journal that cannot be read, so that it can become a gap in the ledger.

use std::fmt;

use super::{Position, position::path_of};

/// What is wrong with a part of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Bytes have changed or are missing.
    Unreadable,
    /// The segment is missing.
    Missing,
}

/// A part of the journal that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// What is wrong.
    pub damage: Damage,
    /// The segment's name.
    pub segment: u64,
    /// Where the damaged part begins.
    pub offset: u64,
    /// How many bytes are damaged. `None` if a segment is missing and its length was never seen.
    pub bytes_skipped: Option<u64>,
    /// How many lines are lost, if the frame's metadata survived.
    pub lines: Option<u32>,
    /// When the first of these lines was received, in milliseconds since 1970, if the metadata survived.
    pub first_ms: Option<i64>,
    /// When the last of these lines was received, in milliseconds since 1970, if the metadata survived.
    pub last_ms: Option<i64>,
    /// Where reading goes on.
    pub next: Position,
    /// When the first line at that position was received, in milliseconds since 1970, if there already is one.
    pub next_ms: Option<i64>,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = path_of("".as_ref(), self.segment);
        match self.damage {
            Damage::Unreadable => write!(f, "`{}` is damaged", name.display())?,
            Damage::Missing => write!(f, "`{}` is missing", name.display())?,
        }
        write!(f, " from byte {}", self.offset)?;
        if let Some(bytes) = self.bytes_skipped {
            write!(f, ", {bytes} bytes")?;
        }
        if let Some(lines) = self.lines {
            write!(f, ", {lines} lines")?;
        }
        Ok(())
    }
}
