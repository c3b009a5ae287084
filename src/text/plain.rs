//! Makes text from outside safe to show: it cannot control a terminal, cannot begin a new line, and has a bounded
//! length. Pure: no IO.

use std::{borrow::Cow, fmt::Write as _};

/// Longer texts are cut in a log or in a terminal. The whole text is in the data.
const MOST_BYTES: usize = 4_000;

/// The limit for texts that ouzel itself writes over several lines, such as the list of rules that are not valid.
const MOST_IN_LINES: usize = 64_000;

/// Whether a character could control a terminal, begin a line, or change the order of the text around it.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// The text with a mark in place of each control character, except tabs and line ends.
#[must_use]
pub fn without_controls(text: &str) -> String {
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n');
    text.replace(odd, "\u{fffd}")
}

/// The text on one line. Unsafe characters become escapes, and a text that is too long is cut.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, MOST_BYTES, |_| false)
}

/// The text on several lines. Line feeds and tabs stay, other unsafe characters become escapes, and a text that is too
/// long is cut.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    clean(text, MOST_IN_LINES, |c| matches!(c, '\n' | '\t'))
}

/// The whole result of a command, as text for people or as JSON. Unsafe characters become JSON escapes. This does not
/// change the meaning of JSON, because only its strings can hold such characters.
#[must_use]
pub fn printed(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| matches!(c, '\n' | '\t') || !is_unsafe(c);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        match c {
            c if is_plain(c) => cleaned.push(c),
            // A carriage return may stand between the tokens of JSON, so a space replaces it.
            '\r' => cleaned.push(' '),
            c => {
                let _ = write!(cleaned, "\\u{:04x}", u32::from(c));
            }
        }
    }
    Cow::Owned(cleaned)
}

/// Text on several lines, for a log. A line of the log begins with a year; no further line of this text can look like
/// one.
#[must_use]
pub fn logged(text: &str) -> Cow<'_, str> {
    let text = lines(text);
    let is_forged =
        |line: &str| line.starts_with(|c: char| c.is_ascii_digit()) && line.get(4..5) == Some("-");
    if !text.contains('\n') || !text.lines().skip(1).any(is_forged) {
        return text;
    }
    let mut quoted = String::with_capacity(text.len() + 32);
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            quoted.push_str(if is_forged(line) { "\n  " } else { "\n" });
        }
        quoted.push_str(line);
    }
    Cow::Owned(quoted)
}

/// The text as it is, cut where a log or a terminal would cut it.
#[must_use]
pub fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MOST_IN_LINES {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(MOST_IN_LINES);
    Cow::Owned(format!("{}… ({} bytes)", &text[..end], text.len()))
}

fn clean(text: &str, most: usize, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_plain = |c: char| keep(c) || !is_unsafe(c);
    let end = match text.len() <= most {
        true => text.len(),
        false => text.floor_char_boundary(most),
    };
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
        assert_eq!(
            logged("no\n7 | code\n2026-11-24T00:00:00.000Z  INFO all is well"),
            "no\n7 | code\n  2026-11-24T00:00:00.000Z  INFO all is well"
        );
        assert_eq!(
            printed("{\"a\":\r\n\t\"\u{9b}\u{202e}é\"}"),
            "{\"a\": \n\t\"\\u009b\\u202eé\"}"
        );
        let long = "é".repeat(3_000);
        let cut = line(&long);
        assert!(cut.ends_with("é… (6000 bytes)"), "{cut}");
        assert!(cut.len() < MOST_BYTES + 40);
    }
}
