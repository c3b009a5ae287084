//! The newest rows of a table, for whoever looks at it beside its writer.

use rusqlite::{Connection, types::ValueRef};

use super::{Error, table::quoted};

/// So many characters of a text are read.
const MOST_CHARACTERS: usize = 200;

/// The names of SQLite for the order in which rows came. A column may have one of these names, and then means something
/// else.
const ROW_NUMBERS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// A cell, as people see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Null,
    Number(String),
    /// The beginning of a text; whether there is more.
    Text(String, bool),
    /// The length of a blob.
    Blob(usize),
}

/// The newest rows, newest first, at most `most` of them. A row is as new as its row number is high.
pub(super) fn rows(
    connection: &Connection,
    table: &str,
    columns: &[String],
    most: u64,
) -> Result<Vec<Vec<Shown>>, Error> {
    let is_free = |name: &&&str| {
        !columns
            .iter()
            .any(|column| column.eq_ignore_ascii_case(name))
    };
    let order = match ROW_NUMBERS.iter().find(is_free) {
        Some(number) => format!("ORDER BY {number} DESC"),
        None => String::new(),
    };
    let (list, table) = (quoted(columns), quoted(&[table.to_owned()]));
    let sql = format!("SELECT {list} FROM {table} {order} LIMIT {most}");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| {
        let cells = (0..columns.len()).map(|column| Ok(shown(row.get_ref(column)?)));
        cells.collect::<Result<_, _>>()
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn shown(value: ValueRef<'_>) -> Shown {
    match value {
        ValueRef::Null => Shown::Null,
        ValueRef::Integer(number) => Shown::Number(number.to_string()),
        ValueRef::Real(number) => Shown::Number(number.to_string()),
        ValueRef::Blob(bytes) => Shown::Blob(bytes.len()),
        ValueRef::Text(bytes) => {
            // A character has at most four bytes.
            let part = &bytes[..bytes.len().min(MOST_CHARACTERS * 4)];
            let text: String = String::from_utf8_lossy(part)
                .chars()
                .take(MOST_CHARACTERS)
                .collect();
            let is_cut = text.len() < bytes.len();
            Shown::Text(text, is_cut)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rows_come_first_and_long_texts_are_cut() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE \"order\" (rowid TEXT, n REAL, b BLOB);
                 INSERT INTO \"order\" VALUES ('z', 1.5, x'00'), (NULL, 2, NULL), (printf('%.*c', 300, 'ä'), 3, NULL)",
            )
            .unwrap();
        let columns = ["rowid", "n", "b"].map(str::to_owned);
        let rows = rows(&connection, "order", &columns, 2).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][0], Shown::Text("ä".repeat(200), true));
        assert_eq!(
            rows[1],
            [Shown::Null, Shown::Number("2".to_owned()), Shown::Null]
        );
    }
}
