//! Reads the lines between two times from a journal's folder, also while somebody writes it.

use std::{collections::VecDeque, path::PathBuf};

use super::{
    Damage, Damaged, Error, Frame, Meta, Position,
    position::list,
    segment::{FRAMES_AHEAD, Found, Segment},
};

/// What a reader comes upon.
#[derive(Debug)]
pub enum Read {
    /// Lines, of which at least one can have been received in the time.
    Frame(Frame),
    /// Something unreadable, which is skipped.
    Damaged(Damaged),
}

/// Reads the frames of a folder that were received between two times, oldest first, without changing anything.
///
/// What is being written meanwhile is read as far as it was written when its segment was opened.
pub struct Reader {
    folder: PathBuf,
    /// Segments to read yet, with the lengths that they had.
    segments: VecDeque<(u64, u64)>,
    /// The segment being read, where in it, and how long it is.
    open: Option<(Segment, u64, u64)>,
    from_ms: i64,
    /// Without it there is no last time, and not even the last one that there can be is too late.
    to_ms: Option<i64>,
}

impl Reader {
    /// A reader of what was received at `from_ms` or later, and before `to_ms`, both in milliseconds since 1970.
    ///
    /// # Errors
    /// Where the folder cannot be listed.
    pub fn open(
        folder: impl Into<PathBuf>,
        from_ms: Option<i64>,
        to_ms: Option<i64>,
    ) -> Result<Self, Error> {
        let folder = folder.into();
        let names: Vec<(u64, u64)> = list(&folder)?.into_iter().collect();
        let from_ms = from_ms.unwrap_or(i64::MIN);
        let from = u64::try_from(from_ms).unwrap_or(0).saturating_mul(1000);
        // All lines of a segment came before the next one was named.
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

    /// The length of the segments that are to be read yet.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|(_, length)| length).sum()
    }

    /// The next segment that can hold anything of the time; a missing one is told.
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
        // Only a clock that went back puts earlier lines behind later ones, and then a segment's first line shows it.
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

    /// The next frame of the time in the open segment, or what is damaged before it; `None` at its end.
    fn read(&mut self) -> Result<Option<Read>, Error> {
        let Some((open, at, length)) = &mut self.open else {
            return Ok(None);
        };
        let is_last = self.segments.is_empty();
        loop {
            let damaged = match open.metadata(*at, *length)? {
                Found::End => return Ok(None),
                Found::Whole(header) if !in_time(&header.meta, self.from_ms, self.to_ms) => {
                    *at = header.end;
                    continue;
                }
                Found::Whole(header) => match open.frame(header.offset, 0, *length)? {
                    Found::Whole(frame) => {
                        *at = frame.end;
                        return Ok(Some(Read::Frame(frame)));
                    }
                    Found::Damaged(damaged)
                        if is_last
                            && damaged.next.offset >= *length
                            && open.is_torn(damaged.offset, *length)? =>
                    {
                        return Ok(None);
                    }
                    Found::Damaged(damaged) => damaged,
                    Found::End => return Ok(None),
                },
                // The end of the last segment is being written, or was when a crash came.
                Found::Damaged(damaged)
                    if is_last
                        && damaged.next.offset >= *length
                        && open.is_torn(damaged.offset, *length)? =>
                {
                    return Ok(None);
                }
                Found::Damaged(damaged) => damaged,
            };
            *at = damaged.next.offset;
            return Ok(Some(Read::Damaged(damaged)));
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
