//! Reads through a script's text and tells code from strings and comments.

use std::ops::RangeInclusive;

/// The largest file, in bytes, of which the tokens are looked at.
const SMALL: usize = 1 << 20;

/// The positions after each use of the name `function`, with their lines, without those in strings and comments.
pub(super) fn calls(text: &str, function: &str) -> Vec<(usize, usize)> {
    let mut scan = Scan::from(text, 0, 1);
    let mut calls = Vec::new();
    while let Some(c) = scan.code() {
        let word = scan.skip_word();
        if word.is_empty() {
            scan.skip_token(c);
        } else if word == function {
            calls.push((scan.line, scan.at));
        }
    }
    calls
}

/// A word, a number, a string or a sign of the code, and its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) line: usize,
}

/// The signs of more than one character.
const LONG_SIGNS: [&str; 10] = ["...", "..", "==", "~=", "<=", ">=", "<<", ">>", "//", "::"];

/// The code of a script, without blanks and comments; nothing of a script that is larger than [`SMALL`].
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    if text.len() > SMALL {
        return tokens;
    }
    let mut scan = Scan::from(text, 0, 1);
    while let Some(c) = scan.code() {
        let (begun, line) = (scan.at, scan.line);
        if scan.skip_word().is_empty() {
            let sign = LONG_SIGNS
                .iter()
                .find(|sign| scan.rest().starts_with(**sign));
            match sign {
                Some(sign) => scan.at += sign.len(),
                None => scan.skip_token(c),
            }
        }
        let text = text.get(begun..scan.at).unwrap_or_default();
        tokens.push(Token { text, line });
    }
    tokens
}

/// A position in a script, and its line.
#[derive(Clone)]
pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

/// An entry of a table.
pub(super) struct Entry<'t> {
    pub(super) lines: RangeInclusive<usize>,
    pub(super) key: Key<'t>,
}

#[derive(PartialEq, Eq)]
pub(super) enum Key<'t> {
    /// It has no key: it is an item of the list.
    None,
    /// `name = …` or `["name"] = …`.
    Name(&'t str),
    /// `[…] = …`.
    Other,
}

impl<'t> Scan<'t> {
    /// A position in a text, and the line that it is on.
    pub(super) fn from(text: &'t str, at: usize, line: usize) -> Self {
        Self { text, at, line }
    }

    fn rest(&self) -> &'t str {
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

    /// Moves past a character, if it comes next.
    pub(super) fn skip(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        if is_next {
            self.advance();
        }
        is_next
    }

    /// The next character of code.
    fn code(&mut self) -> Option<char> {
        self.skip_blanks();
        self.peek()
    }

    /// Moves past a name, a keyword or a number.
    fn skip_word(&mut self) -> &'t str {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Moves past a string, or one other character.
    fn skip_token(&mut self, c: char) {
        match c {
            '"' | '\'' => self.skip_quoted(c),
            '[' if self.skip_long() => {}
            _ => self.advance(),
        }
    }

    /// Moves past an argument and the comma after it. Gives whether the argument's value may be `expected`, or `None`
    /// if no comma follows.
    pub(super) fn skip_argument(&mut self, expected: &str) -> Option<bool> {
        let first = self.code()?;
        let begun = self.at;
        let mut depth = 0_usize;
        let mut tokens = 0;
        let mut end = begun;
        loop {
            let c = self.code()?;
            match c {
                ',' if depth == 0 => break,
                '(' | '{' => depth += 1,
                ')' | '}' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if self.skip_word().is_empty() {
                self.skip_token(c);
            }
            tokens += 1;
            end = self.at;
        }
        self.advance();
        let is_text = tokens == 1 && matches!(first, '"' | '\'' | '[');
        let written = self.text.get(begun..end)?;
        // An argument that is not a string may have any value. `expected` is a plain name, so a string with this value
        // has no escapes.
        let inside = written.trim_matches(|c| matches!(c, '"' | '\'' | '[' | ']' | '='));
        Some(!is_text || inside == expected)
    }

    /// Moves past blanks and comments.
    pub(super) fn skip_blanks(&mut self) {
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

    /// Moves past a long string: `[[…]]` or `[=[…]=]`.
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

    /// Moves past a string in quotes.
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

    /// The entries of a table. It begins after the table's `{`.
    pub(super) fn table(&mut self) -> Option<Vec<Entry<'t>>> {
        let mut entries = Vec::new();
        loop {
            self.skip_blanks();
            let (first, key) = (self.line, self.clone().key());
            let begun = self.at;
            let mut last = first;
            let mut depth = 0_usize;
            let end = loop {
                let c = self.code()?;
                if depth == 0 && matches!(c, ',' | ';' | '}') {
                    break c;
                }
                last = self.line;
                match c {
                    '[' if self.skip_long() => {}
                    '{' | '(' | '[' => {
                        depth += 1;
                        self.advance();
                    }
                    '}' | ')' | ']' => {
                        depth = depth.checked_sub(1)?;
                        self.advance();
                    }
                    _ => self.skip_token(c),
                }
            };
            if self.at > begun {
                let lines = first..=last;
                entries.push(Entry { lines, key });
            }
            self.advance();
            if end == '}' {
                return Some(entries);
            }
        }
    }

    /// The key of the entry that begins here.
    fn key(mut self) -> Key<'t> {
        let rest = self.rest();
        if rest.starts_with('[') {
            if rest.starts_with("[[") || rest.starts_with("[=") {
                return Key::None;
            }
            self.advance();
            let quote = self.code();
            let begun = self.at + 1;
            let Some(quote @ ('"' | '\'')) = quote else {
                return Key::Other;
            };
            self.skip_quoted(quote);
            let name = self.text.get(begun..self.at - 1);
            let is_whole = self.code() == Some(']');
            return name.filter(|_| is_whole).map_or(Key::Other, Key::Name);
        }
        let name = self.skip_word();
        self.skip_blanks();
        let rest = self.rest();
        if !name.is_empty() && rest.starts_with('=') && !rest.starts_with("==") {
            return Key::Name(name);
        }
        Key::None
    }
}
