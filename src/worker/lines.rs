//! Takes the lines of a frame or a load one by one, and commits what is large enough.

use std::time::Instant;

use super::{
    COMMIT_ROWS, Error, MOST_HELD, SLICE, Worker, direct,
    inbox::{Load, Parsed},
};
use crate::tally::Count;

impl Worker<'_> {
    /// Handles the rest of the frame, or a part of it if that takes long.
    pub(super) fn handle_frame(&mut self) -> Result<(), Error> {
        let Some((frame, mut done)) = self.current.take() else {
            return Ok(());
        };
        self.received_at(frame.meta().last_ms)?;
        let began = Instant::now();
        self.dirty_since.get_or_insert(began);
        let mut at = frame.after(done);
        self.in_hand.begin(at..frame.end());
        let received = |ms: i64| u64::try_from(ms).unwrap_or(0);
        self.tally
            .set(Count::OldestMs, received(frame.meta().first_ms));
        while let Some(line) = frame.lines().share(done) {
            if self.is_done() || began.elapsed() >= SLICE {
                self.current = Some((frame, done));
                return self.write_output();
            }
            if self.in_hand.is_careful() {
                self.in_hand.one(at);
            }
            self.at = Some(at);
            let condemned = self.condemned.get(&at).cloned();
            // The id was read without parsing. It only says that a Tweet with this id was handled.
            if self.was_handled(Some(frame.ids()[done])) {
                self.repeat();
            } else if let Some(failure) = &condemned {
                self.condemn(&line, failure)?;
            } else {
                self.handle_line(direct::parse(line))?;
            }
            done += 1;
            at = frame.after(done);
            self.tally.add(Count::Handled, 1);
            self.cursor = Some(at);
            let is_single = self.singly > 0 && self.since_commit > 0;
            if condemned.is_some() || is_single {
                self.singly = self.singly.saturating_sub(1);
                self.commit()?;
                self.dirty_since = Some(began);
            }
            self.commit_if_large()?;
        }
        let newest = received(frame.meta().last_ms);
        let oldest = if self.tally.waiting() == 0 { 0 } else { newest };
        self.tally.set(Count::OldestMs, oldest);
        self.tally.set(Count::NewestMs, newest);
        self.write_output()
    }

    pub(super) fn handle_load(&mut self, load: Load) -> Result<(), Error> {
        self.received_ms = None;
        self.dirty_since.get_or_insert_with(Instant::now);
        match load {
            Load::Lines(lines) => self.handle_all(lines.share_all().map(direct::parse))?,
            Load::Parsed(parsed) => self.handle_all(parsed.into_iter())?,
        }
        self.write_output()
    }

    fn handle_all(&mut self, lines: impl Iterator<Item = Parsed>) -> Result<(), Error> {
        for line in lines {
            if self.is_done() || self.is_out_of_time() {
                break;
            }
            // Before the line is a part of the batch, because a timer is a commit of its own.
            self.run_timers_before(&line)?;
            let bytes = match &line {
                Ok(tweet) => tweet.share_line(),
                Err((line, _)) => line.clone(),
            };
            self.batch_bytes += bytes.len();
            self.batch.push(bytes);
            let handled = self.handle_line(line);
            // Later lines are not in the batch yet, so the batch is redone at once.
            if let Err(error) = handled.and_then(|()| self.commit_if_large()) {
                self.redo(error)?;
            }
        }
        Ok(())
    }

    pub(super) fn handle_line(&mut self, line: Parsed) -> Result<(), Error> {
        match line {
            Ok(tweet) => self.handle_tweet(tweet),
            Err((line, reason)) => self.reject(&line, &reason),
        }
    }

    pub(super) fn commit_if_large(&mut self) -> Result<(), Error> {
        let state = self.state.as_ref();
        if self.store.rows() - self.committed_rows >= COMMIT_ROWS
            || self.batch_bytes >= MOST_HELD
            || state.is_some_and(|state| state.borrow().is_much())
        {
            self.commit()?;
        }
        Ok(())
    }
}
