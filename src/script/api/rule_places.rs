//! Finds where the rules of one `ouzel.rules` call are written in the script's files.

use std::{cell::Cell, ops::RangeInclusive};

use crate::script::{error::Misuse, loader::Sources};

/// How many rules of one call are searched for in modules. The rest of a longer list, which code must have made, is
/// not.
const SOUGHT: usize = 5_000;

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
        }
    }

    /// The place of the rule with this number (from 1) and this value. It is the place of the call if the value is not
    /// written anywhere as it is. If the call does not write out its rules, the search starts at line `from`.
    pub(super) fn of_rule(&self, number: usize, value: &str, from: usize) -> Place {
        if let Some(lines) = self.entry(number) {
            let line = find(self.sources, self.file, &lines, value, true);
            return self.here(line.unwrap_or(*lines.start()));
        }
        let below = from..=from.saturating_add(CALL_LINES);
        if let Some(line) = find(self.sources, self.file, &below, value, true) {
            return self.here(line);
        }
        if number > SOUGHT {
            return self.here(from);
        }
        if let Some(place) = self.last.take() {
            let behind = place.line..=usize::MAX;
            if let Some(line) = find(self.sources, &place.file, &behind, value, false) {
                let place = Place { line, ..place };
                self.last.set(Some(place.clone()));
                return place;
            }
        }
        let others = self.sources.names().filter(|name| *name != self.file);
        let mut found = others.filter_map(|name| {
            let line = find(self.sources, name, &(1..=usize::MAX), value, false)?;
            let file = name.to_owned();
            Some(Place { file, line })
        });
        let Some(place) = found.next() else {
            return self.here(from);
        };
        self.last.set(Some(place.clone()));
        place
    }

    /// Points an error about a rule at the rule's own line.
    pub(super) fn aim(&self, misuse: Misuse, number: usize, value: Option<&str>) -> Misuse {
        let word = misuse.word.clone();
        let find_word = |file: &str, lines: &RangeInclusive<usize>| {
            let (line, _) = (self.sources).find_word(file, *lines.start(), word.as_deref()?)?;
            lines.contains(&line).then_some(line)
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

/// The line on which a rule is written, found by its text. Without quotes a short value would be found inside other
/// words.
fn find(
    sources: &Sources,
    file: &str,
    lines: &RangeInclusive<usize>,
    value: &str,
    without_quotes: bool,
) -> Option<usize> {
    // In the source, the quotes may be escaped.
    let escaped = value.replace('"', "\\\"");
    let quoted = [
        format!("\"{value}\""),
        format!("'{value}'"),
        format!("[[{value}]]"),
        format!("\"{escaped}\""),
    ];
    let bare = without_quotes.then(|| value.to_owned());
    quoted
        .into_iter()
        .chain(bare)
        .find_map(|text| sources.find_text(file, lines, &text))
}
