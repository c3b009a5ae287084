//! Why a running ouzel cannot be asked.

use std::{io, path::PathBuf};

/// Why a running ouzel could not be asked, or did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody listens on the socket, or there is none.
    #[error(
        "no ouzel is running on the data folder `{}`\nhint: {}",
        folder.display(),
        match elsewhere {
            Some(other) => format!("one is running on `{0}`; ask it with `--data-dir {0}`", other.display()),
            None => "`ouzel run` starts one; `--data-dir` says where it keeps its data".to_owned(),
        }
    )]
    NoRun {
        folder: PathBuf,
        /// A folder below it on which one runs.
        elsewhere: Option<PathBuf>,
    },
    /// A process has the folder, and does not listen.
    #[error(
        "process {process} uses the data folder `{}`, and does not listen on its control socket\nhint: if it is an `ouzel run`, its log says at the start why there is no socket",
        folder.display()
    )]
    Deaf { folder: PathBuf, process: u32 },
    /// The system refused the connection.
    #[error("cannot reach the ouzel that runs on the data folder `{}`: {source}\nhint: {hint}", folder.display())]
    Unreachable {
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
        hint: &'static str,
    },
    /// It does not know the request.
    #[error(
        "the running ouzel does not know what it was asked for; it is {version}, and this is {}\nhint: start it again with this version",
        env!("CARGO_PKG_VERSION")
    )]
    Unknown {
        /// How it names its version.
        version: String,
    },
    /// It has said no.
    #[error("the running ouzel says: {0}")]
    Refused(String),
    /// The run has ended, and has not said so.
    #[error("the run has ended without a word: it was killed, or has crashed")]
    Killed,
    /// The connection ended in the middle of an answer, or the answer makes no sense.
    #[error("the running ouzel has gone in the middle of its answer: {0}")]
    Gone(String),
}

impl Error {
    /// Whether nobody runs there.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self, Self::NoRun { .. } | Self::Deaf { .. })
    }

    /// Whether the next run may answer: nobody runs there now, or that one is just ending.
    pub(crate) fn may_pass(&self) -> bool {
        self.is_nobody() || matches!(self, Self::Gone(_) | Self::Killed)
    }
}
