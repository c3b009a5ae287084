//! The lengths of the files that scripts emit into. They are committed together with the rows.

use rusqlite::OptionalExtension;

use super::{Error, Store};

impl Store {
    /// The committed length of a sink in bytes; `None` if nothing was ever written to it.
    pub fn sink_length(&self, name: &str) -> Result<Option<u64>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT length FROM _ouzel_sinks WHERE name = ?")?;
        let length: Option<i64> = statement.query_row([name], |row| row.get(0)).optional()?;
        Ok(length.map(i64::unsigned_abs))
    }

    /// Remembers the length of a sink, in the same transaction as the rows written since the last commit.
    pub fn set_sink_length(&self, name: &str, length: u64) -> Result<(), Error> {
        self.before_write()?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        // The statement is not cached, because a script could run a statement that is in the cache.
        self.connection.execute(
            "INSERT INTO _ouzel_sinks (name, length) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET length = excluded.length",
            (name, length),
        )?;
        Ok(())
    }
}
