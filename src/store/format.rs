//! The number of the database's format: which ouzel may use the database, and the steps from one format to the next.
//!
//! New tables and columns alone need no new number: an older ouzel passes over them. The number has to rise when an older
//! ouzel would misread or spoil what a newer one writes, or when what is there has to be rewritten.

use std::{path::Path, sync::Arc};

use rusqlite::{Connection, OpenFlags};
use tracing::info;

use super::{
    Error,
    backup::{MayGoOn, copy, with_end},
};

/// Brings a database from the format before to the one that it stands beside, within a transaction.
type Step = fn(&Connection) -> rusqlite::Result<()>;

/// The formats after [`FIRST`], in order, each with the step that leads to it.
const STEPS: &[(i64, Step)] = &[];

/// The format of every database that says nothing of its format.
const FIRST: i64 = 1;

/// Not `PRAGMA user_version`: the analyst shares the database, and that number may be theirs.
const SCHEMA: &str = "CREATE TABLE _ouzel_format (
    one    INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
    number INTEGER NOT NULL
);";

/// Notes this ouzel's format in a database that has none of ouzel's tables yet, or none but those of the first format.
pub(super) fn note(connection: &Connection) -> rusqlite::Result<()> {
    if has_number(connection)? {
        return Ok(());
    }
    let newest = newest(STEPS);
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {SCHEMA} INSERT INTO _ouzel_format VALUES (1, {newest}); COMMIT;"
    ))
}

/// Checks that this ouzel can read the database as it is.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    check_against(STEPS, connection, path)
}

/// Checks that no newer ouzel has made the database.
pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), Error> {
    known_format(STEPS, connection, path).map(drop)
}

/// Brings the database to this ouzel's format. The database as it was stays beside it.
pub(super) fn upgrade(connection: &Connection, path: &Path) -> Result<(), Error> {
    upgrade_by(STEPS, connection, path)
}

fn newest(steps: &[(i64, Step)]) -> i64 {
    steps.last().map_or(FIRST, |(number, _)| *number)
}

/// Whether the database says what format it has. Not `table_exists`: that asks the schema that the connection knows, and
/// another process may have changed it.
fn has_number(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_ouzel_format')";
    connection.query_row(sql, [], |row| row.get(0))
}

/// The format of a database; `None` if it is not one of ouzel.
fn format_of(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    if has_number(connection)? {
        let sql = "SELECT max(number) FROM _ouzel_format";
        return connection.query_row(sql, [], |row| row.get(0));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) = '_ouzel_')";
    let is_ouzels: bool = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(is_ouzels.then_some(FIRST))
}

/// The format of a database that this ouzel may use or bring up to date.
fn known_format(
    steps: &[(i64, Step)],
    connection: &Connection,
    path: &Path,
) -> Result<Option<i64>, Error> {
    let format = format_of(connection).map_err(Error::open(path))?;
    match format {
        Some(format) if format > newest(steps) => Err(Error::Newer {
            path: path.to_owned(),
            format,
            known: newest(steps),
        }),
        format => Ok(format),
    }
}

fn check_against(steps: &[(i64, Step)], connection: &Connection, path: &Path) -> Result<(), Error> {
    match known_format(steps, connection, path)? {
        Some(format) if format < newest(steps) => Err(Error::Older {
            path: path.to_owned(),
            format,
            known: newest(steps),
        }),
        _ => Ok(()),
    }
}

fn upgrade_by(steps: &[(i64, Step)], connection: &Connection, path: &Path) -> Result<(), Error> {
    let is_current = |format: Option<i64>| format.is_none_or(|format| format >= newest(steps));
    if is_current(known_format(steps, connection, path)?) {
        return Ok(());
    }
    // From here on nobody else writes: neither what the copy would miss, nor the same upgrade.
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)
            .map_err(Error::open(path))?;
    let Some(format) = known_format(steps, &transaction, path)?.filter(|f| !is_current(Some(*f)))
    else {
        return Ok(());
    };
    let (to, kept) = (newest(steps), with_end(path, &format!(".v{format}")));
    // A connection cannot copy what it has a transaction to write for.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let before = Connection::open_with_flags(path, flags).map_err(Error::open(path))?;
    let always: MayGoOn = Arc::new(|| true);
    copy(&before, path, &kept, false, &always).map_err(|reason| Error::CopyBeforeUpgrade {
        path: path.to_owned(),
        formats: (format, to),
        copy: kept.clone(),
        reason: Box::new(reason),
    })?;
    carry_out(steps, format, transaction).map_err(|(failed, source)| Error::Upgrade {
        path: path.to_owned(),
        formats: (format, failed),
        copy: kept.clone(),
        source: Box::new(source),
    })?;
    let (database, copy) = (path.display(), kept.display());
    info!(%database, from = format, to, %copy, "database upgraded");
    Ok(())
}

