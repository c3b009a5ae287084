//! Reads the lines between two times from a journal's folder, even while somebody writes it.

use std::{collections::VecDeque, path::PathBuf};

use super::{
    Damage, Damaged, Error, Frame, Meta, Position,
    position::list,
    segment::{FRAMES_AHEAD, Found, Segment},
};

/// What a reader finds next.
#[derive(Debug)]
pub(crate) enum Read {
    /// Lines, at least one of which may have been received between the two times.
    Frame(Frame),
    /// Something unreadable. The reader skips it.
    Damaged(Damaged),
}

/// Reads the frames of a folder that were received between two times, oldest first. It changes nothing.
///
/// A segment that is still being written is read as far as it was written when it was opened.
pub(crate) struct Reader {
    folder: PathBuf,
    /// The segments that are still to be read, with their lengths when the folder was listed.
    segments: VecDeque<(u64, u64)>,
    /// The segment that is being read, the place in it, and its length.
    open: Option<(Segment, u64, u64)>,
    from_ms: i64,
    /// The end of the wanted time. `None` reads everything, even a frame of the latest possible time.
    to_ms: Option<i64>,
}

impl Reader {
    /// Makes a reader of what was received at `from_ms` or later, and before `to_ms`. Both are in milliseconds since
    /// 1970.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) fn open(
        folder: impl Into<PathBuf>,
        from_ms: Option<i64>,
        to_ms: Option<i64>,
    ) -> Result<Self, Error> {
        let folder = folder.into();
        let names: Vec<(u64, u64)> = list(&folder)?.into_iter().collect();
        let from_ms = from_ms.unwrap_or(i64::MIN);
        let from = u64::try_from(from_ms).unwrap_or(0).saturating_mul(1000);
        // All lines of a segment came before the next segment got its name.
        let is_past = |next: Option<&(u64, u64)>| next.is_some_and(|&(next, _)| next <= from);
        let segments = names
            .iter()
            .enumerate()
            .filter(|(at, _)| !is_past(names.get(at + 1)))
            .map(|(_, &segment)| segment)
            .collect();
        Ok(Self {
            folder,
            segments,
            open: None,
            from_ms,
            to_ms,
        })
    }

    /// Makes a reader of the newest segments: of as many as have at most `most` bytes together, and of the newest one in
    /// any case.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) fn newest(folder: impl Into<PathBuf>, most: u64) -> Result<Self, Error> {
        let mut reader = Self::open(folder, None, None)?;
        let mut bytes = reader.bytes();
        while reader.segments.len() > 1 && bytes > most {
            let (_, length) = reader.segments.pop_front().unwrap_or_default();
            bytes -= length;
        }
        Ok(reader)
    }

    /// How many bytes the segments have that are still to be read.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|(_, length)| length).sum()
    }

    /// Opens the next segment, unless it cannot hold anything of the time. Returns a missing segment as damage.
    fn advance(&mut self) -> Result<Option<Read>, Error> {
        let Some((segment, _)) = self.segments.pop_front() else {
            return Ok(None);
        };
        let Some((mut open, length)) = Segment::open_whole(&self.folder, segment, FRAMES_AHEAD)?
        else {
            return Ok(Some(Read::Damaged(Damaged {
                damage: Damage::Missing,
                segment,
                offset: 0,
                bytes_skipped: None,
                lines: None,
                first_ms: None,
                last_ms: None,
                next: Position::at(self.segments.front().map_or(segment, |(next, _)| *next), 0),
                next_ms: None,
            })));
        };
        // Earlier lines stand behind later ones only if the clock went back. Then the segment's first line shows it.
        let named_ms = i64::try_from(segment / 1000).unwrap_or(i64::MAX);
        if let Some(to_ms) = self.to_ms
            && named_ms >= to_ms
            && let Found::Whole(header) = open.metadata(0, length)?
            && header.meta.first_ms >= to_ms
        {
            return Ok(None);
        }
        self.open = Some((open, 0, length));
        Ok(None)
    }

    /// The next frame of the time in the open segment, or the damage before it. `None` at the segment's end.
    fn read(&mut self) -> Result<Option<Read>, Error> {
        let Some((open, at, length)) = &mut self.open else {
            return Ok(None);
        };
        let is_last = self.segments.is_empty();
        loop {
            let found = match open.metadata(*at, *length)? {
                Found::Whole(header) if !in_time(&header.meta, self.from_ms, self.to_ms) => {
                    *at = header.end;
                    continue;
                }
                Found::Whole(header) => open.frame(header.offset, 0, *length)?,
                Found::Damaged(damaged) => Found::Damaged(damaged),
                Found::End => Found::End,
            };
            return Ok(match found {
                Found::Whole(frame) => {
                    *at = frame.end;
                    Some(Read::Frame(frame))
                }
                // The end of the last segment is being written, or was when a crash came.
                Found::Damaged(damaged)
                    if is_last
                        && damaged.next.offset >= *length
                        && open.is_torn(damaged.offset, *length)? =>
                {
                    None
                }
                Found::Damaged(damaged) => {
                    *at = damaged.next.offset;
                    Some(Read::Damaged(damaged))
                }
                Found::End => None,
            });
        }
    }
}

fn in_time(meta: &Meta, from_ms: i64, to_ms: Option<i64>) -> bool {
    meta.last_ms >= from_ms && to_ms.is_none_or(|to_ms| meta.first_ms < to_ms)
}

impl Iterator for Reader {
    type Item = Result<Read, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.open.is_some() {
                match self.read() {
                    Ok(Some(read)) => return Some(Ok(read)),
                    Ok(None) => self.open = None,
                    Err(error) => {
                        self.open = None;
                        return Some(Err(error));
                    }
                }
            } else if self.segments.is_empty() {
                return None;
            } else if let Some(read) = self.advance().transpose() {
                return Some(read);
            }
        }
    }
}
