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

    /// The line of this number, from 0; it shares the run's buffer.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Bytes> {
        let span = self.spans.get(number)?;
        Some(self.buffer.slice(span.start as usize..span.end as usize))
    }

    /// The lines that are to be kept; they share the buffer.
    #[must_use]
    pub fn filtered(mut self, mut keep: impl FnMut(&[u8]) -> bool) -> Self {
        self.spans
            .retain(|span| keep(&self.buffer[span.start as usize..span.end as usize]));
        self
    }

    /// The lines in the order of their arrival; each shares the run's buffer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Bytes> + '_ {
        self.spans
            .iter()
            .map(|span| self.buffer.slice(span.start as usize..span.end as usize))
    }
}
