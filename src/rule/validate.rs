//! Checks a parsed rule as the server does, and makes its clauses typed on the way.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::certainty::Guess;
use super::clause::{Raw, is_digits};
use super::geo::Verdict;
use super::messages::Message;
use super::operators::{self, Operator};
use super::pattern::Pattern;
use super::polarity;
use super::tokens::fold;
use super::tree::{Account, Clause, Expr, Fact, Kind};

/// All checks that follow parsing, in the server's order: names and arguments together, and only
/// if there is nothing against those, what the rule as a whole must have.
///
/// With a list for guesses, what is only a guess is put there and refuses nothing.
pub(super) fn validate<'r>(
    expr: Expr<Raw<'r>>,
    guesses: Option<&mut Vec<Message>>,
) -> Result<Expr, Vec<Message>> {
    let mut checks = Checks {
        guesses,
        ..Checks::default()
    };
    let expr = checks.expr(expr, Above::default());
    let mut messages = checks.into_messages();
    match expr {
        Some(expr) if messages.is_empty() => {
            messages = polarity::check(&expr);
            if messages.is_empty() {
                Ok(expr)
            } else {
                Err(messages)
            }
        }
        _ => Err(messages),
    }
}

/// What stands above a clause.
#[derive(Debug, Default, Clone, Copy)]
struct Above {
    or: bool,
    /// Nothing stands beside the `OR` further up: it is the rule, and no group in it.
    or_is_rule: bool,
    within: bool,
    negations: usize,
}

/// What was found so far, from left to right.
#[derive(Default)]
struct Checks<'g> {
    guesses: Option<&'g mut Vec<Message>>,
    /// The names and positions of operators that do not exist.
    unknown: Vec<(String, usize)>,
    reserved: Vec<Message>,
    arguments: Vec<Message>,
}

impl Checks<'_> {
    /// Takes a message for a guess and the clause for what it is, if guesses refuse nothing.
    fn unless_guess(&mut self, message: Message, kind: Kind) -> Result<Kind, Message> {
        match self.guesses.as_deref_mut() {
            Some(guesses) if message.guess.is_some() => {
                guesses.push(message);
                Ok(kind)
            }
            _ => Err(message),
        }
    }

    /// The recorded answers list the rightmost occurrence first, and all short lines of M9 before
    /// all long ones. `[source: rules-migrator@6473dfe]` `[inferred]` for arguments.
    fn into_messages(self) -> Vec<Message> {
        let unknown = || self.unknown.iter().rev();
        let short = unknown().map(|(name, position)| Message::invalid_field(name, *position));
        let long = unknown().map(|(name, position)| Message::invalid_field_list(name, *position));
        short
            .chain(long)
            .chain(self.reserved.into_iter().rev())
            .chain(self.arguments.into_iter().rev())
            .collect()
    }

    /// The same tree with typed clauses, or nothing if one of them cannot be had.
    fn expr(&mut self, expr: Expr<Raw<'_>>, above: Above) -> Option<Expr> {
        match expr {
            Expr::All(parts) => {
                let above = Above {
                    within: true,
                    ..above
                };
                self.parts(parts, above).map(Expr::All)
            }
            Expr::Any(parts) => {
                let above = Above {
                    or: true,
                    or_is_rule: above.or_is_rule || !above.within,
                    within: true,
                    ..above
                };
                self.parts(parts, above).map(Expr::Any)
            }
            Expr::Not { position, inner } => {
                let above = Above {
                    within: true,
                    negations: above.negations + 1,
                    ..above
                };
                let inner = Box::new(self.expr(*inner, above)?);
                Some(Expr::Not { position, inner })
            }
            Expr::Clause(Clause { position, kind }) => {
                let kind = self.kind(kind, position, above)?;
                Some(Expr::Clause(Clause { position, kind }))
            }
        }
    }

    /// Looks at all parts, also behind one that is wrong.
    fn parts(&mut self, parts: Vec<Expr<Raw<'_>>>, above: Above) -> Option<Vec<Expr>> {
        let mut typed = Some(Vec::with_capacity(parts.len()));
        for part in parts {
            let part = self.expr(part, above);
            typed = typed.zip(part).map(|(mut parts, part)| {
                parts.push(part);
                parts
            });
        }
        typed
    }

    fn kind(&mut self, raw: Raw<'_>, position: usize, above: Above) -> Option<Kind> {
        let kind = match raw {
            Raw::Word(word) => {
                if let Some(message) = reserved(word, position) {
                    self.reserved.push(message);
                    return None;
                }
                Ok(Kind::Keyword(Pattern::new(word)))
            }
            Raw::Phrase(phrase, None) => Ok(Kind::Phrase(Pattern::new(&phrase))),
            Raw::Phrase(phrase, Some(digits)) => proximity(&phrase, digits, position),
            Raw::Hashtag(tag) => Ok(Kind::Hashtag(fold(tag).into_owned())),
            Raw::Cashtag(tag) => Ok(Kind::Cashtag(fold(tag).into_owned())),
            Raw::Mention(name) => Ok(Kind::Mention(account(name))),
            Raw::Area(name, subject, area) => {
                let refusal = Message::out_of_range(name, position);
                match area.verdict() {
                    Verdict::Allowed => Ok(Kind::Inside(subject, area)),
                    Verdict::Guessed(guess) => {
                        self.unless_guess(refusal.guessed(guess), Kind::Inside(subject, area))
                    }
                    Verdict::Refused => Err(refusal),
                }
            }
            Raw::Operator(name, value) => {
                let name = match name {
                    "has" | "is" => Cow::Owned(format!("{name}:{value}")),
                    _ => Cow::Borrowed(name),
                };
                match operators::find(&name) {
                    Some(operator) => {
                        self.placement(operator, position, above);
                        match (operator, argument(operator, &name, &value, position)) {
                            (Operator::Status(link), Err(message)) => {
                                self.unless_guess(message, Kind::Status(link, value.into_owned()))
                            }
                            (_, kind) => kind,
                        }
                    }
                    None => {
                        self.unknown.push((name.into_owned(), position));
                        return None;
                    }
                }
            }
        };
        kind.map_err(|message| self.arguments.push(message)).ok()
    }

    /// What depends on where in the rule a clause stands.
    fn placement(&mut self, operator: Operator, position: usize, above: Above) {
        match operator {
            Operator::Sample => {
                if above.negations > 0 {
                    self.arguments.push(Message::negated_sample(position));
                }
                if above.or {
                    let message = Message::sample_under_or(position);
                    let message = if above.or_is_rule {
                        message
                    } else {
                        message.guessed(Guess::SampleInGroup)
                    };
                    // The kind is of no interest here.
                    if let Err(message) = self.unless_guess(message, Kind::Sample(0)) {
                        self.arguments.push(message);
                    }
                }
            }
            Operator::Fact(Fact::Nullcast) if above.negations.is_multiple_of(2) => {
                self.arguments.push(Message::positive_nullcast(position));
            }
            _ => {}
        }
    }
}

