//! How it is going, for people.

mod line;
mod progress;

pub use line::StatusLine;
pub use progress::{Progress, Snapshot};
pub(crate) use progress::{short, thousands};
