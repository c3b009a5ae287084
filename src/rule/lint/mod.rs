//! Warns about rules that are valid, but most likely not what was meant.

mod broad;
mod clauses;
mod constant;
mod countries;
mod idle;
mod languages;
mod names;
mod never;
mod precedence;
mod several;
#[cfg(test)]
mod short_tests;
#[cfg(test)]
mod tests;
mod topic;
mod truth;
mod unchecked;

use std::ops::Range;

use super::diagnose::{Edit, Source, apply, explain, position_of};
use super::lexer::utf16_len;
use super::tree::Expr;
use super::{MAX_VALUE, Message, Rule, characters};

pub use several::lint_all;
pub use topic::Topic;
pub use unchecked::{doubts, unchecked};

/// A warning about a rule that most likely is not what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The topic.
    pub topic: Topic,
    /// The start of the part in question, in UTF-16 units from 1.
    pub position: usize,
    /// The length of that part, in UTF-16 units.
    pub length: usize,
    /// What is odd, and why it matters.
    pub message: String,
    /// A better rule, if the correction is clear.
    pub suggestion: Option<String>,
}

impl Rule {
    /// The warnings about this rule alone. [`lint_all`] compares several rules.
    #[must_use]
    pub fn lint(&self) -> Vec<Warning> {
        let mut lint = Lint::of(self);
        lint.guesses(&self.guesses);
        let is_dead = never::look(&mut lint, self.expr());
        idle::look(&mut lint, self.expr());
        precedence::look(&mut lint);
        clauses::look(&mut lint, self.expr());
        clauses::quoted_rule(&mut lint, self.expr());
        lint.whole(self.expr(), is_dead);
        let mut warnings = lint.warnings;
        warnings.sort_by_key(|warning| warning.position);
        warnings.dedup();
        warnings
    }

    /// Whether the lints can tell that no Tweet matches.
    fn is_dead(&self) -> bool {
        never::is_dead(&Lint::of(self), self.expr())
    }
}

/// A rule, and the warnings about it so far.
struct Lint<'v> {
    source: Source<'v>,
    warnings: Vec<Warning>,
}

impl<'v> Lint<'v> {
    fn of(rule: &'v Rule) -> Self {
        Self {
            source: Source::new(rule.value()),
            warnings: Vec::new(),
        }
    }

    /// Warns about a part of the rule. The suggestion is the rule with the edits.
    fn warn(&mut self, topic: Topic, range: Range<usize>, message: String, edits: Vec<Edit>) {
        let suggestion = self.mended(topic, edits);
        self.suggest(topic, range, message, suggestion);
    }

    /// The rule with edits, if that is a valid rule. If the edits change the meaning, it must also be able to match.
    fn mended(&self, topic: Topic, edits: Vec<Edit>) -> Option<String> {
        let value = self.source.value;
        let mended = (!edits.is_empty()).then(|| apply(value, edits))?;
        let fits = |rule: &Rule| !topic.changes_meaning() || !rule.is_dead();
        let is_better = mended != value && Rule::parse(&mended).is_ok_and(|rule| fits(&rule));
        is_better.then_some(mended)
    }

    fn suggest(
        &mut self,
        topic: Topic,
        range: Range<usize>,
        message: String,
        suggestion: Option<String>,
    ) {
        self.warnings.push(Warning {
            topic,
            position: position_of(self.source.value, range.start),
            length: utf16_len(self.text(&range)),
            message,
            suggestion,
        });
    }

    /// Warns about parts that the service may or may not refuse; nobody knows.
    fn guesses(&mut self, guesses: &[Message]) {
        for message in guesses {
            let Some(guess) = message.guess else { continue };
            let finding = explain(&self.source, message);
            let text = format!("the service may refuse this: {}", guess.why());
            let edits = finding.edits.unwrap_or_default();
            self.warn(Topic::Doubtful, finding.range, text, edits);
        }
    }

    /// The byte range of the clause, negation or group at a position.
    fn range(&self, position: usize) -> Range<usize> {
        match self.source.at(position) {
            Some(index) => self.source.operand(index),
            None => 0..self.source.value.len(),
        }
    }

    fn text(&self, range: &Range<usize>) -> &'v str {
        self.source.slice(range.clone())
    }

    /// Gives the warnings about the rule as a whole.
    fn whole(&mut self, expr: &Expr, is_dead: bool) {
        let value = self.source.value;
        let trimmed = value.trim();
        if trimmed.len() != value.len() {
            let message = "there are blanks at the ends of the rule; the service counts them, and with them it is another rule".to_owned();
            // The edit is empty, since `apply` trims the rule anyway.
            let edit = vec![(0..0, String::new())];
            self.warn(Topic::Blanks, 0..value.len(), message, edit);
        }
        let length = characters(value);
        if length * 10 > MAX_VALUE * 9 {
            let message = format!("the rule has {length} characters, and {MAX_VALUE} is the most");
            self.warn(Topic::Long, 0..value.len(), message, Vec::new());
        }
        if !is_dead && broad::is_broad(self, expr) {
            let message =
                "nothing narrows this down: it matches a large part of all Tweets, and each one counts".to_owned();
            self.warn(Topic::Broad, 0..value.trim_end().len(), message, Vec::new());
        }
    }
}
