//! Finds clauses that no Tweet can meet together.

use super::super::tree::{Account, Clause, Expr, Fact, Kind, Role};
use super::{Lint, Topic};

/// A clause that has to hold, or must not.
#[derive(Clone, Copy)]
struct Literal<'e> {
    clause: &'e Clause,
    positive: bool,
}

/// Two parts that exclude each other, or one that is empty by itself.
struct Conflict {
    position: usize,
    message: String,
}

pub(super) fn look(lint: &mut Lint<'_>, expr: &Expr) {
    let mut dead = Vec::new();
    if let Some(conflict) = conflict(lint, expr, true, &mut Vec::new(), &mut dead) {
        let range = lint.range(conflict.position);
        let message = format!("this rule can never match: {}", conflict.message);
        lint.warn(Topic::NeverMatches, range, message, Vec::new());
        return;
    }
    for conflict in dead {
        let range = lint.range(conflict.position);
        let message = format!("this branch can never match: {}", conflict.message);
        lint.warn(Topic::NeverMatches, range, message, Vec::new());
    }
}

/// Why an expression can never hold beside what is known to hold, if that is so. Branches of an OR that cannot are
/// noted in `dead`.
fn conflict<'e>(
    lint: &Lint<'_>,
    expr: &'e Expr,
    positive: bool,
    known: &mut Vec<Literal<'e>>,
    dead: &mut Vec<Conflict>,
) -> Option<Conflict> {
    match (expr, positive) {
        (Expr::Clause(clause), _) => {
            let literal = Literal { clause, positive };
            let found = impossible(lint, literal).or_else(|| {
                known
                    .iter()
                    .find_map(|other| excluded(lint, *other, literal))
            });
            known.push(literal);
            found
        }
        (Expr::Not { inner, .. }, _) => conflict(lint, inner, !positive, known, dead),
        // All parts have to hold; for a negated OR, none of its branches.
        (Expr::All(parts), true) | (Expr::Any(parts), false) => {
            // What is certain first, so that an OR is seen beside all of it.
            let is_choice = |part: &&Expr| is_choice(part, positive);
            let certain = parts.iter().filter(|part| !is_choice(part));
            let choices = parts.iter().filter(is_choice);
            for part in certain.chain(choices) {
                let found = conflict(lint, part, positive, known, dead);
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        // One branch has to hold.
        (Expr::Any(parts), true) | (Expr::All(parts), false) => {
            let length = known.len();
            let mut first = None;
            let mut possible = 0;
            let mut own = Vec::new();
            for part in parts {
                match conflict(lint, part, positive, known, &mut own) {
                    Some(conflict) if positive => own.push(conflict),
                    Some(conflict) => first = Some(conflict),
                    None => possible += 1,
                }
                known.truncate(length);
            }
            if possible == 0 {
                return own.into_iter().next().or(first);
            }
            dead.append(&mut own);
            None
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

/// A clause that nothing can meet.
fn impossible(lint: &Lint<'_>, literal: Literal<'_>) -> Option<Conflict> {
    let text = lint.text(&lint.range(literal.clause.position));
    match &literal.clause.kind {
        Kind::Count(_, range) if range.is_empty() && literal.positive => Some(Conflict {
            position: literal.clause.position,
            message: format!("the range of `{text}` ends before it begins"),
        }),
        _ => None,
    }
}

/// Whether two literals cannot both be true.
fn excluded(lint: &Lint<'_>, one: Literal<'_>, other: Literal<'_>) -> Option<Conflict> {
    let show = |literal: Literal<'_>| {
        let text = lint.text(&lint.range(literal.clause.position));
        if literal.positive {
            format!("`{text}`")
        } else {
            format!("`-{text}`")
        }
    };
    let both = || format!("{} and {}", show(one), show(other));
    let (a, b) = (&one.clause.kind, &other.clause.kind);
    let message = match (one.positive, other.positive) {
        (true, true) => match (a, b) {
            (Kind::Lang(a), Kind::Lang(b)) if a != b => {
                format!("{} cannot both hold, a Tweet has one language", both())
            }
            (Kind::User(role, a), Kind::User(other_role, b))
                if role == other_role && differ(a, b) =>
            {
                let what = match role {
                    Role::Author => "author",
                    Role::Recipient => "user whom it answers",
                    Role::Retweeted => "user whom it retweets",
                };
                format!("{} cannot both hold, a Tweet has one {what}", both())
            }
            (Kind::Status(link, a), Kind::Status(other_link, b))
                if link == other_link && a != b =>
            {
                format!("{} cannot both hold", both())
            }
            (Kind::PlaceCountry(a), Kind::PlaceCountry(b)) if a != b => {
                format!("{} cannot both hold, a place lies in one country", both())
            }
            (Kind::Count(counter, a), Kind::Count(other_counter, b))
                if counter == other_counter && (a.end() < b.start() || b.end() < a.start()) =>
            {
                format!("{} have no number in common", both())
            }
            _ => return None,
        },
        (false, false) => return None,
        (positive, _) => {
            let (required, forbidden) = if positive { (a, b) } else { (b, a) };
            match (required, forbidden) {
                (Kind::Count(counter, asked), Kind::Count(other, ruled_out))
                    if counter == other
                        && ruled_out.start() <= asked.start()
                        && asked.end() <= ruled_out.end() =>
                {
                    format!("{} leave no number", both())
                }
                (Kind::User(Role::Retweeted, _), Kind::Fact(Fact::Retweet)) => {
                    format!(
                        "{} cannot both hold, only a Retweet retweets somebody",
                        both()
                    )
                }
                (a, b) if is_same(a, b) => format!("{} contradict each other", both()),
                _ => return None,
            }
        }
    };
    Some(Conflict {
        position: other.clause.position,
        message,
    })
}

/// Whether two accounts are certainly two users; a name and an id may be one.
fn differ(one: &Account, other: &Account) -> bool {
    match (one, other) {
        (Account::Id(a), Account::Id(b)) | (Account::Name(a), Account::Name(b)) => a != b,
        _ => false,
    }
}

/// Whether two clauses ask the same; a quoted single word is that word.
pub(super) fn is_same(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Keyword(a) | Kind::Phrase(a), Kind::Keyword(b) | Kind::Phrase(b)) => a == b,
        (a, b) => a == b,
    }
}