/// Takes the steps after a format. Where one fails, gives the format that it should have led to, and takes all back.
fn carry_out(
    steps: &[(i64, Step)],
    format: i64,
    transaction: rusqlite::Transaction<'_>,
) -> Result<(), (i64, rusqlite::Error)> {
    let to = newest(steps);
    for (number, step) in steps.iter().filter(|(number, _)| *number > format) {
        step(&transaction).map_err(|source| (*number, source))?;
    }
    let note = || {
        if !has_number(&transaction)? {
            transaction.execute_batch(SCHEMA)?;
        }
        transaction.execute("INSERT OR REPLACE INTO _ouzel_format VALUES (1, ?)", [to])
    };
    note().map_err(|source| (to, source))?;
    transaction.commit().map_err(|source| (to, source))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt};

    use tempfile::TempDir;

    use super::*;
    use crate::store::Store;

    /// A column that changes its meaning, as an older ouzel would not expect.
    const TO_SECOND: (i64, Step) = (2, |connection| {
        connection.execute_batch("UPDATE x SET n = n * 10; ALTER TABLE x ADD COLUMN made_by TEXT;")
    });
    const TO_THIRD: (i64, Step) = (3, |connection| {
        connection.execute_batch("UPDATE x SET n = n + 1")
    });
    const BROKEN: (i64, Step) = (3, |connection| {
        connection.execute_batch("DELETE FROM x; INSERT INTO nowhere VALUES (1)")
    });

    /// A database of the first format with a row of the analyst's, from before formats had numbers.
    fn database() -> (TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ouzel.db");
        drop(Store::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        let sql = "CREATE TABLE x (n INTEGER); INSERT INTO x VALUES (4); DROP TABLE _ouzel_format;";
        connection.execute_batch(sql).unwrap();
        (folder, path)
    }

    fn n(path: &Path) -> i64 {
        let connection = Connection::open(path).unwrap();
        connection
            .query_row("SELECT n FROM x", [], |row| row.get(0))
            .unwrap()
    }

    fn upgrade_with(steps: &[(i64, Step)], path: &Path) -> Result<(), Error> {
        upgrade_by(steps, &Connection::open(path).unwrap(), path)
    }

    #[test]
    fn all_steps_are_taken_once_and_the_database_before_stays() {
        let (folder, path) = database();
        let steps = [TO_SECOND, TO_THIRD];
        for _ in 0..2 {
            upgrade_with(&steps, &path).unwrap();
            assert_eq!(n(&path), 41);
        }
        let kept = folder.path().join("ouzel.db.v1");
        assert_eq!(n(&kept), 4);
        assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o600);
        let connection = Connection::open(&path).unwrap();
        assert_eq!(format_of(&connection).unwrap(), Some(3));
        check_against(&steps, &connection, &path).unwrap();
    }

    #[test]
    fn a_step_that_fails_changes_nothing_and_says_where_the_copy_is() {
        let (folder, path) = database();
        let error = upgrade_with(&[TO_SECOND, BROKEN], &path).unwrap_err();
        let text = error
            .to_string()
            .replace(&folder.path().display().to_string(), "");
        assert_eq!(
            text,
            "cannot bring the database `/ouzel.db` from format 1 to format 3: no such table: nowhere\n\
             hint: it is as it was, and the copy `/ouzel.db.v1` is the same; an ouzel that knows format 1 goes on with it"
        );
        assert_eq!((n(&path), n(&folder.path().join("ouzel.db.v1"))), (4, 4));
        let connection = Connection::open(&path).unwrap();
        assert_eq!(format_of(&connection).unwrap(), Some(1));
    }

    #[test]
    fn an_older_copy_is_never_replaced_and_without_a_copy_nothing_changes() {
        let (folder, path) = database();
        fs::write(folder.path().join("ouzel.db.v1"), "precious").unwrap();
        let error = upgrade_with(&[TO_SECOND], &path).unwrap_err();
        let text = error
            .to_string()
            .replace(&folder.path().display().to_string(), "");
        assert_eq!(
            text,
            "cannot copy the database `/ouzel.db` to `/ouzel.db.v1` before it is brought from format 1 to format 2: it is there already\n\
             hint: the database is as it was; move the file to another place, or remove it if an upgrade that failed has left it, and start again"
        );
        assert_eq!(n(&path), 4);
        let kept = fs::read_to_string(folder.path().join("ouzel.db.v1")).unwrap();
        assert_eq!(kept, "precious");
    }

    #[test]
    fn who_only_reads_refuses_other_formats() {
        let (_folder, path) = database();
        let connection = Connection::open(&path).unwrap();
        check(&connection, &path).unwrap();
        refuse_newer(&connection, &path).unwrap();
        let older = check_against(&[TO_SECOND], &connection, &path).unwrap_err();
        assert!(matches!(
            older,
            Error::Older {
                format: 1,
                known: 2,
                ..
            }
        ));
        upgrade_with(&[TO_SECOND], &path).unwrap();
        assert!(refuse_newer(&connection, &path).is_err());
        let newer = check(&connection, &path).unwrap_err();
        assert!(matches!(
            newer,
            Error::Newer {
                format: 2,
                known: 1,
                ..
            }
        ));
        let newer = Store::open(&path).unwrap_err();
        assert!(matches!(
            newer,
            Error::Newer {
                format: 2,
                known: 1,
                ..
            }
        ));
    }

    #[test]
    fn a_database_of_somebody_else_has_no_format() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE x (n)").unwrap();
        upgrade_with(&[TO_SECOND], &path).unwrap();
        assert_eq!(format_of(&connection).unwrap(), None);
        drop(Store::open(&path).unwrap());
        assert_eq!(format_of(&connection).unwrap(), Some(newest(STEPS)));
    }
}
