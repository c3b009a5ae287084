//! Text from outside as people may see it: it commands no terminal, begins no line of its own, and has an end. Pure: no IO.

use std::{borrow::Cow, fmt::Write as _};

/// Longer texts are cut in a log or in a terminal; whoever wants all of it finds it in the data.
const MOST_BYTES: usize = 4_000;

/// Whether a character could command a terminal, begin a line, or turn the order of what stands around it.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// A text on one line: what is unsafe stands there as an escape, and what is too long is cut.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, |_| false)
}

/// The same over several lines, which begin as far to the right as the first says, so that none passes for a line of ouzel's.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    clean(text, |c| c == '\n')
}

fn clean(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_plain = |c: char| keep(c) || !is_unsafe(c);
    let end = end(text);
    if end == text.len() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(end + 32);
    for c in text[..end].chars() {
        if is_plain(c) {
            cleaned.push(c);
        } else {
            cleaned.extend(c.escape_default());
        }
    }
    if end < text.len() {
        let _ = write!(cleaned, "… ({} bytes)", text.len());
    }
    Cow::Owned(cleaned)
}

fn end(text: &str) -> usize {
    if text.len() <= MOST_BYTES {
        return text.len();
    }
    text.floor_char_boundary(MOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_command_a_terminal_is_shown_and_not_done() {
        for (text, expected) in [
            ("plain ünïcode 🌊", "plain ünïcode 🌊"),
            ("a\nb\r\tc\0", "a\\nb\\r\\tc\\u{0}"),
            ("\u{1b}[31mred\u{9b}", "\\u{1b}[31mred\\u{9b}"),
            (
                "a\u{202e}b\u{2028}c\u{2066}",
                "a\\u{202e}b\\u{2028}c\\u{2066}",
            ),
        ] {
            assert_eq!(line(text), expected);
        }
        assert_eq!(lines("a\n b\u{1b}"), "a\n b\\u{1b}");
        let long = "é".repeat(3_000);
        let cut = line(&long);
        assert!(cut.ends_with("é… (6000 bytes)"), "{cut}");
        assert!(cut.len() < MOST_BYTES + 40);
    }
}
