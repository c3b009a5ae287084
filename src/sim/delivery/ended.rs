//! Why a delivery ends.

use crate::{fault::Kind, outlet::Blocked};

/// Why a delivery ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    ReaderLeft,
    /// The simulator stops.
    Stopped,
    FullBuffer,
    Completed,
    TooManyConnections,
    Fault(Kind),
    Compressor,
}

impl From<Blocked> for Ended {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::ReaderLeft => Self::ReaderLeft,
            Blocked::Compressor => Self::Compressor,
        }
    }
}

impl Ended {
    /// What the oracle calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ReaderLeft => "reader-left",
            Self::Stopped => "stopped",
            Self::FullBuffer => "full-buffer",
            Self::Completed => "completed",
            Self::TooManyConnections => "too-many-connections",
            Self::Fault(kind) => kind.name(),
            Self::Compressor => "compressor",
        }
    }
}
