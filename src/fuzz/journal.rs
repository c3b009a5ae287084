//! Segments full of anything, opened, followed and read.

use std::{path::Path, time::Duration};

use bytes::Bytes;

use super::segments::{Input, Written, write};
use crate::{
    journal::{
        Batch, Effort, Follower, Journal, Next, Options, Position, Read, Reader, Source, Sync,
    },
    text::lines::Lines,
};

/// Where somebody asks, before the pieces: a segment of 8 bytes, an offset of 8, a line of 4, two times of 8.
const ASKED: usize = 36;

/// What reading brought, up to the first error.
#[derive(Debug, Default, PartialEq)]
struct Found {
    lines: Vec<Bytes>,
    damaged: usize,
    has_failed: bool,
}

/// Writes segments, and reads them in every way that there is.
///
/// # Panics
/// Where reading does not end, where it loses a good frame that lies before all damage, or where two ways disagree.
pub fn journal(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let (asked, pieces) = data.split_at(ASKED.min(data.len()));
    let written = write(folder.path(), pieces);
    let mut asked = Input(asked);
    let place = Position {
        segment: u64::from_le_bytes(asked.array()),
        offset: u64::from_le_bytes(asked.array()),
        line: u32::from_le_bytes(asked.array()),
    };
    let (from_ms, to_ms) = (
        i64::from_le_bytes(asked.array()),
        i64::from_le_bytes(asked.array()),
    );
    // As it lies there, with a torn end.
    read(folder.path(), None, None, &written);
    read(folder.path(), Some(from_ms), Some(to_ms), &written);
    let options = Options {
        sync: Sync::Never,
        ..Options::default()
    };
    // Only what a later version has written keeps it from being opened.
    let Ok((mut journal, opened)) = Journal::open(folder.path(), options) else {
        return;
    };
    assert!(opened.bytes <= written.bytes);
    let cut: u64 = opened.cut.iter().map(|cut| cut.bytes).sum();
    assert_eq!(opened.bytes + cut, written.bytes);
    let mut follower = journal.follow(None);
    let followed = follow(&mut follower, &written);
    let read = read(folder.path(), None, None, &written);
    assert_eq!(followed, read);
    if !written.is_damaged {
        assert_eq!(followed.damaged, 0);
    }
    journal.recent(from_ms).count();
    let _ = journal.count_from(place)();
    // What is written now comes next.
    let line = Bytes::from_static(b"{\"id_str\":\"1\"}\n");
    let batch = Batch {
        lines: Lines::new(line.clone(), std::iter::once(0..14).collect()),
        ids: vec![1],
        source: Source::Live,
        connection: 1,
        first_ms: from_ms,
        last_ms: from_ms,
        effort: Effort::Small,
    };
    journal.append(&batch).unwrap();
    match follower.next(Some(Duration::ZERO)) {
        Ok(Next::Frame(frame)) => assert_eq!(frame.lines().share(0), Some(line.slice(..14))),
        other => panic!("{other:?}"),
    }
    // From a place where nobody has been.
    follow(&mut journal.follow(Some(place)), &written);
    let age = Duration::from_millis(to_ms.unsigned_abs());
    journal
        .retain(Some(age), Some(from_ms.unsigned_abs()), place, to_ms)
        .unwrap();
    assert!(journal.size() > 0);
}

fn read(folder: &Path, from_ms: Option<i64>, to_ms: Option<i64>, written: &Written) -> Found {
    let mut found = Found::default();
    let mut reader = Reader::open(folder, from_ms, to_ms).unwrap();
    for _ in 0..most(written) {
        match reader.next() {
            Some(Ok(Read::Frame(frame))) => found.take(frame.lines()),
            Some(Ok(Read::Damaged(damaged))) => found.pass(&damaged.to_string()),
            Some(Err(error)) => found.fail(&error),
            None => {
                if from_ms.is_none() {
                    found.check(written);
                }
                return found;
            }
        }
    }
    panic!("reading does not end");
}

fn follow(follower: &mut Follower, written: &Written) -> Found {
    let (mut found, is_whole) = (Found::default(), follower.position() == Position::START);
    for _ in 0..most(written) {
        let before = follower.position();
        match follower.next(Some(Duration::ZERO)) {
            Ok(Next::Frame(frame)) => found.take(frame.lines()),
            Ok(Next::Damaged(damaged)) => found.pass(&damaged.to_string()),
            Ok(Next::TimedOut | Next::Closed) => {
                if is_whole {
                    found.check(written);
                }
                return found;
            }
            Ok(Next::Interrupted) => panic!("nobody interrupts"),
            Err(error) => {
                found.fail(&error);
                follower
                    .skip_segment()
                    .expect("a segment that cannot be read");
            }
        }
        assert!(
            before <= follower.position(),
            "{before} to {}",
            follower.position()
        );
    }
    panic!("following does not end");
}

/// Each step passes a byte, or a segment, or is an error for one.
fn most(written: &Written) -> u64 {
    written.bytes + u64::from(written.segments) * 3 + 10
}

impl Found {
    fn take(&mut self, lines: &Lines) {
        if !self.has_failed {
            self.lines.extend(lines.share_all());
        }
    }

    fn pass(&mut self, said: &str) {
        assert!(!said.is_empty());
        self.damaged += usize::from(!self.has_failed);
    }

    fn fail(&mut self, error: &crate::journal::Error) {
        assert!(!error.to_string().is_empty());
        self.has_failed = true;
    }

    fn check(&self, written: &Written) {
        // A later version ends the segment, and what is before it has been read.
        assert!(self.lines.len() >= written.before.len(), "{:?}", self.lines);
        assert!(
            self.lines
                .iter()
                .zip(&written.before)
                .all(|(read, good)| read == good)
        );
    }
}
