//! Checks that each branch of a rule has something positive to look for.

use super::messages::Message;
use super::tree::{Expr, Kind};

/// The published list. One source adds `not`, but an unquoted `not` is refused anyway.
/// `[source: support.gnip.com]`
const STOP_WORDS: [&str; 27] = [
    "a", "an", "and", "at", "but", "by", "com", "from", "http", "https", "if", "in", "is", "it",
    "its", "me", "my", "or", "rt", "the", "this", "to", "too", "via", "we", "www", "you",
];

/// Whether a folded word is a stop word: a rule must not consist of stop words only.
pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// Checks a rule whose single clauses are valid.
pub(super) fn check(expr: &Expr) -> Vec<Message> {
    let mut messages = Vec::new();
    polarity(expr, &mut messages).require(1, &mut messages);
    if messages.is_empty() {
        messages.extend(lone_source(expr).map(Message::source_alone));
    }
    messages
}

/// What an expression offers to look for. A later variant is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Polarity {
    Negative,
    /// Not negated, but stop words only.
    StopWord,
    Positive,
}

impl Polarity {
    fn require(self, position: usize, messages: &mut Vec<Message>) {
        match self {
            Self::Negative => messages.extend(Message::only_negations(position)),
            Self::StopWord => messages.push(Message::only_stop_words(position)),
            Self::Positive => {}
        }
    }
}

/// The polarity of an expression. An AND is as good as its best part. Each branch of an OR must be
/// positive by itself. A branch that is not is reported here, and not again further up.
fn polarity(expr: &Expr, messages: &mut Vec<Message>) -> Polarity {
    match expr {
        Expr::All(parts) => {
            let mut best = Polarity::Negative;
            for part in parts {
                best = best.max(polarity(part, messages));
            }
            best
        }
        Expr::Any(branches) => {
            for branch in branches {
                polarity(branch, messages).require(branch.position(), messages);
            }
            Polarity::Positive
        }
        // Below a negation only the syntax matters.
        Expr::Not { .. } => Polarity::Negative,
        Expr::Clause(clause) => match &clause.kind {
            Kind::Keyword(word) if is_stop_word(word.text()) => Polarity::StopWord,
            _ => Polarity::Positive,
        },
    }
}

/// The position of the first `source:`, if a rule's only positive clauses are `source:` and stop words.
fn lone_source(expr: &Expr) -> Option<usize> {
    let mut first = None;
    let mut others = false;
    visit_positive(expr, &mut |position, kind| match kind {
        Kind::Source(_) => first = first.or(Some(position)),
        Kind::Keyword(word) if is_stop_word(word.text()) => {}
        _ => others = true,
    });
    first.filter(|_| !others)
}

fn visit_positive(expr: &Expr, visit: &mut impl FnMut(usize, &Kind)) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            for part in parts {
                visit_positive(part, visit);
            }
        }
        Expr::Not { .. } => {}
        Expr::Clause(clause) => visit(clause.position, &clause.kind),
    }
}
