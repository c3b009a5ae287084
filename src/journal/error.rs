//! What can go wrong with the journal, and whether the failure may pass.

use std::{io, path::PathBuf};

use super::limits::{MAX_LINES, MAX_RAW};
use super::meta::VERSION;

/// A failure of the journal. Damage in its files is not a failure, but a [`super::Damaged`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be made, listed or written to.
    #[error("cannot use the journal's folder `{}`: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A segment cannot be made or opened.
    #[error("cannot open the journal segment `{}`: {source}", path.display())]
    Open {
        /// The segment.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Lines cannot be written. No part of them is in the journal, so the same call may be tried again.
    #[error("cannot write to the journal segment `{}` at byte {offset}: {source}", path.display())]
    Write {
        /// The segment.
        path: PathBuf,
        /// Where the lines should have begun.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// What was written cannot be made safe on disk. The next lines go to a new segment.
    #[error("cannot sync the journal's `{}`: {source}", path.display())]
    Sync {
        /// The segment, or the folder that holds its name.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The thread that syncs cannot be started.
    #[error("cannot start the thread that syncs the journal: {0}")]
    Thread(io::Error),
    /// A segment cannot be read.
    #[error("cannot read the journal segment `{}` at byte {offset}: {source}", path.display())]
    Read {
        /// The segment.
        path: PathBuf,
        /// Where in the segment.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// An old segment cannot be removed.
    #[error("cannot remove the journal segment `{}`: {source}", path.display())]
    Remove {
        /// The segment.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The torn end of a segment cannot be cut off.
    #[error("cannot cut the journal segment `{}` at byte {offset}: {source}", path.display())]
    Cut {
        /// The segment.
        path: PathBuf,
        /// Where its whole frames end.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A newer ouzel has written the segment.
    #[error("the journal segment `{}` has format {version} at byte {offset}, which a newer ouzel has made; this one knows formats up to {VERSION}\nhint: use the newer ouzel; or move this segment and those after it away, and what is in them is not handled", path.display())]
    Version {
        /// The segment.
        path: PathBuf,
        /// Where the frame begins.
        offset: u64,
        /// The format that it names.
        version: u8,
    },
    /// A segment is named after a time, and there is no later time left.
    #[error("no new segment can be named in `{}`: the last one has the latest name there is", path.display())]
    NoName {
        /// The folder.
        path: PathBuf,
    },
    /// The lines cannot be compressed.
    #[error("cannot compress lines for the journal `{}`: {source}", path.display())]
    Compress {
        /// The folder.
        path: PathBuf,
        /// What the compressor said.
        source: io::Error,
    },
    /// The lines can never be one frame.
    #[error("these lines cannot go into the journal `{}`: {reason}", path.display())]
    Refused {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: Refused,
    },
}

/// Why lines cannot be one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The lines have too many bytes. Reading must be bounded, so writing is bounded too.
    #[error("{0} bytes are more than the {MAX_RAW} of a frame")]
    TooLarge(usize),
    /// There are too many lines, for the same reason.
    #[error("{0} lines are more than the {MAX_LINES} of a frame")]
    TooMany(usize),
    /// The number of ids is not the number of lines.
    #[error("{lines} lines came with {ids} ids")]
    Ids {
        /// How many lines there are.
        lines: usize,
        /// How many ids there are.
        ids: usize,
    },
    /// A line contains the delimiter, which would make two lines of it.
    #[error("line {0} holds a line feed")]
    Delimiter(usize),
}

impl Error {
    /// Whether the same call may succeed later, when there is room or the folder can be written again.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Folder { .. }
            | Self::Open { .. }
            | Self::Write { .. }
            | Self::Sync { .. }
            | Self::Read { .. }
            | Self::Remove { .. }
            | Self::Cut { .. }
            | Self::Compress { .. } => true,
            Self::Thread(_) | Self::Version { .. } | Self::NoName { .. } | Self::Refused { .. } => {
                false
            }
        }
    }
}
