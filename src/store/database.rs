//! The handle that everything else here works on.

use std::{
    cell::{Cell, RefCell},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, config::DbConfig};

use super::{
    Error,
    guard::{Guard, keys_onto_own},
};

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
    pub(super) place: Option<Place>,
}

/// How far the current transaction and Tweet have come.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) transaction: Cell<bool>,
    /// Whether what is written now belongs to one Tweet.
    pub(super) tweet: Cell<bool>,
    /// Whether that Tweet has written yet; only then is there a savepoint.
    pub(super) savepoint: Cell<bool>,
    /// The row count when the Tweet, or the load of a script, began.
    pub(super) rows_before: Cell<u64>,
    /// The row count at the last commit.
    pub(super) rows_committed: Cell<u64>,
}

/// How much is in quarantine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Tweets.
    pub tweets: u64,
    /// The bytes of their lines.
    pub bytes: u64,
}

/// Which file a database is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        Some(Self {
            path: path.to_owned(),
            device: meta.dev(),
            inode: meta.ino(),
        })
    }
}

impl Store {
    /// Looks whether the file is still where it was: what is written to one that is removed, nobody can see.
    ///
    /// # Errors
    /// [`Error::Gone`].
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
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn distrust_foreign_keys(&self) -> Result<Option<String>, Error> {
        let table = keys_onto_own(&self.connection)?;
        if table.is_some() {
            self.connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
        }
        Ok(table)
    }

    /// Rows that scripts have written and that are committed or will be with the batch.
    #[must_use]
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
