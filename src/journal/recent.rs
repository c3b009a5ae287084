//! Reads the metadata of the newest frames without decompressing them.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use super::{
    Error, Journal, Meta, Position,
    segment::{Found, METADATA_AHEAD, Segment},
    shared::Shared,
};

/// Metadata of frames, oldest first. What is damaged is passed over: it is told when it is read.
struct Recent {
    folder: PathBuf,
    /// Segments to look at yet, and how far each is written.
    segments: VecDeque<(u64, u64)>,
    /// The segment that is looked at, where in it, and how far it is written.
    open: Option<(Segment, u64, u64)>,
    since_ms: i64,
}

/// Looks at the newest frames, from whatever thread.
#[derive(Debug, Clone)]
pub struct Newest {
    shared: Arc<Shared>,
}

impl Journal {
    /// A handle to look at the newest frames with later, from whatever thread.
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

impl Newest {
    /// The segments from this one on, oldest first, also those that somebody has removed meanwhile.
    pub fn segments_from(&self, segment: u64) -> Vec<u64> {
        let state = self.shared.lock();
        state
            .segments
            .range(segment..)
            .map(|(&name, _)| name)
            .collect()
    }

    /// Behind the last frame.
    pub fn end(&self) -> Position {
        self.shared.lock().end()
    }

    /// What is known of the frames with lines that were received at `since_ms` or later, in milliseconds since 1970, oldest
    /// first. Only the newest segments are opened.
    ///
    /// After an error the next segment is gone on with.
    pub fn recent(&self, since_ms: i64) -> impl Iterator<Item = Result<Meta, Error>> + use<> {
        let since = u64::try_from(since_ms).unwrap_or(0).saturating_mul(1000);
        let mut segments = VecDeque::new();
        for (&segment, known) in self.shared.lock().segments.iter().rev() {
            if !known.is_gone {
                segments.push_front((segment, known.bytes));
            }
            // All lines of earlier segments came before this one was named.
            if segment < since {
                break;
            }
        }
        Recent {
            folder: self.shared.folder.clone(),
            segments,
            open: None,
            since_ms,
        }
    }
}

/// When the first line at or behind a place was received, in milliseconds since 1970; `None` where there is none that can be
/// read.
pub(super) fn first_received(shared: &Shared, place: Position) -> Option<i64> {
    let segments: Vec<(u64, u64)> = {
        let state = shared.lock();
        let behind = state.segments.range(place.segment..);
        let there = behind.filter(|(_, known)| !known.is_gone);
        there
            .map(|(&segment, known)| (segment, known.bytes))
            .collect()
    };
    segments.into_iter().find_map(|(segment, bytes)| {
        let at = match segment == place.segment {
            true => place.offset,
            false => 0,
        };
        let open = Segment::open(&shared.folder, segment, METADATA_AHEAD).ok()??;
        let mut first = Recent {
            folder: shared.folder.clone(),
            segments: VecDeque::new(),
            open: Some((open, at, bytes)),
            since_ms: i64::MIN,
        };
        Some(first.step().ok()??.first_ms)
    })
}

impl Recent {
    fn step(&mut self) -> Result<Option<Meta>, Error> {
        let Some((open, at, limit)) = &mut self.open else {
            return Ok(None);
        };
        loop {
            match open.metadata(*at, *limit)? {
                Found::Whole(header) => {
                    *at = header.end;
                    if header.meta.last_ms >= self.since_ms {
                        return Ok(Some(header.meta));
                    }
                }
                Found::Damaged(damaged) => *at = damaged.next.offset,
                Found::End => return Ok(None),
            }
        }
    }
}

impl Iterator for Recent {
    type Item = Result<Meta, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step() {
                Ok(Some(meta)) => return Some(Ok(meta)),
                Ok(None) => self.open = None,
                Err(error) => {
                    self.open = None;
                    return Some(Err(error));
                }
            }
            let (segment, limit) = self.segments.pop_front()?;
            match Segment::open(&self.folder, segment, METADATA_AHEAD) {
                Ok(open) => self.open = open.map(|open| (open, 0, limit)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
