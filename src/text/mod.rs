//! Text that comes in and text that is shown: names, times, sizes, secrets, JSON, lines.
//!
//! Takes and gives plain values, does no IO, and never knows what the text is about. It is a crate of its own because
//! the client and the simulator both need it, and they share nothing else about each other.

pub mod json;
pub mod lines;
pub mod nearest;
pub mod origin;
pub mod plain;
pub mod scan;
pub mod secret;
pub mod units;
