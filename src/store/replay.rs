//! Marks the databases of replays, and notes what each replay read.

use super::{Error, Store};

/// The table that marks a database of a replay. Only replays make it, so no other database can be mistaken for one.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_replay (
    number   INTEGER PRIMARY KEY,
    began_at TEXT NOT NULL,
    script   TEXT NOT NULL,
    source   TEXT NOT NULL -- the journal's folder, or the files
);";

impl Store {
    /// Marks the database as one of a replay. The mark is committed before this returns.
    pub fn note_replay(&self, began_at: &str, script: &str, source: &str) -> Result<(), Error> {
        self.before_write()?;
        self.connection.execute_batch(SCHEMA)?;
        self.connection.execute(
            "INSERT INTO _ouzel_replay (began_at, script, source) VALUES (?, ?, ?)",
            (began_at, script, source),
        )?;
        self.commit()
    }
}
