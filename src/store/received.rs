//! Up to when everything was received from the stream, as of some commit; the next start counts its outage from there.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::{Error, Store};

/// A table of its own, so that a database of an older ouzel only lacks it.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_received (
    journal  TEXT PRIMARY KEY,  -- the journal's name
    until_ms INTEGER NOT NULL,  -- everything until then was in it, in milliseconds since 1970
    settled  INTEGER NOT NULL,  -- 0 while younger Tweets may be in it and what a backfill brings is not complete
    segment  INTEGER NOT NULL,  -- where it ended then
    offset   INTEGER NOT NULL
) WITHOUT ROWID;";

/// Up to when everything was received, as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Up to when, to the millisecond.
    pub until: Timestamp,
    /// Whether lines that came since say a later time.
    pub is_settled: bool,
    /// The journal's last segment then.
    pub segment: i64,
    /// Where that ended.
    pub offset: i64,
}

impl Store {
    /// Up to when everything was received into the journal of this name; `None` where nobody has said.
    pub fn received(&self, journal: &str) -> Result<Option<Received>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT until_ms, settled, segment, offset FROM _ouzel_received WHERE journal = ?",
        )?;
        let received = statement.query_row([journal], |row| {
            let until = Timestamp::from_millisecond(row.get(0)?).ok();
            let (is_settled, segment, offset) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(until.map(|until| Received {
                until,
                is_settled,
                segment,
                offset,
            }))
        });
        Ok(received.optional()?.flatten())
    }

    /// Keeps up to when everything was received, in the transaction of the rows since the last commit.
    pub fn put_received(&self, journal: &str, received: Received) -> Result<(), Error> {
        self.before_write()?;
        // Not from the cache of statements: what is prepared there, a script could run.
        self.connection.execute(
            "INSERT OR REPLACE INTO _ouzel_received (journal, until_ms, settled, segment, offset) VALUES (?, ?, ?, ?, ?)",
            (
                journal,
                received.until.as_millisecond(),
                received.is_settled,
                received.segment,
                received.offset,
            ),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_an_older_ouzel_only_knows_nothing_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ouzel.db");
        let store = Store::open(&path).expect("a database");
        store
            .connection
            .execute_batch("DROP TABLE _ouzel_received")
            .expect("the table is there");
        drop(store);
        let store = Store::open(&path).expect("the same");
        assert_eq!(store.received("journal").expect("it can be read"), None);
        let received = Received {
            until: Timestamp::from_millisecond(1_234).expect("a time"),
            is_settled: true,
            segment: 5,
            offset: 6,
        };
        for is_settled in [false, true] {
            let received = Received {
                is_settled,
                ..received
            };
            store
                .put_received("journal", received)
                .expect("it can be written");
        }
        store.commit().expect("it can be committed");
        drop(store);
        let store = Store::open(&path).expect("the same");
        let kept = store.received("journal").expect("it can be read");
        assert_eq!(kept, Some(received));
        assert_eq!(store.received("journal-sim").expect("it can be read"), None);
    }
}
