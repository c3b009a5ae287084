//! Which rules on the server are ouzel's own.

use rusqlite::Connection;

use super::{Error, ReadOnly, Store};

/// A rule that ouzel added or was about to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRule {
    /// The rule's value.
    pub value: String,
    /// The rule's tag.
    pub tag: Option<String>,
    /// The id that the server gave the rule; `None` while the server's answer is not known.
    pub id: Option<i64>,
}

impl ReadOnly {
    /// The rules that ouzel added at this endpoint. A database that is not ouzel's knows of none.
    pub(crate) fn owned_rules(&self, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
        if self.has_table("_ouzel_rules")? {
            self.read(|connection| owned(connection, endpoint))
        } else {
            Ok(Vec::new())
        }
    }
}

fn owned(connection: &Connection, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
    let mut statement = connection
        .prepare("SELECT value, tag, id FROM _ouzel_rules WHERE endpoint = ? ORDER BY value")?;
    let rules = statement.query_map([endpoint], |row| {
        Ok(OwnedRule {
            value: row.get(0)?,
            tag: row.get(1)?,
            id: row.get(2)?,
        })
    })?;
    Ok(rules.collect::<Result<_, _>>()?)
}

impl Store {
    /// The rules that ouzel added at this endpoint.
    pub fn owned_rules(&self, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
        owned(&self.connection, endpoint)
    }

    /// Remembers rules. They are committed before this returns.
    pub fn own_rules(&self, endpoint: &str, rules: &[OwnedRule]) -> Result<(), Error> {
        self.before_write()?;
        let mut statement = self.connection.prepare(
            "INSERT INTO _ouzel_rules (endpoint, value, tag, id) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET tag = excluded.tag, id = excluded.id",
        )?;
        for rule in rules {
            statement.execute((endpoint, &rule.value, &rule.tag, rule.id))?;
        }
        self.commit()
    }

    /// Forgets the rules with these values. The change is committed before this returns.
    pub fn disown_rules(&self, endpoint: &str, values: &[String]) -> Result<(), Error> {
        self.before_write()?;
        let mut statement = self
            .connection
            .prepare("DELETE FROM _ouzel_rules WHERE endpoint = ? AND value = ?")?;
        for value in values {
            statement.execute((endpoint, value))?;
        }
        self.commit()
    }
}
