//! The journal's thread: what has arrived is freed of duplicates and put on disk, and the journal is kept within its limits.

mod duties;
mod group;

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use tracing::{debug, error, info, warn};

pub use self::group::Arrived;
use self::group::Group;
use crate::{
    dedupe::{Dedupe, REMEMBERED_MS},
    journal::{Batch, Effort, Error, Journal, Sync},
    patience::Patience,
    powertrack::stream::Received,
    queue::{self, Delivery, Receiver, Room},
    store::{self, Store},
    tally::{Count, Tally},
    tweet_id::tweet_id,
    worker::Progress,
};

/// How much of the journal is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Older segments are deleted once they are handled.
    pub retain: Duration,
    /// The size that the journal may have, in bytes.
    pub max_size: u64,
    /// When what is written is made to last.
    pub sync: Sync,
}

/// What the journal's thread works with.
pub struct Ingest {
    journal: Journal,
    limits: Limits,
    progress: Progress,
    tally: Arc<Tally>,
    queue: Receiver<Arrived>,
    /// Closed when the run ends: then nothing is waited for any more.
    end: mpsc::Receiver<()>,
    dedupe: Dedupe,
    group: Group,
    /// Up to when everything has been taken.
    received: Option<Received>,
    /// Of the lines in the group.
    rooms: Vec<Room>,
    /// Failed syncs in a row.
    unsynced: Patience,
    /// The segment that was written last.
    segment: u64,
    retain_at: Instant,
}

impl Ingest {
    /// An ingest that drops what `dedupe` knows already.
    #[must_use]
    pub fn new(
        journal: Journal,
        dedupe: Dedupe,
        limits: Limits,
        progress: Progress,
        tally: Arc<Tally>,
        queue: Receiver<Arrived>,
        end: mpsc::Receiver<()>,
    ) -> Self {
        Self {
            dedupe,
            segment: journal.end().segment,
            journal,
            limits,
            progress,
            tally,
            queue,
            end,
            group: Group::default(),
            received: None,
            rooms: Vec::new(),
            unsynced: Patience::default(),
            retain_at: Instant::now(),
        }
    }

    /// Works until nobody sends any more; then everything that has come is on disk.
    ///
    /// # Errors
    /// [`Error`], where waiting cannot help, or where the run ends before the disk is mended.
    pub fn run(mut self) -> Result<Journal, Error> {
        loop {
            match self.queue.next(Some(self.next_duty())) {
                Ok(Some(delivery)) => {
                    self.take(delivery)?;
                    // What has come meanwhile goes into the same frame.
                    while let Ok(Some(delivery)) = self.queue.next(Some(Duration::ZERO)) {
                        self.take(delivery)?;
                    }
                    self.write(Effort::Small)?;
                    // Now it is in the journal, and not before.
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
        for id in self.progress.take_invalid() {
            self.dedupe.forget(id);
        }
        let mut duplicates = 0;
        for line in arrived.lines.iter() {
            let id = tweet_id(line);
            if !self.dedupe.is_new(id, arrived.at_ms) {
                duplicates += 1;
                continue;
            }
            if !self.group.has_room_for(line, &arrived) {
                // So much has come while the last frame was made.
                self.write(Effort::Fast)?;
            }
            self.group.push(line, id, &arrived);
        }
        if duplicates > 0 {
            self.tally.add(Count::Duplicates, duplicates);
            debug!(duplicates, "these Tweets have come before");
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
                    if self.waits(delay) {
                        continue;
                    }
                    // The last chance.
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

    /// Waits so long, and says whether the run still goes on.
    fn waits(&self, delay: Duration) -> bool {
        matches!(
            self.end.recv_timeout(delay),
            Err(mpsc::RecvTimeoutError::Timeout)
        )
    }
}

/// How many lines of the last minutes had an id and have turned out to be no Tweets, by that id.
///
/// # Errors
/// Where the database does not say it.
pub fn invalid(store: &Store) -> Result<HashMap<u64, usize>, store::Error> {
    let since = jiff::Timestamp::from_millisecond(since_ms()).unwrap_or(jiff::Timestamp::MIN);
    let mut invalid = HashMap::new();
    store.each_invalid(&since.to_string(), |line| {
        *invalid.entry(tweet_id(line)).or_default() += 1;
    })?;
    Ok(invalid)
}

/// The Tweets of the last minutes, as far as they are in the journal. Of an id that is `invalid`, the first so many lines do
/// not count: the Tweet may have come behind them.
#[must_use]
pub fn remembered(journal: &Journal, mut invalid: HashMap<u64, usize>) -> Dedupe {
    let mut dedupe = Dedupe::default();
    for meta in journal.recent(since_ms()) {
        match meta {
            Ok(meta) => {
                for &id in meta.ids.iter() {
                    match invalid.get_mut(&id) {
                        Some(lines @ 1..) => *lines -= 1,
                        _ => drop(dedupe.is_new(id, meta.last_ms)),
                    }
                }
            }
            Err(error) => warn!(%error, "some Tweets of the last minutes may be handled twice"),
        }
    }
    dedupe
}

fn since_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond() - 2 * REMEMBERED_MS
}
