//! Reads the metadata of the newest frames without decompressing them.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use super::{
    Error, Meta, Position,
    segment::{Found, METADATA_AHEAD, Segment},
    shared::Shared,
};

/// Reads the metadata of frames, oldest first. Damage is passed over, because it is reported when the frames are read.
struct Recent {
    folder: PathBuf,
    /// The segments that are still to be looked at, and how far each is written.
    segments: VecDeque<(u64, u64)>,
    /// The segment that is being looked at, the place in it, and how far it is written.
    open: Option<(Segment, u64, u64)>,
    since_ms: i64,
}

/// Looks at the newest frames, from any thread.
#[derive(Debug, Clone)]
pub struct Newest {
    pub(super) shared: Arc<Shared>,
}

impl Newest {
    /// The segments from this one on, oldest first. Segments that somebody else has removed are included.
    pub fn segments_from(&self, segment: u64) -> Vec<u64> {
        let state = self.shared.lock();
        state
            .segments
            .range(segment..)
            .map(|(&name, _)| name)
            .collect()
    }

    /// The position behind the last frame.
    pub fn end(&self) -> Position {
        self.shared.lock().end()
    }

    /// The metadata of all frames with lines that were received at `since_ms` or later, in milliseconds since 1970. The
    /// oldest comes first. Only the newest segments are opened.
    ///
    /// After an error the iterator goes on with the next segment.
    pub fn recent(&self, since_ms: i64) -> impl Iterator<Item = Result<Meta, Error>> + use<> {
        let since = u64::try_from(since_ms).unwrap_or(0).saturating_mul(1000);
        let mut segments = VecDeque::new();
        for (&segment, known) in self.shared.lock().segments.iter().rev() {
            if !known.is_gone {
                segments.push_front((segment, known.bytes));
            }
            // All lines of earlier segments came before this segment was named.
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

/// When the first line at a place or behind it was received, in milliseconds since 1970. `None` if there is no line
/// that can be read.
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
