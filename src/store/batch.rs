//! One transaction for a batch of Tweets. The writes of a single Tweet can be taken back from it.

use super::{
    Error, Store,
    guard::{DENIED, own_schema},
};
use crate::row::Refused;

const SAVEPOINT: &str = "SAVEPOINT _ouzel_tweet";
const RELEASE: &str = "RELEASE _ouzel_tweet";
const ROLLBACK: &str = "ROLLBACK TO _ouzel_tweet";

/// The SQL before and after a script's statement that changes the schema.
const BEFORE_SCHEMA: &str = "SAVEPOINT _ouzel_schema";
const KEEP_SCHEMA: &str = "RELEASE _ouzel_schema";
const UNDO_SCHEMA: &str = "ROLLBACK TO _ouzel_schema; RELEASE _ouzel_schema";

/// The size of a test write. A full disk has no room for this much.
const PROBE_BYTES: i32 = 1 << 20;

/// Whether this SQL is one of the statements that ouzel keeps prepared for itself. The rules for scripts do not apply
/// to those.
pub(super) fn is_prepared(sql: &str) -> bool {
    [SAVEPOINT, RELEASE, ROLLBACK].contains(&sql.trim())
}

impl Store {
    /// From now on all rows belong to one Tweet, until [`Store::end_tweet`].
    pub fn begin_tweet(&self) {
        self.batch.tweet.set(true);
        self.batch.rows_before.set(self.rows.get());
    }

    /// Ends the Tweet. Keeps its rows, or takes back its rows only.
    pub fn end_tweet(&self, keep: bool) -> Result<(), Error> {
        self.batch.tweet.set(false);
        if !keep {
            self.rows.set(self.batch.rows_before.get());
        }
        if !self.batch.savepoint.replace(false) {
            return Ok(());
        }
        // If the transaction has ended, there is no savepoint to release, and the rows of other Tweets are gone too.
        if self.is_torn() {
            self.note_fault(Error::torn("it ended without an error"));
            return Ok(());
        }
        if !keep {
            self.run(ROLLBACK)?;
        }
        self.run(RELEASE)
    }

    /// Commits everything written since the last commit.
    pub fn commit(&self) -> Result<(), Error> {
        if self.is_torn() {
            return Err(Error::torn("it ended before the commit"));
        }
        if self.batch.transaction.get() {
            // If this fails, the transaction is still open or SQLite has rolled it back: see `roll_back`.
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
        // The count may include Tweets that are now taken back.
        self.quarantine_held.set(None);
        if self.connection.is_autocommit() {
            return Ok(());
        }
        let rolled_back = self.connection.execute_batch("ROLLBACK");
        // SQLite may report an error although it has rolled back.
        if self.connection.is_autocommit() {
            return Ok(());
        }
        Ok(rolled_back?)
    }

    /// Whether there is something to commit.
    pub fn is_writing(&self) -> bool {
        self.batch.transaction.get()
    }

    /// Runs the load of a script in a transaction of its own. If the load fails, nothing of it stays.
    ///
    /// # Errors
    /// The outer error is the database's, the inner error is that of `load`.
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

    /// Whether the batch's transaction has ended unnoticed. A script's SQL can end it, and SQLite itself can too.
    pub(super) fn is_torn(&self) -> bool {
        self.batch.transaction.get() && self.connection.is_autocommit()
    }

    /// Whether ouzel itself can write at this moment. It is called when nothing waits to be committed. If ouzel can
    /// write, a script's statement that failed as on a full disk failed for reasons of its own.
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

    /// Runs a statement that changes the schema. Undoes it if it changed a part of the schema that has to stay.
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

    /// Opens the transaction and the Tweet's savepoint if they are not open yet.
    pub(super) fn before_write(&self) -> Result<(), Error> {
        // Without its transaction, each further write would be committed at once.
        if self.is_torn() {
            return Err(Error::torn("it has ended already"));
        }
        if !self.batch.transaction.get() {
            // IMMEDIATE takes the write lock now, so another program's lock shows before anything has been written.
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
