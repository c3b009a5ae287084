//! What the writer and the readers behind it share: the segments, how far they are written, and the newest frames.

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
    /// How much of it is whole frames.
    pub(super) bytes: u64,
    /// Somebody else has removed it.
    pub(super) is_gone: bool,
}

/// What is behind the lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) segments: BTreeMap<u64, Known>,
    /// What the segments have together.
    pub(super) size: u64,
    /// No segment may have this name or a lower one any more.
    pub(super) floor: u64,
    pub(super) tail: Tail,
    /// Where each follower is.
    followers: BTreeMap<u64, Position>,
    next_follower: u64,
    waiting: usize,
    /// Nothing is written any more.
    pub(super) is_closed: bool,
}

/// Where a follower finds what is next.
#[derive(Debug)]
pub(super) enum Place {
    /// Here.
    Memory(Box<Frame>),
    /// In the segment of the position, which is written up to `limit`.
    Disk { limit: u64, is_gone: bool },
    /// Its segment was never seen, or is deleted.
    Missing,
    /// Nowhere yet.
    Nothing,
}

/// The state, and how to wait for a change of it.
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

    /// Nothing that is done under the lock leaves it half done, so a panic elsewhere does not spoil it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits; the change was made under the lock.
    pub(super) fn wake(&self, state: MutexGuard<'_, State>) {
        // Waking nobody is a system call too, and it would be one for each frame.
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_all();
        }
    }

    /// Waits for a change, not past `until`; changes may seem to happen. The lock is let go meanwhile.
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
    /// Behind the last frame.
    pub(super) fn end(&self) -> Position {
        match self.segments.last_key_value() {
            Some((&segment, known)) => Position::at(segment, known.bytes),
            None => Position::START,
        }
    }

    /// A frame has been written.
    pub(super) fn publish(&mut self, frame: Frame) {
        let known = self.segments.entry(frame.segment).or_insert(Known {
            bytes: 0,
            is_gone: false,
        });
        self.size += frame.end - known.bytes;
        known.bytes = frame.end;
        self.tail.push(frame);
    }

    /// Looks which segments have been removed by somebody else.
    pub(super) fn look_for(&mut self, folder: &Path) {
        for (&segment, known) in &mut self.segments {
            if !known.is_gone && !path_of(folder, segment).exists() {
                known.is_gone = true;
                self.size -= known.bytes;
            }
        }
    }

    /// Forgets a segment that is deleted, and returns how long it was.
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

    /// A follower is done with what lies before `position`. What all are done with leaves the memory at once, so that a
    /// follower who keeps up finds each frame where the processor's cache still has it.
    pub(super) fn advance(&mut self, follower: u64, position: Position) {
        self.followers.insert(follower, position);
        if let Some(&slowest) = self.followers.values().min() {
            self.tail.drop_before(slowest);
        }
    }

    /// Where the frame at `position` is found; moves the position on to the next segment where one is at its end.
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
