//! Connects the script's view of a database to the store.

use std::{cell::RefCell, rc::Rc};

use tracing::info;

use crate::{
    row::{Cell, EachRow, Made, Refused, TableSpec},
    script::{Database, may_go_on},
    state,
    store::{Store, Table},
};

/// The tables of one generation, connected to the store.
pub(crate) struct Tables {
    store: Rc<Store>,
    tables: RefCell<Vec<Rc<Table>>>,
    state: state::Shared,
}

/// What a script pays for what SQLite does between two questions.
const STEPS: u32 = 1_000;

impl Tables {
    /// No tables yet, over this store. What the script's SQL takes there is paid from the script's budget.
    pub(crate) fn over(store: &Rc<Store>) -> Self {
        store.ask_whether_to_go_on(Box::new(|| may_go_on(STEPS)));
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

    fn declare(&self, spec: TableSpec) -> Result<Made, Refused> {
        let name = spec.name.clone();
        let table = self.store.declare(spec)?;
        if table.is_news() {
            info!(
                table = name,
                "the table is not STRICT in the database; ouzel itself checks the types of what the script writes there"
            );
        }
        let is_strict = table.is_strict();
        let mut tables = self.tables.borrow_mut();
        tables.push(Rc::new(table));
        Ok(Made {
            number: tables.len() - 1,
            is_strict,
        })
    }

    fn insert(&self, table: usize, row: &[(u16, Cell<'_>)], replace: bool) -> Result<(), Refused> {
        self.store.insert(&*self.table(table)?, row, replace)
    }

    fn update(
        &self,
        table: usize,
        matching: &[(u16, Cell<'_>)],
        changes: &[(u16, Cell<'_>)],
    ) -> Result<usize, Refused> {
        self.store.update(&*self.table(table)?, matching, changes)
    }

    fn delete(&self, table: usize, matching: &[(u16, Cell<'_>)]) -> Result<usize, Refused> {
        self.store.delete(&*self.table(table)?, matching)
    }

    fn get(
        &self,
        table: usize,
        matching: &[(u16, Cell<'_>)],
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        self.store.get(&*self.table(table)?, matching, each)
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
