//! Why a run fails.

use std::io;

use crate::{
    journal, powertrack,
    script::{self, WatchError},
    worker,
};

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The script could not be loaded at the start.
    #[error(transparent)]
    Script(#[from] script::Error),
    /// The service, or the way to it.
    #[error(transparent)]
    Service(#[from] powertrack::Error),
    /// The worker.
    #[error(transparent)]
    Worker(#[from] worker::Error),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// Changes cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The system refused a thread or a signal handler.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
    /// A task has ended that goes on as long as the run.
    #[error("the {0} task has died; this is a bug in ouzel")]
    TaskDied(&'static str),
    /// A thread has ended in a way that should not be possible.
    #[error("the {0} thread has died; this is a bug in ouzel")]
    ThreadDied(&'static str),
}
