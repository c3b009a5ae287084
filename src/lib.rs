#![doc = include_str!("README.md")]

pub mod lines;
pub mod powertrack;
pub mod rule;
pub mod secret;
pub mod sim;
