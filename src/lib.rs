#![doc = include_str!("README.md")]

pub mod cli;
pub mod lines;
pub mod logging;
pub mod powertrack;
pub mod queue;
pub mod row;
pub mod rule;
pub mod script;
pub mod secret;
pub mod settings;
pub mod sim;
pub mod status;
pub mod store;
pub mod tally;
pub mod tweet;
pub mod worker;
