//! Which rules on the server are ouzel's own.

use rusqlite::Connection;

use super::{Error, Store, overdue::OverdueRule, retags::RetagRow};

/// A rule that ouzel added or was about to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRule {
    /// The rule's value.
    pub value: String,
    /// The rule's tag.
    pub tag: Option<String>,
    /// The id that the server gave the rule; `None` while the server's answer is not known.
    pub id: Option<i64>,
    /// Whether it only stands in for another rule while that one's tag changes.
    pub temporary: bool,
}

/// It may come late, and has no id until it does.
impl From<OverdueRule> for OwnedRule {
    fn from(rule: OverdueRule) -> Self {
        Self {
            value: rule.value,
            tag: rule.tag,
            id: None,
            temporary: rule.temporary,
        }
    }
}

/// What changes in the record of ouzel's rules. It changes as a whole.
#[derive(Debug, Clone, Default)]
pub struct RuleChange {
    /// Rules to remember.
    pub own: Vec<OwnedRule>,
    /// Values of rules to forget.
    pub disown: Vec<String>,
    /// Changes of tags, as far as they are.
    pub retags: Vec<RetagRow>,
    /// Rules that may come late.
    pub overdue: Vec<OverdueRule>,
}

/// Older databases have the table without this column.
pub(super) fn add_later_columns(connection: &Connection) -> rusqlite::Result<()> {
    if connection.column_exists(None, "_ouzel_rules", "temporary")? {
        return Ok(());
    }
    connection
        .execute_batch("ALTER TABLE _ouzel_rules ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0")
}

/// The rules that ouzel added at this endpoint, from a database that nobody may have opened for writing since an older
/// ouzel made it.
pub(super) fn owned_rules(
    connection: &Connection,
    endpoint: &str,
) -> Result<Vec<OwnedRule>, Error> {
    let has_temporary = connection.column_exists(None, "_ouzel_rules", "temporary")?;
    let temporary = if has_temporary { "temporary" } else { "0" };
    owned(connection, endpoint, temporary)
}

/// Reads the record. `temporary` is the column of that name, or what stands for it.
fn owned(
    connection: &Connection,
    endpoint: &str,
    temporary: &str,
) -> Result<Vec<OwnedRule>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT value, tag, id, {temporary} FROM _ouzel_rules WHERE endpoint = ? ORDER BY value"
    ))?;
    let rules = statement.query_map([endpoint], |row| {
        Ok(OwnedRule {
            value: row.get(0)?,
            tag: row.get(1)?,
            id: row.get(2)?,
            temporary: row.get(3)?,
        })
    })?;
    Ok(rules.collect::<Result<_, _>>()?)
}

impl Store {
    /// The rules that ouzel added at this endpoint.
    pub fn owned_rules(&self, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
        owned(&self.connection, endpoint, "temporary")
    }

    /// Changes the record of the rules at this endpoint. The change is committed before this returns.
    pub fn change_rules(&self, endpoint: &str, change: &RuleChange) -> Result<(), Error> {
        self.before_write()?;
        let mut own = self.connection.prepare(
            "INSERT INTO _ouzel_rules (endpoint, value, tag, id, temporary) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET tag = excluded.tag, id = excluded.id, temporary = excluded.temporary",
        )?;
        for rule in &change.own {
            own.execute((endpoint, &rule.value, &rule.tag, rule.id, rule.temporary))?;
        }
        let mut disown = self
            .connection
            .prepare("DELETE FROM _ouzel_rules WHERE endpoint = ? AND value = ?")?;
        for value in &change.disown {
            disown.execute((endpoint, value))?;
        }
        self.put_retags(endpoint, &change.retags)?;
        self.put_overdue(endpoint, &change.overdue)?;
        self.commit()
    }
}
