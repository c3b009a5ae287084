//! What the journal's thread does between writes: it syncs, deletes old segments, and stops when only unhandled Tweets
//! are left to delete.

use std::time::{Duration, Instant};

use tracing::{debug, error, info, warn};

use super::{Ingest, Limits};
use crate::journal::Over;

/// How often old segments are looked for. This also happens whenever a segment begins.
const RETAIN_EVERY: Duration = Duration::from_secs(60);

/// How often a journal that is too large is looked at: what has been handled in the meantime may be deleted.
const OVER_EVERY: Duration = Duration::from_millis(500);

impl Ingest {
    pub(super) fn do_duties(&mut self) {
        self.sync();
        if Instant::now() >= self.retain_at {
            self.retain();
        }
    }

    /// Syncs what is written, if it is time.
    pub(super) fn sync(&mut self) {
        match self.journal.sync_if_due(Instant::now()) {
            Ok(true) => {
                self.unsynced.reset();
            }
            Ok(false) => {}
            Err(error) => {
                self.unsynced.next_wait();
                if self.unsynced.is_worth_a_word() {
                    warn!(%error, "a power failure now would lose the newest Tweets");
                }
            }
        }
    }

    /// Deletes what is old, and waits while the journal is too large and only unhandled Tweets could be deleted.
    fn retain(&mut self) {
        let (mut is_told, mut is_over) = (false, false);
        while let Some(Over { size, max_size }) = self.clean() {
            if !is_told {
                is_told = true;
                let hint =
                    "the script does not keep up: make its handlers faster, or raise `max_size`";
                error!(
                    size,
                    max_size,
                    hint,
                    "the journal is full of Tweets that are not handled; nothing more is read"
                );
            }
            self.queue.set_stuck(true);
            // The newest frames are synced, however long this wait takes.
            self.sync();
            // At the end of a run, lines are written even over the limit. Otherwise they would be lost.
            is_over = !self.waits(OVER_EVERY);
            if is_over {
                break;
            }
        }
        if is_told {
            self.queue.set_stuck(false);
            if !is_over {
                info!("the journal has room again");
            }
        }
    }

    /// Deletes segments. Returns [`Over`] if the journal is still too large because its Tweets are not handled.
    fn clean(&mut self) -> Option<Over> {
        self.retain_at = Instant::now() + RETAIN_EVERY;
        let Limits {
            retain, max_size, ..
        } = self.limits;
        let committed = self.progress.committed();
        let now = jiff::Timestamp::now().as_millisecond();
        match self
            .journal
            .retain(Some(retain), Some(max_size), committed, now)
        {
            Ok(retained) => {
                if !retained.deleted.is_empty() {
                    let (segments, bytes) = (retained.deleted.len(), retained.bytes);
                    debug!(segments, bytes, "old segments of the journal deleted");
                }
                let is_behind = committed.segment < self.journal.end().segment;
                retained.over.filter(|_| is_behind)
            }
            Err(error) => {
                warn!(%error, "old segments of the journal stay");
                None
            }
        }
    }
}
