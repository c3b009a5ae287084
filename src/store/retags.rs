//! Rules whose tags ouzel changes or has changed lately: Tweets that carry an id of such a change are of the declared
//! rule.

use super::{Error, Store};

/// This is a table of its own. So a database of an older ouzel lacks only this table, and opening it adds the table.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_retags (
    endpoint   TEXT NOT NULL,    -- the rules endpoint
    value      TEXT NOT NULL,    -- the rule
    tag        TEXT,             -- the tag that it gets
    old_id     INTEGER NOT NULL, -- its id with the tag that it had
    wrapped    TEXT,             -- the rule in parentheses that stands in for it
    wrapped_id INTEGER,          -- NULL until it is known
    plain_id   INTEGER,          -- its id with the new tag, NULL until it is known
    newest_id  INTEGER NOT NULL, -- the highest id of all rules before
    ended_ms   INTEGER,          -- in milliseconds since 1970, NULL while it is going on
    PRIMARY KEY (endpoint, value, old_id)
) WITHOUT ROWID;";

/// How long a change of a tag is remembered after its end: longer than a Tweet waits in the journal.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// A change of a rule's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetagRow {
    /// The rule's value.
    pub value: String,
    /// The tag that it gets.
    pub tag: Option<String>,
    /// Its id with the tag that it had.
    pub old: i64,
    /// The rule in parentheses that stands in for it.
    pub wrapped: Option<String>,
    /// The id of that one, once it is known.
    pub wrapped_id: Option<i64>,
    /// The rule's id with the new tag, once it is known.
    pub plain_id: Option<i64>,
    /// The highest id of all rules before the change.
    pub newest: i64,
    /// When it ended, in milliseconds since 1970.
    pub ended_ms: Option<i64>,
}

impl Store {
    /// The changes of tags at this endpoint that are remembered, the oldest first.
    pub fn retags(&self, endpoint: &str) -> Result<Vec<RetagRow>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT value, tag, old_id, wrapped, wrapped_id, plain_id, newest_id, ended_ms FROM _ouzel_retags
             WHERE endpoint = ? ORDER BY newest_id, value, old_id",
        )?;
        let rows = statement.query_map([endpoint], |row| {
            Ok(RetagRow {
                value: row.get(0)?,
                tag: row.get(1)?,
                old: row.get(2)?,
                wrapped: row.get(3)?,
                wrapped_id: row.get(4)?,
                plain_id: row.get(5)?,
                newest: row.get(6)?,
                ended_ms: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes changes of tags, and forgets those that ended long before the last of these.
    pub(super) fn put_retags(&self, endpoint: &str, rows: &[RetagRow]) -> Result<(), Error> {
        let mut statement = self.connection.prepare(
            "INSERT OR REPLACE INTO _ouzel_retags
             (endpoint, value, tag, old_id, wrapped, wrapped_id, plain_id, newest_id, ended_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for row in rows {
            statement.execute((
                endpoint,
                &row.value,
                &row.tag,
                row.old,
                &row.wrapped,
                row.wrapped_id,
                row.plain_id,
                row.newest,
                row.ended_ms,
            ))?;
        }
        if let Some(ended) = rows.iter().filter_map(|row| row.ended_ms).max() {
            self.connection.execute(
                "DELETE FROM _ouzel_retags WHERE ended_ms < ?",
                [ended.saturating_sub(KEPT_MS)],
            )?;
        }
        Ok(())
    }
}
