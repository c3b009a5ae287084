//! Counts the lines behind a position without decompressing them.

use super::{
    Error, Journal, Position,
    segment::{Found, METADATA_AHEAD, Segment},
};

impl Journal {
    /// Prepares to count the lines behind a position. It counts what is in the journal at the time of this call; the
    /// returned function can run on any thread. Damaged frames do not count.
    pub fn count_from(&self, from: Position) -> impl FnOnce() -> Result<u64, Error> + Send + use<> {
        let folder = self.shared.folder.clone();
        let state = self.shared.lock();
        let segments: Vec<_> = state
            .segments
            .range(from.segment..)
            .filter(|(_, known)| !known.is_gone)
            .map(|(&segment, known)| (segment, known.bytes))
            .collect();
        drop(state);
        move || {
            let mut count = 0;
            for (segment, limit) in segments {
                let Some(mut open) = Segment::open(&folder, segment, METADATA_AHEAD)? else {
                    continue;
                };
                let is_first = segment == from.segment;
                let (mut at, mut done) = if is_first {
                    (from.offset, u64::from(from.line))
                } else {
                    (0, 0)
                };
                loop {
                    match open.metadata(at, limit)? {
                        Found::Whole(header) => {
                            count += u64::from(header.meta.lines).saturating_sub(done);
                            at = header.end;
                        }
                        Found::Damaged(damaged) => at = damaged.next.offset,
                        Found::End => break,
                    }
                    done = 0;
                }
            }
            Ok(count)
        }
    }
}
