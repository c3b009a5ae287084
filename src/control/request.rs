//! What the pipeline's loop can be asked for.

use tokio::sync::oneshot;

use super::{resume::Resumed, rollback::Went};

/// How many requests may wait for the loop. Whoever asks then waits for room.
pub(super) const WAITING: usize = 8;

/// Where the answer goes. Whoever has asked may have gone in the meantime.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// A request that only the pipeline's loop can answer.
#[derive(Debug)]
pub(crate) enum Request {
    /// The tags of the rules that the script declares; `None` for a rule without a tag.
    Tags(Reply<Vec<Option<String>>>),
    /// Put the rules with this tag back on the stream. The answer says why they are not.
    Resume {
        /// The tag.
        tag: String,
        /// Where the answer goes.
        reply: Reply<Result<Resumed, String>>,
    },
    /// Go back to the generation before the running one, or end that. The answer says where it went, or why not.
    Rollback {
        /// Whether a rollback is to end.
        undo: bool,
        /// Where the answer goes.
        reply: Reply<Result<Went, String>>,
    },
}
