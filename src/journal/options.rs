//! The journal's options: when it syncs, and how large its parts may be.

use std::time::Duration;

/// When what was written is made to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// So often, by [`super::Journal::sync_if_due`]: a power failure loses what came since.
    Interval(Duration),
    /// Before [`super::Journal::append`] returns.
    Always,
    /// When the system likes.
    Never,
}

/// How a journal is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// When what was written is made to last.
    pub sync: Sync,
    /// The length that a segment may have.
    pub segment_bytes: u64,
    /// How much of the newest frames is held in memory for those who read behind.
    pub tail_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sync: Sync::Interval(Duration::from_secs(1)),
            segment_bytes: 128 * 1024 * 1024,
            tail_bytes: 16 * 1024 * 1024,
        }
    }
}
