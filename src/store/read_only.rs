//! A database that is opened only for reading, even while another process writes it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::{
    Error,
    backup::{MayGoOn, copy},
    database::Held,
    format,
    gaps::{self, Gap},
    generations::{self, Load, Rollback},
    newest::{self, Shown},
    open::OPEN_TIMEOUT,
    overdue::{self, OverdueRule},
    ownership::{self, OwnedRule},
    paused::{self, Pause, PausedTag},
    quarantine::{self, Cause, Quarantined},
    volume::{self, Volume, Warned},
};

/// A database that is only read.
#[derive(Debug)]
pub(crate) struct ReadOnly {
    connection: Connection,
    path: PathBuf,
}

impl ReadOnly {
    /// Opens an existing database.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::open_within(path, OPEN_TIMEOUT)
    }

    /// The same; nothing that is read waits longer for another program's lock.
    pub(crate) fn open_within(path: &Path, longest: Duration) -> Result<Self, Error> {
        let database = Self::connect(path, longest)?;
        format::check(&database.connection, path)?;
        Ok(database)
    }

    /// Opens an existing database, also one that an older ouzel has made: a backup before an upgrade is a good idea.
    pub(crate) fn open_to_copy(path: &Path) -> Result<Self, Error> {
        Self::connect(path, OPEN_TIMEOUT)
    }

    fn connect(path: &Path, longest: Duration) -> Result<Self, Error> {
        let open = || {
            let connection = Connection::open_with_flags(
                path,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            connection.busy_timeout(longest)?;
            // Only the first read shows whether the file is a database at all.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            Ok(connection)
        };
        let connection = open().map_err(Error::open(path))?;
        format::refuse_newer(&connection, path)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    /// Copies the database into a file, as of this moment, and gives its size.
    ///
    /// # Errors
    /// [`Error::Copy`] when there is a file and `replace` is not set, when the disk is full, and when it was stopped.
    pub(crate) fn back_up(
        &self,
        to: &Path,
        replace: bool,
        may_go_on: &MayGoOn,
    ) -> Result<u64, Error> {
        copy(&self.connection, &self.path, to, replace, may_go_on).map_err(|reason| Error::Copy {
            from: self.path.clone(),
            to: to.to_owned(),
            reason: Box::new(reason),
        })
    }

    /// Whether there is a table of this name.
    pub(crate) fn has_table(&self, name: &str) -> Result<bool, Error> {
        self.read(|connection| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)";
            Ok(connection.query_row(sql, [name], |row| row.get(0))?)
        })
    }

    /// The rules that ouzel added at this endpoint. A database that is not ouzel's knows of none.
    pub(crate) fn owned_rules(&self, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
        match self.has_table("_ouzel_rules")? {
            true => self.read(|connection| ownership::owned_rules(connection, endpoint)),
            false => Ok(Vec::new()),
        }
    }

    /// The rules that may come late at this endpoint.
    pub(crate) fn overdue_rules(&self, endpoint: &str) -> Result<Vec<OverdueRule>, Error> {
        self.read(|connection| overdue::overdue(connection, endpoint))
    }

    /// The tags whose rules are paused at this endpoint.
    pub(crate) fn paused(&self, endpoint: &str) -> Result<Vec<PausedTag>, Error> {
        self.read(|connection| paused::paused(connection, endpoint))
    }

    /// Of which part of a month's cap somebody was last warned.
    pub(crate) fn warned(&self) -> Result<Option<Warned>, Error> {
        self.read(volume::warned)
    }

    /// All pauses of rules that are known, oldest first, also those that go on.
    pub(crate) fn pauses(&self) -> Result<Vec<Pause>, Error> {
        self.read(paused::pauses)
    }

    /// How much is in quarantine.
    pub(crate) fn quarantine_held(&self) -> Result<Held, Error> {
        self.quarantine(quarantine::held)
    }

    /// The newest Tweets in quarantine, newest first, at most `most` of them.
    pub(crate) fn quarantined(&self, most: u64) -> Result<Vec<Quarantined>, Error> {
        self.quarantine(|connection| quarantine::newest(connection, most))
    }

    /// Why the newest Tweets in quarantine failed, each cause once, the newest first, at most `most` of them.
    pub(crate) fn causes(&self, most: u64) -> Result<Vec<Cause>, Error> {
        self.quarantine(|connection| quarantine::causes(connection, most))
    }

    /// The newest gaps of the ledger, newest first, at most `most` of them.
    pub(crate) fn newest_gaps(&self, most: u64) -> Result<Vec<Gap>, Error> {
        self.read(|connection| gaps::newest(connection, most))
    }

    /// The newest rows of a table, newest first, at most `most` of them.
    pub(crate) fn newest_rows(
        &self,
        table: &str,
        columns: &[String],
        most: u64,
    ) -> Result<Vec<Vec<Shown>>, Error> {
        self.read(|connection| newest::rows(connection, table, columns, most))
    }

    /// One Tweet in quarantine with its line.
    pub(crate) fn quarantined_one(&self, id: i64) -> Result<Option<(Quarantined, Vec<u8>)>, Error> {
        self.quarantine(|connection| {
            let entry = quarantine::one(connection, id)?;
            Ok(entry.zip(quarantine::line(connection, id)?))
        })
    }

    /// The newest loads of scripts, newest first, at most `most` of them. A database of an older ouzel knows none.
    pub(crate) fn loads(&self, most: u64) -> Result<Vec<Load>, Error> {
        match self.has_table("_ouzel_generations")? {
            true => self.read(|connection| generations::newest(connection, most)),
            false => Ok(Vec::new()),
        }
    }

    /// Shows the volume of each minute that began in a span, of all Tweets together. A database of an older ouzel knows of
    /// none.
    pub(crate) fn each_minute(
        &self,
        from: Timestamp,
        to: Timestamp,
        show: impl FnMut(Volume),
    ) -> Result<(), Error> {
        match self.has_table("_ouzel_minutes")? {
            true => self.read(|connection| volume::each_minute(connection, from, to, show)),
            false => Ok(()),
        }
    }

    /// When the first counted minute began.
    pub(crate) fn counted_since(&self) -> Result<Option<Timestamp>, Error> {
        match self.has_table("_ouzel_minutes")? {
            true => self.read(volume::counted_since),
            false => Ok(None),
        }
    }

    /// Shows the volume of each minute that began in a span, in all and by tag, in the order of time. A database of an
    /// older ouzel knows of none.
    pub(crate) fn each_volume(
        &self,
        from: Timestamp,
        to: Timestamp,
        show: impl FnMut(Volume),
    ) -> Result<(), Error> {
        match self.has_table("_ouzel_minutes")? {
            true => self.read(|connection| volume::each(connection, from, to, show)),
            false => Ok(()),
        }
    }

    /// Whether the files of a generation are kept.
    pub(crate) fn has_sources(&self, hash: &str) -> Result<bool, Error> {
        Ok(self.has_table("_ouzel_sources")?
            && self.read(|connection| generations::has_sources(connection, hash))?)
    }

    /// The rollback of a script, if one goes on.
    pub(crate) fn rollback(&self, script: &str) -> Result<Option<Rollback>, Error> {
        match self.has_table("_ouzel_rollback")? {
            true => self.read(|connection| generations::rollback(connection, script)),
            false => Ok(None),
        }
    }

    /// Reads from the quarantine. If an earlier ouzel without a quarantine made the database, there is nothing in it.
    fn quarantine<T: Default>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.has_table("_ouzel_quarantine")? {
            self.read(read)
        } else {
            Ok(T::default())
        }
    }

    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        read(&self.connection).map_err(|error| match error {
            Error::Write(source) => Error::Read {
                path: self.path.clone(),
                source,
            },
            other => other,
        })
    }
}
