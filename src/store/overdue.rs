//! Rules that ouzel has sent without getting an answer: they may still come, and are ouzel's own then.

use rusqlite::Connection;

use super::{Error, Store};

/// This is a table of its own. So a database of an older ouzel lacks only this table, and opening it adds the table.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_overdue (
    endpoint  TEXT NOT NULL,    -- the rules endpoint
    value     TEXT NOT NULL,    -- the rule
    tag       TEXT NOT NULL,    -- its tag, empty for none
    temporary INTEGER NOT NULL, -- whether it only stands in for another one
    sent_ms   INTEGER NOT NULL, -- when no answer came, in milliseconds since 1970
    PRIMARY KEY (endpoint, value, tag)
) WITHOUT ROWID;";

/// After so long a rule does not come any more: no request waits for an hour.
const LONGEST_MS: i64 = 60 * 60 * 1000;

/// The most that are remembered, the newest. Each is a rule in full, and a request has up to 5 000.
const MOST: i64 = 20_000;

/// A rule that may come late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueRule {
    /// The rule's value.
    pub value: String,
    /// The rule's tag.
    pub tag: Option<String>,
    /// Whether it only stands in for another rule while that one's tag changes.
    pub temporary: bool,
    /// When no answer came, in milliseconds since 1970.
    pub sent_ms: i64,
}

impl OverdueRule {
    /// Whether it may still come.
    #[must_use]
    pub fn may_come(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.sent_ms) <= LONGEST_MS
    }
}

/// The rules that may come late at this endpoint, from a database that an older ouzel may have made.
pub(super) fn overdue(connection: &Connection, endpoint: &str) -> Result<Vec<OverdueRule>, Error> {
    if !connection.table_exists(None, "_ouzel_overdue")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "SELECT value, tag, temporary, sent_ms FROM _ouzel_overdue WHERE endpoint = ? ORDER BY value, tag",
    )?;
    let rules = statement.query_map([endpoint], |row| {
        let tag: String = row.get(1)?;
        Ok(OverdueRule {
            value: row.get(0)?,
            tag: Some(tag).filter(|tag| !tag.is_empty()),
            temporary: row.get(2)?,
            sent_ms: row.get(3)?,
        })
    })?;
    Ok(rules.collect::<Result<_, _>>()?)
}

impl Store {
    /// The rules that may come late at this endpoint.
    pub fn overdue_rules(&self, endpoint: &str) -> Result<Vec<OverdueRule>, Error> {
        overdue(&self.connection, endpoint)
    }

    /// Writes rules that may come late, and forgets those that do not come any more.
    pub(super) fn put_overdue(&self, endpoint: &str, rules: &[OverdueRule]) -> Result<(), Error> {
        let Some(now) = rules.iter().map(|rule| rule.sent_ms).max() else {
            return Ok(());
        };
        let mut statement = self.connection.prepare(
            "INSERT OR REPLACE INTO _ouzel_overdue (endpoint, value, tag, temporary, sent_ms) VALUES (?, ?, ?, ?, ?)",
        )?;
        for rule in rules {
            let tag = rule.tag.as_deref().unwrap_or_default();
            statement.execute((endpoint, &rule.value, tag, rule.temporary, rule.sent_ms))?;
        }
        self.connection.execute(
            "DELETE FROM _ouzel_overdue WHERE sent_ms < ?",
            [now.saturating_sub(LONGEST_MS)],
        )?;
        self.connection.execute(
            "DELETE FROM _ouzel_overdue WHERE sent_ms <
             (SELECT sent_ms FROM _ouzel_overdue ORDER BY sent_ms DESC LIMIT 1 OFFSET ?)",
            [MOST - 1],
        )?;
        Ok(())
    }
}
