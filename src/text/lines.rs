//! A run of complete lines that arrived together: one shared buffer and where each line lies in it.

use std::ops::Range;

use bytes::Bytes;

/// Complete lines cut from the stream, without their delimiters and without heartbeats.
///
/// The lines share one buffer, so handing a run on costs no copy however many lines it holds.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    buffer: Bytes,
    spans: Vec<Range<u32>>,
}

impl Lines {
    /// A run of lines that lie in `buffer` at `spans`.
    ///
    /// # Panics
    /// In debug builds, if a span ends outside the buffer.
    #[must_use]
    pub fn new(buffer: Bytes, spans: Vec<Range<u32>>) -> Self {
        debug_assert!(
            spans
                .iter()
                .all(|span| span.start <= span.end && span.end as usize <= buffer.len())
        );
        Self { buffer, spans }
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no line at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The bytes of memory that the run holds on to.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// The line of this number, from 0, for keeping: it shares the run's buffer.
    #[must_use]
    pub fn share(&self, number: usize) -> Option<Bytes> {
        self.spans.get(number).map(|span| self.slice(span))
    }

    /// The lines that are to be kept; they share the buffer.
    #[must_use]
    pub fn filtered(mut self, mut keep: impl FnMut(&[u8]) -> bool) -> Self {
        self.spans.retain(|span| keep(&self.buffer[places(span)]));
        self
    }

    /// The lines in the order of their arrival.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator {
        self.spans.iter().map(|span| &self.buffer[places(span)])
    }

    /// The same for keeping: each shares the run's buffer. Sharing is counted, which two threads at once pay for.
    pub fn share_all(&self) -> impl ExactSizeIterator<Item = Bytes> + DoubleEndedIterator {
        self.spans.iter().map(|span| self.slice(span))
    }

    /// The lines with a line feed behind each and nothing else between, if they lie so in the buffer.
    #[must_use]
    pub fn joined(&self) -> Option<&[u8]> {
        let (first, last) = (self.spans.first()?, self.spans.last()?);
        let follow = self
            .spans
            .windows(2)
            .all(|two| two[0].end + 1 == two[1].start);
        let block = self.buffer.get(first.start as usize..=last.end as usize)?;
        let is_joined = follow
            && self
                .spans
                .iter()
                .all(|span| self.buffer[span.end as usize] == b'\n');
        is_joined.then_some(block)
    }

    fn slice(&self, span: &Range<u32>) -> Bytes {
        self.buffer.slice(places(span))
    }
}

fn places(span: &Range<u32>) -> Range<usize> {
    span.start as usize..span.end as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_only_by_a_line_feed_each() {
        let joined = |text: &'static str, spans: &[Range<u32>]| {
            let lines = Lines::new(Bytes::from_static(text.as_bytes()), spans.to_vec());
            lines
                .joined()
                .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
        };
        assert_eq!(
            joined("a\nbc\n\n", &[0..1, 2..4, 5..5]).as_deref(),
            Some("a\nbc\n\n")
        );
        assert_eq!(
            joined("x\na\nb\ny", &[2..3, 4..5]).as_deref(),
            Some("a\nb\n")
        );
        assert_eq!(
            joined("a\nb", &[0..1, 2..3]),
            None,
            "nothing behind the last"
        );
        assert_eq!(
            joined("a b\n", &[0..1, 2..3]),
            None,
            "something else between"
        );
        assert_eq!(joined("a\r\nb\r\n", &[0..1, 3..4]), None, "more between");
        assert_eq!(joined("a\nb\nc\n", &[0..1, 4..5]), None, "a line between");
        assert_eq!(joined("a\n", &[]), None, "no line");
    }
}
