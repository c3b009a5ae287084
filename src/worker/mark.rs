//! Keeps in the database up to when everything was received, from time to time and at the end.

use std::time::{Duration, Instant};

use super::{Error, Worker};
use crate::outage::mark::Mark;

/// After a crash on a quiet stream the outage starts at most this much too early. The heartbeats of an idle stream cause at
/// most one commit in this time.
const KEEP_EVERY: Duration = Duration::from_secs(10);

/// What was last kept.
#[derive(Debug)]
pub(super) struct Kept {
    /// When the worker last looked whether there is anything new.
    looked: Instant,
    mark: Option<Mark>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            looked: Instant::now(),
            mark: None,
        }
    }
}

impl Worker<'_> {
    /// How long nothing has to be kept. `None` if there is nothing to keep.
    pub(super) fn keep_wait(&self) -> Option<Duration> {
        self.progress.as_ref()?;
        Some(KEEP_EVERY.saturating_sub(self.kept.looked.elapsed()))
    }

    /// Commits a new mark, if it is time, and if there was nothing else to commit it with.
    pub(super) fn keep_alone(&mut self) -> Result<(), Error> {
        if self.dirty_since.is_some() || self.keep_wait() != Some(Duration::ZERO) {
            return Ok(());
        }
        if self.mark_to_keep().is_some() {
            return self.commit();
        }
        self.kept.looked = Instant::now();
        Ok(())
    }

    /// Puts a new mark into the transaction that is about to be committed, if it is time.
    pub(super) fn keep_with_batch(&self) -> Result<Option<Mark>, Error> {
        let (Some(progress), Some(mark)) = (&self.progress, self.mark_to_keep()) else {
            return Ok(None);
        };
        progress.write_received(&self.store, mark)?;
        Ok(Some(mark))
    }

    /// Notes that the mark is committed.
    pub(super) fn has_kept(&mut self, mark: Mark) {
        self.kept = Kept {
            looked: Instant::now(),
            mark: Some(mark),
        };
    }

    fn mark_to_keep(&self) -> Option<Mark> {
        let mark = self.progress.as_ref()?.received().newest()?;
        let kept = self.kept.mark;
        // While backfill is on its way, the mark says so, so a change of that is kept at once.
        let changes = kept.map(|kept| kept.received.is_settled) != Some(mark.received.is_settled);
        let is_due = changes || self.is_over() || self.keep_wait() == Some(Duration::ZERO);
        (is_due && kept != Some(mark)).then_some(mark)
    }
}
