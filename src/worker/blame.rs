//! Handles an error that SQL of one Tweet caused: it undid the rows of other Tweets, or failed as a full disk does.
//! That Tweet is found and goes to quarantine, and the other Tweets are handled again.

use std::mem;

use bytes::Bytes;
use tracing::warn;

use super::{Error, Progress, Worker, direct, inbox::Inbox};
use crate::{
    journal::Position,
    script::{Failure, Fault},
    store,
    tally::Count,
    tweet::Tweet,
};

/// The name of the handler if it is not known.
const SOME_HANDLER: &str = "unknown";

impl Worker<'_> {
    /// Takes back the batch after an error that one Tweet caused. All other Tweets of the batch are handled again.
    ///
    /// # Errors
    /// The error itself if no Tweet caused it, or an error of the database.
    pub(super) fn blame(&mut self, error: Error, inbox: &mut dyn Inbox) -> Result<(), Error> {
        let Some(from) = self.progress.as_ref().map(Progress::committed) else {
            return self.redo(error);
        };
        let (at, tweets) = (self.at, self.since_commit);
        let own_key = matches!(&error, Error::Store(error) if error.is_foreign_key());
        if own_key && !self.are_keys_unchecked {
            self.roll_back()?;
            inbox.go_back(from);
            if self.stop_checking_keys()? {
                return Ok(());
            }
        }
        let is_commit = matches!(&error, Error::Store(store::Error::Commit(_)));
        if is_commit && tweets == 0 {
            return Err(error);
        }
        let failure = self.judge(error)?;
        match at {
            // If each Tweet is committed by itself, the failing commit shows which Tweet it was.
            _ if is_commit && tweets > 1 => self.singly = tweets,
            Some(at) => {
                self.condemned.insert(at, failure);
            }
            None => {}
        }
        inbox.go_back(from);
        Ok(())
    }

    /// Does the same for lines that come from no journal. Their batch is held in memory.
    pub(super) fn redo(&mut self, error: Error) -> Result<(), Error> {
        let mut lines = mem::take(&mut self.batch);
        let is_commit = matches!(&error, Error::Store(store::Error::Commit(_)));
        let failure = self.judge(error)?;
        let culprit = if is_commit { None } else { lines.pop() };
        for line in lines {
            let handled = self.handle_line(direct::parse(line.clone()));
            if let Err(error) = handled.and_then(|()| self.commit()) {
                let failure = self.judge(error)?;
                self.condemn(&line, &failure)?;
                self.commit()?;
            }
        }
        if let Some(line) = culprit {
            self.condemn(&line, &failure)?;
        }
        self.commit()
    }

    /// Takes back the batch, and returns the failure of the Tweet in hand.
    ///
    /// # Errors
    /// The error itself if it does not come from a script's statement, or if the database is at fault and not the
    /// statement.
    pub(super) fn judge(&mut self, error: Error) -> Result<Failure, Error> {
        let Error::Store(fault) = error else {
            return Err(error);
        };
        let hint = match &fault {
            store::Error::Torn(_) => {
                "a statement with `OR ROLLBACK`, or a trigger with `RAISE(ROLLBACK, …)`, undoes what other Tweets have written; \
                 use `OR ABORT` or `RAISE(ABORT, …)`"
            }
            store::Error::Stopped => {
                "a handler gave SQLite a statement that took too long; look for a recursive query without an end, or a join without `ON`"
            }
            store::Error::Commit(_) => {
                "a constraint that is checked at the commit cannot be kept with this Tweet's rows"
            }
            store::Error::Statement(_) => {
                "ouzel itself can write to the database: SQLite cannot carry out this one statement, for instance because an \
                 AUTOINCREMENT table has given its last number, or because it asks for too much memory"
            }
            _ => return Err(fault.into()),
        };
        let failure = self.blamed.take();
        self.roll_back()?;
        let message = fault.to_string();
        // What stopped the statement has said why at the handler's line.
        if matches!(fault, store::Error::Stopped)
            && let Some(failure) = failure
        {
            return Ok(failure);
        }
        if let store::Error::Statement(source) = fault
            && !self.store.can_write()
        {
            return Err(store::Error::Write(source).into());
        }
        let mut failure = failure.unwrap_or_else(|| unplaced(String::new()));
        failure.fault.message = message;
        failure.fault.hint = Some(hint.to_owned());
        Ok(failure)
    }

    /// Puts a Tweet that will not be handled into quarantine. It counts as failed.
    pub(super) fn condemn(&mut self, line: &Bytes, failure: &Failure) -> Result<(), Error> {
        let tweet = match direct::parse(line.clone()) {
            Ok(tweet) => tweet,
            Err((line, reason)) => return self.reject(&line, &reason),
        };
        self.count_tags(&tweet);
        self.volume.count();
        self.failures.count(failure);
        self.tally.add(Count::Failed, 1);
        self.tally.add(Count::Tweets, 1);
        self.set_aside(&tweet, failure)
    }

    /// Condemns the Tweet that was in hand at two crashes.
    pub(super) fn condemn_after_crash(&mut self) {
        let Some(at) = self.in_hand.culprit() else {
            return;
        };
        let mut failure =
            unplaced("ouzel ended without warning twice while this Tweet was in hand".to_owned());
        failure.fault.hint = Some(
            "a handler may have taken all memory, or somebody has killed the process; `ouzel quarantine retry` handles it again"
                .to_owned(),
        );
        self.condemned.insert(at, failure);
    }

    /// Forgets the condemned lines up to this position, because they are in quarantine now.
    pub(super) fn forget_condemned(&mut self, committed: Position) {
        if !self.condemned.is_empty() {
            self.condemned = self.condemned.split_off(&committed);
        }
    }

    /// Puts a Tweet into quarantine; it counts as handled.
    pub(super) fn set_aside(&mut self, tweet: &Tweet, failure: &Failure) -> Result<(), Error> {
        let id = tweet.id();
        self.failures.log(id, failure);
        self.quarantine(id, tweet.line(), failure)?;
        if let Some(tags) = self.for_listeners(tweet) {
            self.tell_listeners(tags, tweet.line(), Err(failure));
        }
        self.remember(id);
        Ok(())
    }

    /// Makes SQLite stop checking foreign keys, if some point to ouzel's own tables: they would prevent ouzel from
    /// deleting old rows there. Returns whether there are such keys. All writes must be committed before, because
    /// SQLite does not stop checking inside a transaction.
    pub(super) fn stop_checking_keys(&mut self) -> Result<bool, Error> {
        if self.are_keys_unchecked {
            return Ok(false);
        }
        let table = self.store.distrust_foreign_keys()?;
        if let Some(table) = &table {
            self.are_keys_unchecked = true;
            let hint = "a foreign key of this table looks at a table of ouzel's or of SQLite's; drop it, and start again";
            warn!(table, hint, "foreign keys are not checked in this run");
        }
        Ok(table.is_some())
    }
}

fn unplaced(message: String) -> Failure {
    Failure {
        handler: SOME_HANDLER.to_owned(),
        fault: Box::new(Fault::unplaced(message)),
    }
}
