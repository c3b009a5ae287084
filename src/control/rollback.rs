//! What a rollback has done, as it crosses the socket and as programs get it.

use serde::{Deserialize, Serialize};

/// Where a rollback went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Went {
    /// Whether a run goes on; otherwise it is for the next one.
    pub(crate) running: bool,
    /// The number under which it runs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<u64>,
    /// What ran before; `None` for files on disk that no generation has had.
    pub(crate) from: Option<Named>,
    /// What runs now; `None` for what is on disk.
    pub(crate) to: Option<Named>,
}

/// A generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) generation: u64,
    /// The hash of its files.
    pub(crate) hash: String,
    /// When it was loaded, in RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Whether a rollback is to end.
    pub(super) undo: bool,
}
