//! Cuts decoded bytes into lines. Pure: no IO.

use std::{ops::Range, sync::LazyLock};

use memchr::memmem::Finder;

use crate::text::scan::brackets;

/// The largest record is not documented; this is 200 times a usual Tweet [inferred, reference 2.2].
pub(crate) const MAX_LINE: usize = 1024 * 1024;

/// Two records with no delimiter between them, as seen in the field [reference 2.2].
static GLUE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"}{"));

/// What a [`Splitter`] has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LineCounts {
    /// Lines handed on.
    pub lines: u64,
    /// Blank lines, which are keep-alives.
    pub heartbeats: u64,
    /// Lines dropped because they were too long.
    pub over_long: u64,
    /// Last lines without a delimiter, which are dropped.
    pub incomplete: u64,
}

/// Over-long lines that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// How many lines.
    pub lines: u64,
    /// The bytes of the longest line, give or take its delimiter.
    pub longest: u64,
}

impl Dropped {
    /// Adds two counts.
    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            lines: self.lines + more.lines,
            longest: self.longest.max(more.longest),
        }
    }
}

/// Finds the lines in a growing buffer, wherever its pieces were cut.
///
/// Lines end in `\r\n` or `\n`. The length limit counts from delimiter to delimiter.
#[derive(Debug)]
pub(crate) struct Splitter {
    max_line: usize,
    /// How much of the unfinished line was already searched for its end.
    searched: usize,
    /// Whether the rest of an over-long line is still to come.
    skipping: bool,
    /// How much of the over-long line has come.
    skipped: u64,
    dropped: Dropped,
    counts: LineCounts,
}

impl Splitter {
    /// A splitter that drops lines of more than `max_line` bytes, delimiter not counted.
    pub(crate) fn new(max_line: usize) -> Self {
        Self {
            max_line,
            searched: 0,
            skipping: false,
            skipped: 0,
            dropped: Dropped::default(),
            counts: LineCounts::default(),
        }
    }

    /// What was seen so far.
    pub(crate) fn counts(&self) -> LineCounts {
        self.counts
    }

    /// Takes the over-long lines that have ended since the last call.
    pub(crate) fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    /// Says that no more of an over-long line will come.
    pub(crate) fn abandon(&mut self) {
        if std::mem::take(&mut self.skipping) {
            self.drop_line(0);
        }
    }

    /// Appends the complete lines of `bytes` to `spans`, and returns how many bytes are done.
    ///
    /// `bytes` must begin where the last call stopped: the rest comes again, with more behind it.
    pub(crate) fn split(&mut self, bytes: &[u8], spans: &mut Vec<Range<u32>>) -> usize {
        let mut start = 0;
        let searched = std::mem::take(&mut self.searched);
        for end in memchr::memchr_iter(b'\n', &bytes[searched..]) {
            let end = searched + end;
            if std::mem::take(&mut self.skipping) {
                self.drop_line(without_return(&bytes[start..end]).len());
            } else {
                self.take(bytes, start..end, spans);
            }
            start = end + 1;
        }
        let rest = &bytes[start..];
        if self.skipping || self.is_over_long(rest) {
            self.counts.over_long += u64::from(!self.skipping);
            self.skipping = true;
            self.skipped += rest.len() as u64;
            return bytes.len();
        }
        self.searched = rest.len();
        start
    }

    /// Ends the stream with `rest` left over. A last piece without a delimiter may have been cut anywhere, so it is
    /// counted and never understood. Whole records that are glued to its front are kept.
    pub(crate) fn finish(&mut self, rest: &[u8], spans: &mut Vec<Range<u32>>) {
        self.abandon();
        if rest.trim_ascii().is_empty() {
            return;
        }
        let mut start = 0;
        for border in borders(rest) {
            self.push(start..border, spans);
            start = border;
        }
        self.counts.incomplete += 1;
    }

    fn take(&mut self, bytes: &[u8], span: Range<usize>, spans: &mut Vec<Range<u32>>) {
        let line = without_return(&bytes[span.clone()]);
        if line.len() > self.max_line {
            self.counts.over_long += 1;
            self.drop_line(line.len());
        } else if line.trim_ascii().is_empty() {
            self.counts.heartbeats += 1;
        } else {
            let mut start = 0;
            for border in borders(line) {
                self.push(span.start + start..span.start + border, spans);
                start = border;
            }
            self.push(span.start + start..span.start + line.len(), spans);
        }
    }

    /// Counts an over-long line. `rest` is the length of its last part.
    fn drop_line(&mut self, rest: usize) {
        let length = std::mem::take(&mut self.skipped) + rest as u64;
        self.dropped = self.dropped.and(Dropped {
            lines: 1,
            longest: length,
        });
    }

    fn push(&mut self, span: Range<usize>, spans: &mut Vec<Range<u32>>) {
        let offset = |at| u32::try_from(at).expect("a buffer holds less than 4 GiB");
        spans.push(offset(span.start)..offset(span.end));
        self.counts.lines += 1;
    }

    /// Whether an unfinished line is too long. A `\r` at its very end may belong to the delimiter, so it does not count
    /// yet.
    fn is_over_long(&self, unfinished: &[u8]) -> bool {
        without_return(unfinished).len() > self.max_line
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where one JSON value ends and the next begins without a delimiter.
///
/// `}{` also occurs in texts, so finding it is only a reason to look closer.
fn borders(line: &[u8]) -> Vec<usize> {
    if GLUE.find(line).is_none() {
        return Vec::new();
    }
    brackets(line)
        .filter(|(at, open)| *open == 0 && line[*at..].starts_with(b"}{"))
        .map(|(at, _)| at + 1)
        .collect()
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
