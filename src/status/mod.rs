//! How a run is going. Takes counters and states, gives lines for people and answers for programs, and never changes
//! what it looks at.

mod bar;
mod health;
mod line;
pub(crate) mod look;
mod metrics;
mod page;
mod progress;
mod reporter;
mod server;

pub(crate) use bar::Bar;
pub(crate) use line::StatusLine;
pub(crate) use progress::{Progress, Snapshot};
pub(crate) use progress::{counted, short, thousands};
pub(crate) use reporter::Reporter;
pub(crate) use server::StatusServer;
