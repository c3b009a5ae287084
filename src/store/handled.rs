//! Which Tweets were handled lately, committed with their rows: one row of ids for each commit.

use super::{Error, Store};

/// A table of its own, so that a database of an older ouzel only lacks it.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_handled (
    number  INTEGER PRIMARY KEY,
    journal TEXT NOT NULL,     -- the journal's name
    at_ms   INTEGER NOT NULL,  -- when the last of the Tweets was received, in milliseconds since 1970
    ids     BLOB NOT NULL      -- of 8 bytes each, little-endian
);";

/// The Tweets of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandledRow {
    /// The row's number; later rows have higher ones.
    pub number: i64,
    /// When the last of the Tweets was received, in milliseconds since 1970.
    pub at_ms: i64,
    /// How many there are.
    pub ids: usize,
}

impl Store {
    /// Shows what of this journal has been handled, the oldest first.
    pub fn each_handled(
        &self,
        journal: &str,
        mut show: impl FnMut(HandledRow, &[u64]),
    ) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "SELECT number, at_ms, ids FROM _ouzel_handled WHERE journal = ? ORDER BY number",
        )?;
        let mut rows = statement.query([journal])?;
        let mut ids: Vec<u64> = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(2)?.as_bytes().unwrap_or_default();
            let (chunks, _) = bytes.as_chunks::<8>();
            ids.clear();
            ids.extend(chunks.iter().map(|&id| u64::from_le_bytes(id)));
            let row = HandledRow {
                number: row.get(0)?,
                at_ms: row.get(1)?,
                ids: ids.len(),
            };
            show(row, &ids);
        }
        Ok(())
    }

    /// Keeps ids of Tweets received up to `at_ms`, in the transaction of their rows.
    pub fn put_handled(&self, journal: &str, at_ms: i64, ids: &[u64]) -> Result<HandledRow, Error> {
        self.before_write()?;
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        // Not from the cache of statements: what is prepared there, a script could run.
        self.connection.execute(
            "INSERT INTO _ouzel_handled (journal, at_ms, ids) VALUES (?, ?, ?)",
            (journal, at_ms, bytes),
        )?;
        Ok(HandledRow {
            number: self.connection.last_insert_rowid(),
            at_ms,
            ids: ids.len(),
        })
    }

    /// Forgets the rows up to this number, in the same transaction.
    pub fn drop_handled(&self, journal: &str, up_to: i64) -> Result<(), Error> {
        self.before_write()?;
        self.connection.execute(
            "DELETE FROM _ouzel_handled WHERE number <= ? AND journal = ?",
            (up_to, journal),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kept_for_each_journal_until_they_are_dropped() {
        let store = Store::in_memory().expect("a database");
        let held = |journal: &str| {
            let mut held = Vec::new();
            store
                .each_handled(journal, |row, ids| held.push((row.at_ms, ids.to_vec())))
                .expect("it can be read");
            held
        };
        let first = store.put_handled("a", 5, &[1, u64::MAX]).expect("written");
        store.put_handled("b", 6, &[2]).expect("written");
        store.put_handled("a", 7, &[3]).expect("written");
        assert_eq!(held("a"), [(5, vec![1, u64::MAX]), (7, vec![3])]);
        store.drop_handled("a", first.number).expect("dropped");
        assert_eq!(held("a"), [(7, vec![3])]);
        assert_eq!(held("b"), [(6, vec![2])]);
    }
}
