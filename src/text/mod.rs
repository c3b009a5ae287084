//! Text between people and ouzel: what is shown to them, and what they write.
//!
//! Takes and gives plain values, does no IO, and never knows what the text is about.

pub mod nearest;
pub mod plain;
pub mod secret;
pub mod units;
