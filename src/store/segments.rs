//! Which segments of a journal held lines that were not handled, as of the last commit: one that is gone at the next start is missed.

use super::{Error, Store};

/// A table of its own, so that a database of an older ouzel only lacks it.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_segments (
    journal TEXT NOT NULL,     -- the journal's name
    segment INTEGER NOT NULL,  -- the microseconds since 1970 that the segment's name says
    PRIMARY KEY (journal, segment)
) WITHOUT ROWID;";

impl Store {
    /// The segments of the journal of this name that were there and not passed at the last commit, oldest first.
    pub fn segments(&self, journal: &str) -> Result<Vec<u64>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT segment FROM _ouzel_segments WHERE journal = ? ORDER BY segment")?;
        let segments = statement.query_map([journal], |row| row.get::<_, i64>(0))?;
        let segments = segments.map(|segment| segment.map(i64::unsigned_abs));
        Ok(segments.collect::<Result<_, _>>()?)
    }

    /// Keeps these segments in the place of those before, in the transaction of the cursor.
    pub fn put_segments(&self, journal: &str, segments: &[u64]) -> Result<(), Error> {
        self.before_write()?;
        // Not from the cache of statements: what is prepared there, a script could run.
        self.connection
            .execute("DELETE FROM _ouzel_segments WHERE journal = ?", [journal])?;
        let mut statement = self
            .connection
            .prepare("INSERT OR IGNORE INTO _ouzel_segments (journal, segment) VALUES (?, ?)")?;
        for &segment in segments {
            statement.execute((journal, i64::try_from(segment).unwrap_or(i64::MAX)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segments_count_and_each_journal_has_its_own() {
        let store = Store::in_memory().expect("a database");
        store.put_segments("a", &[1, 2]).expect("written");
        store.put_segments("b", &[7]).expect("written");
        store.put_segments("a", &[2, 3]).expect("written");
        assert_eq!(store.segments("a").expect("read"), [2, 3]);
        assert_eq!(store.segments("b").expect("read"), [7]);
    }
}
