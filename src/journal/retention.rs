//! Deletes old segments, but never one that is still to be read.

use std::{fs, io, time::Duration};

use super::{Error, Journal, Position, position::path_of};

/// What was deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    /// The segments.
    pub deleted: Vec<u64>,
    /// How many bytes they had together.
    pub bytes: u64,
    /// Set if the size limit cannot be kept.
    pub over: Option<Over>,
}

/// The journal is larger than it may be, because the rest is being written or still to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// The size of the journal, in bytes.
    pub size: u64,
    /// The largest size of the journal, in bytes.
    pub max_size: u64,
}

impl Journal {
    /// Deletes segments with only lines older than `max_age`, and the oldest segments while the journal is larger than
    /// `max_size`. Never deletes the segment of `keep_from`, a later one, or the one that is being written.
    ///
    /// # Errors
    /// If a segment cannot be removed. The segments before it are removed.
    pub fn retain(
        &mut self,
        max_age: Option<Duration>,
        max_size: Option<u64>,
        keep_from: Position,
        now_ms: i64,
    ) -> Result<Retained, Error> {
        let oldest_kept = max_age
            .and_then(|age| i64::try_from(age.as_millis()).ok())
            .and_then(|age| u64::try_from(now_ms.checked_sub(age)?).ok())
            .map_or(0, |ms| ms.saturating_mul(1000));
        let mut retained = Retained::default();
        loop {
            let state = self.shared.lock();
            let size = state.size;
            let over = max_size
                .filter(|&max_size| size > max_size)
                .map(|max_size| Over { size, max_size });
            let segment = state.segments.first_key_value().map(|(&first, _)| first);
            // All lines of a segment came before the next segment got its name.
            let next = segment.and_then(|segment| state.segment_after(segment));
            drop(state);
            let Some(segment) = segment.filter(|&segment| {
                let is_old = next.is_some_and(|next| next <= oldest_kept);
                // The last segment stays, so that the end of the journal never goes back.
                let is_free = segment < keep_from.segment
                    && next.is_some()
                    && self.written() != Some(segment);
                is_free && (is_old || over.is_some())
            }) else {
                retained.over = over;
                return Ok(retained);
            };
            let path = path_of(&self.shared.folder, segment);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::Remove { path, source });
                }
                _ => {}
            }
            retained.bytes += self.shared.lock().forget(segment);
            retained.deleted.push(segment);
        }
    }
}
