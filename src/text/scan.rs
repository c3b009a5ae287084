//! Where the parts of a JSON text stand, without parsing them. Pure: no IO.
//!
//! All of this is for JSON that is valid, or is parsed afterwards: of other bytes it says something, and never falls over.
//! The JSON library's own lazy iterators stop at a name with a lone surrogate, which [`crate::json`] takes.

use std::{iter, ops::Range};

/// The members of an object or the elements of an array; nothing of anything else. Ends where the bytes make no sense.
pub struct Parts<'a> {
    json: &'a [u8],
    at: usize,
    is_object: bool,
}

impl<'a> Parts<'a> {
    /// What is in a container.
    #[must_use]
    pub fn of(json: &'a [u8]) -> Self {
        let start = blanks_end(json, 0);
        let first = json.get(start);
        let is_container = matches!(first, Some(b'{' | b'['));
        Self {
            json,
            at: if is_container { start + 1 } else { json.len() },
            is_object: first == Some(&b'{'),
        }
    }

    /// Passes the name that comes next, and what stands before its value.
    fn name(&mut self) -> Option<Range<usize>> {
        let start = blanks_end(self.json, self.at);
        if !self.is_object {
            self.at = start;
            return Some(start..start);
        }
        let end = text_end(self.json, start)?;
        let colon = blanks_end(self.json, end);
        if self.json.get(colon) != Some(&b':') {
            return None;
        }
        self.at = blanks_end(self.json, colon + 1);
        Some(start..end)
    }
}

impl Iterator for Parts<'_> {
    /// Where the name stands, with its quotes, and where the value does. An element's name is empty.
    type Item = (Range<usize>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.name()?;
        let value = self.at..value_end(self.json, self.at)?;
        let behind = blanks_end(self.json, value.end);
        self.at = match self.json.get(behind) {
            Some(b',') => behind + 1,
            // The end of the container, or of sense.
            _ => self.json.len(),
        };
        Some((name, value))
    }
}

/// The first name in an object as it is written, with its quotes; looks at no value.
#[must_use]
pub fn first_name(json: &[u8]) -> Option<&[u8]> {
    let name = Parts::of(json).name().map(|name| &json[name]);
    name.filter(|name| !name.is_empty())
}

/// The brackets outside texts: where each stands, and how many are open behind it.
pub fn brackets(json: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let (mut at, mut open) = (0, 0_usize);
    iter::from_fn(move || {
        loop {
            match json.get(at)? {
                b'"' => {
                    at = text_end(json, at)?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open = open.saturating_sub(1),
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 1;
            return Some((at - 1, open));
        }
    })
}

fn blanks_end(json: &[u8], mut at: usize) -> usize {
    while matches!(json.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Behind the closing quote of the text that begins here.
fn text_end(json: &[u8], start: usize) -> Option<usize> {
    if json.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        if json[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Behind the value that begins here, if its end is there: of a number that is cut nobody knows the rest.
fn value_end(json: &[u8], start: usize) -> Option<usize> {
    let rest = &json[start..];
    match rest.first()? {
        b'"' => text_end(json, start),
        b'{' | b'[' => {
            let (last, _) = brackets(rest).find(|(_, open)| *open == 0)?;
            Some(start + last + 1)
        }
        _ => {
            let ends =
                |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
            let length = rest.iter().position(ends)?;
            (length > 0).then_some(start + length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(json: &str) -> Vec<(&str, &str)> {
        let parts = Parts::of(json.as_bytes());
        parts
            .map(|(name, value)| (&json[name], &json[value]))
            .collect()
    }

    #[track_caller]
    fn check(json: &str, expected: &[(&str, &str)]) {
        assert_eq!(parts(json), expected, "{json}");
    }

    #[test]
    fn every_part_is_as_it_was_written() {
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
    fn what_is_no_container_or_is_cut_has_no_more_parts() {
        for json in [
            "",
            "1",
            "\"x\"",
            "[",
            "{",
            "{\"a",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "[[",
            "[[\"\\",
            "{\"é",
            "]",
            "[}",
            "{:1}",
            "{\"a\" 1}",
        ] {
            check(json, &[]);
        }
        check("{\"a\":\"1\"", &[("\"a\"", "\"1\"")]);
        check("[1,2", &[("", "1")]);
        check("[1 2,3]", &[("", "1")]);
    }

    #[test]
    fn the_first_name_needs_no_value() {
        assert_eq!(first_name(b" {\t\"a\\\"\" : "), Some(&b"\"a\\\"\""[..]));
        for json in ["{\"a\"", "{a:1}", "{}", "\"a\":", ""] {
            assert_eq!(first_name(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn brackets_in_texts_do_not_count() {
        let found: Vec<_> = brackets(br#"{"[\"{":[1],"a":"]"}} \"#).collect();
        assert_eq!(found, [(0, 1), (8, 2), (10, 1), (19, 0), (20, 0)]);
    }
}
