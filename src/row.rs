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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// The table's name, a plain identifier.
    pub name: String,
    /// Each column's name and SQL type with its constraints, in the order in which the script writes them.
    pub columns: Vec<(String, String)>,
}

impl TableSpec {
    /// The position of the column with this name, if there is one.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| name == column)
    }

    /// The position of the column that is declared as the primary key, if one is.
    pub fn primary_key(&self) -> Option<usize> {
        self.columns
            .iter()
            .position(|(_, kind)| declares_primary_key(kind))
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
