//! How long the files are that scripts emit into, committed together with the rows.

use rusqlite::OptionalExtension;

use super::{Error, Store};

impl Store {
    /// The committed length of a sink in bytes; `None` where nothing was ever written.
    pub fn sink_length(&self, name: &str) -> Result<Option<u64>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT length FROM _ouzel_sinks WHERE name = ?")?;
        let length: Option<i64> = statement.query_row([name], |row| row.get(0)).optional()?;
        Ok(length.map(i64::unsigned_abs))
    }

    /// Remembers the length of a sink, in the transaction of the rows that have been written since the last commit.
    pub fn set_sink_length(&self, name: &str, length: u64) -> Result<(), Error> {
        self.before_write()?;
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        // Not from the cache of statements: what is prepared there, a script could run.
        self.connection.execute(
            "INSERT INTO _ouzel_sinks (name, length) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET length = excluded.length",
            (name, length),
        )?;
        Ok(())
    }
}
