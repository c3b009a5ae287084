//! Journals to test with: made-up lines, and what is read back of them.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::text::lines::Lines;

use super::super::{Batch, Damaged, Effort, Follower, Frame, Journal, Next, Options, Source, Sync};

/// No test waits for a disk.
pub(super) fn options() -> Options {
    Options {
        sync: Sync::Never,
        ..Options::default()
    }
}

pub(super) fn open(folder: &Path) -> Journal {
    Journal::open(folder, options()).unwrap().0
}

/// Lines with a delimiter of two bytes, as the service sends them.
pub(super) fn batch<T: AsRef<[u8]>>(lines: &[T]) -> Batch {
    let (mut buffer, mut spans) = (Vec::new(), Vec::new());
    for line in lines {
        let start = u32::try_from(buffer.len()).unwrap();
        buffer.extend_from_slice(line.as_ref());
        spans.push(start..u32::try_from(buffer.len()).unwrap());
        buffer.extend_from_slice(b"\r\n");
    }
    Batch {
        ids: (1..=lines.len() as u64).collect(),
        lines: Lines::new(Bytes::from(buffer), spans),
        source: Source::Live,
        connection: 1,
        first_ms: 1000,
        last_ms: 2000,
        effort: Effort::Small,
    }
}

/// Three lines that contain the frame's number, and do not compress to nothing.
pub(super) fn texts(number: u64) -> Vec<String> {
    let line = |line| {
        let noise = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ line;
        format!(r#"{{"frame":{number},"line":{line},"noise":"{noise:x}"}}"#)
    };
    (0..3).map(line).collect()
}

pub(super) fn numbered(number: u64) -> Batch {
    batch(&texts(number))
}

pub(super) fn lines_of(frame: &Frame) -> Vec<Bytes> {
    frame.lines().share_all().collect()
}

/// What a follower returns until it has caught up.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) frames: Vec<Frame>,
    pub(super) damaged: Vec<Damaged>,
}

impl Followed {
    /// All lines as text.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.frames.iter().flat_map(lines_of);
        lines
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect()
    }
}

/// Reads until nothing more comes.
pub(super) fn drain(follower: &mut Follower) -> Followed {
    let mut followed = Followed::default();
    loop {
        match follower.next(Some(Duration::ZERO)).unwrap() {
            Next::Frame(frame) => followed.frames.push(frame),
            Next::Damaged(damaged) => followed.damaged.push(damaged),
            Next::TimedOut | Next::Closed => return followed,
            Next::Interrupted => panic!("nobody interrupts"),
        }
    }
}

/// Opens a folder again and reads everything in it.
pub(super) fn read_all(folder: &Path) -> Followed {
    drain(&mut open(folder).follow(None))
}

/// The segments of a folder, oldest first.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Writes a segment with this many frames. Returns its path, and where each frame ends.
pub(super) fn segment(folder: &Path, frames: u64) -> (PathBuf, Vec<u64>) {
    let mut journal = open(folder);
    let ends = (0..frames)
        .map(|number| journal.append(&numbered(number)).unwrap().offset)
        .collect();
    drop(journal);
    (files(folder).pop().unwrap(), ends)
}

/// Waits until `is_so` returns true. Panics with `what` if that takes longer than any machine needs.
#[track_caller]
pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for this: {what}");
        thread::yield_now();
    }
}
