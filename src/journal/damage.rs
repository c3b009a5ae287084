//! Describes a part of the journal that cannot be read, so that it can become a gap in the ledger.

use std::fmt;

use super::{Position, position::path_of};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Bytes have changed or are missing.
    Unreadable,
    /// The segment is not there.
    Missing,
}

/// A part of the journal that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// What is wrong.
    pub damage: Damage,
    /// The segment.
    pub segment: u64,
    /// Where the damaged part begins.
    pub offset: u64,
    /// How long it is; `None` where a segment is missing whose length was never seen.
    pub bytes_skipped: Option<u64>,
    /// How many lines are lost, where the frame's metadata survived.
    pub lines: Option<u32>,
    /// When the first of them was received, in milliseconds since 1970, where the metadata survived.
    pub first_ms: Option<i64>,
    /// When the last of them was received, in milliseconds since 1970, where the metadata survived.
    pub last_ms: Option<i64>,
    /// Where the reading goes on.
    pub next: Position,
    /// When the first line there was received, in milliseconds since 1970, where there is one already.
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
