//! What can go wrong with the database.

use std::path::PathBuf;

/// A failure of the database itself; what a script does wrong is a [`crate::row::Refused`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder for the database cannot be made.
    #[error("cannot make the folder `{}`: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened or prepared.
    #[error("cannot open the database `{}`: {source}", path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The database cannot be written: a full disk, a lock that stays, a file that is gone.
    #[error("cannot write to the database: {0}")]
    Write(#[from] rusqlite::Error),
}

/// Whether SQLite's answer says that the database, not the statement, is at fault.
pub(super) fn is_fault(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(
        error.sqlite_error_code(),
        Some(
            Code::DiskFull
                | Code::SystemIoFailure
                | Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::DatabaseCorrupt
                | Code::NotADatabase
                | Code::ReadOnly
                | Code::CannotOpen
                | Code::OutOfMemory
        )
    )
}
