//! Commits what was handled, together with the place in the journal behind it. Takes it back if the database fails.

use std::{io, ops::ControlFlow, time::Instant};

use tracing::{debug, error, info, warn};

use super::{
    Error, Progress, Report, Worker,
    inbox::{Control, Inbox},
};
use crate::{script::Generation, tally::Count};

impl Worker<'_> {
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        self.dirty_since = None;
        // Output is written before the commit: after a crash in between it is written twice, and never lost.
        self.write_output()?;
        self.write_sinks()?;
        self.write_volume()?;
        let moved = self.progress.as_ref().zip(self.cursor);
        if let Some((progress, position)) = moved {
            progress.write(&self.store, position)?;
            if let Some(journal) = &self.journal {
                let unhandled = journal.segments_from(position.segment);
                if unhandled != self.unhandled {
                    self.store.put_segments(progress.journal(), &unhandled)?;
                    self.unhandled = unhandled;
                }
            }
        }
        if let Some((progress, remembered)) = self.progress.as_ref().zip(self.remembered.as_mut()) {
            remembered.write(&self.store, progress)?;
        }
        if let Some(state) = &self.state {
            self.store.put_state(&state.borrow())?;
        }
        let mark = self.keep_with_batch()?;
        self.count_quarantine()?;
        let wrote = self.store.is_writing();
        self.store.commit()?;
        self.sinks.commit();
        if let Some(state) = &self.state {
            state.borrow_mut().committed();
        }
        if let Some(remembered) = &mut self.remembered {
            remembered.committed();
        }
        self.repeated = 0;
        self.since_commit = 0;
        self.batch.clear();
        self.batch_bytes = 0;
        if let Some((progress, position)) = moved {
            progress.moved(position);
            self.forget_condemned(position);
        }
        if let Some(mark) = mark {
            self.has_kept(mark);
        }
        self.report_gaps();
        self.rejected.committed();
        self.tell_released();
        self.cursor = None;
        self.committed_rows = self.store.rows();
        self.tally.set(Count::Rows, self.committed_rows);
        self.tally
            .add(Count::Emitted, std::mem::take(&mut self.emitted));
        self.counted = self.tally.handled();
        // This does not happen after each delivery, because a script may have thousands of tags.
        self.tally.add_tags(&mut self.tags);
        let counted = self.generation.as_ref().map(Generation::take_counted);
        if let Some(counted) = counted.filter(|counted| !counted.is_empty()) {
            self.tally.metrics().apply(counted);
        }
        self.tell_of_handlers();
        if wrote && self.patience.reset() {
            info!("the database can be written again");
        }
        // Only now, because a batch that is rolled back does not count.
        if !self.limit_told
            && self
                .limit
                .is_some_and(|limit| self.counted.tweets() >= limit)
        {
            self.limit_told = true;
            (self.report)(Report::LimitReached);
        }
        Ok(())
    }

    /// Says how the handlers of the running generation do.
    fn tell_of_handlers(&mut self) {
        let failed = self.failures.take_counted();
        let Some(generation) = &self.generation else {
            return;
        };
        self.tally.set(Count::LuaMemory, generation.taken() as u64);
        let times = generation.take_times();
        if failed.is_empty() && times.is_empty() {
            return;
        }
        let mut handlers = self.tally.handlers();
        for (handler, times) in times {
            handlers.add_times(handler, &times);
        }
        for (handler, number) in failed {
            handlers.add_failures(handler, number);
        }
    }

    /// Writes the sinks before the commit, like the output. The commit makes the new lines a part of the sink.
    fn write_sinks(&mut self) -> Result<(), Error> {
        let sunk = match &self.generation {
            Some(generation) => generation.take_sunk(),
            None => return Ok(()),
        };
        for (name, lines) in sunk {
            self.sinks.write(&name, &lines, &self.store)?;
            self.emitted += lines_in(&lines);
        }
        Ok(())
    }

    pub(super) fn write_output(&mut self) -> Result<(), Error> {
        let emitted = match &self.generation {
            Some(generation) => generation.take_emitted(),
            None => return Ok(()),
        };
        if emitted.is_empty() || self.output_closed {
            return Ok(());
        }
        self.doing.begin_output();
        let written = self
            .output
            .write_all(&emitted)
            .and_then(|()| self.output.flush());
        self.doing.end();
        match written {
            Ok(()) => {
                self.emitted += lines_in(&emitted);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.output_closed = true;
                (self.report)(Report::OutputClosed);
                Ok(())
            }
            Err(error) => Err(Error::Output(error)),
        }
    }

    /// Takes back what is not committed, waits a little, and goes back in the journal, if that can help.
    pub(super) fn recover(
        &mut self,
        error: Error,
        inbox: &mut dyn Inbox,
    ) -> Result<ControlFlow<()>, Error> {
        let error = match self.blame(error, inbox) {
            Ok(()) => return Ok(ControlFlow::Continue(())),
            Err(error) => error,
        };
        let from = self.progress.as_ref().map(Progress::committed);
        let Some(from) = from.filter(|_| error.may_pass()) else {
            return Err(error);
        };
        if !inbox.go_back(from) {
            return Err(error);
        }
        let delay = self.patience.next_wait();
        if self.patience.is_worth_a_word() {
            let hint = error.hint();
            error!(%error, hint, "the database cannot be written; Tweets wait in the journal until it can");
        } else {
            debug!(%error, ?delay, "the database still cannot be written");
        }
        self.roll_back()?;
        if self.stop_by.is_some_and(|by| Instant::now() >= by) {
            warn!("the run ends while the database cannot be written");
            return Ok(ControlFlow::Break(()));
        }
        let until = Instant::now() + delay;
        let left = || Some(until.saturating_duration_since(Instant::now()));
        while let Some(control) = inbox.control(left()) {
            if matches!(control, Control::Stop) {
                // The end must not wait for a database that cannot be written.
                self.controls.push_front(control);
                break;
            }
            self.controls.push_back(control);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes back what is not committed, and drops the frame in hand. The inbox has to go back as well. Otherwise the
    /// lines behind the cursor would be passed over.
    pub(super) fn roll_back(&mut self) -> Result<(), Error> {
        self.store.roll_back()?;
        if let Some(state) = &self.state {
            state.borrow_mut().roll_back();
        }
        self.unhandled.clear();
        self.gaps.clear();
        self.committed_rows = self.store.rows();
        self.current = None;
        self.cursor = None;
        self.dirty_since = None;
        self.has_caught_up = false;
        self.since_commit = 0;
        self.volume.roll_back();
        self.batch.clear();
        self.batch_bytes = 0;
        self.tally.put_back(&self.counted);
        self.tally
            .take_back(Count::Duplicates, std::mem::take(&mut self.repeated));
        if let Some(remembered) = &mut self.remembered {
            remembered.roll_back();
        }
        self.rejected.roll_back();
        self.released = 0;
        self.tags.values_mut().for_each(|number| *number = 0);
        // The Tweets come again, and emit it again.
        if let Some(generation) = &self.generation {
            drop((generation.take_emitted(), generation.take_sunk()));
            drop(generation.take_counted());
        }
        drop(self.failures.take_counted());
        self.sinks.roll_back();
        self.emitted = 0;
        Ok(())
    }
}

/// How many lines of JSON these are. JSON has no line break inside.
fn lines_in(emitted: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', emitted).count() as u64
}
