//! Drives the binary from outside: a project folder, a scripted PowerTrack, the process, and what it says.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and a harness that fails fails its test"
)]

mod examples;
mod kills;
mod powertrack;
mod process;
mod saves;
mod setup;
mod sim;
mod tweets;
mod wait;

use std::time::Duration;

pub use examples::{Declared, capture, example, examples, files_below, rules_of};
pub use kills::killed_over_and_over;
pub use powertrack::{PowerTrack, Request};
pub use process::{Process, Stdout, command, ouzel};
pub use saves::{named, started};
pub use setup::{Ended, Run, Setup, UNLIMITED};
pub use sim::Sim;
pub use tweets::{tagged, tweet};
pub use wait::{connect, skipped, wait_for_some, wait_until, wait_while_it_grows};

/// After this long a test fails with everything that it has seen: generous, since a busy machine is no failure.
pub const DEADLINE: Duration = Duration::from_secs(90);

pub const USERNAME: &str = "ada@example.com";
pub const PASSWORD: &str = "open-sesame-3141";
