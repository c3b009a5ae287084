//! Draws a rule with carets under a part of it, as a terminal shows it.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The most columns for a rule. A longer rule is cut around the marked part.
const COLUMNS: usize = 100;

/// The columns shown before the marked part, if the rule is cut.
const BEFORE: usize = 40;

/// Draws a rule, and carets under the part of `length` UTF-16 units that starts at `position`.
///
/// The carets follow the columns of a terminal: a wide character takes two columns, a combining one takes none.
/// Characters that would move the cursor become blanks.
#[must_use]
pub fn draw(value: &str, position: usize, length: usize) -> [String; 2] {
    let from = position.saturating_sub(1);
    let to = from + length;
    // Each grapheme with its first column and the column after it.
    let mut shown: Vec<(&str, usize, usize)> = Vec::new();
    let (mut unit, mut column) = (0, 0);
    let (mut first, mut last) = (None, None);
    for grapheme in value.graphemes(true) {
        let units: usize = grapheme.chars().map(char::len_utf16).sum();
        let text = plain(grapheme);
        let width = text.width();
        if unit + units > from && first.is_none() {
            first = Some(column);
        }
        if unit < to {
            last = Some(column + width);
        }
        shown.push((text, column, column + width));
        unit += units;
        column += width;
    }
    let first = first.unwrap_or(column);
    let last = last.unwrap_or(first).max(first + 1);
    if column <= COLUMNS {
        let line: String = shown.into_iter().map(|(text, ..)| text).collect();
        return [line, carets(first, last - first)];
    }
    let left = first.saturating_sub(BEFORE);
    let right = left + COLUMNS;
    let mut line = String::new();
    let mut start = None;
    let mut end = left;
    for (text, begins, ends) in shown {
        if begins >= left && ends <= right {
            start = start.or(Some(begins));
            end = ends;
            line.push_str(text);
        }
    }
    let start = start.unwrap_or(left);
    let (before, shift) = if left > 0 { ("…", 1) } else { ("", 0) };
    let after = if end < column { "…" } else { "" };
    let width = last.min(end.max(first + 1)) - first;
    [
        format!("{before}{line}{after}"),
        carets(first - start + shift, width),
    ]
}

fn carets(column: usize, width: usize) -> String {
    format!("{:column$}{}", "", "^".repeat(width))
}

/// A grapheme, or a blank in the place of one that would move the cursor.
fn plain(grapheme: &str) -> &str {
    if grapheme.chars().any(char::is_control) {
        " "
    } else {
        grapheme
    }
}
