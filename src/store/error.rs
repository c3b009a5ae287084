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
    /// A statement of a script failed as it does when the database cannot be written.
    #[error("the statement failed: {0}")]
    Statement(rusqlite::Error),
    /// The transaction of many Tweets has ended before its commit.
    #[error("the transaction was rolled back: {0}")]
    Torn(String),
    /// What was written cannot be committed: it breaks a constraint that is only checked then.
    #[error("cannot commit: {0}")]
    Commit(rusqlite::Error),
    /// The database's file is not where it was.
    #[error(
        "the database `{}` has been removed or replaced while ouzel was writing to it\nhint: the next start goes on from what the file there \
         says, and handles the whole journal where there is none; remove the `-wal` and `-shm` beside it, unless they belong to it",
        path.display()
    )]
    Gone {
        /// The database file.
        path: PathBuf,
    },
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
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        let (Self::Write(error) | Self::Statement(error)) = self else {
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
    pub fn hint(&self) -> &'static str {
        use rusqlite::ErrorCode as Code;
        let code = match self {
            Self::Write(error)
            | Self::Statement(error)
            | Self::Commit(error)
            | Self::Open { source: error, .. }
            | Self::Read { source: error, .. } => error.sqlite_error_code(),
            Self::Folder { .. } | Self::Torn(_) | Self::Gone { .. } => None,
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

impl Error {
    pub(super) fn torn(how: &str) -> Self {
        Self::Torn(how.to_owned())
    }

    /// Why a commit failed.
    pub(super) fn commit(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => Self::Commit(error),
            _ => Self::Write(error),
        }
    }

    /// Whether it is a foreign key onto one of ouzel's own tables that keeps it from being written.
    pub fn is_foreign_key(&self) -> bool {
        let (Self::Write(error) | Self::Commit(error)) = self else {
            return false;
        };
        let code = error.sqlite_error().map(|error| error.extended_code);
        code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
    }
}

/// What a script's statement failed of: of the statement (`None`), or of something that may be the database's.
pub(super) fn fault_of(error: rusqlite::Error) -> Option<Error> {
    use rusqlite::{ErrorCode as Code, ffi};
    let code = error.sqlite_error()?;
    match (code.code, code.extended_code) {
        // Tables that SQLite or a module keep for others: their own, and no reason to give the database up.
        (Code::DatabaseCorrupt, ffi::SQLITE_CORRUPT_VTAB | ffi::SQLITE_CORRUPT_SEQUENCE) => None,
        (Code::DatabaseCorrupt | Code::NotADatabase, _) => Some(Error::Write(error)),
        (
            Code::DiskFull
            | Code::SystemIoFailure
            | Code::DatabaseBusy
            | Code::ReadOnly
            | Code::CannotOpen
            | Code::OutOfMemory,
            _,
        ) => Some(Error::Statement(error)),
        // Locked is a table that the same script is reading.
        _ => None,
    }
}
