//! Remembers which Tweets the worker has handled: for this run at once, and for the next run with the commit.

use std::collections::VecDeque;

use super::{Error, Progress, handled::Handled};
use crate::{
    ingest::dedupe::{MOST_REMEMBERED, REMEMBERED_MS},
    store::{HandledRow, Store},
};

/// The Tweets that have been handled, and how much of that is committed.
#[derive(Debug)]
pub(super) struct Remembered {
    handled: Handled,
    /// The Tweets handled since the last commit.
    fresh: Vec<u64>,
    /// When the last of these was received.
    fresh_ms: i64,
    /// What the database keeps, oldest first. `None` until the database has been asked.
    kept: Option<VecDeque<HandledRow>>,
}

impl Remembered {
    pub(super) fn new(handled: Handled) -> Self {
        Self {
            handled,
            fresh: Vec::new(),
            fresh_ms: 0,
            kept: None,
        }
    }

    /// Whether the Tweet with this id has been handled.
    pub(super) fn contains(&self, id: u64) -> bool {
        self.handled.contains(id)
    }

    /// Notes that a Tweet has been handled, or is in quarantine. It was received at `at_ms`.
    pub(super) fn note(&mut self, id: u64, at_ms: i64) {
        self.handled.remember(&[id], at_ms);
        self.fresh.push(id);
        self.fresh_ms = at_ms;
    }

    /// Puts the new ids into the transaction of their rows. They replace ids that are too old to come again.
    pub(super) fn write(&mut self, store: &Store, progress: &Progress) -> Result<(), Error> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let journal = progress.journal();
        let kept = match &mut self.kept {
            Some(kept) => kept,
            None => {
                let mut kept = VecDeque::new();
                store.each_handled(journal, |row, _| kept.push_back(row))?;
                self.kept.insert(kept)
            }
        };
        kept.push_back(store.put_handled(journal, self.fresh_ms, &self.fresh)?);
        let mut ids: usize = kept.iter().map(|row| row.ids).sum();
        let mut last_old = None;
        while let Some(oldest) = kept.front().copied() {
            let is_needed = oldest.at_ms >= self.fresh_ms - REMEMBERED_MS && ids <= MOST_REMEMBERED;
            if is_needed || kept.len() == 1 {
                break;
            }
            ids -= oldest.ids;
            last_old = Some(oldest.number);
            kept.pop_front();
        }
        match last_old {
            Some(number) => Ok(store.drop_handled(journal, number)?),
            None => Ok(()),
        }
    }

    /// Notes that the new ids are committed.
    pub(super) fn committed(&mut self) {
        self.fresh.clear();
    }

    /// Forgets the Tweets since the last commit, which will be handled again.
    pub(super) fn roll_back(&mut self) {
        self.handled.forget(&self.fresh);
        self.fresh.clear();
        // The list may name rows that are gone.
        self.kept = None;
    }
}
