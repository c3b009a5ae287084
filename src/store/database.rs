//! The handle that everything else here works on.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, config::DbConfig};

use super::{
    Error,
    bounds::{Bounds, MayGoOn},
    guard::{Guard, keys_onto_own},
};

/// The database: the analyst's tables and ouzel's own. Only one thread writes it.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    pub(super) guard: Guard,
    pub(super) bounds: Bounds,
    pub(super) batch: Batch,
    /// The first failure of the database itself that nobody has taken yet. It is kept here so that a handler cannot
    /// swallow it.
    pub(super) fault: RefCell<Option<Error>>,
    pub(super) rows: Cell<u64>,
    /// How much is in quarantine; `None` if it has to be counted again.
    pub(super) quarantine_held: Cell<Option<Held>>,
    /// The declared tables that turned out not to be STRICT.
    pub(super) known_loose: RefCell<BTreeSet<String>>,
    /// The path and the identity of the file; `None` for a database in memory.
    pub(super) place: Option<Place>,
}

/// The state of the current transaction and Tweet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) transaction: Cell<bool>,
    /// Whether the rows written now belong to one Tweet.
    pub(super) tweet: Cell<bool>,
    /// Whether that Tweet has written already. Its savepoint is opened only then.
    pub(super) savepoint: Cell<bool>,
    /// The row count at the beginning of the Tweet or of the load of a script.
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

/// The path of a database's file, and which file it is.
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

    /// From now on, asks `may_go_on` again and again while a statement of a script runs. If it says no, the statement
    /// fails. Nothing else is ever stopped: no commit, nothing that ouzel writes for itself, and no change to a declared
    /// table.
    ///
    /// `may_go_on` must not use this store.
    pub fn ask_whether_to_go_on(&self, may_go_on: Box<MayGoOn>) {
        self.bounds.ask(may_go_on);
    }

    /// Runs a statement as a script's own: the rules for scripts are in force, its values are bounded, and it may be
    /// stopped.
    pub(super) fn as_script<R>(
        &self,
        work: impl FnOnce() -> rusqlite::Result<R>,
    ) -> rusqlite::Result<R> {
        self.bounds
            .within(&self.connection, || self.guard.script(work))
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
    pub fn note_fault(&self, error: Error) {
        self.fault.borrow_mut().get_or_insert(error);
    }
}
