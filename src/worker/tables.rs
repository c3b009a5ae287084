//! Connects the script's view of a database to the store.

use std::{cell::RefCell, rc::Rc};

use crate::{
    row::{Cell, EachRow, Refused, TableSpec},
    script::Database,
    state,
    store::{Store, Table},
};

/// The tables of one generation, connected to the store.
pub(crate) struct Tables {
    store: Rc<Store>,
    tables: RefCell<Vec<Rc<Table>>>,
    state: state::Shared,
}

impl Tables {
    /// No tables yet, over this store.
    pub(crate) fn over(store: &Rc<Store>) -> Self {
        Self {
            store: Rc::clone(store),
            tables: RefCell::default(),
            state: state::Shared::default(),
        }
    }

    /// The same, with what the script keeps.
    pub(crate) fn with(self, state: &state::Shared) -> Self {
        Self {
            state: Rc::clone(state),
            ..self
        }
    }

    fn table(&self, number: usize) -> Result<Rc<Table>, Refused> {
        let table = self.tables.borrow().get(number).map(Rc::clone);
        table.ok_or_else(|| Refused("there is no such table".to_owned()))
    }
}

impl Database for Tables {
    fn state(&self) -> state::Shared {
        Rc::clone(&self.state)
    }

    fn declare(&self, spec: TableSpec) -> Result<usize, Refused> {
        let table = self.store.declare(spec)?;
        let mut tables = self.tables.borrow_mut();
        tables.push(Rc::new(table));
        Ok(tables.len() - 1)
    }

    fn insert(&self, table: usize, row: &[(u16, Cell<'_>)], replace: bool) -> Result<(), Refused> {
        self.store.insert(&*self.table(table)?, row, replace)
    }

    fn get(&self, table: usize, key: Cell<'_>, each: &mut EachRow<'_>) -> Result<(), Refused> {
        self.store.get(&*self.table(table)?, key, each)
    }

    fn count(&self, table: usize, matching: &[(u16, Cell<'_>)]) -> Result<i64, Refused> {
        self.store.count(&*self.table(table)?, matching)
    }

    fn exec(&self, sql: &str, parameters: &[Cell<'_>]) -> Result<usize, Refused> {
        self.store.exec(sql, parameters)
    }

    fn select(
        &self,
        sql: &str,
        parameters: &[Cell<'_>],
        limit: usize,
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        self.store.select(sql, parameters, limit, each)
    }
}
