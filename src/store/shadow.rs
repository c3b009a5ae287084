//! A database in memory that stands in for the real one: it gets the tables that a script reads and does not declare, and
//! says afterwards what rows it holds.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use rusqlite::{Connection, params_from_iter, types::Value, types::ValueRef};

use super::{Error, ReadOnly, Store};

/// The most rows that are copied of one table.
const MOST_ROWS: usize = 50_000;

/// The most rows that are copied of all tables.
const MOST_OF_ALL: usize = 200_000;

/// The tables and views that scripts and people have made, in the order in which they were made.
const MADE: &str = "SELECT s.type, s.name, s.sql FROM sqlite_schema s
     WHERE s.sql IS NOT NULL AND s.type IN ('table', 'index', 'view')
       AND s.tbl_name NOT LIKE '\\_ouzel\\_%' ESCAPE '\\' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       AND (s.type <> 'table' OR s.name IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'))
     ORDER BY s.rowid";

/// How often each row is in a table; rows are told apart by a number for what they hold.
pub(crate) type Rows = HashMap<u64, u64>;

impl Store {
    /// Copies the tables of a database but these, with their newest rows as far as there is room. What cannot be copied is
    /// left out: here nothing depends on it but what a script reads.
    ///
    /// # Errors
    /// [`Error`] if the other database cannot be read.
    pub(crate) fn copy_tables(&self, from: &ReadOnly, except: &[&str]) -> Result<(), Error> {
        from.read(|other| {
            let mut made = other.prepare(MADE)?;
            let made = made.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let made = made.collect::<Result<Vec<(String, String, String)>, _>>()?;
            let mut room = MOST_OF_ALL;
            for (kind, name, sql) in made {
                let is_left_out = except.iter().any(|left| left.eq_ignore_ascii_case(&name));
                if is_left_out || self.connection.execute_batch(&sql).is_err() || kind != "table" {
                    continue;
                }
                room -= self
                    .copy_rows(other, &name, room.min(MOST_ROWS))
                    .unwrap_or(0);
            }
            Ok(())
        })
    }

    fn copy_rows(&self, other: &Connection, table: &str, most: usize) -> rusqlite::Result<usize> {
        let mut columns = other
            .prepare("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid")?;
        let columns = columns.query_map([table], |row| row.get(0))?;
        let columns = columns.collect::<rusqlite::Result<Vec<String>>>()?;
        let list: Vec<_> = columns.iter().map(|name| quoted(name)).collect();
        let (list, table) = (list.join(", "), quoted(table));
        let marks = vec!["?"; columns.len()].join(", ");
        let mut insert = self.connection.prepare(&format!(
            "INSERT OR IGNORE INTO {table} ({list}) VALUES ({marks})"
        ))?;
        // Without a number for rows there are no newest ones.
        let newest = format!("SELECT {list} FROM {table} ORDER BY rowid DESC LIMIT {most}");
        let any = format!("SELECT {list} FROM {table} LIMIT {most}");
        let mut select = other.prepare(&newest).or_else(|_| other.prepare(&any))?;
        let mut rows = select.query([])?;
        self.connection.execute_batch("BEGIN")?;
        let mut copied = 0;
        let mut copy = || -> rusqlite::Result<()> {
            while let Some(row) = rows.next()? {
                let cells = (0..columns.len()).map(|column| row.get::<_, Value>(column));
                let cells = cells.collect::<rusqlite::Result<Vec<_>>>()?;
                insert.execute(params_from_iter(cells))?;
                copied += 1;
            }
            Ok(())
        };
        let ended = copy();
        // Also after an error: what has been copied is better than nothing. A full database has no transaction any more.
        if !self.connection.is_autocommit() {
            self.connection.execute_batch("COMMIT")?;
        }
        ended.map(|()| copied)
    }

    /// What each table holds that scripts have made.
    ///
    /// # Errors
    /// [`Error`] if the database fails.
    pub(crate) fn rows_of_all(&self) -> Result<BTreeMap<String, Rows>, Error> {
        let mut names = self.connection.prepare(MADE)?;
        let names = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let names = names.collect::<Result<Vec<(String, String)>, _>>()?;
        let tables = names.into_iter().filter(|(kind, _)| kind == "table");
        tables
            .map(|(_, name)| {
                let rows = self.rows_of(&name)?;
                Ok((name, rows))
            })
            .collect()
    }

    fn rows_of(&self, table: &str) -> Result<Rows, Error> {
        let mut select = self
            .connection
            .prepare(&format!("SELECT * FROM {}", quoted(table)))?;
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let mut found = Rows::new();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let mut hash = DefaultHasher::new();
            for (column, name) in columns.iter().enumerate() {
                // A column that only one side has is no difference as long as it is NULL there.
                let cell = row.get_ref(column)?;
                if cell != ValueRef::Null {
                    name.hash(&mut hash);
                    hash_cell(cell, &mut hash);
                }
            }
            *found.entry(hash.finish()).or_default() += 1;
        }
        Ok(found)
    }
}

fn hash_cell(cell: ValueRef<'_>, hash: &mut DefaultHasher) {
    match cell {
        ValueRef::Null => 0.hash(hash),
        ValueRef::Integer(number) => (1, number).hash(hash),
        ValueRef::Real(number) => (2, number.to_bits()).hash(hash),
        ValueRef::Text(text) => (3, text).hash(hash),
        ValueRef::Blob(bytes) => (4, bytes).hash(hash),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_people_are_copied_and_rows_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ouzel.db");
        let real = Store::open(&path).unwrap();
        real.connection
            .execute_batch(
                "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT, up TEXT GENERATED ALWAYS AS (upper(name)));
                 CREATE UNIQUE INDEX by_name ON names (name);
                 CREATE TABLE keys (k TEXT PRIMARY KEY) WITHOUT ROWID;
                 CREATE TABLE seen (id INTEGER PRIMARY KEY);
                 CREATE VIRTUAL TABLE words USING fts5(word);
                 CREATE VIEW both AS SELECT name FROM names JOIN keys ON k = name;
                 INSERT INTO names (name) VALUES ('ada'), ('bob');
                 INSERT INTO keys VALUES ('ada');
                 INSERT INTO seen VALUES (1);
                 INSERT INTO words VALUES ('x');",
            )
            .unwrap();
        let other = ReadOnly::open(&path).unwrap();
        let copy = |except: &[&str]| {
            let store = Store::in_memory().unwrap();
            store.copy_tables(&other, except).unwrap();
            store
        };
        let store = copy(&["Seen"]);
        let one = |store: &Store, sql: &str| -> String {
            store
                .connection
                .query_row(sql, [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(
            one(&store, "SELECT group_concat(up ORDER BY id) FROM names"),
            "ADA,BOB"
        );
        assert_eq!(one(&store, "SELECT name FROM both"), "ada");
        let tables: Vec<_> = store.rows_of_all().unwrap().into_keys().collect();
        assert_eq!(tables, ["keys", "names"]);
        let changed = copy(&["seen"]);
        changed
            .connection
            .execute_batch("ALTER TABLE names ADD COLUMN more; UPDATE keys SET k = 'eve'")
            .unwrap();
        let (before, after) = (store.rows_of_all().unwrap(), changed.rows_of_all().unwrap());
        assert_eq!(before["names"], after["names"]);
        assert_ne!(before["keys"], after["keys"]);
    }
}
