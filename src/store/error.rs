//! What can go wrong with the database.

use std::path::PathBuf;

/// A failure of the database itself. A script's own mistake is a [`crate::row::Refused`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder for the database cannot be made.
    #[error("cannot make the folder `{}`: {source}", path.display())]
    Folder {
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened or prepared.
    #[error("cannot open the database `{}`: {source}", path.display())]
    Open {
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The database cannot be written: the disk is full, a lock stays, or the file is gone.
    #[error("cannot write to the database: {0}")]
    Write(#[from] rusqlite::Error),
    /// A script's statement failed with an error that is typical for a database that cannot be written.
    #[error("the statement failed: {0}")]
    Statement(rusqlite::Error),
    /// The transaction of many Tweets ended before its commit.
    #[error("the transaction was rolled back: {0}")]
    Torn(String),
    /// A script's statement was stopped, and SQLite rolled the transaction of many Tweets back because of that.
    #[error("the statement was stopped, because it took too long")]
    Stopped,
    /// The rows cannot be committed: they break a constraint that is checked only at the commit.
    #[error("cannot commit: {0}")]
    Commit(rusqlite::Error),
    /// The database's file has been removed or replaced.
    #[error(
        "the database `{}` has been removed or replaced while ouzel was writing to it\nhint: the next start goes on from what the file there \
         says, and handles the whole journal where there is none; remove the `-wal` and `-shm` beside it, unless they belong to it",
        path.display()
    )]
    Gone {
        /// The path where the file was.
        path: PathBuf,
    },
    /// A database that was opened only for reading cannot be read.
    #[error("cannot read the database `{}`: {source}", path.display())]
    Read {
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl Error {
    /// Whether the same action may succeed later, when a lock is released or the disk has room again.
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

    /// What people can do about the error.
    pub fn hint(&self) -> &'static str {
        use rusqlite::ErrorCode as Code;
        let code = match self {
            Self::Write(error)
            | Self::Statement(error)
            | Self::Commit(error)
            | Self::Open { source: error, .. }
            | Self::Read { source: error, .. } => error.sqlite_error_code(),
            Self::Folder { .. } | Self::Torn(_) | Self::Stopped | Self::Gone { .. } => None,
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

    /// The error for a failed commit.
    pub(super) fn commit(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => Self::Commit(error),
            _ => Self::Write(error),
        }
    }

    /// Whether a foreign key that refers to one of ouzel's own tables prevents the write.
    pub fn is_foreign_key(&self) -> bool {
        let (Self::Write(error) | Self::Commit(error)) = self else {
            return false;
        };
        let code = error.sqlite_error().map(|error| error.extended_code);
        code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
    }
}

/// Decides whose fault a failed statement of a script is: `None` if it is the statement's own fault, an error if it may
/// be the database's.
pub(super) fn fault_of(error: rusqlite::Error) -> Option<Error> {
    use rusqlite::{ErrorCode as Code, ffi};
    let code = error.sqlite_error()?;
    match (code.code, code.extended_code) {
        // These tables are kept by SQLite or a module for other tables. If they are corrupt, that is no reason to give
        // up the whole database.
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
        // This includes `Locked`: the same script is reading the table.
        _ => None,
    }
}
