#![doc = include_str!("README.md")]

mod cli;
mod control;
mod doing;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod host;
mod ingest;
mod journal;
mod metric;
mod outage;
mod pipeline;
mod powertrack;
mod row;
mod script;
mod settings;
mod state;
mod status;
mod store;
mod tally;
mod tweet;
mod volume;
mod worker;

pub use cli::start;

/// The parts that tests put together without starting a process.
#[doc(hidden)]
pub mod pieces {
    pub use crate::{
        control::feed::Feed,
        ingest::{Arrived, Ingest, Limits, queue::queue},
        journal::{Batch, Effort, Journal, Options, Source, Sync},
        script::Limits as ScriptLimits,
        store::Store,
        tally::Tally,
        worker::{Progress, Report, Work, Worker, behind::behind, inbox::Control},
    };
}

// These are separate crates so that they compile in parallel with this one. Here they have the names of their folders.
use ouzel_rule as rule;
use ouzel_sim as sim;
use ouzel_text as text;
