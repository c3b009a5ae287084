//! Opens the database, and has the handle that everything else in this folder works on.

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

/// How long a write waits for another program's lock before it fails. A failed write is tried again, and a lock that
/// lasts no longer than this is not reported.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How many statements are kept prepared: enough for a script with dozens of tables and queries.
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

/// The database: the analyst's tables and ouzel's own. Only one thread writes it.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) guard: Guard,
    pub(super) batch: Batch,
    /// The first failure of the database itself that nobody has taken yet. It is kept here so that a handler cannot
    /// swallow it.
    pub(super) fault: RefCell<Option<Error>>,
    pub(super) rows: Cell<u64>,
    /// How much is in quarantine; `None` if it has to be counted again.
    pub(super) quarantine_held: Cell<Option<Held>>,
    /// The path and the identity of the file; `None` for a database in memory.
    place: Option<Place>,
}

/// The path of a database's file, and which file it is.
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
        let mut store = Self::prepare(Connection::open(path)).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?;
        store.place = Place::of(path);
        Ok(store)
    }

    /// Checks that the file is still in its place. If it has been removed, nobody can see what is written to it.
    ///
    /// # Errors
    /// [`Error::Gone`] when the file has been removed or replaced.
    pub fn look_for_file(&self) -> Result<(), Error> {
        match &self.place {
            Some(place) if Place::of(&place.path).as_ref() != Some(place) => Err(Error::Gone {
                path: place.path.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Switches the check of foreign keys off if a foreign key refers to one of ouzel's own tables, because such a key
    /// would keep ouzel from deleting old rows there. Gives the table that has the key. It must not be called within a
    /// transaction.
    pub fn distrust_foreign_keys(&self) -> Result<Option<String>, Error> {
        let table = keys_onto_own(&self.connection)?;
        if table.is_some() {
            self.connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        }
        Ok(table)
    }

    /// Makes a database in memory, to look at a script without touching any data.
    pub fn in_memory() -> Result<Self, Error> {
        Self::prepare(Connection::open_in_memory()).map_err(|source| Error::Open {
            path: PathBuf::from(":memory:"),
            source,
        })
    }

    fn prepare(connection: rusqlite::Result<Connection>) -> rusqlite::Result<Self> {
        let mut connection = connection?;
        connection.busy_timeout(OPEN_TIMEOUT)?;
        // WAL lets the analyst read while ouzel writes. With WAL, NORMAL keeps the database consistent when the process
        // crashes, and a commit costs no fsync. A checkpoint every 16 MiB instead of every 4 MiB means fewer syncs
        // under load.
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

    /// How many rows scripts have written that are committed or will be committed with the batch.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.get()
    }

    /// Takes the failure of the database, if one has happened. This batch cannot be committed then, even if a handler
    /// caught the error.
    pub fn take_fault(&self) -> Option<Error> {
        self.fault.borrow_mut().take()
    }

    /// Keeps a failure for [`Store::take_fault`], so that nothing can swallow it.
    pub(super) fn note_fault(&self, error: Error) {
        self.fault.borrow_mut().get_or_insert(error);
    }
}
