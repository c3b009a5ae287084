#![doc = include_str!("README.md")]

pub mod cli;
pub mod commands;
pub mod doing;
pub mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod host;
pub mod ingest;
pub mod journal;
pub mod json;
pub mod lines;
pub mod outage;
pub mod pipeline;
pub mod powertrack;
pub mod row;
pub mod script;
pub mod settings;
pub mod sim;
pub mod status;
pub mod store;
pub mod tally;
pub mod text;
pub mod tweet;
pub mod worker;

/// The rule language, a crate of its own.
pub use ouzel_rule as rule;
