//! How far the journal has been handled. It is committed together with the rows.

use rusqlite::OptionalExtension;

use super::{Error, Store};

/// A place in a journal, as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The segment's number.
    pub segment: i64,
    /// The position in the segment.
    pub offset: i64,
    /// How many lines of the frame at that position are handled.
    pub line: i64,
}

impl Store {
    /// How far the journal with this name has been handled; `None` if nothing of it was ever handled.
    pub fn cursor(&self, journal: &str) -> Result<Option<Cursor>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT segment, offset, line FROM _ouzel_cursor WHERE journal = ?")?;
        let cursor = statement.query_row([journal], |row| {
            Ok(Cursor {
                segment: row.get(0)?,
                offset: row.get(1)?,
                line: row.get(2)?,
            })
        });
        Ok(cursor.optional()?)
    }

    /// Moves the cursor, in the same transaction as the rows written since the last commit.
    pub fn move_cursor(&self, journal: &str, to: Cursor) -> Result<(), Error> {
        self.before_write()?;
        // The statement is not cached, because a script could run a statement that is in the cache.
        self.connection.execute(
            "INSERT INTO _ouzel_cursor (journal, segment, offset, line) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET segment = excluded.segment, offset = excluded.offset, line = excluded.line",
            (journal, to.segment, to.offset, to.line),
        )?;
        Ok(())
    }
}
