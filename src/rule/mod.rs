//! The PowerTrack rule language. It takes the texts of rules and parsed Tweets, and gives errors, hints and matches.
//! It does no IO and reads no clock.

mod activity;
mod analysis;
mod certainty;
mod clause;
mod diagnose;
mod entities;
mod geo;
mod json;
mod lexer;
mod lint;
mod matcher;
mod messages;
mod native;
mod normal;
mod operators;
mod parser;
mod pattern;
pub mod plan;
mod polarity;
mod set;
mod term;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may")]
mod tests;
mod tokens;
mod tree;
mod validate;

pub use analysis::Analysis;
pub use diagnose::{Diagnosis, Problem, draw};
pub use geo::{Area, Point};
pub use lint::{Topic, Warning, doubts, lint_all, unchecked};
pub use messages::Invalid;
use messages::Message;
pub use normal::Normal;
pub use pattern::Pattern;
pub use set::RuleSet;
pub use tree::{Account, Clause, Counter, Expr, Fact, Field, Kind, Level, Link, Role, Subject};

/// The longest rule, in characters. `[source: xd/rules-filtering]` The recorded refusal of a longer
/// rule counts characters too.
const MAX_VALUE: usize = 2048;

/// The longest tag, in characters. `[source: xd/rules-filtering]`
pub const MAX_TAG: usize = 255;

/// A valid rule, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    value: String,
    expr: Expr,
    /// Messages that are only guesses: nobody knows whether the server refuses the rule with them.
    guesses: Vec<Message>,
}

impl Rule {
    /// Parses a rule and checks everything that the server checks or may check.
    pub fn parse(value: &str) -> Result<Self, Invalid> {
        Self::read(value, None)
    }

    /// Parses a rule and checks only what the server is known to check. [`Self::lint`] warns about the guesses.
    pub fn accept(value: &str) -> Result<Self, Invalid> {
        let mut guesses = Vec::new();
        let rule = Self::read(value, Some(&mut guesses))?;
        Ok(Self { guesses, ..rule })
    }

    fn read(value: &str, mut guesses: Option<&mut Vec<Message>>) -> Result<Self, Invalid> {
        let length = characters(value);
        if length > MAX_VALUE {
            return Err(Message::long_value(value, length, MAX_VALUE).into());
        }
        let invalid = |messages| Invalid { messages };
        let tokens = match guesses.as_deref_mut() {
            None => lexer::lex(value).map_err(invalid)?,
            Some(guesses) => {
                let (tokens, found) = lexer::lex_leniently(value).map_err(invalid)?;
                guesses.extend(found);
                tokens
            }
        };
        let raw = parser::parse(&tokens)?;
        let expr = validate::validate(raw, guesses).map_err(invalid)?;
        Ok(Self {
            value: value.to_owned(),
            expr,
            guesses: Vec::new(),
        })
    }

    /// The rule as it was given.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The rule as a tree.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Whether the rule matches a Tweet.
    pub fn matches(&self, tweet: &Analysis<'_>) -> bool {
        matcher::matches(&self.expr, tweet)
    }
}

/// Checks a rule's tag. Only its length is limited.
pub fn validate_tag(tag: &str) -> Result<(), Invalid> {
    if characters(tag) > MAX_TAG {
        Err(Message::long_tag(MAX_TAG).into())
    } else {
        Ok(())
    }
}

/// The length that the limits apply to. Positions, in contrast, count UTF-16 units.
fn characters(text: &str) -> usize {
    text.chars().count()
}
