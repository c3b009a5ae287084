//! Makes a declared table when the script loads, or extends it: what the declaration has and the database lacks.

use rusqlite::{Connection, OptionalExtension};

use super::{
    Store,
    table::{Table, quoted},
};
use crate::row::{IndexSpec, Refused, TableSpec, declares_primary_key};

impl Store {
    /// Makes a declared table, or adds the columns and indices that it lacks. Nothing is ever dropped.
    ///
    /// # Errors
    /// [`Refused`] when the table in the database contradicts the declaration, or SQLite refuses.
    pub fn declare(&self, spec: TableSpec) -> Result<Table, Refused> {
        self.before_write().map_err(|error| self.fail(error))?;
        let found = Found::read(&self.connection, &spec.name).map_err(|e| self.refuse(e))?;
        let mut changes = match &found {
            None => vec![creation(&spec)],
            Some(found) => found.additions(&spec)?,
        };
        let is_strict = found
            .as_ref()
            .map_or(spec.is_strict, |found| found.is_strict);
        let tables = changes.len();
        for index in &spec.indices {
            changes.extend(self.missing_index(&spec, index)?);
        }
        // An index of a large table takes long to make, and no other way makes it faster.
        self.bounds.suspend(|| {
            for (number, change) in changes.iter().enumerate() {
                let made =
                    self.with_statement(change, &[], |statement| statement.raw_execute().map(drop));
                match made {
                    Err(Refused(why)) if number >= tables => return Err(unmade_index(&why)),
                    made => made?,
                }
            }
            Ok(())
        })?;
        let is_loose = spec.is_strict && found.is_some_and(|found| found.is_loose_table());
        let is_news = is_loose && self.known_loose.borrow_mut().insert(spec.name.clone());
        Ok(Table::new(spec, is_strict, is_news))
    }

    /// The SQL that makes an index, if there is none of its name.
    fn missing_index(
        &self,
        spec: &TableSpec,
        index: &IndexSpec,
    ) -> Result<Option<String>, Refused> {
        let name = spec.index_name(index);
        let found = FoundIndex::read(&self.connection, &name).map_err(|e| self.refuse(e))?;
        let Some(found) = found else {
            let unique = if index.is_unique { "UNIQUE " } else { "" };
            return Ok(Some(format!(
                "CREATE {unique}INDEX \"{name}\" ON \"{}\" ({})",
                spec.name,
                quoted(&index.columns)
            )));
        };
        if found.is(spec, index) {
            return Ok(None);
        }
        Err(Refused(format!(
            "index `{name}` is {} in the database and {} in the script; \
             write `ouzel.db.exec(\"DROP INDEX {name}\")` above, once, and it is made again",
            found.shown(),
            shown_index(&spec.name, &index.columns.join(", "), index.is_unique)
        )))
    }
}

fn creation(spec: &TableSpec) -> String {
    let mut parts: Vec<_> = spec
        .columns
        .iter()
        .map(|(name, kind)| format!("\"{name}\" {kind}"))
        .collect();
    let is_declared = |(_, kind): &(String, String)| declares_primary_key(kind);
    if !spec.primary_key.is_empty() && !spec.columns.iter().any(is_declared) {
        parts.push(format!("PRIMARY KEY ({})", quoted(&spec.primary_key)));
    }
    format!(
        "CREATE TABLE \"{}\" ({}){}",
        spec.name,
        parts.join(", "),
        if spec.is_strict { " STRICT" } else { "" }
    )
}

/// Why an index could not be made.
fn unmade_index(why: &str) -> Refused {
    let hint = match why.starts_with("UNIQUE constraint") {
        true => "; rows that are there already are equal in these columns",
        false => "",
    };
    Refused(format!("an index cannot be made: {why}{hint}"))
}

/// A table, view or virtual table as it is in the database.
struct Found {
    columns: Vec<FoundColumn>,
    is_strict: bool,
    is_table: bool,
}

struct FoundColumn {
    name: String,
    kind: String,
    is_key: bool,
}

