//! One transaction for a batch of Tweets, from which a single Tweet can be taken back.

use std::cell::Cell;

use super::{
    Error, Store,
    guard::{DENIED, own_schema},
};
use crate::row::Refused;

const SAVEPOINT: &str = "SAVEPOINT _ouzel_tweet";
const RELEASE: &str = "RELEASE _ouzel_tweet";
const ROLLBACK: &str = "ROLLBACK TO _ouzel_tweet";

/// Around a statement of a script that changes the schema.
const BEFORE_SCHEMA: &str = "SAVEPOINT _ouzel_schema";
const KEEP_SCHEMA: &str = "RELEASE _ouzel_schema";
const UNDO_SCHEMA: &str = "ROLLBACK TO _ouzel_schema; RELEASE _ouzel_schema";

/// What is written to see whether anything can be written: as much as a full disk does not take.
const PROBE_BYTES: i32 = 1 << 20;

/// Whether SQL is that of a statement which lies prepared for ouzel itself, without the rules for scripts.
pub(super) fn is_prepared(sql: &str) -> bool {
    [SAVEPOINT, RELEASE, ROLLBACK].contains(&sql.trim())
}

/// How far the current transaction and Tweet have come.
#[derive(Debug, Default)]
pub(super) struct Batch {
    transaction: Cell<bool>,
    /// Whether what is written now belongs to one Tweet.
    tweet: Cell<bool>,
    /// Whether that Tweet has written yet; only then is there a savepoint.
    savepoint: Cell<bool>,
    /// The row count when the Tweet, or the load of a script, began.
    rows_before: Cell<u64>,
    /// The row count at the last commit.
    rows_committed: Cell<u64>,
}

impl Store {
    /// From now on rows belong to one Tweet, until [`Store::end_tweet`].
    pub fn begin_tweet(&self) {
        self.batch.tweet.set(true);
        self.batch.rows_before.set(self.rows.get());
    }

    /// Keeps the Tweet's rows, or takes back just these.
    pub fn end_tweet(&self, keep: bool) -> Result<(), Error> {
        self.batch.tweet.set(false);
        if !keep {
            self.rows.set(self.batch.rows_before.get());
        }
        if !self.batch.savepoint.replace(false) {
            return Ok(());
        }
        // Then there is nothing to release, and what other Tweets wrote is gone too.
        if self.is_torn() {
            self.note_fault(Error::torn("it ended without an error"));
            return Ok(());
        }
        if !keep {
            self.run(ROLLBACK)?;
        }
        self.run(RELEASE)
    }

    /// Commits what has been written since the last commit.
    pub fn commit(&self) -> Result<(), Error> {
        if self.is_torn() {
            return Err(Error::torn("it ended before the commit"));
        }
        if self.batch.transaction.get() {
            // After a failure the transaction is still there, or SQLite has rolled it back: see `roll_back`.
            self.connection
                .execute_batch("COMMIT")
                .map_err(Error::commit)?;
            self.batch.transaction.set(false);
        }
        self.batch.rows_committed.set(self.rows.get());
        Ok(())
    }

    /// Takes back everything since the last commit, after a failure of the database.
    pub fn roll_back(&self) -> Result<(), Error> {
        self.batch.transaction.set(false);
        self.batch.tweet.set(false);
        self.batch.savepoint.set(false);
        self.rows.set(self.batch.rows_committed.get());
        self.fault.replace(None);
        // It counts what may have been taken back.
        self.quarantine_held.set(None);
        if self.connection.is_autocommit() {
            return Ok(());
        }
        let rolled_back = self.connection.execute_batch("ROLLBACK");
        // SQLite may complain and have done it.
        if self.connection.is_autocommit() {
            return Ok(());
        }
        Ok(rolled_back?)
    }

    /// Whether there is anything to commit.
    pub fn is_writing(&self) -> bool {
        self.batch.transaction.get()
    }

    /// Runs the load of a script in a transaction of its own: an error leaves nothing behind.
    ///
    /// # Errors
    /// The outer one is the database's, the inner one is that of `load`.
    pub fn load<T, E>(&self, load: impl FnOnce() -> Result<T, E>) -> Result<Result<T, E>, Error> {
        self.commit()?;
        self.before_write()?;
        let loaded = load();
        if self.is_torn() {
            self.note_fault(Error::torn("it ended without an error"));
        }
        if let Some(fault) = self.take_fault() {
            self.roll_back()?;
            return Err(fault);
        }
        if loaded.is_err() {
            self.roll_back()?;
        } else if let Err(error) = self.commit() {
            self.roll_back()?;
            return Err(error);
        }
        Ok(loaded)
    }

    /// Whether the transaction has ended under the batch: SQL can do that, and so can SQLite by itself.
    pub(super) fn is_torn(&self) -> bool {
        self.batch.transaction.get() && self.connection.is_autocommit()
    }

    /// Whether ouzel itself can write, while nothing is waiting to be committed: then a statement of a script that failed
    /// like a full disk failed for reasons of its own.
    pub fn can_write(&self) -> bool {
        let probe = || -> rusqlite::Result<()> {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.connection.execute(
                "INSERT INTO _ouzel_handled (journal, at_ms, ids) VALUES ('', 0, zeroblob(?))",
                [PROBE_BYTES],
            )?;
            self.connection.execute_batch("COMMIT")?;
            self.connection
                .execute("DELETE FROM _ouzel_handled WHERE journal = ''", [])?;
            Ok(())
        };
        let wrote = probe().is_ok();
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        wrote
    }

    /// Runs a statement that changes the schema, and undoes it where it touched what has to stay as it is.
    pub(super) fn change_schema(
        &self,
        run: impl FnOnce() -> rusqlite::Result<()>,
    ) -> rusqlite::Result<Option<Refused>> {
        let before = own_schema(&self.connection)?;
        self.connection.execute_batch(BEFORE_SCHEMA)?;
        let ran = run();
        if self.connection.is_autocommit() {
            return ran.map(|()| None);
        }
        let is_same = ran.is_ok() && own_schema(&self.connection)? == before;
        self.connection.execute_batch(match is_same {
            true => KEEP_SCHEMA,
            false => UNDO_SCHEMA,
        })?;
        ran.map(|()| (!is_same).then(|| Refused(DENIED.to_owned())))
    }

    /// Opens the transaction and the Tweet's savepoint where they are not open yet.
    pub(super) fn before_write(&self) -> Result<(), Error> {
        // What came now would be written at once, by itself.
        if self.is_torn() {
            return Err(Error::torn("it has ended already"));
        }
        if !self.batch.transaction.get() {
            // IMMEDIATE: another program's lock shows here, before anything has been written.
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            self.batch.transaction.set(true);
        }
        if self.batch.tweet.get() && !self.batch.savepoint.get() {
            self.run(SAVEPOINT)?;
            self.batch.savepoint.set(true);
        }
        Ok(())
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
