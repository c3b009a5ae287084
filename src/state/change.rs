//! What a change of the state leaves in the log, and what a commit writes.

use super::value::{Key, TableId, Value};

/// One change, with what it needs to be taken back.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) what: Changed,
    /// The size of the state before.
    pub(super) size: usize,
    /// What the log counted before.
    pub(super) replaced: usize,
}

#[derive(Debug)]
pub(super) enum Changed {
    Field {
        table: TableId,
        key: Key,
        old: Option<Value>,
    },
    Version(Option<i64>),
}

/// One write to the database.
#[derive(Debug)]
pub(crate) enum Saved<'a> {
    /// All fields of the table are gone.
    Clear(TableId),
    /// The field has this value, or is gone.
    Field(TableId, &'a Key, Option<&'a Value>),
    Version(i64),
}

impl Change {
    /// The table that the change has taken out.
    pub(super) fn taken(&self) -> Option<TableId> {
        match self.what {
            Changed::Field {
                old: Some(Value::Table(table)),
                ..
            } => Some(table),
            _ => None,
        }
    }
}
