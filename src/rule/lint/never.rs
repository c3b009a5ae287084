//! Finds clauses that no Tweet can match together.

use std::ops::Range;

use super::super::diagnose::Edit;
use super::super::term::kind_implies;
use super::super::tree::{Account, Clause, Expr, Fact, Kind, Link, Role};
use super::constant::Truth;
use super::truth::truth;
use super::{Lint, Topic, names};

/// A clause that has to match, or must not match.
#[derive(Clone, Copy)]
struct Literal<'e> {
    clause: &'e Clause,
    positive: bool,
}

/// The reason why a part of a rule can never match.
struct Conflict {
    position: usize,
    message: String,
    /// The correction, for a clause that can never match by itself.
    edits: Vec<Edit>,
    /// A single clause can never match by itself. Otherwise, two clauses exclude each other.
    is_alone: bool,
}

/// Warns about a rule or a branch that can never match. Returns whether it is the whole rule.
pub(super) fn look(lint: &mut Lint<'_>, expr: &Expr) -> bool {
    let mut dead = Vec::new();
    let conflicts = conflicts(lint, expr, true, &mut Vec::new(), &mut dead);
    let is_dead = !conflicts.is_empty();
    // The suggestion makes all corrections at once. With only some of them, the rule would still never match.
    let edits: Vec<Edit> = (conflicts.iter().chain(&dead))
        .flat_map(|conflict| conflict.edits.iter().cloned())
        .collect();
    let mended = lint.mended(Topic::NeverMatches, edits);
    for (what, found) in [("rule", conflicts), ("branch", dead)] {
        for conflict in found {
            let range = lint.range(conflict.position);
            let message = format!("this {what} can never match: {}", conflict.message);
            let suggestion = mended.clone().filter(|_| !conflict.edits.is_empty());
            lint.suggest(Topic::NeverMatches, range, message, suggestion);
        }
    }
    is_dead
}

/// Whether no Tweet can match the expression.
pub(super) fn is_dead(lint: &Lint<'_>, expr: &Expr) -> bool {
    !conflicts(lint, expr, true, &mut Vec::new(), &mut Vec::new()).is_empty()
}

/// The edit that replaces a clause by others, one of which has to match.
pub(super) fn replaced(lint: &Lint<'_>, range: &Range<usize>, instead: &[String]) -> Vec<Edit> {
    let value = lint.source.value;
    let before = lint.source.slice(..range.start);
    let text = match instead {
        [] => return Vec::new(),
        [one] => one.clone(),
        several if before.ends_with('-') => several.join(" -"),
        several if before.trim().is_empty() && value.len() == range.end => several.join(" OR "),
        several => format!("({})", several.join(" OR ")),
    };
    vec![(range.clone(), text)]
}

/// The reasons why an expression can never match together with the `known` literals. If it can match, the list is empty.
/// Branches of an `OR` that can never match go into `dead`.
fn conflicts<'e>(
    lint: &Lint<'_>,
    expr: &'e Expr,
    positive: bool,
    known: &mut Vec<Literal<'e>>,
    dead: &mut Vec<Conflict>,
) -> Vec<Conflict> {
    match (expr, positive) {
        (Expr::Clause(clause), _) => {
            let literal = Literal { clause, positive };
            if let Some(alone) = impossible(lint, literal) {
                return vec![alone];
            }
            let found = known
                .iter()
                .find_map(|other| excluded(lint, *other, literal));
            known.push(literal);
            found.into_iter().collect()
        }
        (Expr::Not { inner, .. }, _) => conflicts(lint, inner, !positive, known, dead),
        // All parts have to match. In a negated `OR`, no branch may match.
        (Expr::All(parts), true) | (Expr::Any(parts), false) => {
            // The certain parts come first, so that an `OR` is compared with all of them.
            let is_choice = |part: &&Expr| is_choice(part, positive);
            let certain = parts.iter().filter(|part| !is_choice(part));
            let choices = parts.iter().filter(is_choice);
            let mut found = Vec::new();
            for part in certain.chain(choices) {
                found.append(&mut conflicts(lint, part, positive, known, dead));
            }
            // Every clause that can never match by itself needs its own correction. If there are none of these, one
            // contradiction is enough.
            if found.iter().any(|conflict| conflict.is_alone) {
                found.retain(|conflict| conflict.is_alone);
            } else {
                found.truncate(1);
            }
            found
        }
        // One branch has to match.
        (Expr::Any(parts), true) | (Expr::All(parts), false) => {
            let length = known.len();
            let mut own = Vec::new();
            let mut possible = 0;
            let mut below = Vec::new();
            for part in parts {
                let mut found = conflicts(lint, part, positive, known, &mut below);
                known.truncate(length);
                if found.is_empty() {
                    possible += 1;
                }
                own.append(&mut found);
            }
            if possible == 0 {
                if !own.iter().all(|conflict| conflict.is_alone) {
                    own.truncate(1);
                }
                return own;
            }
            if positive {
                dead.append(&mut below);
                dead.append(&mut own);
            }
            Vec::new()
        }
    }
}

fn is_choice(expr: &Expr, positive: bool) -> bool {
    match expr {
        Expr::Any(_) => positive,
        Expr::All(_) => !positive,
        Expr::Not { inner, .. } => is_choice(inner, !positive),
        Expr::Clause(_) => false,
    }
}

