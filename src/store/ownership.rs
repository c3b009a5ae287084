//! Which rules on the server are ouzel's own.

use super::{Error, Store};

/// A rule that ouzel added, or was about to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRule {
    /// The rule's value.
    pub value: String,
    /// The rule's tag.
    pub tag: Option<String>,
    /// The id that the server gave it; `None` while its answer is not known.
    pub id: Option<i64>,
}

impl Store {
    /// The rules that ouzel added at this endpoint.
    pub fn owned_rules(&self, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
        let mut statement = self
            .connection
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

    /// Remembers rules, at once and for good: they are committed before this returns.
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

    /// Forgets rules by their values, at once and for good.
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
