//! Lets only one process at a time use a data folder. The system releases the lock when the process ends, however it
//! ends.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

/// The name of the lock file in the data folder.
const NAME: &str = "lock";

/// Holds the lock on the folder until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Why the folder cannot be locked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Another process holds the lock.
    #[error(
        "the data folder `{}` is in use by another ouzel{}\nhint: stop that one, or give this one a folder of its own with `--data-dir`",
        folder.display(),
        process.as_ref().map_or_else(String::new, |process| format!(", process {process}"))
    )]
    Held {
        folder: PathBuf,
        /// The id of that process, if the lock file says it.
        process: Option<u32>,
    },
    /// The folder cannot be made.
    #[error("cannot make the folder `{}`: {source}", folder.display())]
    Folder {
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The lock file cannot be made, locked or written.
    #[error("cannot lock the data folder by `{}`: {source}", path.display())]
    File {
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The id of the process that locked the folder last, if the lock file says it. It may have ended long ago.
pub(crate) fn last_holder(folder: &Path) -> Option<u32> {
    let text = fs::read_to_string(folder.join(NAME)).ok()?;
    text.trim().parse().ok()
}

impl Lock {
    /// Takes the lock, and makes the folder if it is missing. It never waits for the lock.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        let path = folder.join(NAME);
        let failed = |source| Error::File {
            path: path.clone(),
            source,
        };
        // The file stays when the process ends. If it were removed, two processes could each lock a file of this name.
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The message is better with the process id, but it is not necessary.
                let _ = file.read_to_string(&mut text);
                return Err(Error::Held {
                    folder: folder.to_owned(),
                    process: text.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        // On a full disk the process id cannot be written, but the lock still holds.
        let _ = write(&mut file);
        Ok(Self { _file: file })
    }
}
