//! How the tables of two databases differ: by primary key where there is one, else as rows that may come several times.

mod difference;
mod rows;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rusqlite::Connection;

pub(crate) use self::difference::{Cells, Difference, LineDifference, TableDifference, Value};
use self::rows::quoted;
use super::Error;

/// A column: its name, and its place in the primary key, from 1.
type Column = (String, i64);

/// Two databases, side by side.
pub(crate) struct Comparison {
    connection: Connection,
    show: usize,
}

impl Comparison {
    /// Opens two databases; `scratch` is a file to work in, and `show` how many differences of each kind are told.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(crate) fn open(
        first: &Path,
        second: &Path,
        scratch: &Path,
        show: usize,
    ) -> Result<Self, Error> {
        let connection = Connection::open(scratch)?;
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
        for (path, name) in [(first, "a"), (second, "b")] {
            connection.execute(
                &format!("ATTACH ? AS {name}"),
                [path.to_string_lossy().as_ref()],
            )?;
        }
        Ok(Self { connection, show })
    }

    /// The tables that scripts have made, by name.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub(crate) fn tables(&self) -> Result<Vec<TableDifference>, Error> {
        let first = self.tables_of("a")?;
        let second = self.tables_of("b")?;
        let names: BTreeSet<&String> = first.iter().chain(&second).collect();
        names
            .into_iter()
            .map(|name| self.table(name, [first.contains(name), second.contains(name)]))
            .collect()
    }

    fn tables_of(&self, schema: &str) -> Result<BTreeSet<String>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table'
             AND name NOT LIKE '\\_ouzel\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )?;
        let names = statement.query_map([schema], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    fn table(&self, name: &str, there: [bool; 2]) -> Result<TableDifference, Error> {
        let mut found = TableDifference {
            table: name.to_owned(),
            there,
            ..TableDifference::default()
        };
        if there != [true, true] {
            let rows = self.count(if there[0] { "a" } else { "b" }, name)?;
            *(if there[0] {
                &mut found.removed
            } else {
                &mut found.added
            }) = rows;
            return Ok(found);
        }
        let first = self.columns("a", name)?;
        let second = self.columns("b", name)?;
        let missing = |from: &[Column], columns: &[Column]| -> Vec<String> {
            let lacks = |name: &String| !from.iter().any(|(other, _)| other == name);
            let names = columns.iter().map(|(name, _)| name);
            names.filter(|name| lacks(name)).cloned().collect()
        };
        found.columns_removed = missing(&second, &first);
        found.columns_added = missing(&first, &second);
        let common: Vec<String> = first
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !found.columns_removed.contains(name))
            .collect();
        if common.is_empty() {
            (found.removed, found.added) = (self.count("a", name)?, self.count("b", name)?);
            return Ok(found);
        }
        let key = key_of(&first);
        if !key.is_empty() && key == key_of(&second) && !self.has_null(name, &key)? {
            found.key = key;
        }
        let rows = rows::Rows {
            connection: &self.connection,
            table: name,
            columns: &common,
            key: &found.key.clone(),
            show: self.show,
        };
        rows.compare(&mut found)?;
        Ok(found)
    }

    fn count(&self, schema: &str, table: &str) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) FROM {schema}.{}", quoted(table));
        let rows: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(rows.unsigned_abs())
    }

    fn columns(&self, schema: &str, table: &str) -> Result<Vec<Column>, Error> {
        // Hidden ones of virtual tables are no data; generated ones are.
        let mut statement = self.connection.prepare(
            "SELECT name, pk FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid",
        )?;
        let columns = statement.query_map([table, schema], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(columns.collect::<Result<_, _>>()?)
    }

    /// Only an INTEGER PRIMARY KEY and tables WITHOUT ROWID refuse NULL, and several rows can have it.
    fn has_null(&self, table: &str, key: &[String]) -> Result<bool, Error> {
        let tests: Vec<_> = key
            .iter()
            .map(|column| format!("{} IS NULL", quoted(column)))
            .collect();
        for schema in ["a", "b"] {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM {schema}.{} WHERE {})",
                quoted(table),
                tests.join(" OR ")
            );
            if self.connection.query_row(&sql, [], |row| row.get(0))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How the lines of two files differ; one that is not there has none. Sorted on disk, however many there are.
    ///
    /// # Errors
    /// [`Error::Write`], also where the files cannot be read.
    pub(crate) fn lines(&self, files: [&Path; 2]) -> Result<LineDifference, Error> {
        rows::lines(&self.connection, files, self.show)
    }
}

/// The columns of the primary key, in its order.
fn key_of(columns: &[Column]) -> Vec<String> {
    let key: BTreeMap<i64, &String> = columns
        .iter()
        .filter(|(_, place)| *place > 0)
        .map(|(name, place)| (*place, name))
        .collect();
    key.into_values().cloned().collect()
}
