//! Which segments of a journal held unhandled lines at the last commit. If one of them is gone at the next start, its
//! lines are missing.

use super::{Error, Store};

/// This is a table of its own. So a database of an older ouzel lacks only this table, and opening it adds the table.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_segments (
    journal TEXT NOT NULL,     -- the journal's name
    segment INTEGER NOT NULL,  -- the microseconds since 1970 that the segment's name says
    PRIMARY KEY (journal, segment)
) WITHOUT ROWID;";

impl Store {
    /// The segments of the journal with this name that existed at the last commit and were not passed yet, oldest
    /// first.
    pub fn segments(&self, journal: &str) -> Result<Vec<u64>, Error> {
        let mut statement = self
            .connection
            .prepare("SELECT segment FROM _ouzel_segments WHERE journal = ? ORDER BY segment")?;
        let segments = statement.query_map([journal], |row| row.get::<_, i64>(0))?;
        let segments = segments.map(|segment| segment.map(i64::unsigned_abs));
        Ok(segments.collect::<Result<_, _>>()?)
    }

    /// Replaces the kept segments with these, in the same transaction as the cursor.
    pub fn put_segments(&self, journal: &str, segments: &[u64]) -> Result<(), Error> {
        self.before_write()?;
        // The statement is not cached, because a script could run a statement that is in the cache.
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
