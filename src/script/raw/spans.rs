//! Cuts valid JSON text into its pieces, as they were written.
//!
//! The library's own lazy iterators stop at a name with a lone surrogate, which `crate::text::json` takes.

/// The fields of an object or the elements of an array, each with its name as it is written (empty in an array).
pub(super) struct Spans<'r> {
    raw: &'r str,
    at: usize,
    is_object: bool,
}

impl<'r> Spans<'r> {
    /// What is in a container; nothing in anything else.
    pub(super) fn of(raw: &'r str) -> Self {
        let mut spans = Self {
            raw,
            at: 0,
            is_object: false,
        };
        spans.skip_blanks();
        spans.is_object = spans.peek() == Some(b'{');
        match spans.peek() {
            Some(b'{' | b'[') => spans.at += 1,
            _ => spans.at = raw.len(),
        }
        spans
    }

    fn peek(&self) -> Option<u8> {
        self.raw.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes a value, and gives its text.
    fn value(&mut self) -> Option<&'r str> {
        self.skip_blanks();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                _ if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let rest = &self.raw.as_bytes()[self.at..];
                    let ends = |byte: &u8| {
                        matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace()
                    };
                    self.at += rest.iter().position(ends).unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return self.raw.get(start..self.at);
            }
        }
    }

    /// Passes a string, from its first quote on.
    fn skip_string(&mut self) {
        let bytes = self.raw.as_bytes();
        self.at += 1;
        while let Some(next) = memchr::memchr2(b'"', b'\\', &bytes[self.at.min(bytes.len())..]) {
            self.at += next + 1;
            if bytes[self.at - 1] == b'"' {
                return;
            }
            self.at += 1;
        }
        self.at = bytes.len();
    }
}

impl<'r> Iterator for Spans<'r> {
    type Item = (&'r str, &'r str);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blanks();
        if self.peek()? == b',' {
            self.at += 1;
            self.skip_blanks();
        }
        if matches!(self.peek()?, b'}' | b']') {
            self.at = self.raw.len();
            return None;
        }
        if !self.is_object {
            return Some(("", self.value()?));
        }
        let start = self.at;
        self.skip_string();
        let name = self.raw.get(start..self.at)?;
        self.skip_blanks();
        self.at += 1;
        Some((name, self.value()?))
    }
}

#[cfg(test)]
mod tests {
    use super::Spans;

    #[track_caller]
    fn check(raw: &str, expected: &[(&str, &str)]) {
        assert_eq!(Spans::of(raw).collect::<Vec<_>>(), expected, "{raw}");
    }

    #[test]
    fn every_piece_is_as_it_was_written() {
        check("{}", &[]);
        check(" [ ] ", &[]);
        check(
            "[1 , -2.5e3,\"a,]\\\"\\\\\",null]",
            &[
                ("", "1"),
                ("", "-2.5e3"),
                ("", r#""a,]\"\\""#),
                ("", "null"),
            ],
        );
        check(
            r#" { "a" : [1,{"b":"}"}] ,"\ud800":{ } , "":true }"#,
            &[
                ("\"a\"", r#"[1,{"b":"}"}]"#),
                (r#""\ud800""#, "{ }"),
                ("\"\"", "true"),
            ],
        );
        check(
            "[[],[[]],{\"x\":[]}]",
            &[("", "[]"), ("", "[[]]"), ("", "{\"x\":[]}")],
        );
    }

    #[test]
    fn what_is_no_container_or_is_cut_has_no_more_pieces() {
        for raw in [
            "", "1", "\"x\"", "[", "{", "{\"a", "{\"a\"", "{\"a\":", "[[", "[[\"\\", "{\"é", "]",
        ] {
            assert_eq!(Spans::of(raw).count(), 0, "{raw}");
        }
    }
}
