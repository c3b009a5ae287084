//! Writes the journal: lines that arrived together go in as one frame, and are synced.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::{
    Batch, Error, Follower, Frame, Opened, Options, Position, Sync,
    active::{Active, Failed, Unsynced, sync_folder},
    encode::{self, Encoder},
    open,
    shared::Shared,
    syncer::{Answer, Syncer},
};

/// A clock that was wrong for a while must not name all segments after its time.
const FUTURE: u64 = 24 * 60 * 60 * 1_000_000;

/// The journal of a folder, to be written. One at a time.
///
/// Dropping it lets followers read to the end, and then tells them that it is closed.
pub struct Journal {
    pub(super) shared: Arc<Shared>,
    options: Options,
    encoder: Encoder,
    /// Made with the first frame, so that no start leaves an empty file.
    active: Option<Active>,
    /// The latest time that a line was received.
    last_ms: i64,
    /// When the last sync was begun.
    synced: Instant,
    syncer: Syncer,
    /// Microseconds since 1970.
    pub(super) clock: fn() -> u64,
}

impl Journal {
    /// Opens the journal of a folder, which is made if it is not there, and cuts off what a crash has left half-written.
    ///
    /// # Errors
    /// Where the folder cannot be read or written.
    pub fn open(folder: impl Into<PathBuf>, options: Options) -> Result<(Self, Opened), Error> {
        let folder = folder.into();
        let (segments, floor, opened) = open::prepare(&folder)?;
        let encoder = Encoder::new().map_err(|source| Error::Compress {
            path: folder.clone(),
            source,
        })?;
        let syncer = Syncer::start().map_err(Error::Thread)?;
        let journal = Self {
            shared: Arc::new(Shared::new(folder, &segments, floor, options.tail_bytes)),
            options,
            encoder,
            active: None,
            last_ms: opened.last.as_ref().map_or(0, |meta| meta.last_ms),
            synced: Instant::now(),
            syncer,
            clock: now,
        };
        Ok((journal, opened))
    }

    /// Writes lines as one frame, and returns the position behind them. Without lines nothing is written.
    ///
    /// # Errors
    /// Where they cannot be written or, with [`Sync::Always`], made to last. Then nothing of them is in the journal, and
    /// the same call may be tried again, unless [`Error::may_pass`] says no.
    pub fn append(&mut self, batch: &Batch) -> Result<Position, Error> {
        if batch.lines.is_empty() {
            return Ok(self.end());
        }
        let folder = &self.shared.folder;
        let path = || folder.clone();
        let (meta, bytes) = self.encoder.encode(batch).map_err(|failed| match failed {
            encode::Failed::Refused(reason) => Error::Refused {
                path: path(),
                reason,
            },
            encode::Failed::Compress(source) => Error::Compress {
                path: path(),
                source,
            },
        })?;
        let kept = match self.active.take() {
            Some(active) => Self::keep(
                active,
                bytes.len(),
                &self.shared,
                &self.options,
                &mut self.syncer,
            )?,
            None => None,
        };
        let active = match kept {
            Some(active) => active,
            None => Self::create(&self.shared, &self.options, self.last_ms, self.clock)?,
        };
        let active = self.active.insert(active);
        let (segment, offset) = (active.segment, active.end);
        match active.write(bytes, self.options.sync == Sync::Always) {
            Ok(()) => {}
            Err(Failed::Restored(error)) => return Err(error),
            Err(Failed::Spoilt(error)) => {
                self.active = None;
                return Err(error);
            }
        }
        self.last_ms = self.last_ms.max(meta.last_ms);
        let frame = Frame {
            segment,
            offset,
            end: active.end,
            done: 0,
            lines: batch.lines.clone(),
            meta,
        };
        let position = frame.end();
        let mut state = self.shared.lock();
        state.publish(frame);
        self.shared.wake(state);
        Ok(position)
    }

    /// Starts a sync on the background thread if the interval is over, and returns whether an earlier one has ended. It waits
    /// for a sync that takes seconds, since nothing written meanwhile is safe.
    /// To be called after each frame.
    ///
    /// # Errors
    /// As [`Journal::sync`], for a sync that was begun before.
    pub fn sync_if_due(&mut self, now: Instant) -> Result<bool, Error> {
        let mut has_ended = false;
        while let Some(answer) = self.syncer.answer(now) {
            self.heed(answer)?;
            has_ended = true;
        }
        if let Sync::Interval(interval) = self.options.sync
            && now.saturating_duration_since(self.synced) >= interval
            && self.syncer.is_idle()
        {
            self.synced = now;
            if let Some(unsynced) = self.take_unsynced() {
                self.syncer.begin(unsynced, now);
            }
        }
        Ok(has_ended)
    }

