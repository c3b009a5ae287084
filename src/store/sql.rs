//! SQL that a script writes itself.

use rusqlite::{Statement, types::ValueRef};

use super::{Store, batch::is_prepared, guard::DENIED, table::bind};
use crate::row::{Cell, EachRow, Refused};

impl Store {
    /// Runs one statement that changes something. Gives how many rows it changed.
    ///
    /// # Errors
    /// [`Refused`] with SQLite's reason, or with ouzel's reason if scripts may not do this.
    pub fn exec(&self, sql: &str, parameters: &[Cell<'_>]) -> Result<usize, Refused> {
        self.before_write().map_err(|error| self.fail(error))?;
        let before = self.connection.total_changes();
        self.with_statement(sql, parameters, |statement| {
            // A statement that also returns rows, such as one with RETURNING, has to be run to its end.
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        })?;
        let changed = self.connection.total_changes() - before;
        self.rows.set(self.rows.get() + changed);
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// Passes the rows of a query to `each`, at most `limit` of them.
    ///
    /// # Errors
    /// [`Refused`] as for [`Store::exec`], also when the statement would change something or `each` refuses a row.
    pub fn select(
        &self,
        sql: &str,
        parameters: &[Cell<'_>],
        limit: usize,
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        let mut refused = None;
        self.with_statement(sql, parameters, |statement| {
            if !statement.readonly() {
                refused = Some(Refused(
                    "a query cannot change anything; use `ouzel.db.exec`".to_owned(),
                ));
                return Ok(());
            }
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut rows = statement.raw_query();
            for _ in 0..limit {
                let Some(row) = rows.next()? else { break };
                let cells = (0..names.len())
                    .map(|column| Ok(cell(row.get_ref(column)?)))
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                if let Err(stop) = each(&names, &cells) {
                    refused = Some(stop);
                    break;
                }
            }
            Ok(())
        })?;
        refused.map_or(Ok(()), Err)
    }

    /// Prepares a script's SQL and runs it. A statement that changes the schema is prepared each time, and its effect
    /// is checked afterwards.
    pub(super) fn with_statement(
        &self,
        sql: &str,
        parameters: &[Cell<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Refused> {
        if is_prepared(sql) {
            return Err(Refused(DENIED.to_owned()));
        }
        let prepared = self.as_script(|| self.connection.prepare_cached(sql));
        let mut statement = prepared.map_err(|error| self.refuse(error))?;
        let expected = statement.parameter_count();
        if expected != parameters.len() {
            return Err(Refused(format!(
                "the statement has {expected} parameter{}, {} given",
                if expected == 1 { "" } else { "s" },
                match parameters.len() {
                    1 => "1 was".to_owned(),
                    number => format!("{number} were"),
                }
            )));
        }
        let changes_schema = self.guard.changes_schema();
        // The guard is on while the statement runs too: SQLite may prepare it again, and it may call functions that
        // prepare other statements.
        let work = |statement: &mut Statement<'_>| {
            self.as_script(|| {
                bind(statement, parameters.iter())?;
                run(statement)
            })
        };
        if !changes_schema {
            return work(&mut statement).map_err(|error| self.refuse(error));
        }
        self.before_write().map_err(|error| self.fail(error))?;
        let changed = self.change_schema(|| work(&mut statement));
        statement.discard();
        match changed {
            Ok(None) => Ok(()),
            Ok(Some(refused)) => Err(refused),
            Err(error) => Err(self.refuse(error)),
        }
    }
}

fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cell::Text(text),
            Err(_) => Cell::Blob(bytes),
        },
        ValueRef::Blob(bytes) => Cell::Blob(bytes),
    }
}
