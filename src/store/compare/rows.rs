//! The SQL of a comparison: rows by key, whole rows, and lines.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use rusqlite::{Connection, Row, types::Value as Sql};

use super::difference::{Cells, Difference, LineDifference, TableDifference, Value};
use crate::store::Error;

/// The parts to compare of a table that both databases have.
pub(super) struct Rows<'a> {
    pub(super) connection: &'a Connection,
    pub(super) table: &'a str,
    /// The columns that both databases have.
    pub(super) columns: &'a [String],
    /// The columns of the primary key; empty to compare whole rows.
    pub(super) key: &'a [String],
    pub(super) show: usize,
}

impl Rows<'_> {
    pub(super) fn compare(&self, found: &mut TableDifference) -> Result<(), Error> {
        if self.key.is_empty() {
            self.whole(found)
        } else {
            self.by_key(found)
        }
    }

    fn by_key(&self, found: &mut TableDifference) -> Result<(), Error> {
        let table = quoted(self.table);
        let joined = self.list(self.key, " AND ", |key| format!("a.{key} = b.{key}"));
        let same = self.list(self.columns, " AND ", equal);
        let only = |own: &str, other: &str| {
            format!(
                "FROM {own}.{table} AS {own} WHERE NOT EXISTS \
                 (SELECT 1 FROM {other}.{table} AS {other} WHERE {joined})"
            )
        };
        let order = |own: &str| self.list(self.key, ", ", |key| format!("{own}.{key}"));
        found.removed = self.count(&only("a", "b"))?;
        found.added = self.count(&only("b", "a"))?;
        for (own, other, make) in [
            ("a", "b", Difference::Removed as fn(Cells) -> Difference),
            ("b", "a", Difference::Added),
        ] {
            let from = only(own, other);
            let columns = self.list(self.columns, ", ", |column| format!("{own}.{column}"));
            let sql = format!(
                "SELECT {columns} {from} ORDER BY {} LIMIT {}",
                order(own),
                self.show
            );
            self.show_each(&sql, make, found)?;
        }
        let both = format!("FROM a.{table} AS a JOIN b.{table} AS b ON {joined}");
        let changed = format!("{both} WHERE NOT ({same})");
        found.changed = self.count(&changed)?;
        found.same = self.count(&both)? - found.changed;
        let columns = |own: &str| self.list(self.columns, ", ", |column| format!("{own}.{column}"));
        let sql = format!(
            "SELECT {}, {} {changed} ORDER BY {} LIMIT {}",
            columns("a"),
            columns("b"),
            order("a"),
            self.show
        );
        self.each(&sql, |row| {
            let before = self.cells(row, 0)?;
            let after = self.cells(row, self.columns.len())?;
            let is_key = |name: &String| self.key.contains(name);
            let key = before
                .iter()
                .filter(|(name, _)| is_key(name))
                .cloned()
                .collect();
            let columns = before
                .into_iter()
                .zip(after)
                .filter(|(before, after)| before != after);
            let columns = columns.map(|((name, before), (_, after))| (name, before, after));
            found.shown.push(Difference::Changed {
                key,
                columns: columns.collect(),
            });
            Ok(())
        })
    }

    /// Compares whole rows. A row that one database has more often differs once for each time more.
    fn whole(&self, found: &mut TableDifference) -> Result<(), Error> {
        let table = quoted(self.table);
        let columns = self.list(self.columns, ", ", str::to_owned);
        // Values are equal only if bytes and type are equal, whatever the column's collation and affinity are.
        let group = self.list(self.columns, ", ", |column| {
            format!("{column} COLLATE BINARY, typeof({column})")
        });
        let sql = format!(
            "CREATE TABLE differing AS SELECT {columns}, count(*) FILTER (WHERE \"_of\" = 0) AS \"_a\", \
             count(*) FILTER (WHERE \"_of\" = 1) AS \"_b\" FROM \
             (SELECT {columns}, 0 AS \"_of\" FROM a.{table} UNION ALL SELECT {columns}, 1 FROM b.{table}) \
             GROUP BY {group}"
        );
        self.connection
            .execute_batch("DROP TABLE IF EXISTS main.differing;")?;
        self.connection.execute_batch(&sql)?;
        let sum = |what: &str| -> Result<u64, Error> {
            let sql = format!("SELECT coalesce(sum({what}), 0) FROM main.differing");
            let sum: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
            Ok(sum.unsigned_abs())
        };
        found.removed = sum("max(\"_a\" - \"_b\", 0)")?;
        found.added = sum("max(\"_b\" - \"_a\", 0)")?;
        found.same = sum("min(\"_a\", \"_b\")")?;
        for (more, make) in [
            (
                "\"_a\" > \"_b\"",
                Difference::Removed as fn(Cells) -> Difference,
            ),
            ("\"_b\" > \"_a\"", Difference::Added),
        ] {
            let sql = format!(
                "SELECT {columns} FROM main.differing WHERE {more} ORDER BY {columns} LIMIT {}",
                self.show
            );
            self.show_each(&sql, make, found)?;
        }
        self.connection
            .execute_batch("DROP TABLE main.differing;")?;
        Ok(())
    }

    fn list(&self, columns: &[String], joint: &str, write: impl Fn(&str) -> String) -> String {
        let parts: Vec<_> = columns
            .iter()
            .map(|column| write(&quoted(column)))
            .collect();
        parts.join(joint)
    }

    fn count(&self, from: &str) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) {from}");
        let count: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn each(
        &self,
        sql: &str,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    fn show_each(
        &self,
        sql: &str,
        make: fn(Cells) -> Difference,
        found: &mut TableDifference,
    ) -> Result<(), Error> {
        self.each(sql, |row| {
            found.shown.push(make(self.cells(row, 0)?));
            Ok(())
        })
    }

    fn cells(&self, row: &Row<'_>, from: usize) -> rusqlite::Result<Cells> {
        let cell = |(at, name): (usize, &String)| {
            let value: Sql = row.get(from + at)?;
            Ok((name.clone(), Value::from(value)))
        };
        self.columns.iter().enumerate().map(cell).collect()
    }
}

