//! Opening the database, and the handle that everything else here works on.

use std::{
    cell::{Cell, RefCell},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, config::DbConfig};

use super::{
    Error,
    batch::Batch,
    guard::{Guard, keys_onto_own},
    quarantine::{self, Held},
};

/// How long opening waits for another program's lock before it fails.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// The same for a write, which is tried again; until then a lock is not worth a word.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Statements kept prepared: enough for a script with dozens of tables and queries of its own.
const PREPARED: usize = 256;

/// ouzel's own tables.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS _ouzel_rules (
    endpoint TEXT NOT NULL, -- the rules endpoint that the rule was added to
    value    TEXT NOT NULL,
    tag      TEXT,
    id       INTEGER,       -- NULL from just before the request until its answer
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

/// The database: the analyst's tables and ouzel's own, written by one thread.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) guard: Guard,
    pub(super) batch: Batch,
    /// The first failure of the database itself since the last look: a handler cannot swallow it.
    pub(super) fault: RefCell<Option<Error>>,
    pub(super) rows: Cell<u64>,
    /// How much is in quarantine; `None` until somebody has counted.
    pub(super) quarantine_held: Cell<Option<Held>>,
    /// The file, and which one it is; `None` in memory.
    place: Option<Place>,
}

/// Which file a database is.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        Some(Self {
            path: path.to_owned(),
            device: meta.dev(),
            inode: meta.ino(),
        })
    }
}

impl Store {
    /// Opens the database, making the file and its folder where they are missing.
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
        let mut store = Self::prepare(Connection::open(path)).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        store.place = Place::of(path);
        Ok(store)
    }

    /// Looks whether the file is still where it was: what is written to one that is removed, nobody can see.
    pub fn look_for_file(&self) -> Result<(), Error> {
        match &self.place {
            Some(place) if Place::of(&place.path).as_ref() != Some(place) => Err(Error::Gone {
                path: place.path.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Stops checking foreign keys where one looks at ouzel's own tables, since it would keep ouzel from deleting what is
    /// old there; gives the table that has it. Not within a transaction.
    pub fn distrust_foreign_keys(&self) -> Result<Option<String>, Error> {
        let table = keys_onto_own(&self.connection)?;
        if table.is_some() {
            self.connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        }
        Ok(table)
    }

    /// A database in memory, for looking at a script without touching any data.
    pub fn in_memory() -> Result<Self, Error> {
        Self::prepare(Connection::open_in_memory()).map_err(|source| Error::Open {
            path: PathBuf::from(":memory:"),
            source,
        })
    }

    fn prepare(connection: rusqlite::Result<Connection>) -> rusqlite::Result<Self> {
        let mut connection = connection?;
        connection.busy_timeout(OPEN_TIMEOUT)?;
        // WAL lets the analyst read while ouzel writes. With it, NORMAL loses no consistency in a crash of the
        // process, and a commit costs no fsync. A checkpoint every 16 MiB instead of 4: fewer syncs under load.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;",
        )?;
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(quarantine::SCHEMA)?;
        connection.execute_batch(super::gaps::SCHEMA)?;
        super::gaps::add_later_columns(&connection)?;
        connection.execute_batch(super::received::SCHEMA)?;
        connection.execute_batch(super::handled::SCHEMA)?;
        connection.execute_batch(super::segments::SCHEMA)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(Self {
            guard: Guard::install(&mut connection)?,
            connection,
            batch: Batch::default(),
            fault: RefCell::new(None),
            rows: Cell::new(0),
            quarantine_held: Cell::new(None),
            place: None,
        })
    }

    /// Rows that scripts have written and that are committed or will be with the batch.
    pub fn rows(&self) -> u64 {
        self.rows.get()
    }

    /// The failure of the database, if one has happened: whatever a handler made of it, this batch cannot be committed.
    pub fn take_fault(&self) -> Option<Error> {
        self.fault.borrow_mut().take()
    }

    /// Keeps a failure that nothing may swallow for [`Store::take_fault`].
    pub(super) fn note_fault(&self, error: Error) {
        self.fault.borrow_mut().get_or_insert(error);
    }
}
