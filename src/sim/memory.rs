//! Remembers the Tweets of a stream that matched lately, for its readers and for backfill.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::body::Bytes;
use tokio::time::Instant;

use super::composer::Moment;

/// Backfill reaches back this far. [source: xd/powertrack-api]
const REACH: Duration = Duration::from_secs(5 * 60);

/// The most Tweets that backfill reaches back over. Of each, its place and its rules are remembered in 16
/// bytes, not its text.
const MAX_REMEMBERED: usize = 6_000_000;

/// How many bytes of the newest lines are kept, so that connections that keep up share them.
const MAX_RECENT: usize = 4 << 20;

/// How finely backfill knows when a Tweet was made.
const MARK: Duration = Duration::from_millis(100);

/// What a Tweet usually takes.
const USUAL: usize = 6_000;

/// What has matched, numbered from zero on.
#[derive(Debug, Default)]
pub(super) struct Memory {
    matched: VecDeque<(i64, Arc<Moment>)>,
    head: u64,
    /// The lines of the last ones of `matched`.
    recent: VecDeque<Bytes>,
    recent_bytes: usize,
    /// How many had matched at which time.
    marks: VecDeque<(Instant, u64)>,
    /// No backfill reaches back to before this one.
    forgotten: u64,
    /// Where each reader is.
    readers: BTreeMap<u64, u64>,
}

/// A Tweet to deliver.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) position: i64,
    pub(super) line: Line,
}

/// The line of a Tweet, or what it takes to make it again.
#[derive(Debug)]
pub(super) enum Line {
    Ready(Bytes),
    Again(Arc<Moment>),
}

impl Memory {
    /// How many have matched so far.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.matched.len()
    }

    /// The Tweets from `cursor` on, up to about `most` bytes of them. The cursor moves behind them.
    pub(super) fn take(&mut self, reader: u64, cursor: &mut u64, most: usize) -> Vec<Piece> {
        let first = self.first();
        // What is forgotten is lost. But a reader that slow is disconnected before.
        *cursor = (*cursor).max(first);
        let recent_from = self.head - self.recent.len() as u64;
        let mut pieces = Vec::new();
        let mut bytes = 0;
        while *cursor < self.head && bytes < most {
            let (position, moment) = &self.matched[(*cursor - first) as usize];
            let line = if *cursor >= recent_from {
                Line::Ready(self.recent[(*cursor - recent_from) as usize].clone())
            } else {
                Line::Again(Arc::clone(moment))
            };
            bytes += match &line {
                Line::Ready(line) => line.len(),
                Line::Again(_) => USUAL,
            };
            pieces.push(Piece {
                position: *position,
                line,
            });
            *cursor += 1;
        }
        self.readers.insert(reader, *cursor);
        pieces
    }

    /// A reader is gone.
    pub(super) fn leave(&mut self, reader: u64) {
        self.readers.remove(&reader);
    }

    /// Where the slowest reader is.
    pub(super) fn slowest(&self) -> Option<u64> {
        self.readers.values().min().copied()
    }

    /// Where a reader starts that asks for backfill of this length.
    pub(super) fn cursor(&self, back: Duration, now: Instant) -> u64 {
        if back.is_zero() {
            return self.head;
        }
        let mark = self
            .marks
            .iter()
            .rev()
            .find(|(at, _)| now.saturating_duration_since(*at) >= back)
            .or(self.marks.front());
        let from = mark.map_or(self.head, |(_, head)| *head);
        from.clamp(self.first(), self.head)
    }

    /// Adds a Tweet that has matched.
    pub(super) fn remember(&mut self, position: i64, moment: Arc<Moment>, line: Bytes) {
        self.matched.push_back((position, moment));
        self.head += 1;
        self.recent_bytes += line.len();
        self.recent.push_back(line);
        while self.recent_bytes > MAX_RECENT {
            let Some(oldest) = self.recent.pop_front() else {
                break;
            };
            self.recent_bytes -= oldest.len();
        }
    }

    /// Notes the time, and forgets what neither backfill nor a reader can ask for any more.
    pub(super) fn forget(&mut self, now: Instant, buffer: usize) {
        let newest = self.marks.back();
        if newest.is_none_or(|(at, _)| now.saturating_duration_since(*at) >= MARK) {
            self.marks.push_back((now, self.head));
        }
        while let Some((at, head)) = self.marks.get(1) {
            if now.saturating_duration_since(*at) < REACH {
                break;
            }
            self.forgotten = *head;
            self.marks.pop_front();
        }
        // A reader of backfill may take its time.
        let old = self.forgotten.min(self.slowest().unwrap_or(u64::MAX));
        let most = MAX_REMEMBERED.max(buffer);
        while self.matched.len() > buffer && (self.first() < old || self.matched.len() > most) {
            self.matched.pop_front();
        }
    }

    /// The number of the oldest one that is remembered.
    fn first(&self) -> u64 {
        self.head - self.matched.len() as u64
    }
}
