//! What can go wrong with the database.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A failure of the database itself. A script's own mistake is a [`crate::row::Refused`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder for the database cannot be made.
    #[error("cannot make the folder `{}`: {source}", path.display())]
    Folder {
        path: PathBuf,
        /// What the system said.
        source: io::Error,
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
    /// A newer ouzel has written the database, in a way that this one would misread.
    #[error(
        "the database `{0}` has format {format}, which a newer ouzel has made; this one knows formats up to {known}\n\
         hint: use the newer ouzel; or go back to the copy from before its upgrade, `{0}.v{known}`, in place of the database, without what came later",
        path.display()
    )]
    Newer {
        path: PathBuf,
        /// The database's format.
        format: i64,
        /// The newest format that this ouzel knows.
        known: i64,
    },
    /// An older ouzel has written the database, and it was opened only for reading.
    #[error(
        "the database `{}` has format {format}, which an older ouzel has made; this one reads format {known}\n\
         hint: `ouzel run` brings it up to date, and keeps a copy of it as it is",
        path.display()
    )]
    Older {
        path: PathBuf,
        /// The database's format.
        format: i64,
        /// The format that this ouzel reads.
        known: i64,
    },
    /// The database was not upgraded, because no copy of it can be made.
    #[error(
        "cannot copy the database `{}` to `{}` before it is brought from format {} to format {}: {reason}\n\
         hint: the database is as it was; {}",
        path.display(), copy.display(), formats.0, formats.1, reason.before_upgrade()
    )]
    CopyBeforeUpgrade {
        path: PathBuf,
        /// The database's format, and the one that was meant.
        formats: (i64, i64),
        copy: PathBuf,
        reason: Box<NotCopied>,
    },
    /// A step of the upgrade failed.
    #[error(
        "cannot bring the database `{}` from format {} to format {}: {source}\n\
         hint: it is as it was, and the copy `{}` is the same; an ouzel that knows format {} goes on with it",
        path.display(), formats.0, formats.1, copy.display(), formats.0
    )]
    Upgrade {
        path: PathBuf,
        /// The database's format, and the one to which the step leads.
        formats: (i64, i64),
        copy: PathBuf,
        /// What SQLite said.
        source: Box<rusqlite::Error>,
    },
    /// The database cannot be copied.
    #[error("cannot copy the database `{}` to `{}`: {reason}{}", from.display(), to.display(), reason.hint())]
    Copy {
        from: PathBuf,
        to: PathBuf,
        reason: Box<NotCopied>,
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
            _ => None,
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
    /// Makes a function for `map_err` over a database that is being opened.
    pub(super) fn open(path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        |source| Self::Open {
            path: path.to_owned(),
            source,
        }
    }

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

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum NotCopied {
    /// The file is there already.
    #[error("it is there already")]
    Exists,
    /// The file would be replaced, and a database is in use there.
    #[error(
        "`{}` lies beside it, so the file belongs to a database that is in use, or was; SQLite would mix the two",
        _0.display()
    )]
    InUse(PathBuf),
    /// The file is the database itself.
    #[error("it is the database itself")]
    Itself,
    /// Somebody asked for an end.
    #[error("stopped")]
    Stopped,
    /// What has been copied is damaged, so the database is.
    #[error("the database is damaged, and so is its copy: {0}")]
    Damaged(String),
    /// SQLite cannot copy.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] io::Error),
}

impl NotCopied {
    /// What people can do about it, when they asked for a copy.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Exists => "\nhint: `--force` replaces it",
            Self::InUse(_) => "\nhint: name another file",
            Self::Itself => "\nhint: name another file, best on another disk",
            Self::Damaged(_) => {
                "\nhint: `sqlite3 FILE .recover` brings out what can be read; an earlier backup may be whole"
            }
            Self::Stopped | Self::Sql(_) | Self::File(_) => "",
        }
    }

    /// What people can do about it, when an upgrade needs the copy.
    pub(super) fn before_upgrade(&self) -> &'static str {
        match self {
            Self::Exists | Self::InUse(_) => {
                "move the file to another place, or remove it if an upgrade that failed has left it, and start again"
            }
            Self::Damaged(_) => {
                "an ouzel that knows its format goes on with it; `sqlite3 FILE .recover` brings out what can be read"
            }
            _ => "make room on the disk, and start again",
        }
    }
}
