//! The rows of a declared table, which handlers write and read.

use std::{cell::RefCell, collections::HashMap, fmt::Write as _, rc::Rc};

use rusqlite::{
    ErrorCode, Statement, ToSql,
    types::{ToSqlOutput, ValueRef},
};

use super::{Error, Store, bounds::MOST_BYTES_SHOWN, error::fault_of};
use crate::row::{Cell, EachRow, Refused, TableSpec};

/// For how many different sets of columns the SQL is kept. If a script uses more, the cache is emptied.
const SHAPES: usize = 256;

/// What a script reads when its statement took too long.
const STOPPED: &str = "the statement was stopped, because it took too long";

/// SQLite's words for a value that is too large.
const TOO_BIG: &str = "string or blob too big";

/// Whether a row with the same key is replaced, and which columns are given.
type Shape = (bool, Vec<u16>);

/// A table that exists as declared.
#[derive(Debug)]
pub struct Table {
    spec: TableSpec,
    is_strict: bool,
    is_news: bool,
    /// The SQL for each kind of write and set of columns so far.
    shapes: RefCell<HashMap<Shape, Rc<str>>>,
}

impl Store {
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
        // A row that exists already and gets nothing new counts too: the script has written it.
        let changed = self.write(&table.sql(row, replace), row.iter())?;
        if changed == 0 {
            self.rows.set(self.rows.get() + 1);
        }
        Ok(())
    }

    /// Changes the rows whose columns equal the cells of `matching`. Gives how many rows these are.
    pub fn update(
        &self,
        table: &Table,
        matching: &[(u16, Cell<'_>)],
        changes: &[(u16, Cell<'_>)],
    ) -> Result<usize, Refused> {
        let mut sql = format!("UPDATE \"{}\" SET", table.spec.name);
        for (number, (column, _)) in changes.iter().enumerate() {
            let joint = if number == 0 { "" } else { "," };
            let _ = write!(sql, "{joint} \"{}\" = ?", table.column(*column));
        }
        table.add_where(&mut sql, matching);
        self.write(&sql, changes.iter().chain(matching))
    }

    /// Deletes the rows whose columns equal the cells of `matching`. Gives how many rows these were.
    pub fn delete(&self, table: &Table, matching: &[(u16, Cell<'_>)]) -> Result<usize, Refused> {
        let mut sql = format!("DELETE FROM \"{}\"", table.spec.name);
        table.add_where(&mut sql, matching);
        self.write(&sql, matching.iter())
    }

    /// Runs a statement that writes rows. Gives how many rows it wrote.
    fn write<'c>(
        &self,
        sql: &str,
        cells: impl Iterator<Item = &'c (u16, Cell<'c>)>,
    ) -> Result<usize, Refused> {
        self.before_write().map_err(|error| self.fail(error))?;
        // The guard is on because a script may have put triggers on its table.
        let changed = self
            .as_script(|| {
                let mut statement = self.connection.prepare_cached(sql)?;
                bind(&mut statement, cells.map(|(_, cell)| cell))?;
                statement.raw_execute()
            })
            .map_err(|error| self.refuse(error))?;
        self.rows
            .set(self.rows.get() + u64::try_from(changed).unwrap_or(0));
        Ok(changed)
    }

    /// Passes the first row whose columns equal the cells of `matching` to `each`, if there is such a row.
    pub fn get(
        &self,
        table: &Table,
        matching: &[(u16, Cell<'_>)],
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        let mut sql = format!("SELECT * FROM \"{}\"", table.spec.name);
        table.add_where(&mut sql, matching);
        let cells: Vec<_> = matching.iter().map(|(_, cell)| *cell).collect();
        self.select(&sql, &cells, 1, each)
    }

    /// Counts the rows whose columns equal the given cells.
    pub fn count(&self, table: &Table, matching: &[(u16, Cell<'_>)]) -> Result<i64, Refused> {
        let mut sql = format!("SELECT count(*) FROM \"{}\"", table.spec.name);
        table.add_where(&mut sql, matching);
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
        if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            // SQLite rolls the whole transaction back if it was a statement that writes.
            if self.is_torn() {
                self.note_fault(Error::Stopped);
            }
            return Refused(STOPPED.to_owned());
        }
        let mut text = match &error {
            rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        };
        if text == TOO_BIG {
            let _ = write!(text, "; a value and a row have at most {MOST_BYTES_SHOWN}");
        }
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
    /// A table that is in the database.
    pub(super) fn new(spec: TableSpec, is_strict: bool, is_news: bool) -> Self {
        Self {
            spec,
            is_strict,
            is_news,
            shapes: RefCell::default(),
        }
    }

    /// Whether SQLite checks the types of its columns.
    pub fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// Whether the table has just turned out not to be STRICT, although it is declared as STRICT now.
    pub fn is_news(&self) -> bool {
        self.is_news
    }

    fn column(&self, column: u16) -> &str {
        &self.spec.columns[usize::from(column)].0
    }

    /// Adds the condition that these columns equal these cells.
    fn add_where(&self, sql: &mut String, matching: &[(u16, Cell<'_>)]) {
        for (number, (column, _)) in matching.iter().enumerate() {
            let joint = if number == 0 { "WHERE" } else { "AND" };
            // `IS` is used so that NULL finds NULL. SQLite uses an index for it as for `=`.
            let _ = write!(sql, " {joint} \"{}\" IS ?", self.column(*column));
        }
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
            .map(|column| format!("\"{}\"", self.column(*column)))
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
        let key = &self.spec.primary_key;
        if replace && !key.is_empty() {
            let is_key = |column: u16| key.iter().any(|name| name == self.column(column));
            let others: Vec<_> = (columns.iter().zip(&names))
                .filter(|(column, _)| !is_key(**column))
                .map(|(_, name)| format!("{name} = excluded.{name}"))
                .collect();
            let action = if others.is_empty() {
                "NOTHING".to_owned()
            } else {
                format!("UPDATE SET {}", others.join(", "))
            };
            let _ = write!(sql, " ON CONFLICT ({}) DO {action}", quoted(key));
        }
        sql
    }
}

/// Names in quotes, as SQL has them in a list.
pub(super) fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
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
