//! Explains the server's messages about a rule to people, and corrects the rule if the correction is clear.

mod arguments;
mod drawing;
mod escapes;
mod explain;
mod names;
mod search;
mod source;
mod stray;
mod syntax;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;

pub use drawing::draw;

use super::lint::Topic;
use super::messages::{Code, Invalid, Message};
use super::{Rule, lexer::utf16_len};
pub(super) use escapes::without_backslashes;
pub(super) use explain::explain;
pub(super) use source::{Source, position_of, quoted};

/// The characters between the parts of lists that people write. No operator takes a list.
pub(super) const SEPARATORS: [char; 3] = [',', ';', '|'];

/// A correction can uncover the next mistake. After this many corrections, the result would be a guess.
const ROUNDS: usize = 16;

/// One mistake in a rule, explained to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The start of the wrong part, in UTF-16 units from 1.
    pub position: usize,
    /// The length of the wrong part, in UTF-16 units. It is 0 at the end of the rule.
    pub length: usize,
    /// Why the part is wrong.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// Everything that is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The mistakes, from left to right.
    pub problems: Vec<Problem>,
    /// A valid rule: the one that was most likely meant.
    pub corrected: Option<String>,
}

/// A piece of the rule, in bytes, and the text to put in its place.
pub(super) type Edit = (Range<usize>, String);

/// An explained mistake, and how to correct it.
#[derive(Debug)]
pub(super) struct Finding {
    /// The wrong part, in bytes.
    pub(super) range: Range<usize>,
    why: String,
    fix: String,
    pub(super) edits: Option<Vec<Edit>>,
}

impl Finding {
    fn new(range: Range<usize>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            range,
            why: why.into(),
            fix: fix.into(),
            edits: None,
        }
    }

    fn edit(self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.edits(Some(vec![(range, text.into())]))
    }

    fn edits(mut self, edits: Option<Vec<Edit>>) -> Self {
        self.edits = edits;
        self
    }
}

impl Invalid {
    /// Explains the messages about a rule or a tag. `value` is its text.
    #[must_use]
    pub fn diagnose(&self, value: &str) -> Diagnosis {
        let mut problems: Vec<_> = findings(value, self)
            .into_iter()
            .map(|(_, finding)| Problem {
                position: position_of(value, finding.range.start),
                length: value.get(finding.range).map_or(0, utf16_len),
                why: finding.why,
                fix: finding.fix,
            })
            .collect();
        problems.sort_by_key(|problem| problem.position);
        problems.dedup();
        Diagnosis {
            problems,
            corrected: corrected(value, self),
        }
    }
}

impl Diagnosis {
    /// The mistakes as lines of text: the rule with carets under the wrong part, the reason, and the fix.
    #[must_use]
    pub fn lines(&self, value: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for problem in &self.problems {
            let drawn = draw(value, problem.position, problem.length);
            lines.extend(drawn.map(|line| format!("  {line}")));
            lines.push(format!("{}; {}", problem.why, problem.fix));
        }
        lines
    }
}

/// One finding for each mistake. The server describes some mistakes with two messages.
fn findings(value: &str, invalid: &Invalid) -> Vec<(Code, Finding)> {
    let source = Source::new(value);
    let mut seen = HashSet::new();
    let fresh = |message: &&Message| seen.insert((message.code, message.position));
    let mut found: Vec<_> = (invalid.messages.iter().filter(fresh))
        .map(|message| (message.code, explain(&source, message)))
        .collect();
    // One correction removes all escapes. The other mistakes come from the escapes, so they are left out.
    let mends_all = |(code, finding): &(Code, Finding)| {
        let edits = finding.edits.as_deref();
        matches!(code, Code::M6 | Code::M12)
            && edits
                .is_some_and(|edits| matches!(edits, [(range, _)] if *range == (0..value.len())))
    };
    if let Some(escapes) = found.iter().position(mends_all) {
        return vec![found.swap_remove(escapes)];
    }
    found
}

/// The rule with all corrections made, if it is then valid.
fn corrected(value: &str, invalid: &Invalid) -> Option<String> {
    let mut mended = value.to_owned();
    let mut invalid = invalid.clone();
    for _ in 0..ROUNDS {
        let mut edits = Vec::new();
        for (_, finding) in findings(&mended, &invalid) {
            edits.extend(finding.edits?);
        }
        mended = apply(&mended, edits);
        match Rule::parse(&mended) {
            Ok(rule) => return meant(rule),
            Err(next) => invalid = next,
        }
    }
    None
}

/// A corrected rule, if every part of it can match. Otherwise the rule that its warnings suggest.
fn meant(mut rule: Rule) -> Option<String> {
    for _ in 0..ROUNDS {
        let mut warnings = rule.lint().into_iter();
        match warnings.find(|warning| warning.topic == Topic::NeverMatches) {
            None => return Some(rule.value),
            Some(warning) => rule = Rule::parse(&warning.suggestion?).ok()?,
        }
    }
    None
}

/// Makes edits, each once. If two edits overlap, only the one further left is made.
pub(super) fn apply(value: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut text = String::with_capacity(value.len());
    let mut done = 0;
    let mut last = None;
    for edit in edits {
        let (range, replacement) = &edit;
        if range.start < done || last.as_ref() == Some(&edit) {
            continue;
        }
        text.push_str(value.get(done..range.start).unwrap_or_default());
        text.push_str(replacement);
        done = range.end;
        last = Some(edit);
    }
    text.push_str(value.get(done..).unwrap_or_default());
    text.trim().to_owned()
}
