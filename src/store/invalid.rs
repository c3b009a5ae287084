//! Keeps lines that are no Tweets, for people to look at.

use super::{Error, ReadOnly, Store};

/// The newest lines kept; a stream that has gone bad must not fill the disk.
const KEPT: i64 = 1_000;

impl Store {
    /// Keeps a line with the reason and the time (RFC 3339), in `_ouzel_invalid`; the oldest make room.
    pub fn keep_invalid(&self, line: &[u8], reason: &str, received_at: &str) -> Result<(), Error> {
        self.before_write()?;
        // Not from the cache of statements: what is prepared there, a script could run.
        self.connection.execute(
            "INSERT INTO _ouzel_invalid (received_at, reason, line) VALUES (?, ?, ?)",
            (received_at, reason, line),
        )?;
        self.connection.execute(
            "DELETE FROM _ouzel_invalid WHERE number <= (SELECT max(number) FROM _ouzel_invalid) - ?",
            [KEPT],
        )?;
        Ok(())
    }
}

/// A line that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid {
    /// Its number; later ones are higher.
    pub number: i64,
    /// When it was received, in RFC 3339.
    pub received_at: String,
    /// What is wrong with it.
    pub reason: String,
    /// The line as received.
    pub line: Vec<u8>,
}

impl ReadOnly {
    /// The newest lines that are kept, newest first.
    pub(crate) fn invalid(&self, most: u64) -> Result<Vec<Invalid>, Error> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT number, received_at, reason, line FROM _ouzel_invalid ORDER BY number DESC LIMIT ?",
            )?;
            let rows = statement.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                Ok(Invalid {
                    number: row.get(0)?,
                    received_at: row.get(1)?,
                    reason: row.get(2)?,
                    line: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many lines are kept.
    pub(crate) fn invalid_held(&self) -> Result<u64, Error> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM _ouzel_invalid";
            let lines: i64 = connection.query_row(sql, [], |row| row.get(0))?;
            Ok(lines.unsigned_abs())
        })
    }

    /// Shows each line that is kept.
    pub(crate) fn each_invalid(&self, mut show: impl FnMut(&[u8])) -> Result<(), Error> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT line FROM _ouzel_invalid")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if let Ok(line) = row.get_ref(0)?.as_bytes() {
                    show(line);
                }
            }
            Ok(())
        })
    }
}
