//! Checks a parsed rule as the server does, and turns its clauses into typed ones.

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

/// Does all checks that follow parsing, in the server's order. It checks names and arguments first. If
/// they are all valid, it checks the rule as a whole.
///
/// If there is a list for guesses, messages that are only guesses go into it and refuse nothing.
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
    if messages.is_empty()
        && let Some(expr) = expr
    {
        messages = polarity::check(&expr);
        if messages.is_empty() {
            return Ok(expr);
        }
    }
    Err(messages)
}

/// The parts of the tree above a clause.
#[derive(Debug, Default, Clone, Copy)]
struct Above {
    /// There is an `OR`.
    or: bool,
    /// One `OR` is the whole rule, not a group in it.
    or_is_rule: bool,
    /// There is any part at all.
    within: bool,
    negations: usize,
}

/// The messages found so far, from left to right.
#[derive(Default)]
struct Checks<'g> {
    guesses: Option<&'g mut Vec<Message>>,
    /// The names and positions of operators that do not exist.
    unknown: Vec<(String, usize)>,
    reserved: Vec<Message>,
    arguments: Vec<Message>,
}

impl Checks<'_> {
    /// If guesses refuse nothing and the message is a guess, keeps the message and accepts the clause.
    fn unless_guess(&mut self, message: Message, kind: Kind) -> Result<Kind, Message> {
        match self.guesses.as_deref_mut() {
            Some(guesses) if message.guess.is_some() => {
                guesses.push(message);
                Ok(kind)
            }
            _ => Err(message),
        }
    }

    /// All messages in the server's order. The recorded answers list the rightmost occurrence first, and
    /// all short lines of M9 before all long ones. `[source: rules-migrator@6473dfe]` For arguments the
    /// order is `[inferred]`.
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

    /// The same tree with typed clauses. `None` if a clause is wrong.
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

    /// Types all parts. It also checks the parts after a wrong one.
    fn parts(&mut self, parts: Vec<Expr<Raw<'_>>>, above: Above) -> Option<Vec<Expr>> {
        let count = parts.len();
        let mut typed = Vec::with_capacity(count);
        for part in parts {
            typed.extend(self.expr(part, above));
        }
        (typed.len() == count).then_some(typed)
    }

    fn kind(&mut self, raw: Raw<'_>, position: usize, above: Above) -> Option<Kind> {
        let kind = match raw {
            Raw::Word(word) => {
                if let Some(message) = Message::ambiguous(word, position) {
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

    /// Checks whether an operator may stand in this place of the rule.
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
                    // Only the error matters here, not the kind.
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
        // The parser reads an area for these two, so they never come here.
        Operator::Box(_) | Operator::Radius(_) => {
            return Err(Message::out_of_range(name, position));
        }
    })
}

/// Reads an account. An argument of digits only is an id, so a rule cannot name a user whose screen name
/// consists of digits. `[inferred]`
fn account(value: &str) -> Account {
    if is_digits(value) {
        Account::Id(value.to_owned())
    } else {
        Account::Name(fold(value).into_owned())
    }
}

/// Reads a range: `N` means "N or more", and `A..B` includes both ends.
fn range(value: &str) -> Option<RangeInclusive<u64>> {
    // A number that does not fit into 64 bits is valid, but no user reaches it.
    let count = |digits: &str| is_digits(digits).then(|| digits.parse().unwrap_or(u64::MAX));
    match value.split_once("..") {
        Some((from, to)) => Some(count(from)?..=count(to)?),
        None => Some(count(value)?..=u64::MAX),
    }
}
