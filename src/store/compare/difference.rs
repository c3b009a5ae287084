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
    #[must_use]
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
