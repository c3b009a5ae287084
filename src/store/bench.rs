//! Marks the database of `ouzel bench`, so that no other database is replaced.

use super::{Error, ReadOnly, Store};

/// Only the databases of bench have it, so that no other is ever taken for one.
const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS _ouzel_bench (made_at TEXT NOT NULL);";

/// The name under which bench remembers how far it is. No run has a journal of this name: its cursor would mislead it.
pub(crate) const BENCH_JOURNAL: &str = "bench";

impl Store {
    /// Marks the database as that of bench, at once.
    pub fn note_bench(&self, at: &str) -> Result<(), Error> {
        self.before_write()?;
        self.connection.execute_batch(SCHEMA)?;
        self.connection
            .execute("INSERT INTO _ouzel_bench (made_at) VALUES (?)", [at])?;
        self.commit()
    }
}

impl ReadOnly {
    /// Whether bench has made the database, and no run has written to it since.
    pub(crate) fn is_of_bench(&self) -> Result<bool, Error> {
        if !self.has_table("_ouzel_bench")? {
            return Ok(false);
        }
        self.read(|connection| {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM _ouzel_cursor WHERE journal <> ?)";
            Ok(connection.query_row(sql, [BENCH_JOURNAL], |row| row.get(0))?)
        })
    }
}
