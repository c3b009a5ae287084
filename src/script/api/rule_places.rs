//! Finds where the rules of one `ouzel.rules` call are written in the script's files.

use std::{cell::Cell, ops::RangeInclusive};

use crate::script::{error::Misuse, loader::Sources};

/// How many bytes of text are searched for the rules of one call, if it does not write them out. Rules that stand in the
/// order in which they are declared take few, and those that code has made take many and are found nowhere.
const SOUGHT: usize = 32 << 20;

/// How many lines below a call are searched for its rules, if the call does not write them out.
const CALL_LINES: usize = 2_000;

/// The places of the rules of one call.
pub(super) struct Places<'s> {
    sources: &'s Sources,
    file: &'s str,
    /// The line of the call.
    line: usize,
    /// The lines of each rule, if the call writes out all of its rules.
    entries: Option<Vec<RangeInclusive<usize>>>,
    /// The last rule that was found in a module. The next search starts there, because most rules are in the same
    /// order.
    last: Cell<Option<Place>>,
    /// How many bytes may still be searched.
    left: Cell<usize>,
}

/// A place in the script's files.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl<'s> Places<'s> {
    /// Prepares to find the rules of the call at this line of a file.
    pub(super) fn of(sources: &'s Sources, file: &'s str, line: usize, rules: usize) -> Self {
        let entries = sources.entries(file, line, "rules");
        Self {
            sources,
            file,
            line,
            entries: entries.filter(|entries| entries.len() == rules),
            last: Cell::default(),
            left: Cell::new(SOUGHT),
        }
    }

    /// The place of the rule with this number (from 1) and this value. It is the place of the call if the value is not
    /// written anywhere as it is. If the call does not write out its rules, the search starts at line `from`.
    pub(super) fn of_rule(&self, number: usize, value: &str, from: usize) -> Place {
        if let Some(lines) = self.entry(number) {
            // Its own lines are few.
            let line = pieces(value, true).find_map(|piece| {
                let sources = self.sources;
                sources.find_text(self.file, &lines, &piece)
            });
            return self.here(line.unwrap_or(*lines.start()));
        }
        let below = from..=from.saturating_add(CALL_LINES);
        if let Some(line) = self.find(self.file, &below, value, true) {
            return self.here(line);
        }
        if let Some(place) = self.last.take() {
            let behind = place.line..=usize::MAX;
            if let Some(line) = self.find(&place.file, &behind, value, false) {
                let place = Place { line, ..place };
                self.last.set(Some(place.clone()));
                return place;
            }
        }
        let others = self.sources.names().filter(|name| *name != self.file);
        let mut found = others.filter_map(|name| {
            let line = self.find(name, &(1..=usize::MAX), value, false)?;
            let file = name.to_owned();
            Some(Place { file, line })
        });
        let Some(place) = found.next() else {
            return self.here(from);
        };
        self.last.set(Some(place.clone()));
        place
    }

    /// The line on which a rule is written, found by its text, as long as there is time for it.
    fn find(
        &self,
        file: &str,
        lines: &RangeInclusive<usize>,
        value: &str,
        without_quotes: bool,
    ) -> Option<usize> {
        let bytes = self.sources.bytes(file, lines);
        pieces(value, without_quotes).find_map(|piece| {
            let left = self.left.get();
            if left == 0 {
                return None;
            }
            let found = self.sources.find_text(file, lines, &piece);
            let searched = match found {
                Some(line) => self.sources.bytes(file, &(*lines.start()..=line)),
                None => bytes,
            };
            self.left.set(left.saturating_sub(searched));
            found
        })
    }

    /// Points an error about a rule at the rule's own line.
    pub(super) fn aim(&self, misuse: Misuse, number: usize, value: Option<&str>) -> Misuse {
        let word = misuse.word.clone();
        let find_word = |file: &str, lines: &RangeInclusive<usize>| {
            let (line, _) = (self.sources).find_word_in(file, lines, word.as_deref()?)?;
            Some(line)
        };
        if let Some(lines) = self.entry(number) {
            let line = find_word(self.file, &lines).unwrap_or(*lines.start());
            return misuse.at_place(self.file, line);
        }
        let Some(value) = value else {
            return misuse;
        };
        let place = self.of_rule(number, value, self.line);
        if place.file == self.file && place.line == self.line {
            return misuse;
        }
        misuse.at_place(place.file, place.line)
    }

    /// Whether the line that is shown for a place contains this text.
    pub(super) fn shows(&self, place: &Place, text: &str) -> bool {
        let line = self.sources.line(&place.file, place.line);
        line.is_some_and(|line| line.contains(text))
    }

    fn entry(&self, number: usize) -> Option<RangeInclusive<usize>> {
        self.entries.as_ref()?.get(number.checked_sub(1)?).cloned()
    }

    fn here(&self, line: usize) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
        }
    }
}

/// The ways in which a value may be written. Without quotes a short one would be found inside other words.
fn pieces(value: &str, without_quotes: bool) -> impl Iterator<Item = String> {
    // In the source, the quotes may be escaped.
    let escaped = value.replace('"', "\\\"");
    let quoted = [
        format!("\"{value}\""),
        format!("'{value}'"),
        format!("[[{value}]]"),
        format!("\"{escaped}\""),
    ];
    let bare = without_quotes.then(|| value.to_owned());
    quoted.into_iter().chain(bare)
}
