//! Takes back a Tweet or a batch of changes, and passes them to the database.

use std::collections::HashSet;

use super::{
    change::{Change, Changed, Saved},
    tree::{MOST_DEEP, MUCH_REPLACED, Standing, State, Table},
    value::{Key, TableId, Value},
};

impl State {
    /// From now on all changes belong to one Tweet, or to the load of a script.
    pub(crate) fn begin(&mut self) {
        self.began = Some(self.log.len());
    }

    /// Ends the Tweet. Keeps its changes, or takes them back.
    pub(crate) fn end(&mut self, keep: bool) {
        let Some(began) = self.began.take() else {
            return;
        };
        if !keep {
            self.undo(began);
        } else if self.has_leaving {
            let taken = self.log[began..].iter().filter_map(Change::taken);
            for table in taken.collect::<Vec<_>>() {
                if self.stands(table) == Some(Standing::Leaving) {
                    self.stand(table, Standing::Left);
                }
            }
        }
        self.has_leaving = false;
    }

    /// Takes back everything since the last commit.
    pub(crate) fn roll_back(&mut self) {
        self.began = None;
        self.has_leaving = false;
        self.undo(0);
    }

    /// Notes that everything is committed.
    pub(crate) fn committed(&mut self) {
        let log = std::mem::take(&mut self.log);
        for table in log.iter().filter_map(Change::taken) {
            self.uproot(table);
        }
        self.replaced = 0;
        // The room is used again, unless it has become large.
        self.log = log;
        self.log.clear();
        self.log.shrink_to(1_000);
    }

    /// Whether there is something to write to the database.
    pub(crate) fn is_changed(&self) -> bool {
        !self.log.is_empty()
    }

    /// Whether so much has been replaced that it is time to commit.
    pub(crate) fn is_much(&self) -> bool {
        self.replaced > MUCH_REPLACED
    }

    /// Passes what has changed since the last commit to `save`, each field once.
    ///
    /// # Errors
    /// Those of `save`.
    pub(crate) fn save<E>(
        &self,
        mut save: impl FnMut(Saved<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for table in self.log.iter().filter_map(Change::taken) {
            self.save_clear(table, &mut save)?;
        }
        let mut done = HashSet::new();
        for change in &self.log {
            let Changed::Field { table, key, .. } = &change.what else {
                continue;
            };
            let found = self.tables.get(table);
            let here = found.filter(|found| found.standing == Standing::Here);
            if let Some(found) = here
                && done.insert((*table, key))
            {
                self.save_field(*table, key, found.get(key.name()), &mut save)?;
            }
        }
        let versioned = |change: &Change| matches!(change.what, Changed::Version(_));
        match self.version {
            Some(version) if self.log.iter().any(versioned) => save(Saved::Version(version)),
            _ => Ok(()),
        }
    }

    fn save_clear<E>(
        &self,
        table: TableId,
        save: &mut impl FnMut(Saved<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        save(Saved::Clear(table))?;
        let inner = self.tables.get(&table).map(Table::inner);
        for inner in inner.unwrap_or_default() {
            self.save_clear(inner, save)?;
        }
        Ok(())
    }

    /// A table that stands in the log as a new value is new altogether, because a table never changes its place.
    fn save_field<E>(
        &self,
        table: TableId,
        key: &Key,
        value: Option<&Value>,
        save: &mut impl FnMut(Saved<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        save(Saved::Field(table, key, value))?;
        let Some(Value::Table(id)) = value else {
            return Ok(());
        };
        for (name, value) in self.tables.get(id).into_iter().flat_map(Table::fields) {
            self.save_field(*id, &name.to_key(), Some(value), save)?;
        }
        Ok(())
    }

    /// Puts back a field that the database has. Returns whether that was possible: a table has to come before its
    /// fields.
    pub(crate) fn restore(&mut self, table: TableId, key: Key, value: Value) -> bool {
        if !self.tables.contains_key(&table) || self.depth(table) > MOST_DEEP {
            return false;
        }
        if let Value::Table(id) = value {
            if id <= table || self.tables.contains_key(&id) {
                return false;
            }
            self.tables
                .insert(id, Table::at(Some((table, key.clone()))));
            self.next = self.next.max(id.saturating_add(1));
        }
        self.size += key.name().size() + value.size();
        self.put(table, &key, Some(value));
        true
    }

    /// Puts back the version that the database has.
    pub(crate) fn restore_version(&mut self, version: i64) {
        self.version = Some(version);
    }

    fn undo(&mut self, to: usize) {
        while self.log.len() > to {
            let Some(change) = self.log.pop() else { return };
            match change.what {
                Changed::Field { table, key, old } => {
                    let taken = match old {
                        Some(Value::Table(inner)) => Some(inner),
                        _ => None,
                    };
                    // Whatever changed in a table that is new has been undone already.
                    if let Some(Value::Table(new)) = self.put(table, &key, old) {
                        self.uproot(new);
                    }
                    if let Some(taken) = taken {
                        let standing = self.stands(table).unwrap_or(Standing::Here);
                        self.stand(taken, standing);
                    }
                }
                Changed::Version(old) => self.version = old,
            }
            self.size = change.size;
            self.replaced = change.replaced;
        }
    }

    fn stands(&self, table: TableId) -> Option<Standing> {
        self.tables.get(&table).map(|table| table.standing)
    }
}
