//! Writes the journal: lines that arrived together become one frame, and frames are synced to disk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::{
    Batch, Error, Follower, Frame, Meta, Newest, Opened, Options, Position, Sync,
    active::{Active, Failed, Unsynced, sync_folder},
    encode::{self, Encoder},
    open,
    shared::Shared,
    syncer::{Answer, Syncer},
};

/// How far ahead of the clock a line's time may put a segment's name. A clock that was wrong for a while must not shift
/// all later names.
const FUTURE: u64 = 24 * 60 * 60 * 1_000_000;

/// Writes the journal of a folder. Only one may do so at a time.
///
/// Dropping it lets followers read to the end, and then tells them that it is closed.
pub struct Journal {
    pub(super) shared: Arc<Shared>,
    options: Options,
    encoder: Encoder,
    /// Made with the first frame, so that a start without lines leaves no empty file.
    active: Option<Active>,
    /// The latest time that a line was received.
    last_ms: i64,
    /// When the last sync began.
    synced: Instant,
    syncer: Syncer,
    /// Gives the time in microseconds since 1970.
    pub(super) clock: fn() -> u64,
}

impl Journal {
    /// Opens the journal of a folder. Makes the folder if it is not there, and cuts off what a crash left half-written.
    ///
    /// # Errors
    /// If the folder cannot be read or written.
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

    /// Writes lines as one frame, and returns the position behind them. If there are no lines, it writes nothing.
    ///
    /// # Errors
    /// If the lines cannot be written or, with [`Sync::Always`], cannot be synced. Then no part of them is in the
    /// journal, and the same call may be tried again, unless [`Error::may_pass`] says no.
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

    /// Starts a sync on the background thread if the interval is over. Returns whether an earlier sync has ended. If a
    /// sync takes seconds, this waits for it, because nothing written in the meantime is safe. Call this after each
    /// frame.
    ///
    /// # Errors
    /// As [`Journal::sync`], for a sync that began earlier.
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

    /// Whether something may not be safe on disk yet.
    pub fn needs_sync(&self) -> bool {
        !self.syncer.is_idle() || self.active.as_ref().is_some_and(Active::is_dirty)
    }

    /// Syncs everything that was written, and waits for the result.
    ///
    /// # Errors
    /// If the system cannot sync. What was written stays readable until a power failure. The next frames go to a new
    /// segment.
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

    /// Reads behind the writer, on a thread of the caller, from a position or from the oldest frame.
    ///
    /// If the position's segment is gone, the follower reports that first, and goes on with the oldest segment behind
    /// it.
    pub fn follow(&self, from: Option<Position>) -> Follower {
        let from = from.unwrap_or(Position::START);
        let mut state = self.shared.lock();
        // If a new segment got a lower name, the follower would wait for it in vain.
        state.floor = state.floor.max(from.segment);
        Follower::new(&self.shared, &mut state, from)
    }

    /// The position behind the last frame.
    pub fn end(&self) -> Position {
        self.shared.lock().end()
    }

    /// How many bytes the segments have together.
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

    /// Looks at the result of a sync. After a failed sync nobody knows what of the segment is safe, so no more is
    /// written there.
    fn heed(&mut self, (segment, synced): Answer) -> Result<(), Error> {
        if synced.is_err() && self.written() == Some(segment) {
            self.active = None;
        }
        synced
    }

    /// Returns the segment if it can take a frame of this length.
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

    /// Makes a new segment. Its name is the present time, but later than all earlier names and all lines in the earlier
    /// segments.
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

    /// Makes a handle that can look at the newest frames later, from any thread.
    #[must_use]
    pub fn newest(&self) -> Newest {
        Newest {
            shared: Arc::clone(&self.shared),
        }
    }

    /// As [`Newest::recent`].
    pub fn recent(&self, since_ms: i64) -> impl Iterator<Item = Result<Meta, Error>> + use<> {
        self.newest().recent(since_ms)
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
