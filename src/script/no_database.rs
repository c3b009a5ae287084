//! The database of a Lua state that has none: of a file of tests, and of an expression.

use super::Database;
use crate::row::{Cell, EachRow, Made, Refused, TableSpec};

type Cells<'a> = [(u16, Cell<'a>)];

/// Refuses everything. Nothing that such a state has asks for it.
pub(super) struct NoDatabase;

impl NoDatabase {
    fn refuse<T>() -> Result<T, Refused> {
        Err(Refused("there is no database here".to_owned()))
    }
}

impl Database for NoDatabase {
    fn declare(&self, _: TableSpec) -> Result<Made, Refused> {
        Self::refuse()
    }

    fn insert(&self, _: usize, _: &Cells<'_>, _: bool) -> Result<(), Refused> {
        Self::refuse()
    }

    fn update(&self, _: usize, _: &Cells<'_>, _: &Cells<'_>) -> Result<usize, Refused> {
        Self::refuse()
    }

    fn delete(&self, _: usize, _: &Cells<'_>) -> Result<usize, Refused> {
        Self::refuse()
    }

    fn get(&self, _: usize, _: &Cells<'_>, _: &mut EachRow<'_>) -> Result<(), Refused> {
        Self::refuse()
    }

    fn count(&self, _: usize, _: &Cells<'_>) -> Result<i64, Refused> {
        Self::refuse()
    }

    fn exec(&self, _: &str, _: &[Cell<'_>]) -> Result<usize, Refused> {
        Self::refuse()
    }

    fn select(
        &self,
        _: &str,
        _: &[Cell<'_>],
        _: usize,
        _: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        Self::refuse()
    }
}
