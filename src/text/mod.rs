//! Text that comes in and text that is shown: names, times, sizes, secrets, JSON, lines.
//!
//! Takes and gives plain values, does no IO, and never knows what the text is about. A crate of its own, since the client
//! and the simulator both need it and know nothing else of each other.

pub mod json;
pub mod lines;
pub mod nearest;
pub mod origin;
pub mod plain;
pub mod scan;
pub mod secret;
pub mod units;