/// An identifier in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The SQL that compares a column. Values are equal only if bytes and type are equal, whatever the column's collation
/// and affinity are.
fn equal(column: &str) -> String {
    format!("a.{column} IS b.{column} COLLATE BINARY AND typeof(a.{column}) = typeof(b.{column})")
}

/// Compares the lines of two files. Their order does not count.
pub(super) fn lines(
    connection: &Connection,
    files: [&Path; 2],
    show: usize,
) -> Result<LineDifference, Error> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS main.lines;
         CREATE TABLE main.lines (line BLOB PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL) WITHOUT ROWID; BEGIN;",
    )?;
    let there = files.into_iter().zip([(1, 0), (0, 1)]);
    for (file, (a, b)) in there.filter(|(file, _)| file.exists()) {
        let mut add = connection.prepare(
            "INSERT INTO main.lines VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET a = a + excluded.a, b = b + excluded.b",
        )?;
        let failed = |source| Error::Folder {
            path: file.to_owned(),
            source,
        };
        let mut from = BufReader::new(File::open(file).map_err(failed)?);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            add.execute((text, a, b))?;
            line.clear();
        }
    }
    connection.execute_batch("COMMIT")?;
    let sum = |what: &str| -> Result<u64, Error> {
        let sql = format!("SELECT coalesce(sum({what}), 0) FROM main.lines");
        let sum: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(sum.unsigned_abs())
    };
    let first = |more: &str| -> Result<Vec<String>, Error> {
        let sql = format!("SELECT line FROM main.lines WHERE {more} ORDER BY line LIMIT {show}");
        let mut statement = connection.prepare(&sql)?;
        let lines = statement.query_map([], |row| {
            let line: Vec<u8> = row.get(0)?;
            Ok(String::from_utf8_lossy(&line).into_owned())
        })?;
        Ok(lines.collect::<Result<_, _>>()?)
    };
    Ok(LineDifference {
        removed: sum("max(a - b, 0)")?,
        added: sum("max(b - a, 0)")?,
        same: sum("min(a, b)")?,
        shown_removed: first("a > b")?,
        shown_added: first("b > a")?,
    })
}
