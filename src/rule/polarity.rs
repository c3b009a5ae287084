//! What a rule as a whole must have: something positive to look for in each of its branches.

use super::messages::Message;
use super::tree::{Expr, Kind};

/// The published list; `not`, which one source adds, cannot stand unquoted anyway.
/// `[source: support.gnip.com]`
pub(super) const STOP_WORDS: [&str; 27] = [
    "a", "an", "and", "at", "but", "by", "com", "from", "http", "https", "if", "in", "is", "it",
    "its", "me", "my", "or", "rt", "the", "this", "to", "too", "via", "we", "www", "you",
];

/// Whether a folded word is one that is not enough by itself.
pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// What the server has against a rule whose clauses are all right.
pub(super) fn check(expr: &Expr) -> Vec<Message> {
    let mut messages = Vec::new();
    polarity(expr, &mut messages).require(1, &mut messages);
    if messages.is_empty() {
        messages.extend(lone_source(expr).map(Message::source_alone));
    }
    messages
}

/// What an expression offers to look for.
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

/// An AND is as good as the best of its parts. Each branch of an OR must be good by itself, or is
/// reported where it stands, and then not once more further up.
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
            Kind::Keyword(word) if STOP_WORDS.contains(&word.text()) => Polarity::StopWord,
            _ => Polarity::Positive,
        },
    }
}

/// Where the first `source:` stands, if nothing but `source:` is asked for positively.
fn lone_source(expr: &Expr) -> Option<usize> {
    let mut first = None;
    let mut others = false;
    visit_positive(expr, &mut |position, kind| match kind {
        Kind::Source(_) => first = first.or(Some(position)),
        Kind::Keyword(word) if STOP_WORDS.contains(&word.text()) => {}
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
