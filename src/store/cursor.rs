//! How far the journal has been handled, committed together with the rows.

use rusqlite::OptionalExtension;

use super::{Error, Store};

/// A place in a journal, as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The segment.
    pub segment: i64,
    /// Where in the segment.
    pub offset: i64,
    /// How many lines of the frame there are handled.
    pub line: i64,
}

impl Store {
    /// How far the journal of this name has been handled; `None` where it never was.
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

    /// Moves the cursor, in the transaction of the rows that have been written since the last commit.
    pub fn move_cursor(&self, journal: &str, to: Cursor) -> Result<(), Error> {
        self.before_write()?;
        // Not from the cache of statements: what is prepared there, a script could run.
        self.connection.execute(
            "INSERT INTO _ouzel_cursor (journal, segment, offset, line) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET segment = excluded.segment, offset = excluded.offset, line = excluded.line",
            (journal, to.segment, to.offset, to.line),
        )?;
        Ok(())
    }
}
