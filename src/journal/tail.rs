//! Keeps the newest frames in memory for readers that are just behind the writer.

use std::collections::VecDeque;

use super::{Frame, Position};

/// The newest frames, with no gap between them, up to a number of bytes.
///
/// When it is full, the oldest frames are dropped. They are on disk.
#[derive(Debug)]
pub(super) struct Tail {
    frames: VecDeque<Frame>,
    bytes: usize,
    most: usize,
}

impl Tail {
    pub(super) fn new(most: usize) -> Self {
        Self {
            frames: VecDeque::new(),
            bytes: 0,
            most,
        }
    }

    /// Adds the frame that was written last.
    pub(super) fn push(&mut self, frame: Frame) {
        self.bytes += frame.memory();
        self.frames.push_back(frame);
        while self.bytes > self.most && self.drop_oldest() {}
    }

    /// Drops the frames before `position`, because all followers have read them.
    pub(super) fn drop_before(&mut self, position: Position) {
        while self
            .frames
            .front()
            .is_some_and(|frame| frame.end() <= position)
        {
            self.drop_oldest();
        }
    }

    /// The frame that begins at a position.
    pub(super) fn get(&self, position: Position) -> Option<&Frame> {
        let frame = self.first_from(position)?;
        (frame.start() == position).then_some(frame)
    }

    /// The first frame that begins at a position or later.
    pub(super) fn first_from(&self, position: Position) -> Option<&Frame> {
        let at = self
            .frames
            .partition_point(|frame| frame.start() < position);
        self.frames.get(at)
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(frame) = self.frames.pop_front() else {
            return false;
        };
        self.bytes -= frame.memory();
        true
    }
}
