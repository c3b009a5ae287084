//! What was tried to lose a Tweet, to handle one twice, to stop the stream, to fell the process, or to mislead its user.
//!
//! Each module is one kind of trouble, and each test in it is a sentence that has to stay true.
#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]

#[path = "../support/mod.rs"]
mod support;

mod away;
mod database;
mod duplicates;
mod files;
mod interleavings;
mod journal;
mod ledger;
mod log;
mod lua_tweets;
mod odd_json;
mod poison;
mod requests;
mod rules;
mod settings;
mod simulator;
mod sql;
mod standstill;
mod wire;
