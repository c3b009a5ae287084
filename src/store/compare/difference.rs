//! What two databases differ in.

use rusqlite::types::Value as Sql;

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
    /// Only the first database has this row.
    Removed(Cells),
    /// Only the second database has this row.
    Added(Cells),
    /// Both databases have a row with this key, but the rows differ.
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
    /// Whether the first database has the table, and whether the second has it.
    pub there: [bool; 2],
    /// The columns of the primary key by which rows were matched; empty if whole rows were compared.
    pub key: Vec<String>,
    /// Columns that only the first database has. They are not compared.
    pub columns_removed: Vec<String>,
    /// Columns that only the second database has. They are not compared.
    pub columns_added: Vec<String>,
    /// How many rows only the first database has.
    pub removed: u64,
    /// How many rows only the second database has.
    pub added: u64,
    /// How many rows have the same key but differ.
    pub changed: u64,
    /// Rows that are the same.
    pub same: u64,
    /// The first differences of each kind.
    pub shown: Vec<Difference>,
}

impl TableDifference {
    /// Whether there is none.
    #[must_use]
    pub(crate) fn is_equal(&self) -> bool {
        self.there == [true, true]
            && self.columns_removed.is_empty()
            && self.columns_added.is_empty()
            && self.removed + self.added + self.changed == 0
    }
}

/// How the lines of two files differ. The order of the lines does not count.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineDifference {
    /// How many lines only the first file has. A line that it has more often counts once for each time more.
    pub removed: u64,
    /// How many lines only the second file has, counted in the same way.
    pub added: u64,
    /// Lines that both have.
    pub same: u64,
    /// The first of the removed lines.
    pub shown_removed: Vec<String>,
    /// The first of the added lines.
    pub shown_added: Vec<String>,
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
