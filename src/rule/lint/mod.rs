//! Warns about rules that are valid, and still not what was meant.

mod broad;
mod clauses;
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
mod truth;
mod unchecked;

use std::fmt;
use std::ops::Range;

use super::diagnose::{Edit, Source, apply, explain, position_of};
use super::lexer::utf16_len;
use super::tree::Expr;
use super::{MAX_VALUE, Message, Rule, characters};

pub use several::lint_all;
pub use unchecked::{doubts, unchecked};

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// No Tweet can be what the rule, or a part of it, asks for.
    NeverMatches,
    /// The same rule twice.
    Duplicate,
    /// Another rule means the same.
    SameMeaning,
    /// Another rule has all of its Tweets.
    Shadowed,
    /// A clause that decides nothing.
    NoEffect,
    /// A part of one branch that most likely is meant for all.
    Precedence,
    /// A clause says what another one beside it has said.
    Repeated,
    /// A word of a script that is written without blanks.
    NoWordBoundaries,
    /// Nothing that narrows it down.
    Broad,
    /// A whole rule in quotes, and so a phrase.
    QuotedRule,
    /// A word that would be clearer in quotes.
    UnquotedPunctuation,
    /// `&`, which Tweets write as `&amp;`.
    Entity,
    /// Near the longest length.
    Long,
    /// `-( … )`.
    NegatedGroup,
    /// A word that stands in nearly every Tweet.
    StopWord,
    /// Blanks at an end.
    Blanks,
    /// Whether the service takes it is not known.
    Doubtful,
    /// It is sent whatever ouzel has against it.
    Unchecked,
}

/// Something about a valid rule that is hardly meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub topic: Topic,
    /// Where the part that is meant starts, in UTF-16 units from 1.
    pub position: usize,
    /// How long that part is, in UTF-16 units.
    pub length: usize,
    /// What is odd, and why it matters.
    pub message: String,
    /// The rule as it should be, where that can be derived.
    pub suggestion: Option<String>,
}

impl Topic {
    /// Its name in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NeverMatches => "never-matches",
            Self::Duplicate => "duplicate",
            Self::SameMeaning => "same-meaning",
            Self::Shadowed => "shadowed",
            Self::NoEffect => "no-effect",
            Self::Precedence => "precedence",
            Self::Repeated => "repeated",
            Self::NoWordBoundaries => "no-word-boundaries",
            Self::Broad => "broad",
            Self::QuotedRule => "quoted-rule",
            Self::UnquotedPunctuation => "unquoted-punctuation",
            Self::Entity => "entity",
            Self::Long => "long",
            Self::NegatedGroup => "negated-group",
            Self::StopWord => "stop-word",
            Self::Blanks => "blanks",
            Self::Doubtful => "doubtful",
            Self::Unchecked => "unchecked",
        }
    }
}

impl Topic {
    /// Whether the suggestion is meant to be another rule than the one that is written.
    fn changes_meaning(self) -> bool {
        matches!(
            self,
            Self::NeverMatches
                | Self::NoEffect
                | Self::Precedence
                | Self::QuotedRule
                | Self::Doubtful
        )
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Rule {
    /// What can be said against this rule alone; [`lint_all`] looks at several at once.
    #[must_use]
    pub fn lint(&self) -> Vec<Warning> {
        let mut lint = Lint {
            source: Source::new(self.value()),
            warnings: Vec::new(),
        };
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
}

impl Rule {
    /// Whether no Tweet can match, as far as is known.
    pub(super) fn is_dead(&self) -> bool {
        let lint = Lint {
            source: Source::new(self.value()),
            warnings: Vec::new(),
        };
        never::is_dead(&lint, self.expr())
    }
}

/// A rule under inspection.
struct Lint<'v> {
    source: Source<'v>,
    warnings: Vec<Warning>,
}

impl Lint<'_> {
    /// Warns about a part of the rule, with what edits make of it.
    fn warn(&mut self, topic: Topic, range: Range<usize>, message: String, edits: Vec<Edit>) {
        let suggestion = self.mended(topic, edits);
        self.suggest(topic, range, message, suggestion);
    }

    /// What edits make of the rule: a valid one, and one that can match where that is what they are for.
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
        let value = self.source.value;
        let text = value.get(range.clone()).unwrap_or_default();
        self.warnings.push(Warning {
            topic,
            position: position_of(value, range.start),
            length: utf16_len(text),
            message,
            suggestion,
        });
    }

    /// What the service may refuse, and nobody knows.
    fn guesses(&mut self, guesses: &[Message]) {
        for (message, guess) in guesses
            .iter()
            .filter_map(|message| Some((message, message.guess?)))
        {
            let finding = explain(&self.source, message);
            let text = format!("the service may refuse this: {}", guess.why());
            self.warn(
                Topic::Doubtful,
                finding.range,
                text,
                finding.edits.unwrap_or_default(),
            );
        }
    }

    /// The clause, negation or group at a position, in bytes.
    fn range(&self, position: usize) -> Range<usize> {
        match self.source.at(position) {
            Some(index) => self.source.operand(index),
            None => 0..self.source.value.len(),
        }
    }

    fn text(&self, range: &Range<usize>) -> String {
        self.source
            .value
            .get(range.clone())
            .unwrap_or_default()
            .to_owned()
    }

    /// What concerns the rule as a whole.
    fn whole(&mut self, expr: &Expr, is_dead: bool) {
        let value = self.source.value;
        let trimmed = value.trim();
        if trimmed.len() != value.len() {
            let message = "there are blanks at the ends of the rule; the service counts them, and with them it is another rule".to_owned();
            // `apply` trims.
            self.warn(
                Topic::Blanks,
                0..value.len(),
                message,
                vec![(0..0, String::new())],
            );
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
