//! Opens the database: ouzel's own tables, and how the file is tuned.

use std::{
    cell::{Cell, RefCell},
    fs,
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, config::DbConfig};

use super::{
    Error, Store,
    bounds::Bounds,
    database::{Batch, Place},
    format, gaps, generations,
    guard::Guard,
    handled, overdue, ownership, paused, quarantine, received, retags, segments, state, volume,
};

/// How long opening waits for another program's lock before it fails.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a write waits for another program's lock before it fails. A failed write is tried again, and a lock that
/// lasts no longer than this is not reported.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How many statements are kept prepared: enough for a script with dozens of tables and queries.
const PREPARED: usize = 256;

/// The size of a page of SQLite.
const PAGE: usize = 4096;

/// ouzel's own tables take fewer pages than this.
const LEAST_PAGES: usize = 256;

/// ouzel's own tables.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_rules (
    endpoint TEXT NOT NULL, -- the rules endpoint that the rule was added to
    value    TEXT NOT NULL,
    tag      TEXT,
    id       INTEGER,       -- NULL from just before the request until its answer
    temporary INTEGER NOT NULL DEFAULT 0, -- 1 if it only stands in for another one while that one's tag changes
    PRIMARY KEY (endpoint, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_invalid (
    number      INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL,
    reason      TEXT NOT NULL,
    line        BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS _ouzel_cursor (
    journal TEXT PRIMARY KEY,  -- the journal's name
    segment INTEGER NOT NULL,  -- the place behind the last line whose rows are committed
    offset  INTEGER NOT NULL,
    line    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _ouzel_sinks (
    name   TEXT PRIMARY KEY,  -- the file in the folder `sinks`
    length INTEGER NOT NULL   -- in bytes, as of the last commit
) WITHOUT ROWID;";

impl Store {
    /// Opens the database. Makes the file and its folder if they are missing.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder).map_err(|source| Error::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        let connection = Connection::open(path).map_err(Error::open(path))?;
        connection
            .busy_timeout(OPEN_TIMEOUT)
            .map_err(Error::open(path))?;
        format::upgrade(&connection, path)?;
        let mut store = Self::prepare(connection).map_err(Error::open(path))?;
        store.place = Place::of(path);
        Ok(store)
    }

    /// Makes a database in memory, to look at a script without touching any data.
    pub fn in_memory() -> Result<Self, Error> {
        Connection::open_in_memory()
            .and_then(Self::prepare)
            .map_err(Error::open(Path::new(":memory:")))
    }

    /// The same, and it takes no more than this many bytes.
    pub fn in_memory_within(bytes: usize) -> Result<Self, Error> {
        let store = Self::in_memory()?;
        let pages = (bytes / PAGE).max(LEAST_PAGES);
        let limit = format!("PRAGMA max_page_count = {pages};");
        store.connection.execute_batch(&limit)?;
        Ok(store)
    }

    /// Removes all that scripts have made, for the next script. Gives whether nothing of it is left.
    ///
    /// # Errors
    /// [`Error`] if the database fails.
    pub fn empty(&self) -> Result<bool, Error> {
        const MADE: &str = "SELECT type, name FROM sqlite_master \
             WHERE type IN ('table', 'view') AND substr(tbl_name, 1, 7) <> '_ouzel_' AND name <> 'sqlite_sequence'";
        const LEFT: &str = "SELECT count(*) FROM sqlite_master \
             WHERE substr(tbl_name, 1, 7) <> '_ouzel_' AND name <> 'sqlite_sequence'";
        self.roll_back()?;
        let connection = &self.connection;
        let mut made = connection.prepare_cached(MADE)?;
        let made = made.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let made = made.collect::<Result<Vec<(String, String)>, _>>()?;
        // Keys from one table to another would say in which order they have to go.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        for (kind, name) in made {
            let name = name.replace('"', "\"\"");
            connection.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\""))?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        self.rows.set(0);
        self.batch.rows_committed.set(0);
        Ok(connection.query_row(LEFT, [], |row| row.get::<_, i64>(0))? == 0)
    }

    /// Tunes the connection, and makes what is missing of ouzel's own tables.
    fn prepare(mut connection: Connection) -> rusqlite::Result<Self> {
        // WAL lets the analyst read while ouzel writes. With WAL, NORMAL keeps the database consistent when the process
        // crashes, and a commit costs no fsync. A checkpoint every 16 MiB instead of every 4 MiB means fewer syncs
        // under load.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;",
        )?;
        // First of all: what is made only in part must not be taken for an older format.
        format::note(&connection)?;
        connection.execute_batch(SCHEMA)?;
        ownership::add_later_columns(&connection)?;
        connection.execute_batch(overdue::SCHEMA)?;
        connection.execute_batch(paused::SCHEMA)?;
        connection.execute_batch(retags::SCHEMA)?;
        connection.execute_batch(quarantine::SCHEMA)?;
        connection.execute_batch(gaps::SCHEMA)?;
        gaps::add_later_columns(&connection)?;
        connection.execute_batch(received::SCHEMA)?;
        connection.execute_batch(handled::SCHEMA)?;
        connection.execute_batch(segments::SCHEMA)?;
        connection.execute_batch(state::SCHEMA)?;
        connection.execute_batch(generations::SCHEMA)?;
        connection.execute_batch(volume::SCHEMA)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(Self {
            guard: Guard::install(&mut connection)?,
            bounds: Bounds::install(&mut connection)?,
            connection,
            batch: Batch::default(),
            fault: RefCell::new(None),
            rows: Cell::new(0),
            quarantine_held: Cell::new(None),
            known_loose: RefCell::default(),
            place: None,
        })
    }
}