/// The conflict of a literal that can never match by itself.
fn impossible(lint: &Lint<'_>, literal: Literal<'_>) -> Option<Conflict> {
    let range = lint.range(literal.clause.position);
    let (message, edits) = match (truth(lint, literal.clause)?, literal.positive) {
        (Truth::Never { why, instead }, true) => {
            let listed = names::listed(lint, literal.clause);
            let edits = listed.unwrap_or_else(|| replaced(lint, &range, &instead));
            (why, edits)
        }
        (Truth::Always { why }, false) => {
            let text = lint.text(&range);
            (format!("`-{text}` excludes all, {why}"), Vec::new())
        }
        _ => return None,
    };
    Some(Conflict {
        position: literal.clause.position,
        message,
        edits,
        is_alone: true,
    })
}

/// The conflict of two literals that cannot both match.
fn excluded(lint: &Lint<'_>, one: Literal<'_>, other: Literal<'_>) -> Option<Conflict> {
    let show = |literal: Literal<'_>| {
        let text = lint.text(&lint.range(literal.clause.position));
        if literal.positive {
            format!("`{text}`")
        } else {
            format!("`-{text}`")
        }
    };
    let (a, b) = (&one.clause.kind, &other.clause.kind);
    let why = match (one.positive, other.positive) {
        (true, true) => match (a, b) {
            (Kind::Lang(a), Kind::Lang(b)) if a != b => {
                "cannot both hold, a Tweet has one language".into()
            }
            (Kind::User(role, a), Kind::User(other_role, b))
                if role == other_role && differ(a, b) =>
            {
                let what = match role {
                    Role::Author => "author",
                    Role::Recipient => "user whom it answers",
                    Role::Retweeted => "user whom it retweets",
                };
                format!("cannot both hold, a Tweet has one {what}")
            }
            (Kind::Status(link, a), Kind::Status(other, b)) if link == other && a != b => {
                "cannot both hold".into()
            }
            (Kind::PlaceCountry(a), Kind::PlaceCountry(b)) if a != b => {
                "cannot both hold, a place lies in one country".into()
            }
            (Kind::Count(counter, a), Kind::Count(other, b))
                if counter == other && (a.end() < b.start() || b.end() < a.start()) =>
            {
                "have no number in common".into()
            }
            (a, b)
                if is_about_place(a) && only_retweets(b)
                    || only_retweets(a) && is_about_place(b) =>
            {
                "cannot both hold, a Retweet has no place".into()
            }
            (a, b) if is_answer(a) && only_retweets(b) || only_retweets(a) && is_answer(b) => {
                "cannot both hold, a Retweet answers nobody".into()
            }
            _ => return None,
        },
        (false, false) => return None,
        (positive, _) => {
            let (all, none) = if positive { (one, other) } else { (other, one) };
            match (&all.clause.kind, &none.clause.kind) {
                (Kind::Count(counter, asked), Kind::Count(other, ruled_out))
                    if counter == other
                        && ruled_out.start() <= asked.start()
                        && asked.end() <= ruled_out.end() =>
                {
                    "leave no number".into()
                }
                (Kind::User(Role::Retweeted, _), Kind::Fact(Fact::Retweet)) => {
                    "cannot both hold, only a Retweet retweets somebody".into()
                }
                (a, b) if is_same(a, b) => "contradict each other".into(),
                // The documentation describes in two ways what counts as a link, so `has:links` is not certain.
                (Kind::Fact(_), Kind::Fact(Fact::Links)) => return None,
                (a, b) if kind_implies(a, b) => {
                    let positive = true;
                    let (all, none) = (show(all), show(Literal { positive, ..none }));
                    format!("cannot both hold, what meets {all} meets {none} too")
                }
                _ => return None,
            }
        }
    };
    Some(Conflict {
        position: other.clause.position,
        message: format!("{} and {} {why}", show(one), show(other)),
        edits: Vec::new(),
        is_alone: false,
    })
}

/// Whether only a Tweet with a place can match. A Retweet has none: the place stays with the original Tweet.
/// `[source: xd/rules-filtering]`
fn is_about_place(kind: &Kind) -> bool {
    is(kind, Fact::Geo)
}

/// Whether only a Retweet can match.
fn only_retweets(kind: &Kind) -> bool {
    is(kind, Fact::Retweet)
}

fn is(kind: &Kind, fact: Fact) -> bool {
    let asked = Kind::Fact(fact);
    *kind == asked || kind_implies(kind, &asked)
}

/// Whether only an answer can match. A Retweet of an answer is not an answer itself.
fn is_answer(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::User(Role::Recipient, _) | Kind::Status(Link::RepliedTo, _)
    )
}

/// Whether two accounts are certainly two users. A name and an id can mean the same user.
fn differ(one: &Account, other: &Account) -> bool {
    match (one, other) {
        (Account::Id(a), Account::Id(b)) | (Account::Name(a), Account::Name(b)) => a != b,
        _ => false,
    }
}

/// Whether two clauses ask for the same. A single word means the same with and without quotes.
pub(super) fn is_same(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Keyword(a) | Kind::Phrase(a), Kind::Keyword(b) | Kind::Phrase(b)) => a == b,
        (a, b) => a == b,
    }
}
