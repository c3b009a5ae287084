//! Where the entries of a table stand that a script writes out as the argument of a call.

use std::ops::RangeInclusive;

/// The lines of each entry without a name in the table that follows the first call of `function` on a line, counted
/// from 1; `None` where no table is written out there.
pub(super) fn entries(
    text: &str,
    line: usize,
    function: &str,
) -> Option<Vec<RangeInclusive<usize>>> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let first_line = text.get(start..)?.lines().next()?;
    first_line.match_indices(function).find_map(|(call, _)| {
        let mut scan = Scan {
            text,
            at: start + call + function.len(),
            line,
        };
        scan.skip_blanks();
        if scan.peek() == Some('(') {
            scan.advance();
            scan.skip_blanks();
        }
        (scan.peek()? == '{').then(|| scan.advance())?;
        scan.table()
    })
}

/// A place in a script, and its line.
struct Scan<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) {
        if let Some(c) = self.peek() {
            self.line += usize::from(c == '\n');
            self.at += c.len_utf8();
        }
    }

    fn advance_by(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_else(|| self.rest());
        let (lines, bytes) = (passed.matches('\n').count(), passed.len());
        self.line += lines;
        self.at += bytes;
    }

    /// Passes blanks and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            let comment = rest
                .get(blanks..)
                .is_some_and(|rest| rest.starts_with("--"));
            self.advance_by(blanks);
            if !comment {
                return;
            }
            self.advance_by(2);
            if !self.skip_long() {
                let end = self.rest().find('\n').unwrap_or(self.rest().len());
                self.advance_by(end);
            }
        }
    }

    /// Passes `[[…]]` and `[=[…]=]`.
    fn skip_long(&mut self) -> bool {
        let Some(inside) = self.rest().strip_prefix('[') else {
            return false;
        };
        let signs = inside.len() - inside.trim_start_matches('=').len();
        if !inside
            .get(signs..)
            .is_some_and(|rest| rest.starts_with('['))
        {
            return false;
        }
        let end = format!("]{}]", "=".repeat(signs));
        let length = self
            .rest()
            .find(&end)
            .map_or(self.rest().len(), |at| at + end.len());
        self.advance_by(length);
        true
    }

    /// Passes a string in quotes.
    fn skip_quoted(&mut self, quote: char) {
        self.advance();
        while let Some(c) = self.peek() {
            self.advance();
            if c == '\\' {
                self.advance();
            } else if c == quote || c == '\n' {
                return;
            }
        }
    }

    /// The entries of a table, from behind its `{` on.
    fn table(&mut self) -> Option<Vec<RangeInclusive<usize>>> {
        let mut entries = Vec::new();
        loop {
            self.skip_blanks();
            let (first, is_named) = (self.line, self.is_named());
            let begun = self.at;
            let mut last = first;
            let mut depth = 0_usize;
            let end = loop {
                self.skip_blanks();
                let c = self.peek()?;
                if depth == 0 && matches!(c, ',' | ';' | '}') {
                    break c;
                }
                last = self.line;
                match c {
                    '"' | '\'' => self.skip_quoted(c),
                    '[' if self.skip_long() => {}
                    '{' | '(' | '[' => {
                        depth += 1;
                        self.advance();
                    }
                    '}' | ')' | ']' => {
                        depth = depth.checked_sub(1)?;
                        self.advance();
                    }
                    _ => self.advance(),
                }
            };
            if self.at > begun && !is_named {
                entries.push(first..=last);
            }
            self.advance();
            if end == '}' {
                return Some(entries);
            }
        }
    }

    /// Whether an entry is `name = …` or `[…] = …`.
    fn is_named(&self) -> bool {
        let rest = self.rest();
        let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if name.len() == rest.len() {
            return rest.starts_with('[') && !rest.starts_with("[[") && !rest.starts_with("[=");
        }
        let behind = name.trim_start();
        behind.starts_with('=') && !behind.starts_with("==")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, line: usize, expected: &str) {
        let shown = match entries(text, line, "rules") {
            None => "none".to_owned(),
            Some(entries) => {
                let shown = entries
                    .iter()
                    .map(|lines| format!("{}-{}", lines.start(), lines.end()));
                shown.collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn entries_stand_where_they_are_written() {
        check("ouzel.rules { { a = 1 }, { b = 2 } }", 1, "1-1 1-1");
        check(
            "x()\nouzel.rules {\n  { a = 1 },\n\n  {\n    b = 2\n  },\n}",
            2,
            "3-3 5-7",
        );
        check(
            "ouzel.rules({\n  rule('}, {'); rule(\"\\\"}\"),\n})",
            1,
            "2-2 2-2",
        );
        check(
            "ouzel.rules -- {\n{\n--[[ { } ]] { a = [==[ ]] },\n ]==] },\n}",
            1,
            "3-4",
        );
        check(
            "ouzel.rules {\n  { 1 }, name = { 2 },\n ['x'] = 3,\n  t == u,\n}",
            1,
            "2-2 4-4",
        );
        check("ouzel.rules {}", 1, "");
    }

    #[test]
    fn what_is_not_written_out_has_no_entries() {
        check("ouzel.rules(list)\nother { 1 }", 1, "none");
        check("ouzel.rules(require 'x') { 1 }", 1, "none");
        check("declare { 1 }", 1, "none");
        check("ouzel.rules {\n { 1 },", 1, "none");
        check("ouzel.rules { ) }", 1, "none");
        check("", 1, "none");
        check("x", 0, "none");
        check("x", 9, "none");
    }
}
