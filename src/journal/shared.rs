//! What the writer and its followers share: the segments, how far they are written, and the newest frames.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{Frame, Position, position::path_of, tail::Tail};

/// A segment as the journal knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// How many bytes are whole frames.
    pub(super) bytes: u64,
    /// Whether somebody else has removed it.
    pub(super) is_gone: bool,
}

/// The part that the lock protects.
#[derive(Debug)]
pub(super) struct State {
    pub(super) segments: BTreeMap<u64, Known>,
    /// How many bytes the segments have together.
    pub(super) size: u64,
    /// A new segment must have a higher name than this.
    pub(super) floor: u64,
    pub(super) tail: Tail,
    /// Where each follower is.
    followers: BTreeMap<u64, Position>,
    next_follower: u64,
    waiting: usize,
    /// Whether writing has ended.
    pub(super) is_closed: bool,
}

/// Where a follower finds the next frame.
#[derive(Debug)]
pub(super) enum Place {
    /// In memory.
    Memory(Box<Frame>),
    /// In the segment of the position, which is written up to `limit`.
    Disk { limit: u64, is_gone: bool },
    /// The segment of the position was never seen, or it is deleted.
    Missing,
    /// There is nothing yet.
    Nothing,
}

/// The state, and a way to wait for changes of it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    pub(super) fn new(
        folder: PathBuf,
        segments: &BTreeMap<u64, u64>,
        floor: u64,
        tail: usize,
    ) -> Self {
        let known = |(&segment, &bytes)| {
            let is_gone = false;
            (segment, Known { bytes, is_gone })
        };
        Self {
            folder,
            state: Mutex::new(State {
                segments: segments.iter().map(known).collect(),
                size: segments.values().sum(),
                floor,
                tail: Tail::new(tail),
                followers: BTreeMap::new(),
                next_follower: 0,
                waiting: 0,
                is_closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// No work under the lock can stop half done, so a panic elsewhere does not spoil the state.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait, after a change under the lock.
    pub(super) fn wake(&self, state: MutexGuard<'_, State>) {
        // Waking is a system call even if nobody waits, and it would happen for each frame.
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    /// Waits for a change, but not longer than until `until`. It may also return without a change. The lock is free
    /// while it waits.
    pub(super) fn wait<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = match until {
            None => self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                let waited = self.changed.wait_timeout(state, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.waiting -= 1;
        state
    }
}

impl State {
    /// The position behind the last frame.
    pub(super) fn end(&self) -> Position {
        match self.segments.last_key_value() {
            Some((&segment, known)) => Position::at(segment, known.bytes),
            None => Position::START,
        }
    }

    /// Notes that a frame has been written.
    pub(super) fn publish(&mut self, frame: Frame) {
        let known = self.segments.entry(frame.segment).or_insert(Known {
            bytes: 0,
            is_gone: false,
        });
        self.size += frame.end - known.bytes;
        known.bytes = frame.end;
        self.tail.push(frame);
    }

    /// Notes which segments somebody else has removed.
    pub(super) fn look_for(&mut self, folder: &Path) {
        for (&segment, known) in &mut self.segments {
            if !known.is_gone && !path_of(folder, segment).exists() {
                known.is_gone = true;
                self.size -= known.bytes;
            }
        }
    }

    /// Forgets a deleted segment, and returns how many bytes it had.
    pub(super) fn forget(&mut self, segment: u64) -> u64 {
        match self.segments.remove(&segment) {
            Some(known) if !known.is_gone => {
                self.size -= known.bytes;
                known.bytes
            }
            _ => 0,
        }
    }

    #[cfg(test)]
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting > 0
    }

    pub(super) fn join(&mut self, position: Position) -> u64 {
        let number = self.next_follower;
        self.next_follower += 1;
        self.followers.insert(number, position);
        number
    }

    pub(super) fn leave(&mut self, follower: u64) {
        self.followers.remove(&follower);
    }

    /// Notes that a follower is done with everything before `position`. Frames that all followers are done with leave
    /// the memory at once. So a follower that keeps up finds each frame while it is still in the processor's cache.
    pub(super) fn advance(&mut self, follower: u64, position: Position) {
        self.followers.insert(follower, position);
        if let Some(&slowest) = self.followers.values().min() {
            self.tail.drop_before(slowest);
        }
    }

    /// Finds the frame at `position`. At the end of a segment it moves the position on to the next segment.
    pub(super) fn locate(&self, position: &mut Position) -> Place {
        loop {
            if let Some(frame) = self.tail.get(*position) {
                return Place::Memory(Box::new(frame.clone()));
            }
            match self.segments.get(&position.segment) {
                Some(known) if position.offset < known.bytes => {
                    return Place::Disk {
                        limit: known.bytes,
                        is_gone: known.is_gone,
                    };
                }
                None if *position != Position::START => return Place::Missing,
                _ => match self.segment_after(position.segment) {
                    Some(next) => *position = Position::at(next, 0),
                    None => return Place::Nothing,
                },
            }
        }
    }

    pub(super) fn segment_after(&self, segment: u64) -> Option<u64> {
        let (&next, _) = self.segments.range(segment.checked_add(1)?..).next()?;
        Some(next)
    }
}
