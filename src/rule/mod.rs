//! The PowerTrack rule language. Pure: no IO, no clock.
pub mod plan;
