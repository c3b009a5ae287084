//! A declared table. It is made or extended when the script loads; handlers write and read it.

use std::{cell::RefCell, collections::HashMap, fmt::Write as _, rc::Rc};

use rusqlite::{
    Connection, ErrorCode, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::{Error, Store, error::fault_of};
use crate::row::{Cell, EachRow, Refused, TableSpec};

/// For how many different sets of columns the SQL is kept. If a script uses more, the cache is emptied.
const SHAPES: usize = 256;

/// Whether a row with the same key is replaced, and which columns are given.
type Shape = (bool, Vec<u16>);

/// A table that exists as declared.
#[derive(Debug)]
pub struct Table {
    spec: TableSpec,
    /// The SQL for each kind of write and set of columns so far.
    shapes: RefCell<HashMap<Shape, Rc<str>>>,
}

impl Store {
    /// Makes a declared table, or adds the columns that it lacks.
    ///
    /// # Errors
    /// [`Refused`] when the table in the database contradicts the declaration, or SQLite refuses.
    pub fn declare(&self, spec: TableSpec) -> Result<Table, Refused> {
        self.before_write().map_err(|error| self.fail(error))?;
        let existing =
            existing_columns(&self.connection, &spec.name).map_err(|e| self.refuse(e))?;
        let changes = if existing.is_empty() {
            let columns: Vec<_> = spec
                .columns
                .iter()
                .map(|(name, kind)| format!("\"{name}\" {kind}"))
                .collect();
            vec![format!(
                "CREATE TABLE \"{}\" ({})",
                spec.name,
                columns.join(", ")
            )]
        } else {
            additions(&spec, &existing)?
        };
        for change in changes {
            self.with_statement(&change, &[], |statement| statement.raw_execute().map(drop))?;
        }
        Ok(Table {
            spec,
            shapes: RefCell::default(),
        })
    }

    /// Writes one row. `row` has the position of each given column and its cell. Columns that are not given get their
    /// default.
    ///
    /// With `replace`, an existing row with the same primary key gets the given columns, and its other columns keep
    /// their values.
    ///
    /// # Errors
    /// [`Refused`] with SQLite's reason, such as a constraint.
    pub fn insert(
        &self,
        table: &Table,
        row: &[(u16, Cell<'_>)],
        replace: bool,
    ) -> Result<(), Refused> {
        self.before_write().map_err(|error| self.fail(error))?;
        let sql = table.sql(row, replace);
        // The guard is on because a script may have put triggers on its table.
        self.guard
            .script(|| {
                let mut statement = self.connection.prepare_cached(&sql)?;
                bind(&mut statement, row.iter().map(|(_, cell)| cell))?;
                statement.raw_execute()
            })
            .map_err(|error| self.refuse(error))?;
        self.rows.set(self.rows.get() + 1);
        Ok(())
    }

    /// Passes the row with this primary key to `each`, if there is such a row.
    ///
    /// # Errors
    /// [`Refused`] when SQLite refuses, and when the table has no primary key.
    pub fn get(&self, table: &Table, key: Cell<'_>, each: &mut EachRow<'_>) -> Result<(), Refused> {
        let key_column = table
            .spec
            .primary_key()
            .ok_or_else(|| Refused(format!("table `{}` has no primary key", table.spec.name)))?;
        let sql = format!(
            "SELECT * FROM \"{}\" WHERE \"{}\" = ?",
            table.spec.name, table.spec.columns[key_column].0
        );
        self.select(&sql, &[key], 1, each)
    }

    /// Counts the rows whose columns equal the given cells.
    pub fn count(&self, table: &Table, matching: &[(u16, Cell<'_>)]) -> Result<i64, Refused> {
        let mut sql = format!("SELECT count(*) FROM \"{}\"", table.spec.name);
        for (number, (column, _)) in matching.iter().enumerate() {
            let joint = if number == 0 { "WHERE" } else { "AND" };
            let name = &table.spec.columns[usize::from(*column)].0;
            // `IS` is used so that NULL finds NULL.
            let _ = write!(sql, " {joint} \"{name}\" IS ?");
        }
        let cells: Vec<_> = matching.iter().map(|(_, cell)| *cell).collect();
        let mut count = 0;
        self.select(&sql, &cells, 1, &mut |_, cells| {
            if let Some(Cell::Integer(number)) = cells.first() {
                count = *number;
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// SQLite's reason, for the script. If it is a failure of the database itself, the failure is kept as well.
    pub(super) fn refuse(&self, error: rusqlite::Error) -> Refused {
        if error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied) {
            return Refused(self.guard.why_denied().to_owned());
        }
        let text = match &error {
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        };
        // If the failure may be the database's own, SQLite may have rolled back because of it. That does not mean that
        // the script ended the transaction.
        if let Some(fault) = fault_of(error) {
            self.note_fault(fault);
        } else if self.is_torn() {
            self.note_fault(Error::Torn(text.clone()));
        }
        Refused(text)
    }

    /// The reason for the script why no transaction could be opened. The failure is kept as well.
    pub(super) fn fail(&self, error: super::Error) -> Refused {
        let text = error.to_string();
        self.note_fault(error);
        Refused(text)
    }
}

impl Table {
    /// The declaration.
    pub fn spec(&self) -> &TableSpec {
        &self.spec
    }

    fn sql(&self, row: &[(u16, Cell<'_>)], replace: bool) -> Rc<str> {
        let columns: Vec<u16> = row.iter().map(|(column, _)| *column).collect();
        let mut shapes = self.shapes.borrow_mut();
        if let Some(sql) = shapes.get(&(replace, columns.clone())) {
            return Rc::clone(sql);
        }
        if shapes.len() >= SHAPES {
            shapes.clear();
        }
        let sql: Rc<str> = self.write_sql(&columns, replace).into();
        shapes.insert((replace, columns), Rc::clone(&sql));
        sql
    }

    fn write_sql(&self, columns: &[u16], replace: bool) -> String {
        let names: Vec<_> = columns
            .iter()
            .map(|column| format!("\"{}\"", self.spec.columns[usize::from(*column)].0))
            .collect();
        let mut sql = if names.is_empty() {
            format!("INSERT INTO \"{}\" DEFAULT VALUES", self.spec.name)
        } else {
            format!(
                "INSERT INTO \"{}\" ({}) VALUES ({})",
                self.spec.name,
                names.join(", "),
                vec!["?"; names.len()].join(", ")
            )
        };
        if let Some(key) = self.spec.primary_key().filter(|_| replace) {
            let key = format!("\"{}\"", self.spec.columns[key].0);
            let others: Vec<_> = names
                .iter()
                .filter(|name| **name != key)
                .map(|name| format!("{name} = excluded.{name}"))
                .collect();
            let action = if others.is_empty() {
                "NOTHING".to_owned()
            } else {
                format!("UPDATE SET {}", others.join(", "))
            };
            let _ = write!(sql, " ON CONFLICT ({key}) DO {action}");
        }
        sql
    }
}

/// A column in the database: its name, its type, and whether it is in the primary key.
type Existing = (String, String, bool);

fn existing_columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Existing>> {
    connection
        .prepare("SELECT name, type, pk > 0 FROM pragma_table_xinfo(?)")?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

fn additions(spec: &TableSpec, existing: &[Existing]) -> Result<Vec<String>, Refused> {
    let table = &spec.name;
    let mut added = Vec::new();
    for (name, kind) in &spec.columns {
        let found = existing
            .iter()
            .find(|(column, ..)| column.eq_ignore_ascii_case(name));
        let Some((_, is_kind, is_key)) = found else {
            added.push(format!(
                "ALTER TABLE \"{table}\" ADD COLUMN \"{name}\" {kind}"
            ));
            continue;
        };
        let (kind, is_kind) = (kind.to_ascii_uppercase(), is_kind.to_ascii_uppercase());
        if !kind.starts_with(&is_kind) {
            return Err(Refused(format!(
                "column `{name}` of table `{table}` is `{is_kind}` in the database and `{kind}` in the script; \
                 take another name for it, or change the table with `ALTER TABLE`"
            )));
        }
        if *is_key != crate::row::declares_primary_key(&kind) {
            return Err(Refused(format!(
                "column `{name}` of table `{table}` is {} primary key in the database; \
                 a primary key cannot be changed, take another name for the table",
                if *is_key { "the" } else { "not the" }
            )));
        }
    }
    Ok(added)
}

pub(super) fn bind<'c>(
    statement: &mut Statement<'_>,
    cells: impl Iterator<Item = &'c Cell<'c>>,
) -> rusqlite::Result<()> {
    for (number, cell) in cells.enumerate() {
        statement.raw_bind_parameter(number + 1, cell)?;
    }
    Ok(())
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(number),
            Self::Real(number) => ValueRef::Real(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
