//! How a run is going. Takes counters and states, gives lines for people and answers for programs, and never changes what it
//! looks at.

mod bar;
mod health;
mod line;
mod metrics;
mod progress;
mod reporter;
mod server;

pub use bar::Bar;
pub use line::StatusLine;
pub use progress::{Progress, Snapshot};
pub(crate) use progress::{counted, short, thousands};
pub use reporter::Reporter;
pub use server::StatusServer;
