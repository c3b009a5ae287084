//! SQLite. Takes rows, SQL of scripts and ouzel's own records, gives one transaction for each batch of Tweets, and never knows
//! what a Tweet is.
//!
//! The analyst's tables live beside ouzel's own, whose names begin with `_ouzel_`; scripts can read those and cannot write them.

mod batch;
mod bench;
mod compare;
mod compare_rows;
mod cursor;
mod database;
mod error;
mod gaps;
mod guard;
mod handled;
mod invalid;
mod ownership;
mod quarantine;
mod read_only;
mod received;
mod replay;
mod segments;
mod sinks;
mod sql;
mod table;

pub use bench::BENCH_JOURNAL;
pub use compare::{Cells, Comparison, Difference, LineDifference, TableDifference, Value};
pub use cursor::Cursor;
pub use database::Store;
pub use error::Error;
pub use gaps::{Gap, GapIds, GapState, Ledger, Repair, Unsettled, ask_for_repair};
pub use handled::HandledRow;
pub use invalid::Invalid;
pub use ownership::OwnedRule;
pub use quarantine::{Failed, Held, Quarantined};
pub use read_only::ReadOnly;
pub use received::Received;
pub use table::Table;
