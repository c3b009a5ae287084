//! A rule with its tokens. Finds the part of the rule at a position.

use std::ops::Range;
use std::slice::SliceIndex;

use super::super::lexer::{Kind, Token, lex_leniently, utf16_len};

pub(crate) struct Source<'v> {
    pub(crate) value: &'v str,
    /// Empty if some characters of the rule belong to no token.
    pub(crate) tokens: Vec<Token<'v>>,
    /// The start of each token, in bytes.
    starts: Vec<usize>,
}

impl<'v> Source<'v> {
    pub(crate) fn new(value: &'v str) -> Self {
        let tokens = lex_leniently(value)
            .map(|(tokens, _)| tokens)
            .unwrap_or_default();
        let mut starts = Vec::with_capacity(tokens.len());
        let (mut offset, mut position) = (0, 1);
        for token in &tokens {
            offset += bytes_of(&value[offset..], token.position - position);
            position = token.position;
            starts.push(offset);
        }
        Self {
            value,
            tokens,
            starts,
        }
    }

    /// A part of the rule's text.
    pub(crate) fn slice(&self, range: impl SliceIndex<str, Output = str>) -> &'v str {
        self.value.get(range).unwrap_or_default()
    }

    /// The byte offset of a position.
    pub(super) fn offset(&self, position: usize) -> usize {
        bytes_of(self.value, position.saturating_sub(1))
    }

    /// The token that starts at a position.
    pub(crate) fn at(&self, position: usize) -> Option<usize> {
        self.tokens
            .binary_search_by_key(&position, |token| token.position)
            .ok()
    }

    /// A token's kind. It is [`Kind::End`] before the first and after the last token.
    pub(crate) fn kind(&self, index: Option<usize>) -> Kind {
        index
            .and_then(|index| self.tokens.get(index))
            .map_or(Kind::End, |token| token.kind)
    }

    pub(crate) fn is_or(&self, index: Option<usize>) -> bool {
        index
            .and_then(|index| self.tokens.get(index))
            .is_some_and(Token::is_or)
    }

    pub(crate) fn text(&self, index: usize) -> &'v str {
        self.tokens.get(index).map_or("", |token| token.text)
    }

    pub(super) fn start(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or(self.value.len())
    }

    pub(super) fn end(&self, index: usize) -> usize {
        self.start(index) + self.text(index).len()
    }

    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        self.start(index)..self.end(index)
    }

    /// Whether a token directly follows the one before it.
    pub(super) fn touches_last(&self, index: usize) -> bool {
        index > 0 && self.end(index - 1) == self.start(index)
    }

    /// A token and the blanks after it.
    pub(super) fn with_blanks(&self, index: usize) -> Range<usize> {
        self.and_blanks(self.range(index))
    }

    /// A range and the blanks after it.
    pub(crate) fn and_blanks(&self, range: Range<usize>) -> Range<usize> {
        let rest = self.slice(range.end..).trim_start();
        range.start..self.value.len() - rest.len()
    }

    /// The clause, negation or group that starts with a token.
    pub(crate) fn operand(&self, index: usize) -> Range<usize> {
        let mut last = index;
        while self.kind(Some(last)) == Kind::Dash {
            last += 1;
        }
        self.start(index)..self.end(self.last_of_operand(last))
    }

    fn last_of_operand(&self, index: usize) -> usize {
        if self.kind(Some(index)) == Kind::Open {
            return self.close(index).unwrap_or(index);
        }
        let next = |at: usize, kind| self.kind(Some(at)) == kind && self.touches_last(at);
        if next(index + 1, Kind::Tilde) {
            return if next(index + 2, Kind::Word) {
                index + 2
            } else {
                index + 1
            };
        }
        if self.kind(Some(index)) != Kind::Word || !next(index + 1, Kind::Colon) {
            return index;
        }
        if next(index + 2, Kind::OpenBracket) {
            let behind = self.tokens.iter().skip(index + 3);
            let inside = behind.take_while(|token| token.kind != Kind::CloseBracket);
            return (index + 3 + inside.count()).min(self.tokens.len().saturating_sub(1));
        }
        if next(index + 2, Kind::Word) || next(index + 2, Kind::Quoted) {
            return index + 2;
        }
        index + 1
    }

    /// The `)` that closes a `(`.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (index, token) in self.tokens.iter().enumerate().skip(open) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth <= 1 => return Some(index),
                Kind::Close => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// All `(` without a `)`.
    pub(super) fn unclosed(&self) -> Vec<usize> {
        let mut open = Vec::new();
        for (index, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => open.push(index),
                Kind::Close => {
                    open.pop();
                }
                _ => {}
            }
        }
        open
    }
}

/// The number of bytes that the first `units` UTF-16 units of a text take.
fn bytes_of(text: &str, units: usize) -> usize {
    let mut left = units;
    for (offset, c) in text.char_indices() {
        if left == 0 {
            return offset;
        }
        left = left.saturating_sub(c.len_utf16());
    }
    text.len()
}

/// A text in quotes, with escapes, as a rule writes it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The position of a byte, in UTF-16 units from 1.
pub(crate) fn position_of(value: &str, offset: usize) -> usize {
    1 + value.get(..offset).map_or(0, utf16_len)
}