    /// Whether there is something that is not known to last.
    pub fn needs_sync(&self) -> bool {
        !self.syncer.is_idle() || self.active.as_ref().is_some_and(Active::is_dirty)
    }

    /// Syncs everything that was written, and waits for that.
    ///
    /// # Errors
    /// Where the system cannot promise it. What was written stays readable until a power failure; what comes next goes
    /// to a new segment.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.synced = Instant::now();
        if let Some(unsynced) = self.take_unsynced() {
            self.syncer.begin(unsynced, self.synced);
        }
        let mut synced = Ok(());
        while let Some(answer) = self.syncer.wait() {
            synced = synced.and(self.heed(answer));
        }
        synced
    }

    /// Reads behind the writing, on a thread of its own: from a position, or from the oldest frame.
    ///
    /// Where the position's segment is gone, the first thing it says is that, and it goes on with the oldest one behind.
    pub fn follow(&self, from: Option<Position>) -> Follower {
        let from = from.unwrap_or(Position::START);
        let mut state = self.shared.lock();
        // Were a new segment named lower, the follower would wait for it in vain.
        state.floor = state.floor.max(from.segment);
        Follower::new(&self.shared, &mut state, from)
    }

    /// Behind the last frame.
    pub fn end(&self) -> Position {
        self.shared.lock().end()
    }

    /// What the segments have together, in bytes.
    pub fn size(&self) -> u64 {
        self.shared.lock().size
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// The segment that is being written.
    pub(super) fn written(&self) -> Option<u64> {
        Some(self.active.as_ref()?.segment)
    }

    #[cfg(test)]
    pub(super) fn active(&mut self) -> &mut Active {
        self.active.as_mut().expect("something was written")
    }

    fn take_unsynced(&mut self) -> Option<Unsynced> {
        self.active.as_mut()?.take_unsynced()
    }

    /// After a failed sync nobody knows what of a segment will last, and no more goes there.
    fn heed(&mut self, (segment, synced): Answer) -> Result<(), Error> {
        if synced.is_err() && self.written() == Some(segment) {
            self.active = None;
        }
        synced
    }

    /// The segment, if it can take a frame of this length.
    fn keep(
        mut active: Active,
        length: usize,
        shared: &Shared,
        options: &Options,
        syncer: &mut Syncer,
    ) -> Result<Option<Active>, Error> {
        if !active.is_there() {
            let path = active.path.display();
            tracing::warn!(%path, "journal segment has been removed; going on with a new one");
            shared.lock().look_for(&shared.folder);
            return Ok(None);
        }
        if active.end == 0 || active.end + length as u64 <= options.segment_bytes {
            return Ok(Some(active));
        }
        if options.sync != Sync::Never
            && let Some(unsynced) = active.take_unsynced()
        {
            syncer.begin(unsynced, Instant::now());
        }
        Ok(None)
    }

    /// A new segment, named after the present, but later than all before it and than all that is in them.
    fn create(
        shared: &Shared,
        options: &Options,
        last_ms: i64,
        clock: fn() -> u64,
    ) -> Result<Active, Error> {
        let folder = &shared.folder;
        fs::create_dir_all(folder).map_err(|source| Error::Folder {
            path: folder.clone(),
            source,
        })?;
        let now = clock();
        let behind_lines = u64::try_from(last_ms)
            .unwrap_or(0)
            .saturating_add(1)
            .saturating_mul(1000);
        let mut earliest = now;
        if behind_lines < now.saturating_add(FUTURE) {
            earliest = earliest.max(behind_lines);
        }
        loop {
            let floor = shared.lock().floor;
            let segment = earliest.max(floor.saturating_add(1));
            if !open::can_be_named(segment) {
                let path = folder.clone();
                return Err(Error::NoName { path });
            }
            let created = Active::create(folder, segment)?;
            shared.lock().floor = segment;
            if let Some(active) = created {
                if options.sync != Sync::Never {
                    sync_folder(folder)?;
                }
                return Ok(active);
            }
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if self.options.sync != Sync::Never
            && let Err(error) = self.sync()
        {
            tracing::warn!(%error, "journal could not be synced at its end");
        }
        let mut state = self.shared.lock();
        state.is_closed = true;
        self.shared.wake(state);
    }
}

/// Microseconds since 1970.
fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(0)
}
