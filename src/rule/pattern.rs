//! A word or phrase of a rule, and the texts of a Tweet in which it is searched.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use memchr::memmem;

use super::tokens::{fold, hash, tokens};

/// A word or phrase to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// A single token.
    Token {
        /// Folded.
        text: String,
        /// The key by which [`Analysis`](super::Analysis) finds the token.
        hash: u64,
    },
    /// Several tokens, or punctuation. A text has to contain exactly these characters, and they must not
    /// begin or end within a token. A keyword with punctuation is treated as if it were quoted.
    /// `[inferred]`
    Exact {
        /// Folded.
        text: String,
        /// The hashes of the tokens. A text that contains the phrase has all of these tokens, since the
        /// phrase begins and ends where tokens do.
        words: Vec<u64>,
    },
}

impl Pattern {
    pub(super) fn new(value: &str) -> Self {
        let text = fold(value).into_owned();
        if tokens(&text).next() == Some(0..text.len()) {
            Self::Token {
                hash: hash(&text),
                text,
            }
        } else {
            let words = tokens(&text).map(|range| hash(&text[range])).collect();
            Self::Exact { text, words }
        }
    }

    /// The tokens of a phrase, each as a pattern of its own.
    pub(super) fn words(phrase: &str) -> Vec<Self> {
        let folded = fold(phrase);
        tokens(&folded)
            .map(|range| Self::new(&folded[range]))
            .collect()
    }

    /// The word or phrase, folded.
    pub fn text(&self) -> &str {
        match self {
            Self::Token { text, .. } | Self::Exact { text, .. } => text,
        }
    }
}

/// A text of a Tweet. It is folded and cut into tokens on first use, since most rules never look at
/// most texts.
#[derive(Debug, Default)]
pub(super) struct Text<'a> {
    raw: &'a str,
    folded: OnceCell<Cow<'a, str>>,
    ranges: OnceCell<Vec<Range<usize>>>,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        Self {
            raw,
            ..Self::default()
        }
    }

    /// The tokens, in order.
    pub(super) fn tokens(&self) -> impl ExactSizeIterator<Item = &str> {
        self.ranges()
            .iter()
            .map(|range| &self.folded()[range.clone()])
    }

    pub(super) fn matches(&self, pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Token { text, .. } => self.tokens().any(|token| token == text),
            Pattern::Exact { text, .. } => self.has_phrase(text),
        }
    }

    /// Whether the text contains a folded string anywhere, even within a token.
    pub(super) fn contains(&self, part: &str) -> bool {
        !part.is_empty() && find(self.folded(), part).is_some()
    }

    /// Whether words stand near each other. Let word `i` stand at the token position `p`: no two of the
    /// numbers `p - i` may differ by more than `distance`. For two words that is the documented rule: at
    /// most N tokens between them in order, at most N - 2 in reverse order.
    pub(super) fn has_near(&self, words: &[Pattern], distance: usize) -> bool {
        let tokens: Vec<&str> = self.tokens().collect();
        // The lowest `p - i` can be negative, so all of them are shifted up by `distance`.
        !words.is_empty()
            && words.len() <= tokens.len()
            && (0..tokens.len() + distance)
                .any(|lowest| has_window(&tokens, words, lowest, distance))
    }

    fn has_phrase(&self, phrase: &str) -> bool {
        let folded = self.folded();
        let Some(first) = phrase.chars().next() else {
            return false;
        };
        let mut from = 0;
        while let Some(found) = find(&folded[from..], phrase) {
            let start = from + found;
            if !self.is_within_token(start) && !self.is_within_token(start + phrase.len()) {
                return true;
            }
            // Occurrences can overlap.
            from = start + first.len_utf8();
        }
        false
    }

    fn is_within_token(&self, offset: usize) -> bool {
        let ranges = self.ranges();
        let index = ranges.partition_point(|range| range.end <= offset);
        ranges.get(index).is_some_and(|range| range.start < offset)
    }

    pub(super) fn folded(&self) -> &str {
        self.folded.get_or_init(|| fold(self.raw))
    }

    fn ranges(&self) -> &[Range<usize>] {
        self.ranges.get_or_init(|| tokens(self.folded()).collect())
    }
}

/// Finds a part of a text. `str::find` takes long to set up, and most texts are short.
fn find(text: &str, part: &str) -> Option<usize> {
    memmem::find(text.as_bytes(), part.as_bytes())
}

/// Whether each word `i` finds a token of its own, from position `lowest - distance + i` up to position
/// `lowest + i`. The words take turns in order, and each takes the first free token. That is best: the
/// window of a later word never begins earlier, so no later word needs that token more.
fn has_window(tokens: &[&str], words: &[Pattern], lowest: usize, distance: usize) -> bool {
    let mut taken: Vec<usize> = Vec::with_capacity(words.len());
    words.iter().enumerate().all(|(index, word)| {
        let window = (lowest + index).saturating_sub(distance)..=lowest + index;
        // Only the last `distance` words before this one can have taken a token in its window.
        let rivals = &taken[taken.len().saturating_sub(distance)..];
        let free = window.into_iter().find(|position| {
            tokens.get(*position) == Some(&word.text()) && !rivals.contains(position)
        });
        taken.extend(free);
        free.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(phrase: &str, distance: usize, text: &str) -> bool {
        Text::new(text).has_near(&Pattern::words(phrase), distance)
    }

    #[test]
    fn a_phrase_keeps_its_punctuation_and_ends_where_tokens_end() {
        for (phrase, text, expected) in [
            ("call gnip", "I need to CALL Gnip, again", true),
            ("call gnip", "call-gnip", false),
            ("call gnip", "call  gnip", false),
            ("call gnip", "recall gnip", false),
            ("a a", "xa a a", true),
            ("#tag", "a#tag b", true),
            ("#tag", "#tags", false),
            ("-", "a-b", true),
            ("café au", "cafe\u{301} AU lait", true),
            ("", "anything", false),
        ] {
            assert_eq!(
                Text::new(text).matches(&Pattern::new(phrase)),
                expected,
                "{phrase}: {text}"
            );
        }
    }

    #[test]
    fn words_near_each_other() {
        for (phrase, distance, text, expected) in [
            ("social media", 2, "social and traditional media", true),
            ("social media", 2, "social and old traditional media", false),
            ("social media", 2, "media is social", false),
            ("social media", 2, "media social", true),
            ("social media", 3, "media is social", true),
            ("social media", 6, "media a b c d social", true),
            ("social media", 6, "media a b c d e social", false),
            ("a b c", 1, "a x b c", true),
            ("a b c", 1, "a x b x c", false),
            ("a b c", 4, "c b a", true),
            ("a b c", 3, "c b a", false),
            ("la la", 2, "la", false),
            ("la la", 2, "la x la", true),
            ("la la la", 1, "la la x la", true),
            ("one", 3, "only one", true),
            ("!!", 3, "!!", false),
        ] {
            assert_eq!(
                near(phrase, distance, text),
                expected,
                "{phrase}~{distance}: {text}"
            );
        }
    }
}
