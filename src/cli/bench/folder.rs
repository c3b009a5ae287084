//! Chooses the folder for the database of `ouzel bench`. It never takes one that holds somebody's data.

use std::path::{Path, PathBuf};

use crate::cli::folder::DATABASE;
use crate::{error::Error, host::lock::Lock, store::ReadOnly};

/// What a run keeps beside its database. `journal-sim` comes from an earlier ouzel, which ran against the built-in
/// simulator.
const JOURNALS: [&str; 2] = ["journal", "journal-sim"];

/// The suffixes of a database's files, of which there are up to three.
pub(super) const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// A folder whose database may be replaced. It is locked until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: Lock,
}

impl Folder {
    /// Locks the folder, and makes it if it is missing. Refuses it if it holds somebody's data.
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        let lock = Lock::take(path)?;
        if JOURNALS.iter().any(|name| path.join(name).exists()) {
            return Err(left(path, "holds the journal of a run"));
        }
        let folder = Self {
            path: path.to_owned(),
            _lock: lock,
        };
        let database = folder.database();
        let is_there = PARTS.iter().any(|part| with(&database, part).exists());
        let may_go =
            || Ok::<_, Error>(database.exists() && ReadOnly::open(&database)?.is_of_bench()?);
        if is_there && !may_go()? {
            return Err(left(&database, "was not made by `ouzel bench`"));
        }
        Ok(folder)
    }

    /// The database's file.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// The path of one of the database's files.
pub(super) fn with(database: &Path, part: &str) -> PathBuf {
    let mut file = database.as_os_str().to_owned();
    file.push(part);
    file.into()
}

fn left(path: &Path, why: &str) -> Error {
    Error::Usage(format!(
        "`{}` {why}, so it is left as it is\nhint: give a folder of its own with `--data-dir`; without it, the rows go away with the measurement",
        path.display()
    ))
}
