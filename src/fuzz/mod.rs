//! What the fuzz targets run. Takes any bytes, gives them to what reads bytes from outside, panics where that breaks a promise,
//! and never becomes part of the program.
//!
//! The targets of `tests/fuzz` are these functions, and `tests.rs` runs them with a few hundred inputs each, so that they
//! are tried where no fuzzer is installed too.
#![allow(
    clippy::unwrap_used,
    reason = "a broken promise and a failing disk both end the run"
)]

mod journal;
mod lines;
mod rules;
mod scripts;
mod segments;
mod settings;
#[cfg(test)]
mod tests;

pub use self::{
    journal::journal, lines::lines, rules::rules, scripts::scripts, settings::settings,
};
