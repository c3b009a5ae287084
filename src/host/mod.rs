//! What depends on this machine and its user: signals, locks, permissions and the log.
//!
//! Takes settings that have been read, gives back files, locks and tokens, and never knows of Tweets or scripts.

pub(crate) mod lock;
pub(crate) mod logging;
pub(crate) mod manager;
pub(crate) mod private;
pub(crate) mod shutdown;
pub(crate) mod terminal;
