//! The text of one file, in which lines and calls are found without reading it from its beginning each time.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    ops::{Deref, Range, RangeInclusive},
    rc::Rc,
};

use super::scan::{Scan, calls};

/// The text of a file of the script.
#[derive(Debug, Default)]
pub(super) struct Written {
    text: String,
    /// Where each line begins.
    starts: OnceCell<Vec<usize>>,
    /// Where functions are called, by their names.
    calls: RefCell<HashMap<String, Rc<Calls>>>,
}

/// The places behind the name of a function, by their line.
type Calls = HashMap<usize, Vec<usize>>;

impl Written {
    pub(super) fn new(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// The text from the beginning of one line to the end of another. Lines count from 1. `None` if there is no such
    /// line.
    pub(super) fn between(&self, lines: &RangeInclusive<usize>) -> Option<&str> {
        self.text.get(self.range(lines)?)
    }

    /// A line, without its end. Lines count from 1.
    pub(super) fn line(&self, line: usize) -> Option<&str> {
        self.between(&(line..=line))?.lines().next()
    }

    /// The first of these lines in which a piece of text begins.
    pub(super) fn find(&self, lines: &RangeInclusive<usize>, piece: &str) -> Option<usize> {
        let range = self.range(lines)?;
        let begun = range.start;
        let text = self.text.get(range)?;
        let at = begun + memchr::memmem::find(text.as_bytes(), piece.as_bytes())?;
        Some(self.starts().partition_point(|start| *start <= at))
    }

    fn range(&self, lines: &RangeInclusive<usize>) -> Option<Range<usize>> {
        let starts = self.starts();
        let begin = *starts.get(lines.start().checked_sub(1)?)?;
        let end = starts.get(*lines.end()).copied();
        Some(begin..end.unwrap_or(self.text.len()))
    }

    /// The positions behind each use of the name `function` on this line, without those in strings and comments.
    pub(super) fn calls(&self, line: usize, function: &str) -> Vec<Scan<'_>> {
        let known = self.calls.borrow().get(function).cloned();
        let all = known.unwrap_or_else(|| {
            let mut all = Calls::new();
            for (line, at) in calls(&self.text, function) {
                all.entry(line).or_default().push(at);
            }
            let all = Rc::new(all);
            let known = Rc::clone(&all);
            self.calls.borrow_mut().insert(function.to_owned(), known);
            all
        });
        let on_line = all.get(&line).into_iter().flatten();
        on_line
            .map(|at| Scan::from(&self.text, *at, line))
            .collect()
    }

    fn starts(&self) -> &[usize] {
        self.starts.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let starts = std::iter::once(0).chain(ends.map(|end| end + 1));
            // Behind the last line end there is no line.
            starts.filter(|start| *start < self.text.len()).collect()
        })
    }
}

impl Deref for Written {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_those_of_the_text(text in "[ab\r\n]{0,40}") {
            let written = Written::new(text.clone());
            let lines: Vec<&str> = text.lines().collect();
            for number in 0..=lines.len() + 1 {
                let expected = number.checked_sub(1).and_then(|at| lines.get(at)).copied();
                prop_assert_eq!(written.line(number), expected);
            }
            for first in 1..=lines.len() {
                for last in first..=lines.len() {
                    let found = written.find(&(first..=last), "ab");
                    let expected = (first..=last).find(|number| lines[number - 1].contains("ab"));
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }

    #[test]
    fn calls_are_found_on_their_lines() {
        let written = Written::new("on(1) on(2)\n-- on(3)\n\"on(4)\"\n\non(5)".to_owned());
        let found = |line| written.calls(line, "on").len();
        assert_eq!([1, 2, 3, 4, 5, 6].map(found), [2, 0, 0, 0, 1, 0]);
        assert!(written.calls(1, "rules").is_empty());
        assert_eq!(found(1), 2);
    }
}
