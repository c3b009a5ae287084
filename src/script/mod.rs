//! The user's Lua script. Takes its files and one Tweet at a time, gives verdicts and what handlers write, and never
//! touches the network or the database itself.
//!
//! A script is loaded as a whole into a generation, and is replaced between two Tweets.

mod api;
mod below;
mod breach;
mod budget;
mod calls;
mod code;
mod declared;
mod dispatch;
mod entries;
mod error;
mod explain;
mod expression;
mod generation;
mod held;
mod loader;
mod lua;
mod no_database;
mod pattern;
mod raw;
mod reference;
mod rule_tables;
mod scan;
pub(crate) mod tag_pattern;
mod tags;
mod testing;
mod timing;
mod value;
mod watch;
mod written;

pub(crate) use api::{Brief, brief, is_method, silently};
pub use budget::Limits;
pub(crate) use budget::may_go_on;
pub(crate) use calls::Call;
pub(crate) use code::{Code, OnDisk};
pub(crate) use declared::{Change, Counts, Declared, DeclaredRule, Place};
pub(crate) use dispatch::{Failure, Verdict};
pub(crate) use error::{Error, Fault};
pub(crate) use explain::unknown_field;
pub(crate) use expression::{Expression, Unfit};
pub(crate) use generation::{Files, Generation, Read};
pub(crate) use loader::Shelf;
pub(crate) use reference::stub;
pub(crate) use tags::TagWarning;
pub(crate) use testing::{Subject, TEST_ENDING, TestFile, TestOptions, Trouble, test_files};
pub(crate) use watch::{Watch, WatchError};

use crate::{
    row::{Cell, EachRow, Made, Refused, TableSpec},
    state,
};

/// What a script can do with the database. The worker implements it with the store.
pub(crate) trait Database {
    /// What `ouzel.state` holds. It is asked for once, when the script loads.
    fn state(&self) -> state::Shared {
        state::Shared::default()
    }

    /// Makes or extends a table, and makes the indices that it lacks.
    ///
    /// # Errors
    /// [`Refused`] when the database has something else under that name.
    fn declare(&self, spec: TableSpec) -> Result<Made, Refused>;

    /// Writes one row. With `replace`, it replaces a row with the same primary key.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn insert(&self, table: usize, row: &[(u16, Cell<'_>)], replace: bool) -> Result<(), Refused>;

    /// Changes the rows whose columns equal the first cells: their columns get the other cells. Gives how many rows
    /// these are.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn update(
        &self,
        table: usize,
        matching: &[(u16, Cell<'_>)],
        changes: &[(u16, Cell<'_>)],
    ) -> Result<usize, Refused>;

    /// Deletes the rows whose columns equal the given cells. Gives how many rows these were.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn delete(&self, table: usize, matching: &[(u16, Cell<'_>)]) -> Result<usize, Refused>;

    /// Passes the first row whose columns equal the given cells to `each`.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn get(
        &self,
        table: usize,
        matching: &[(u16, Cell<'_>)],
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused>;

    /// Counts the rows whose columns equal the given cells.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn count(&self, table: usize, matching: &[(u16, Cell<'_>)]) -> Result<i64, Refused>;

    /// Runs a statement. Gives how many rows it changed.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn exec(&self, sql: &str, parameters: &[Cell<'_>]) -> Result<usize, Refused>;

    /// Passes at most `limit` rows of a query to `each`.
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
