//! One transaction for a batch of Tweets, in which a single Tweet can be taken back.

use std::cell::Cell;

use super::{Error, Store};

// The names begin as they do so that no script's statement can be mistaken for them.
const SAVEPOINT: &str = "SAVEPOINT _ouzel_tweet";
const RELEASE: &str = "RELEASE _ouzel_tweet";
const ROLLBACK: &str = "ROLLBACK TO _ouzel_tweet";

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
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn end_tweet(&self, keep: bool) -> Result<(), Error> {
        self.batch.tweet.set(false);
        if !keep {
            self.rows.set(self.batch.rows_before.get());
        }
        if !self.batch.savepoint.replace(false) {
            return Ok(());
        }
        // A full disk makes SQLite roll the whole transaction back by itself: then there is nothing to release.
        if self.connection.is_autocommit() {
            self.batch.transaction.set(false);
            return Ok(());
        }
        if !keep {
            self.run(ROLLBACK)?;
        }
        self.run(RELEASE)
    }

    /// Commits what has been written since the last commit.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn commit(&self) -> Result<(), Error> {
        if self.batch.transaction.get() {
            // After a failure the transaction is still there, or SQLite has rolled it back: see `roll_back`.
            self.connection.execute_batch("COMMIT")?;
            self.batch.transaction.set(false);
        }
        self.batch.rows_committed.set(self.rows.get());
        Ok(())
    }

    /// Takes back everything since the last commit, after a failure of the database.
    ///
    /// # Errors
    /// [`Error::Write`].
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
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.batch.transaction.get()
    }

    /// Runs the load of a script in a transaction of its own: an error leaves nothing behind.
    ///
    /// # Errors
    /// The outer one is the database's, the inner one is that of `load`.
    pub fn load<T, E>(&self, load: impl FnOnce() -> Result<T, E>) -> Result<Result<T, E>, Error> {
        self.commit()?;
        let rows_before = self.rows.get();
        self.before_write()?;
        let loaded = load();
        if loaded.is_ok() {
            self.commit()?;
        } else {
            self.rows.set(rows_before);
            self.batch.transaction.set(false);
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
        }
        Ok(loaded)
    }

    /// Opens the transaction and the Tweet's savepoint where they are not open yet.
    pub(super) fn before_write(&self) -> Result<(), Error> {
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
