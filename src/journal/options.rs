//! The journal's options: when it syncs, and how large its parts may be.

use std::time::Duration;

/// When written frames are made safe on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// [`super::Journal::sync_if_due`] syncs in this interval. A power failure loses what came since the last sync.
    Interval(Duration),
    /// Each frame is synced before [`super::Journal::append`] returns.
    Always,
    /// The system decides.
    Never,
}

/// How a journal is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// When written frames are made safe on disk.
    pub sync: Sync,
    /// How many bytes a segment may have.
    pub segment_bytes: u64,
    /// How many bytes of the newest frames stay in memory for followers.
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
