//! Which database is that of a replay, and of what.

use super::{Error, Store};

/// Only the databases of replays have it, so that no other is ever taken for one.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_replay (
    number   INTEGER PRIMARY KEY,
    began_at TEXT NOT NULL,
    script   TEXT NOT NULL,
    source   TEXT NOT NULL -- the journal's folder, or the files
);";

impl Store {
    /// Marks the database as that of a replay, at once and for good.
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
