//! How it is going, for people.

mod bar;
mod line;
mod progress;
mod reporter;

pub use bar::Bar;
pub use line::StatusLine;
pub use progress::{Progress, Snapshot};
pub(crate) use progress::{short, thousands};
pub use reporter::Reporter;
