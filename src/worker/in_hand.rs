//! Which Tweets are in hand, in a small file that outlives a crash. A Tweet that was in hand at two crashes is not
//! handled a third time.
//!
//! Before some lines are handled, their span is written to the file. After a crash, each Tweet of that span is written
//! to the file by itself before it is handled. So the next crash tells which Tweet it was. This costs next to nothing
//! as long as nothing crashes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use tracing::warn;

use crate::journal::Position;

/// The text is padded to this, so that one write replaces all of it.
const LENGTH: usize = 160;

/// What a process had in hand when it crashed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    /// The lines of this span were in hand.
    span: Range<Position>,
    /// The Tweet that was in hand, if its span had been in hand at an earlier crash too.
    one: Option<Position>,
}

/// Reads from the file at this path which lines an earlier process had in hand when it crashed. The journal reached at
/// least that far.
pub(crate) fn in_hand_at(path: &Path) -> Option<Range<Position>> {
    Some(parse(&fs::read_to_string(path).ok()?)?.span)
}

/// The Tweets in hand.
#[derive(Debug, Default)]
pub(super) struct InHand {
    path: Option<PathBuf>,
    file: Option<File>,
    /// What was in hand at the earlier crash, until that span is passed.
    left: Option<Left>,
}

impl InHand {
    /// Reads what an earlier process left in this file.
    pub(super) fn open(path: PathBuf) -> Self {
        let left = match fs::read_to_string(&path) {
            Ok(text) => parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                warn!(path = %path.display(), %error, "which Tweet was in hand at a crash cannot be read");
                None
            }
        };
        let file = match open(&path) {
            Ok(file) => Some(file),
            Err(error) => {
                warn!(path = %path.display(), %error, "a Tweet that crashes ouzel will not be found out");
                None
            }
        };
        Self {
            path: Some(path),
            file,
            left,
        }
    }

    /// The Tweet that was in hand at two crashes.
    pub(super) fn culprit(&self) -> Option<Position> {
        self.left.as_ref()?.one
    }

    /// Notes that the lines of this span are about to be handled.
    pub(super) fn begin(&mut self, span: Range<Position>) {
        if self
            .left
            .as_ref()
            .is_some_and(|left| left.span.end <= span.start)
        {
            self.left = None;
        }
        if self.left.is_none() {
            self.write(&Left { span, one: None });
        }
    }

    /// Whether each line has to be written to the file, because something in this span has crashed before.
    pub(super) fn is_careful(&self) -> bool {
        self.left.is_some()
    }

    /// Notes that this line is about to be handled.
    pub(super) fn one(&mut self, at: Position) {
        let Some(left) = &mut self.left else { return };
        if left.span.contains(&at) {
            left.one = Some(at);
            let left = left.clone();
            self.write(&left);
        }
    }

    /// Notes that the process ends in order.
    pub(super) fn end(&mut self) {
        if let Some(path) = self.path.take() {
            self.file = None;
            let _ = fs::remove_file(path);
        }
    }

    fn write(&mut self, left: &Left) {
        let Some(file) = &self.file else { return };
        let mut text = format(left).into_bytes();
        text.resize(LENGTH, b' ');
        if let Err(error) = file.write_all_at(&text, 0) {
            // A full disk is reported elsewhere. Handling goes on.
            warn!(%error, "a Tweet that crashes ouzel will not be found out");
            self.file = None;
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    if file.metadata()?.len() < LENGTH as u64 {
        // This reserves the room, however full the disk becomes later.
        file.write_all(&[b' '; LENGTH])?;
    }
    Ok(file)
}

fn format(left: &Left) -> String {
    let place = |at: Position| format!("{} {} {}", at.segment, at.offset, at.line);
    let Range { start, end } = left.span;
    let one = left.one.map_or_else(|| "-".to_owned(), place);
    format!("in hand: {} to {}: {one}\n", place(start), place(end))
}

/// Reads what [`format`] has written. `None` for anything else, such as what a power failure leaves.
fn parse(text: &str) -> Option<Left> {
    let (start, rest) = text
        .trim_end()
        .strip_prefix("in hand: ")?
        .split_once(" to ")?;
    let (end, one) = rest.split_once(": ")?;
    let place = |text: &str| {
        let mut numbers = text.split(' ');
        let place = Position {
            segment: numbers.next()?.parse().ok()?,
            offset: numbers.next()?.parse().ok()?,
            line: numbers.next()?.parse().ok()?,
        };
        numbers.next().is_none().then_some(place)
    };
    Some(Left {
        span: place(start)?..place(end)?,
        one: match one {
            "-" => None,
            one => Some(place(one)?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64, line: u32) -> Position {
        Position {
            segment: u64::MAX,
            offset,
            line,
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        for one in [None, Some(at(u64::MAX, u32::MAX))] {
            let left = Left {
                span: at(0, 1)..at(u64::MAX, u32::MAX),
                one,
            };
            assert!(format(&left).len() <= LENGTH);
            assert_eq!(parse(&format(&left)), Some(left));
        }
        for text in [
            "",
            "in hand: 1 2 3 to 4 5: -",
            "in hand: 1 2 3 to 4 5 6: 7",
            "\0\0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_tweet_is_found_out_at_the_second_crash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("in-hand");
        let start = || InHand::open(path.clone());
        let mut first = start();
        assert!(!first.is_careful());
        first.begin(at(0, 0)..at(0, 9));
        // The second process crashes in the middle of the span.
        let mut second = start();
        assert!(second.is_careful());
        assert_eq!(second.culprit(), None);
        second.begin(at(0, 0)..at(0, 9));
        for line in 0..=4 {
            second.one(at(0, line));
        }
        let mut third = start();
        assert_eq!(third.culprit(), Some(at(0, 4)));
        third.begin(at(0, 9)..at(1, 9));
        assert!(!third.is_careful());
        third.end();
        assert!(!path.exists());
        assert_eq!(start().culprit(), None);
    }
}