impl Found {
    fn read(connection: &Connection, table: &str) -> rusqlite::Result<Option<Self>> {
        let columns: Vec<FoundColumn> = connection
            .prepare("SELECT name, type, pk > 0 FROM pragma_table_xinfo(?) ORDER BY pk, cid")?
            .query_map([table], |row| {
                Ok(FoundColumn {
                    name: row.get(0)?,
                    kind: row.get(1)?,
                    is_key: row.get(2)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        if columns.is_empty() {
            return Ok(None);
        }
        let (is_strict, is_table) = connection
            .query_row(
                "SELECT strict, type = 'table' FROM pragma_table_list(?) WHERE schema = 'main'",
                [table],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?
            .unwrap_or_default();
        Ok(Some(Self {
            columns,
            is_strict,
            is_table,
        }))
    }

    /// Whether SQLite takes any value for any column of the table.
    fn is_loose_table(&self) -> bool {
        self.is_table && !self.is_strict
    }

    /// The SQL that adds the columns that the table lacks.
    fn additions(&self, spec: &TableSpec) -> Result<Vec<String>, Refused> {
        let table = &spec.name;
        let mut added = Vec::new();
        for (name, kind) in &spec.columns {
            let found = (self.columns.iter()).find(|found| found.name.eq_ignore_ascii_case(name));
            let Some(found) = found else {
                added.push(format!(
                    "ALTER TABLE \"{table}\" ADD COLUMN \"{name}\" {kind}"
                ));
                continue;
            };
            let (kind, is_kind) = (kind.to_ascii_uppercase(), found.kind.to_ascii_uppercase());
            if !kind.starts_with(&is_kind) {
                let keep = match spec.is_strict && self.is_loose_table() {
                    true => "declare the table with `{ strict = false }` to keep that type, ",
                    false => "",
                };
                return Err(Refused(format!(
                    "column `{name}` of table `{table}` is `{is_kind}` in the database and `{kind}` in the script; \
                     {keep}take another name for it, or change the table with `ALTER TABLE`"
                )));
            }
        }
        let key: Vec<_> = (self.columns.iter())
            .filter(|column| column.is_key)
            .map(|column| column.name.as_str())
            .collect();
        let lower = |names: &mut dyn Iterator<Item = &str>| {
            let mut names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
            names.sort_unstable();
            names
        };
        let declared = || spec.primary_key.iter().map(String::as_str);
        if lower(&mut key.iter().copied()) != lower(&mut declared()) {
            return Err(Refused(format!(
                "its primary key is {} in the database and {} in the script; \
                 a primary key cannot be changed: take another name for the table, and copy the rows by SQL",
                shown_key(&key),
                shown_key(&declared().collect::<Vec<_>>())
            )));
        }
        if self.is_strict && !spec.is_strict {
            return Err(Refused(
                "it is STRICT in the database and has `strict = false` in the script; \
                 that cannot be changed: leave `strict` out, or take another name for the table"
                    .to_owned(),
            ));
        }
        Ok(added)
    }
}

fn shown_key(columns: &[&str]) -> String {
    match columns {
        [] => "none".to_owned(),
        columns => format!("({})", columns.join(", ")),
    }
}

/// An index as it is in the database.
struct FoundIndex {
    table: String,
    columns: Vec<String>,
    is_unique: bool,
    /// Whether it is of some rows only.
    is_partial: bool,
}

impl FoundIndex {
    fn read(connection: &Connection, name: &str) -> rusqlite::Result<Option<Self>> {
        let found = connection
            .query_row(
                "SELECT s.tbl_name, l.\"unique\", l.partial
                 FROM sqlite_schema s, pragma_index_list(s.tbl_name) l
                 WHERE s.type = 'index' AND s.name = ? COLLATE NOCASE AND l.name = s.name",
                [name],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let Some((table, is_unique, is_partial)) = found else {
            return Ok(None);
        };
        let columns = connection
            .prepare(
                "SELECT coalesce(name, 'an expression') FROM pragma_index_info(?) ORDER BY seqno",
            )?
            .query_map([name], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some(Self {
            table,
            columns,
            is_unique,
            is_partial,
        }))
    }

    fn is(&self, spec: &TableSpec, index: &IndexSpec) -> bool {
        let same = |(a, b): (&String, &String)| a.eq_ignore_ascii_case(b);
        self.table.eq_ignore_ascii_case(&spec.name)
            && self.columns.len() == index.columns.len()
            && self.columns.iter().zip(&index.columns).all(same)
            && self.is_unique == index.is_unique
            && !self.is_partial
    }

    fn shown(&self) -> String {
        let shown = shown_index(&self.table, &self.columns.join(", "), self.is_unique);
        match self.is_partial {
            true => format!("{shown} with a WHERE"),
            false => shown,
        }
    }
}

fn shown_index(table: &str, columns: &str, is_unique: bool) -> String {
    let unique = if is_unique { "unique " } else { "" };
    format!("{unique}on {table} ({columns})")
}
