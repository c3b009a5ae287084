//! Lines that could not be understood, kept for inspection.

use super::{Error, Store};

/// The newest lines kept; a stream that has gone bad must not fill the disk.
const KEPT: i64 = 1_000;

impl Store {
    /// Keeps a line with the reason and the time (RFC 3339), in `_ouzel_invalid`; the oldest make room.
    ///
    /// # Errors
    /// [`Error::Write`].
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