/// Words that 1.0 took for operators and 2.0 refuses. Lower-case `and` too, but only as a word of
/// its own: `android` and `from:and` are fine.
fn reserved(word: &str, position: usize) -> Option<Message> {
    if word.eq_ignore_ascii_case("and") {
        Some(Message::ambiguous_and(position))
    } else if word.eq_ignore_ascii_case("or") {
        Some(Message::ambiguous_or(position))
    } else if word.eq_ignore_ascii_case("not") {
        Some(Message::ambiguous_not(position))
    } else {
        None
    }
}

fn proximity(phrase: &str, digits: &str, position: usize) -> Result<Kind, Message> {
    let distance = digits.parse().unwrap_or(usize::MAX);
    if !(1..=6).contains(&distance) {
        return Err(Message::proximity_range(position));
    }
    let words = Pattern::words(phrase);
    Ok(Kind::Proximity { words, distance })
}

fn argument(operator: Operator, name: &str, value: &str, position: usize) -> Result<Kind, Message> {
    let folded = || fold(value).into_owned();
    Ok(match operator {
        Operator::Contains => Kind::Contains(folded()),
        Operator::UrlContains => Kind::UrlContains(folded()),
        Operator::In(field) => Kind::In(field, Pattern::new(value)),
        Operator::Lang => Kind::Lang(folded()),
        Operator::Source => Kind::Source(folded()),
        Operator::Sample => match value.parse() {
            Ok(percent @ 1..=100) if is_digits(value) => Kind::Sample(percent),
            _ => return Err(Message::sample_range(position)),
        },
        Operator::User(role) => Kind::User(role, account(value)),
        Operator::Status(link) if is_digits(value) => Kind::Status(link, value.to_owned()),
        Operator::Status(_) => return Err(Message::not_an_id(name, position)),
        Operator::Count(counter) => match range(value) {
            Some(range) => Kind::Count(counter, range),
            None => return Err(Message::not_a_count(name, position)),
        },
        Operator::PlaceCountry => Kind::PlaceCountry(folded()),
        Operator::Profile(level) => Kind::Profile(level, folded()),
        Operator::Fact(fact) => Kind::Fact(fact),
        Operator::HasLang => return Err(Message::has_lang(position)),
        // The parser gives these an area, never a word; if it did, it would be this one's fault.
        Operator::Box(_) | Operator::Radius(_) => {
            return Err(Message::out_of_range(name, position));
        }
    })
}

/// An argument of digits only is an id; nobody with such a screen name can be asked for. `[inferred]`
fn account(value: &str) -> Account {
    if is_digits(value) {
        Account::Id(value.to_owned())
    } else {
        Account::Name(fold(value).into_owned())
    }
}

/// `N` is "N or more", `A..B` includes both.
fn range(value: &str) -> Option<RangeInclusive<u64>> {
    // More digits than fit are still a number, one that nobody reaches.
    let count = |digits: &str| is_digits(digits).then(|| digits.parse().unwrap_or(u64::MAX));
    match value.split_once("..") {
        Some((from, to)) => Some(count(from)?..=count(to)?),
        None => Some(count(value)?..=u64::MAX),
    }
}
