//! The journal's thread. Takes lines as they arrive from the stream, gives them to the journal in frames, and never waits for
//! Lua or SQLite.

pub(crate) mod dedupe;
mod duties;
mod group;
pub(crate) mod queue;

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use tracing::{debug, error, info};

pub use self::group::Arrived;
use self::{
    group::Group,
    queue::{Delivery, Receiver, Room},
};
use crate::{
    journal::{Batch, Effort, Error, Journal, Source, Sync},
    powertrack::outage::continuity::Received,
    tally::{Count, Tally},
    tweet::id::tweet_id,
    worker::{Progress, patience::Patience},
};

/// How much of the journal is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Segments older than this are deleted once they are handled.
    pub retain: Duration,
    /// The size that the journal may have, in bytes.
    pub max_size: u64,
    /// When written frames are synced.
    pub sync: Sync,
}

/// What the journal's thread works with.
pub struct Ingest {
    journal: Journal,
    limits: Limits,
    progress: Progress,
    tally: Arc<Tally>,
    queue: Receiver<Arrived>,
    /// Closed when the run ends. From then on ingest waits for nothing.
    end: mpsc::Receiver<()>,
    group: Group,
    /// The ids of the lines that are being taken, and which of them have been handled.
    ids: Vec<u64>,
    known: Vec<bool>,
    /// The time up to which every line has been taken.
    received: Option<Received>,
    /// The queue room that the lines in the group take.
    rooms: Vec<Room>,
    /// Failed syncs in a row.
    unsynced: Patience,
    /// The newest segment.
    segment: u64,
    retain_at: Instant,
}

impl Ingest {
    /// An ingest that takes its lines from a queue.
    pub fn new(
        journal: Journal,
        limits: Limits,
        progress: Progress,
        tally: Arc<Tally>,
        queue: Receiver<Arrived>,
        end: mpsc::Receiver<()>,
    ) -> Self {
        Self {
            segment: journal.end().segment,
            journal,
            limits,
            progress,
            tally,
            queue,
            end,
            group: Group::default(),
            ids: Vec::new(),
            known: Vec::new(),
            received: None,
            rooms: Vec::new(),
            unsynced: Patience::default(),
            retain_at: Instant::now(),
        }
    }

    /// Works until every sender is gone. By then everything that came is on disk.
    ///
    /// # Errors
    /// [`Error`] if waiting cannot help, or if the run ends before the disk is mended.
    pub fn run(mut self) -> Result<Journal, Error> {
        loop {
            match self.queue.next(Some(self.next_duty())) {
                Ok(Some(delivery)) => {
                    self.take(delivery)?;
                    // Lines that came meanwhile go into the same frame.
                    while let Ok(Some(delivery)) = self.queue.next(Some(Duration::ZERO)) {
                        self.take(delivery)?;
                    }
                    self.write(Effort::Small)?;
                    // From here on everything that was taken is in the journal.
                    if let Some(received) = self.received.take() {
                        self.progress.received().note(received, self.journal.end());
                    }
                }
                Ok(None) => break,
                Err(queue::TimedOut) => {}
            }
            self.do_duties();
        }
        if self.limits.sync != Sync::Never {
            self.journal.sync()?;
        }
        Ok(self.journal)
    }

    fn next_duty(&self) -> Duration {
        let retain = self.retain_at.saturating_duration_since(Instant::now());
        match self.limits.sync {
            Sync::Interval(interval) if self.journal.needs_sync() => interval.min(retain),
            _ => retain,
        }
    }

    fn take(&mut self, delivery: Delivery<Arrived>) -> Result<(), Error> {
        let arrived = delivery.item;
        self.ids.clear();
        self.ids.extend(arrived.lines.iter().map(tweet_id));
        self.known.clear();
        if arrived.source != Source::Live {
            // Most Tweets of backfill have been handled already. The worker would find that out too, but this saves
            // space on disk.
            self.progress.handled().look_up(&self.ids, &mut self.known);
        }
        let mut duplicates = 0;
        for (number, line) in arrived.lines.iter().enumerate() {
            if self.known.get(number) == Some(&true) {
                duplicates += 1;
                continue;
            }
            if !self.group.has_room_for(line, &arrived) {
                // So many lines came while the last frame was made.
                self.write(Effort::Fast)?;
            }
            self.group.push(line, self.ids[number], &arrived);
        }
        if duplicates > 0 {
            self.tally.add(Count::Duplicates, duplicates);
            debug!(duplicates, "these Tweets have been handled before");
        }
        self.rooms.push(delivery.room);
        self.received = arrived.received.or(self.received);
        Ok(())
    }

    /// Writes the group as a frame, however long that takes to succeed.
    fn write(&mut self, effort: Effort) -> Result<(), Error> {
        if self.group.is_empty() {
            self.rooms.clear();
            return Ok(());
        }
        let lines = self.group.len() as u64;
        let batch = self.group.take(effort);
        self.append(&batch)?;
        self.tally.waits_since(batch.first_ms);
        self.tally.add(Count::Journaled, lines);
        self.tally.set(Count::JournalBytes, self.journal.size());
        self.rooms.clear();
        let segment = self.journal.end().segment;
        if segment != self.segment {
            self.segment = segment;
            self.retain_at = Instant::now();
        }
        self.do_duties();
        Ok(())
    }

    fn append(&mut self, batch: &Batch) -> Result<(), Error> {
        let mut patience = Patience::default();
        loop {
            match self.journal.append(batch) {
                Ok(_) => {
                    if patience.reset() {
                        self.queue.set_stuck(false);
                        info!("the journal can be written again");
                    }
                    return Ok(());
                }
                Err(error) if error.may_pass() => {
                    let delay = patience.next_wait();
                    if patience.is_worth_a_word() {
                        let hint =
                            "make room on the disk, or give the folder back and make it writable";
                        error!(%error, hint, "nothing can be journaled; what has arrived waits, and then nothing more is read");
                    }
                    self.queue.set_stuck(true);
                    self.sync();
                    if self.waits(delay) {
                        continue;
                    }
                    // This is the last attempt.
                    if self.journal.append(batch).is_ok() {
                        return Ok(());
                    }
                    let mut lines = batch.lines.len();
                    while let Ok(Some(delivery)) = self.queue.next(Some(Duration::ZERO)) {
                        lines += delivery.item.lines.len();
                    }
                    error!(
                        lines,
                        "the run ends, and what could not be journaled is lost"
                    );
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits that long, and says whether the run still goes on.
    fn waits(&self, delay: Duration) -> bool {
        matches!(
            self.end.recv_timeout(delay),
            Err(mpsc::RecvTimeoutError::Timeout)
        )
    }
}
