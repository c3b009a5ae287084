//! Lines that could not be understood, kept for inspection.

use super::{Error, ReadOnly, Store};

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

impl ReadOnly {
    /// Shows each line that is kept.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn each_invalid(&self, mut show: impl FnMut(&[u8])) -> Result<(), Error> {
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
