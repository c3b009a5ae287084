//! What the pipeline's loop can be asked for.

use tokio::sync::oneshot;

/// How many requests may wait for the loop. Whoever asks then waits for room.
pub(super) const WAITING: usize = 8;

/// Where the answer goes. Whoever has asked may have gone in the meantime.
pub(crate) type Reply<T> = oneshot::Sender<T>;

/// A request that only the pipeline's loop can answer.
#[derive(Debug)]
pub(crate) enum Request {
    /// The tags of the rules that the script declares; `None` for a rule without a tag.
    Tags(Reply<Vec<Option<String>>>),
}
