//! What this machine and its user have a say in: signals, locks, permissions, the log, and who may ask a server here.
//!
//! Takes settings that have been read, gives back files, locks and tokens, and never knows of Tweets or scripts.

pub mod lock;
pub mod logging;
pub mod origin;
pub mod private;
pub mod shutdown;
