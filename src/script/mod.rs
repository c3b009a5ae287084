//! The user's Lua script. Takes its files and one Tweet at a time, gives verdicts and what handlers write, and never touches
//! the network or the database itself.
//!
//! A script is loaded as a whole into a generation and replaced between two Tweets.

mod api;
#[cfg(any(test, fuzzing))]
mod bounded;
mod declared;
mod dispatch;
mod entries;
mod error;
mod generation;
mod loader;
mod lua;
mod raw;
mod scan;
mod value;
mod watch;

pub use declared::{Change, Counts, Declared, DeclaredHandler, DeclaredRule};
pub use dispatch::{Failure, Verdict};
pub use error::{Error, Fault};
pub use generation::{Files, Generation};
pub use watch::{Watch, WatchError};

use crate::row::{Cell, EachRow, Refused, TableSpec};

/// What a script may do with the database; the worker joins it to the store.
pub trait Database {
    /// Makes or extends a table; the number names it from now on.
    ///
    /// # Errors
    /// [`Refused`] where the database holds something else under that name.
    fn declare(&self, spec: TableSpec) -> Result<usize, Refused>;

    /// Writes one row; with `replace` over a row of the same primary key.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn insert(&self, table: usize, row: &[(u16, Cell<'_>)], replace: bool) -> Result<(), Refused>;

    /// Hands the row with this primary key to `each`.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn get(&self, table: usize, key: Cell<'_>, each: &mut EachRow<'_>) -> Result<(), Refused>;

    /// Counts the rows that equal the given cells.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn count(&self, table: usize, matching: &[(u16, Cell<'_>)]) -> Result<i64, Refused>;

    /// Runs a statement; gives how many rows it changed.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn exec(&self, sql: &str, parameters: &[Cell<'_>]) -> Result<usize, Refused>;

    /// Hands at most `limit` rows of a query to `each`.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn select(
        &self,
        sql: &str,
        parameters: &[Cell<'_>],
        limit: usize,
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused>;
}
