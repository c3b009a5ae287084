//! SQLite. Takes rows, SQL of scripts and ouzel's own records, gives one transaction for each batch of Tweets, and
//! never knows what a Tweet is.
//!
//! The analyst's tables are in the same database as ouzel's own tables, whose names begin with `_ouzel_`. Scripts can
//! read ouzel's tables but cannot write them.

mod backup;
mod batch;
mod bench;
mod bounds;
mod compare;
mod cursor;
mod database;
mod declare;
mod error;
mod format;
mod gaps;
mod generations;
mod guard;
mod handled;
mod invalid;
mod newest;
mod open;
mod overdue;
mod ownership;
mod paused;
mod quarantine;
mod read_only;
mod received;
mod replay;
mod retags;
mod segments;
mod shadow;
mod sinks;
mod sql;
mod state;
mod table;
mod volume;

pub(crate) use backup::MayGoOn;
pub(crate) use bench::BENCH_JOURNAL;
pub(crate) use compare::{Cells, Comparison, Difference, LineDifference, TableDifference, Value};
pub(crate) use cursor::Cursor;
pub use database::Store;
pub(crate) use error::Error;
pub(crate) use gaps::{Gap, GapIds, GapState, Ledger, Repair, Unsettled, ask_for_repair};
pub(crate) use generations::{Before, Kept, Load, LoadResult, Rollback};
pub(crate) use handled::HandledRow;
pub(crate) use invalid::Invalid;
pub(crate) use newest::Shown;
pub(crate) use overdue::OverdueRule;
pub(crate) use ownership::{OwnedRule, RuleChange};
pub(crate) use paused::{Pause, PauseChange, PausedTag};
pub(crate) use quarantine::{Cause, Failed, Quarantined};
pub(crate) use read_only::ReadOnly;
pub(crate) use received::Received;
pub(crate) use retags::RetagRow;
pub(crate) use shadow::Rows;
pub(crate) use table::Table;
pub(crate) use volume::{MINUTES_KEPT, Volume, Warned};

/// Which SQLite is compiled in.
pub(crate) fn sqlite_version() -> &'static str {
    rusqlite::version()
}
