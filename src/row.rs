//! Rows that move between a script and the database: cells, tables, and refusals.

use std::fmt;

/// One value of a row. Text and blobs are borrowed, so passing them on copies nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// SQL NULL, Lua nil.
    Null,
    /// An exact 64-bit integer. A boolean is stored as 0 or 1.
    Integer(i64),
    /// A double.
    Real(f64),
    /// Text in UTF-8.
    Text(&'a str),
    /// Bytes that are not UTF-8 text.
    Blob(&'a [u8]),
}

/// A table as a script declares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableSpec {
    /// The table's name, a plain identifier.
    pub name: String,
    /// Each column's name and SQL type with its constraints, in the order in which the script writes them.
    pub columns: Vec<(String, String)>,
    /// The names of the columns of the primary key. Empty if there is no primary key.
    pub primary_key: Vec<String>,
    /// The indices, in the order in which the script writes them.
    pub indices: Vec<IndexSpec>,
    /// Whether the table is made STRICT, so that SQLite checks the types of its columns.
    pub is_strict: bool,
}

/// An index of a table as a script declares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IndexSpec {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Whether no two rows may be equal in these columns.
    pub is_unique: bool,
}

/// A table that exists as it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    /// The number that names the table from now on.
    pub number: usize,
    /// Whether SQLite itself checks the types of the columns. It does not for a table that is older than that.
    pub is_strict: bool,
}

impl TableSpec {
    /// The name of an index of this table.
    pub fn index_name(&self, index: &IndexSpec) -> String {
        format!("{}_{}", self.name, index.columns.join("_"))
    }
}

/// Whether a column's type makes it the primary key.
pub(crate) fn declares_primary_key(kind: &str) -> bool {
    let words: Vec<_> = kind.split_whitespace().collect();
    words.windows(2).any(|pair| {
        pair[0].eq_ignore_ascii_case("PRIMARY")
            && pair[1]
                .get(..3)
                .is_some_and(|key| key.eq_ignore_ascii_case("KEY"))
    })
}

/// The database's own words on why it did not do what a script asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// A function that takes the rows of a query one by one. It gets the column names and the cells of one row.
pub(crate) type EachRow<'a> = dyn FnMut(&[&str], &[Cell<'_>]) -> Result<(), Refused> + 'a;
