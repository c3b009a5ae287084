//! Finds rules that nothing narrows down.

use std::ops::RangeInclusive;

use super::super::polarity::is_stop_word;
use super::super::tree::{Counter, Expr, Field, Kind};
use super::Lint;
use super::constant::Truth;
use super::truth::truth;

/// A sample of more percent than this is a large part of all Tweets.
const SMALL_SAMPLE: u64 = 10;

/// Most Tweets come from these programs.
const PROGRAMS: [&str; 5] = [
    "twitter for iphone",
    "twitter for android",
    "twitter for ipad",
    "twitter web app",
    "twitter web client",
];

/// Whether every clause of some branch matches many Tweets. Negated parts do not count.
pub(super) fn is_broad(lint: &Lint<'_>, expr: &Expr) -> bool {
    match expr {
        // A small sample is not broad, so it narrows down.
        Expr::All(parts) => parts
            .iter()
            .all(|part| is_broad(lint, part) || matches!(part, Expr::Not { .. })),
        Expr::Any(branches) => branches.iter().any(|branch| is_broad(lint, branch)),
        Expr::Not { .. } => false,
        Expr::Clause(clause) => match truth(lint, clause) {
            Some(Truth::Never { .. }) => false,
            Some(Truth::Always { .. }) => true,
            None => is_common(&clause.kind),
        },
    }
}

/// Whether many Tweets match a clause.
fn is_common(kind: &Kind) -> bool {
    match kind {
        Kind::Lang(_) | Kind::Fact(_) => true,
        Kind::Keyword(text) | Kind::Phrase(text) => is_everywhere(text.text()),
        Kind::In(Field::Url, text) => is_everywhere(text.text()) || is_stop_word(text.text()),
        Kind::Contains(text) | Kind::UrlContains(text) => {
            is_everywhere(text) || text.len() == 1 || text.trim().len() <= 1 && text.is_ascii()
        }
        Kind::Sample(percent) => *percent > SMALL_SAMPLE,
        Kind::Source(program) => PROGRAMS.contains(&program.as_str()),
        Kind::Count(counter, range) => is_wide(*counter, range),
        _ => false,
    }
}

/// Whether a text is blank, or a mark that stands in most texts or in all links.
fn is_everywhere(text: &str) -> bool {
    let text = text.trim();
    text.is_empty()
        || matches!(
            text,
            "." | "," | ":" | "/" | "-" | "!" | "?" | "'" | "@" | "#" | "_"
        )
}

/// Whether a range includes a large part of all users.
fn is_wide(counter: Counter, range: &RangeInclusive<u64>) -> bool {
    let most = match counter {
        Counter::Followers => 10_000,
        Counter::Statuses => 100_000,
        Counter::Friends => 5_000,
        Counter::Listed => 1_000,
    };
    let (from, to) = (*range.start(), *range.end());
    from <= most && to >= from.saturating_mul(2).saturating_add(100)
}
