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
    /// A database that is only looked at cannot be read.
    #[error("cannot read the database `{}`: {source}", path.display())]
    Read {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl Error {
    /// Whether the same may succeed later: once a lock is released, or there is room on the disk again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        let Self::Write(error) = self else {
            return false;
        };
        matches!(
            error.sqlite_error_code(),
            Some(
                Code::DiskFull
                    | Code::SystemIoFailure
                    | Code::DatabaseBusy
                    | Code::DatabaseLocked
                    | Code::ReadOnly
                    | Code::CannotOpen
                    | Code::OutOfMemory
            )
        )
    }

    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        use rusqlite::ErrorCode as Code;
        let code = match self {
            Self::Write(error)
            | Self::Open { source: error, .. }
            | Self::Read { source: error, .. } => error.sqlite_error_code(),
            Self::Folder { .. } => None,
        };
        match code {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
                "another program holds the database's lock: end its transaction"
            }
            Some(Code::DiskFull) => "make room on the disk",
            Some(Code::OutOfMemory) => "make room in memory",
            _ => "check the disk, and the permissions of the data folder",
        }
    }
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
