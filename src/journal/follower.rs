//! Reads behind the writer: from memory while it keeps up, otherwise from disk.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    Damage, Damaged, Error, Frame, Position,
    recent::first_received,
    segment::{FRAMES_AHEAD, Found, Segment},
    shared::{Place, Shared, State},
};

/// What a follower finds next.
#[derive(Debug)]
pub enum Next {
    /// The next lines.
    Frame(Frame),
    /// Something unreadable. The follower skips it now.
    Damaged(Damaged),
    /// Somebody called [`Notifier::interrupt`].
    Interrupted,
    /// Nothing has come within the time.
    TimedOut,
    /// Everything has been read, and nothing more will be written.
    Closed,
}

/// Reads the journal in order while it is being written. However far behind it is, it holds only one frame in memory.
pub struct Follower {
    shared: Arc<Shared>,
    number: u64,
    position: Position,
    is_interrupted: Arc<AtomicBool>,
    /// The segment, while it is read from disk.
    segment: Option<Segment>,
    /// The missing segment that has been reported.
    told_missing: Option<u64>,
}

/// Wakes a follower for a reason other than new lines.
#[derive(Debug, Clone)]
pub struct Notifier {
    shared: Arc<Shared>,
    is_interrupted: Arc<AtomicBool>,
}

impl Notifier {
    /// Makes the follower's [`Follower::next`] return [`Next::Interrupted`] once: now if it waits, otherwise at the
    /// next call.
    pub fn interrupt(&self) {
        let state = self.shared.lock();
        self.is_interrupted.store(true, Ordering::Relaxed);
        self.shared.wake(state);
    }
}

impl Follower {
    pub(super) fn new(shared: &Arc<Shared>, state: &mut State, position: Position) -> Self {
        Self {
            shared: Arc::clone(shared),
            number: state.join(position),
            position,
            is_interrupted: Arc::default(),
            segment: None,
            told_missing: None,
        }
    }

    /// Makes a handle that can interrupt this follower.
    pub fn notifier(&self) -> Notifier {
        Notifier {
            shared: Arc::clone(&self.shared),
            is_interrupted: Arc::clone(&self.is_interrupted),
        }
    }

    /// The position behind everything that was returned so far.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Goes back to a position where this follower or an earlier one has been. Everything behind the position comes
    /// again.
    pub fn go_back(&mut self, position: Position) {
        self.segment = None;
        self.position = position;
    }

    /// Returns what comes next. If it is not there yet, this waits for it, but not longer than `wait`.
    ///
    /// # Errors
    /// If a segment is there but cannot be read. The position stays, so the same call tries again.
    /// [`Follower::skip_segment`] gives the segment up.
    pub fn next(&mut self, wait: Option<Duration>) -> Result<Next, Error> {
        let until = wait.and_then(|wait| Instant::now().checked_add(wait));
        loop {
            let shared = Arc::clone(&self.shared);
            let mut state = shared.lock();
            state.advance(self.number, self.position);
            let place = loop {
                if self.is_interrupted.swap(false, Ordering::Relaxed) {
                    return Ok(Next::Interrupted);
                }
                let place = self.locate(&state);
                if !matches!(place, Place::Nothing) {
                    break place;
                }
                if state.is_closed {
                    return Ok(Next::Closed);
                }
                if until.is_some_and(|until| Instant::now() >= until) {
                    return Ok(Next::TimedOut);
                }
                state = shared.wait(state, until);
            };
            drop(state);
            match place {
                Place::Memory(frame) => {
                    self.segment = None;
                    self.position = frame.end();
                    return Ok(Next::Frame(*frame));
                }
                Place::Missing => {
                    let damaged = self.missing(None);
                    return Ok(self.damaged(damaged));
                }
                Place::Disk { limit, is_gone } => {
                    if let Some(next) = self.read(limit, is_gone)? {
                        return Ok(next);
                    }
                }
                Place::Nothing => {}
            }
        }
    }

    /// Gives up on an unreadable segment, as far as it is written. Returns what is skipped by that.
    pub fn skip_segment(&mut self) -> Option<Damaged> {
        let shared = Arc::clone(&self.shared);
        let place = self.locate(&shared.lock());
        match place {
            Place::Disk { limit, .. } => {
                let mut damaged = self.missing(Some(limit));
                damaged.damage = Damage::Unreadable;
                damaged.next_ms = first_received(&self.shared, damaged.next);
                Some(damaged)
            }
            _ => None,
        }
    }

    fn locate(&mut self, state: &State) -> Place {
        match state.locate(&mut self.position) {
            Place::Missing if self.told_missing == Some(self.position.segment) => {
                // The missing segment was reported already. Waits at its end until there is more.
                match state.segment_after(self.position.segment) {
                    Some(next) => {
                        self.position = Position::at(next, 0);
                        state.locate(&mut self.position)
                    }
                    None => Place::Nothing,
                }
            }
            place => place,
        }
    }

    /// Reads from disk. `None` if all lines of the frame there were done already.
    fn read(&mut self, limit: u64, is_gone: bool) -> Result<Option<Next>, Error> {
        let Position {
            segment,
            offset,
            line,
        } = self.position;
        if self
            .segment
            .as_ref()
            .is_none_or(|open| open.segment != segment)
        {
            self.segment = None;
            if !is_gone {
                self.segment = Segment::open(&self.shared.folder, segment, FRAMES_AHEAD)?;
            }
        }
        let Some(open) = &mut self.segment else {
            let damaged = self.missing(Some(limit));
            return Ok(Some(self.damaged(damaged)));
        };
        let next = match open.frame(offset, line, limit)? {
            Found::Whole(frame) => {
                self.position = frame.end();
                (!frame.lines().is_empty()).then_some(Next::Frame(frame))
            }
            Found::Damaged(damaged) => {
                self.position = damaged.next;
                Some(self.damaged(damaged))
            }
            Found::End => {
                self.position = Position::at(segment, limit);
                None
            }
        };
        Ok(next)
    }

    /// Goes on behind what is missing: with frames of the segment that are still in memory, or else with the next
    /// segment.
    fn missing(&mut self, limit: Option<u64>) -> Damaged {
        let Position {
            segment, offset, ..
        } = self.position;
        self.segment = None;
        let state = self.shared.lock();
        let next = match limit {
            None => {
                self.told_missing = Some(segment);
                let next = state.segment_after(segment);
                next.map_or(self.position, |next| Position::at(next, 0))
            }
            Some(limit) => match state.tail.first_from(self.position) {
                Some(frame) if frame.segment == segment => frame.start(),
                _ => Position::at(segment, limit),
            },
        };
        drop(state);
        self.position = next;
        Damaged {
            damage: Damage::Missing,
            segment,
            offset,
            bytes_skipped: limit.map(|_| next.offset - offset),
            lines: None,
            first_ms: None,
            last_ms: None,
            next,
            next_ms: None,
        }
    }

    /// Adds when the next lines were received: the damaged part may hold lines up to that time.
    fn damaged(&self, damaged: Damaged) -> Next {
        Next::Damaged(Damaged {
            next_ms: first_received(&self.shared, damaged.next),
            ..damaged
        })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.lock().leave(self.number);
    }
}
