//! Reads the clauses of a rule, one at a time.

use std::borrow::Cow;

use super::geo::{Area, Point, miles};
use super::lexer::{Kind, Token};
use super::messages::Message;
use super::operators::{self, Operator};
use super::tree::{Clause, Subject};

/// A clause as written. Its syntax is right; its names and arguments are not checked yet.
#[derive(Debug, PartialEq)]
pub(super) enum Raw<'a> {
    Word(&'a str),
    /// The text between the quotes, and the digits after `~`.
    Phrase(Cow<'a, str>, Option<&'a str>),
    /// Without the `#`. The next two have no `$` and `@` either.
    Hashtag(&'a str),
    Cashtag(&'a str),
    Mention(&'a str),
    Operator(&'a str, Cow<'a, str>),
    /// The operator's name as written, whose coordinates it asks for, and the area.
    Area(&'a str, Subject, Area),
}

/// Reads the tokens of a rule, one at a time.
pub(super) struct Reader<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
}

impl<'t, 'a> Reader<'t, 'a> {
    /// The last token must be [`Kind::End`].
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens, next: 0 }
    }

    pub(super) fn peek(&self) -> Token<'a> {
        self.tokens[self.next]
    }

    /// Takes the next token. [`Kind::End`] is never passed.
    pub(super) fn advance(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    /// Takes the next token if it is of this kind.
    pub(super) fn take(&mut self, kind: Kind) -> Option<Token<'a>> {
        (self.peek().kind == kind).then(|| self.advance())
    }

    /// Takes the next token if it is of this kind and directly follows `last`.
    fn take_touching(&mut self, last: &Token<'a>, kind: Kind) -> Option<Token<'a>> {
        if last.touches(&self.peek()) {
            self.take(kind)
        } else {
            None
        }
    }

    /// Reads the dashes before an operand, and returns their positions.
    pub(super) fn dashes(&mut self) -> Result<Vec<usize>, Message> {
        let mut positions = Vec::new();
        while let Some(dash) = self.take(Kind::Dash) {
            if !dash.touches(&self.peek()) {
                return Err(unexpected(&dash));
            }
            positions.push(dash.position);
        }
        Ok(positions)
    }

    pub(super) fn clause(&mut self) -> Result<Clause<Raw<'a>>, Message> {
        let token = self.peek();
        let kind = match token.kind {
            Kind::End => return Err(Message::cannot_parse(token.shown(), token.position)),
            Kind::Quoted => self.phrase()?,
            Kind::Hashtag => Raw::Hashtag(&self.advance().text[1..]),
            Kind::Cashtag => Raw::Cashtag(&self.advance().text[1..]),
            Kind::Mention => Raw::Mention(&self.advance().text[1..]),
            Kind::Word if !token.is_or() => {
                self.advance();
                match self.take_touching(&token, Kind::Colon) {
                    Some(colon) => self.operator(token.text, &colon)?,
                    None => Raw::Word(token.text),
                }
            }
            _ => return Err(unexpected(&token)),
        };
        Ok(Clause {
            position: token.position,
            kind,
        })
    }

    fn phrase(&mut self) -> Result<Raw<'a>, Message> {
        let quoted = self.advance();
        let distance = match self.take_touching(&quoted, Kind::Tilde) {
            Some(tilde) => {
                let found = self.peek();
                let digits = self
                    .take_touching(&tilde, Kind::Word)
                    .filter(|word| is_digits(word.text))
                    .ok_or_else(|| unexpected(&found))?;
                Some(digits.text)
            }
            None => None,
        };
        Ok(Raw::Phrase(unquoted(quoted.text), distance))
    }

    fn operator(&mut self, name: &'a str, colon: &Token<'a>) -> Result<Raw<'a>, Message> {
        let found = self.peek();
        let (subject, is_box) = match operators::find(name) {
            Some(Operator::Box(subject)) => (subject, true),
            Some(Operator::Radius(subject)) => (subject, false),
            _ => {
                return if let Some(word) = self.take_touching(colon, Kind::Word) {
                    Ok(Raw::Operator(name, Cow::Borrowed(word.text)))
                } else if let Some(quoted) = self.take_touching(colon, Kind::Quoted) {
                    Ok(Raw::Operator(name, unquoted(quoted.text)))
                } else {
                    Err(unexpected(&found))
                };
            }
        };
        self.take_touching(colon, Kind::OpenBracket)
            .ok_or_else(|| unexpected(&found))?;
        let area = if is_box {
            Area::Box {
                south_west: self.point()?,
                north_east: self.point()?,
            }
        } else {
            Area::Circle {
                center: self.point()?,
                radius_miles: self.in_brackets(Kind::Word, distance)?,
            }
        };
        self.in_brackets(Kind::CloseBracket, |_| Some(()))?;
        Ok(Raw::Area(name, subject, area))
    }

    fn point(&mut self) -> Result<Point, Message> {
        Ok(Point {
            longitude: self.coordinate()?,
            latitude: self.coordinate()?,
        })
    }

    /// Reads a number with an optional `-`. If the `-` does not touch the next token, it stays unread,
    /// and reading the number then reports it.
    fn coordinate(&mut self) -> Result<f64, Message> {
        let dash = self.peek();
        let next = self.tokens.get(self.next + 1);
        let touches = next.is_some_and(|next| dash.touches(next));
        let sign = if touches && self.take(Kind::Dash).is_some() {
            -1.0
        } else {
            1.0
        };
        // Adding 0.0 turns -0.0 into 0.0: areas that are equal then print the same.
        Ok(sign * self.in_brackets(Kind::Word, number)? + 0.0)
    }

    /// Reads a token in brackets. There, the recorded answer to a wrong token is M2, not M5. `[seed:003]`
    fn in_brackets<T>(&mut self, kind: Kind, read: fn(&str) -> Option<T>) -> Result<T, Message> {
        let found = self.peek();
        self.take(kind)
            .and_then(|token| read(token.text))
            .ok_or_else(|| Message::cannot_parse(found.shown(), found.position))
    }
}

fn unexpected(token: &Token<'_>) -> Message {
    Message::no_viable_token(token.shown(), token.position)
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses digits with an optional fraction. `str::parse` alone would accept `1e5` and `inf` too.
fn number(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if is_digits(whole) && is_digits(fraction) {
        text.parse().ok()
    } else {
        None
    }
}

/// Parses a number with its unit, and returns miles.
fn distance(text: &str) -> Option<f64> {
    match text.strip_suffix("km") {
        Some(km) => number(km).map(miles),
        None => number(text.strip_suffix("mi")?),
    }
}

/// The text of a quoted token. `\"` becomes a quote and `\\` a backslash; other backslashes stay.
fn unquoted(text: &str) -> Cow<'_, str> {
    let inner = &text[1..text.len() - 1];
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' {
            chars.next_if(|next| matches!(next, '"' | '\\'))
        } else {
            None
        };
        plain.push(escaped.unwrap_or(c));
    }
    Cow::Owned(plain)
}
