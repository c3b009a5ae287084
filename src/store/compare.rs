//! How the tables of two databases differ: by primary key where there is one, else as rows that may come several times.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rusqlite::{Connection, types::Value as Sql};

use super::{Error, compare_rows};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// SQL NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A row, or a part of it: columns and their values.
pub(crate) type Cells = Vec<(String, Value)>;

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Difference {
    /// Only the first database has the row.
    Removed(Cells),
    /// Only the second one has it.
    Added(Cells),
    /// Both have a row of this key.
    Changed {
        /// The primary key.
        key: Cells,
        /// The columns that differ, with both values.
        columns: Vec<(String, Value, Value)>,
    },
}

/// How one table differs.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableDifference {
    /// The table's name.
    pub table: String,
    /// Whether the first and the second database have it.
    pub there: [bool; 2],
    /// The columns by which rows were told apart; none where whole rows were compared.
    pub key: Vec<String>,
    /// Columns that only the first one has; they are not compared.
    pub columns_removed: Vec<String>,
    /// Columns that only the second one has.
    pub columns_added: Vec<String>,
    /// Rows that only the first one has.
    pub removed: u64,
    /// Rows that only the second one has.
    pub added: u64,
    /// Rows of the same key that differ.
    pub changed: u64,
    /// Rows that are the same.
    pub same: u64,
    /// The first differences of each kind.
    pub shown: Vec<Difference>,
}

impl TableDifference {
    /// Whether there is none.
    pub(crate) fn is_equal(&self) -> bool {
        self.there == [true, true]
            && self.columns_removed.is_empty()
            && self.columns_added.is_empty()
            && self.removed + self.added + self.changed == 0
    }
}

/// How the lines of two files differ, in whatever order they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineDifference {
    /// Lines that only the first one has, each as often as it has it more.
    pub removed: u64,
    /// Lines that only the second one has.
    pub added: u64,
    /// Lines that both have.
    pub same: u64,
    /// The first of the removed ones.
    pub shown_removed: Vec<String>,
    /// The first of the added ones.
    pub shown_added: Vec<String>,
}

/// A column: its name, and its place in the primary key, from 1.
type Column = (String, i64);

/// Two databases, side by side.
pub(crate) struct Comparison {
    connection: Connection,
    show: usize,
}

impl Comparison {
    /// Opens two databases; `scratch` is a file to work in, and `show` how many differences of each kind are told.
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
        let rows = compare_rows::Rows {
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
        compare_rows::lines(&self.connection, files, self.show)
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

/// An identifier in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl From<Sql> for Value {
    fn from(value: Sql) -> Self {
        match value {
            Sql::Null => Self::Null,
            Sql::Integer(number) => Self::Integer(number),
            Sql::Real(number) => Self::Real(number),
            Sql::Text(text) => Self::Text(text),
            Sql::Blob(bytes) => Self::Blob(bytes),
        }
    }
}
