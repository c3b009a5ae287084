#![doc = include_str!("README.md")]

pub mod lines;
pub mod powertrack;
pub mod queue;
pub mod row;
pub mod rule;
pub mod script;
pub mod secret;
pub mod sim;
pub mod store;
pub mod tally;
pub mod tweet;
pub mod worker;
