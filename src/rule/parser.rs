//! Builds the tree of a rule from its tokens, or finds the first thing that fits nowhere.

use std::borrow::Cow;

use super::geo::{Area, Point, miles};
use super::lexer::{Kind, Token};
use super::messages::Message;
use super::operators::{self, Operator};
use super::tree::{Clause, Expr, Subject};

/// A clause as it is written: the syntax is right, names and arguments are not checked yet.
#[derive(Debug, PartialEq)]
pub(super) enum Raw<'a> {
    Word(&'a str),
    /// What is between the quotes, and the digits behind `~`.
    Phrase(Cow<'a, str>, Option<&'a str>),
    /// Without its `#`; `$` and `@` below likewise.
    Hashtag(&'a str),
    Cashtag(&'a str),
    Mention(&'a str),
    Operator(&'a str, Cow<'a, str>),
    /// The operator as it is written, and what it draws around whom.
    Area(&'a str, Subject, Area),
}

/// Parses with a stack of its own: two thousand `(` must not end the thread's.
pub(super) fn parse<'a>(tokens: &[Token<'a>]) -> Result<Expr<Raw<'a>>, Message> {
    let mut parser = Parser { tokens, next: 0 };
    let mut outer: Vec<Group<'_>> = Vec::new();
    let mut group = Group::default();
    loop {
        // An operand has to come now.
        let dashes = parser.dashes()?;
        if parser.take(Kind::Open).is_some() {
            outer.push(std::mem::replace(
                &mut group,
                Group {
                    dashes,
                    ..Group::default()
                },
            ));
            continue;
        }
        let clause = parser.clause()?;
        group.terms.push(negate(Expr::Clause(clause), &dashes));
        // What may follow one: another, an OR and another, the end of the group.
        loop {
            let token = parser.peek();
            if token.is_or() {
                parser.advance();
                group.end_branch();
                break;
            }
            if token.starts_operand() {
                break;
            }
            match (token.kind, outer.pop()) {
                (Kind::Close, Some(parent)) => {
                    parser.advance();
                    let inner = std::mem::replace(&mut group, parent);
                    group.terms.push(inner.into_expr());
                }
                (_, Some(_)) => return Err(Message::unclosed_group(token.shown(), token.position)),
                (Kind::End, None) => return Ok(group.into_expr()),
                (Kind::Close, None) => return Err(Message::unopened_group(token.position)),
                (_, None) => return Err(Message::cannot_parse(token.shown(), token.position)),
            }
        }
    }
}

/// A group under construction; the rule itself is the outermost one.
#[derive(Default)]
struct Group<'a> {
    /// The positions of the `-` before it.
    dashes: Vec<usize>,
    branches: Vec<Expr<Raw<'a>>>,
    /// The branch that is being read. Not empty where a branch ends, since operands come first.
    terms: Vec<Expr<Raw<'a>>>,
}

impl<'a> Group<'a> {
    fn end_branch(&mut self) {
        self.branches
            .push(join(std::mem::take(&mut self.terms), Expr::All));
    }

    fn into_expr(mut self) -> Expr<Raw<'a>> {
        self.end_branch();
        negate(join(self.branches, Expr::Any), &self.dashes)
    }
}

fn join<K>(mut parts: Vec<Expr<K>>, many: fn(Vec<Expr<K>>) -> Expr<K>) -> Expr<K> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

/// Negates once for each dash, and takes two away where there would be three, which keeps the
/// tree flat: `---a` is `-a`.
fn negate<K>(expr: Expr<K>, dashes: &[usize]) -> Expr<K> {
    dashes.iter().rev().fold(expr, |expr, &position| {
        let inner = match expr {
            Expr::Not { position, inner } => match *inner {
                Expr::Not { inner, .. } => inner,
                inner => Box::new(Expr::Not {
                    position,
                    inner: Box::new(inner),
                }),
            },
            expr => Box::new(expr),
        };
        Expr::Not { position, inner }
    })
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
}

impl<'a> Parser<'_, 'a> {
    fn peek(&self) -> Token<'a> {
        self.tokens[self.next]
    }

    /// Stays on the end once it is there.
    fn advance(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn take(&mut self, kind: Kind) -> Option<Token<'a>> {
        (self.peek().kind == kind).then(|| self.advance())
    }

    /// The same, if it directly follows another token.
    fn take_touching(&mut self, last: &Token<'a>, kind: Kind) -> Option<Token<'a>> {
        if last.touches(&self.peek()) {
            self.take(kind)
        } else {
            None
        }
    }

    fn dashes(&mut self) -> Result<Vec<usize>, Message> {
        let mut positions = Vec::new();
        while let Some(dash) = self.take(Kind::Dash) {
            if !dash.touches(&self.peek()) {
                return Err(unexpected(&dash));
            }
            positions.push(dash.position);
        }
        Ok(positions)
    }

    fn clause(&mut self) -> Result<Clause<Raw<'a>>, Message> {
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
        match operators::find(name) {
            Some(Operator::Box(subject)) => {
                self.bracket(colon)?;
                let (south_west, north_east) = (self.point()?, self.point()?);
                self.end_bracket()?;
                Ok(Raw::Area(
                    name,
                    subject,
                    Area::Box {
                        south_west,
                        north_east,
                    },
                ))
            }
            Some(Operator::Radius(subject)) => {
                self.bracket(colon)?;
                let center = self.point()?;
                let radius_miles = self.number_of(distance)?;
                self.end_bracket()?;
                Ok(Raw::Area(
                    name,
                    subject,
                    Area::Circle {
                        center,
                        radius_miles,
                    },
                ))
            }
            _ => {
                if let Some(word) = self.take_touching(colon, Kind::Word) {
                    Ok(Raw::Operator(name, Cow::Borrowed(word.text)))
                } else if let Some(quoted) = self.take_touching(colon, Kind::Quoted) {
                    Ok(Raw::Operator(name, unquoted(quoted.text)))
                } else {
                    Err(unexpected(&found))
                }
            }
        }
    }

    fn bracket(&mut self, colon: &Token<'a>) -> Result<(), Message> {
        let found = self.peek();
        let bracket = self.take_touching(colon, Kind::OpenBracket);
        bracket.map(|_| ()).ok_or_else(|| unexpected(&found))
    }

    fn end_bracket(&mut self) -> Result<(), Message> {
        let found = self.peek();
        let bracket = self.take(Kind::CloseBracket);
        bracket
            .map(|_| ())
            .ok_or_else(|| Message::cannot_parse(found.shown(), found.position))
    }

    fn point(&mut self) -> Result<Point, Message> {
        let sign = self.sign();
        let longitude = sign * self.number_of(number)?;
        let sign = self.sign();
        let latitude = sign * self.number_of(number)?;
        Ok(Point {
            longitude,
            latitude,
        })
    }

    /// A `-` that touches no number is left to be the token that is found instead of one.
    fn sign(&mut self) -> f64 {
        let dash = self.peek();
        let touches = self
            .tokens
            .get(self.next + 1)
            .is_some_and(|next| dash.touches(next));
        if touches && self.take(Kind::Dash).is_some() {
            -1.0
        } else {
            1.0
        }
    }

    /// In brackets the recorded answer to a wrong token is M2, not M5. [seed:003]
    fn number_of(&mut self, read: fn(&str) -> Option<f64>) -> Result<f64, Message> {
        let found = self.peek();
        self.take(Kind::Word)
            .and_then(|word| read(word.text))
            .ok_or_else(|| Message::cannot_parse(found.shown(), found.position))
    }
}

fn unexpected(token: &Token<'_>) -> Message {
    Message::no_viable_token(token.shown(), token.position)
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits, and perhaps a dot and more digits. `str::parse` alone takes `1e5` and `inf` too.
fn number(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if is_digits(whole) && is_digits(fraction) {
        text.parse().ok()
    } else {
        None
    }
}

/// A number and its unit, in miles.
fn distance(text: &str) -> Option<f64> {
    match text.strip_suffix("km") {
        Some(km) => number(km).map(miles),
        None => number(text.strip_suffix("mi")?),
    }
}

/// What a quoted token says: `\"` is a quote and `\\` a backslash, other backslashes stay.
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::lexer::lex;
    use super::*;

    fn show(expr: &Expr<Raw<'_>>) -> String {
        let list = |parts: &[Expr<Raw<'_>>]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
        match expr {
            Expr::All(parts) => format!("(all {})", list(parts)),
            Expr::Any(parts) => format!("(any {})", list(parts)),
            Expr::Not { position, inner } => format!("(not@{position} {})", show(inner)),
            Expr::Clause(clause) => match &clause.kind {
                Raw::Word(word) => format!("{word}@{}", clause.position),
                kind => format!("{kind:?}@{}", clause.position),
            },
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` makes a value")]
    fn check(value: &str, expected: Expect) {
        expected.assert_eq(&match parse(&lex(value).expect("all are tokens")) {
            Ok(expr) => show(&expr),
            Err(message) => format!("{:?}@{}", message.code, message.position),
        });
    }

    #[test]
    fn and_binds_tighter_than_or() {
        check("a", expect!["a@1"]);
        check(
            "apple OR iphone ipad",
            expect!["(any apple@1 (all iphone@10 ipad@17))"],
        );
        check(
            "ipad iphone OR android",
            expect!["(any (all ipad@1 iphone@6) android@16)"],
        );
        check(
            "((a (b OR c)) OR d)",
            expect!["(any (all a@3 (any b@6 c@11)) d@18)"],
        );
        check("a(b)c", expect!["(all a@1 b@3 c@5)"]);
    }

    #[test]
    fn dashes_negate_what_they_touch() {
        check("a -b", expect!["(all a@1 (not@3 b@4))"]);
        check("-(a OR -b)", expect!["(not@1 (any a@3 (not@8 b@9)))"]);
        check("--a", expect!["(not@1 (not@2 a@3))"]);
        check("---a", expect!["(not@1 a@4)"]);
        check("-(-(-(-a)))", expect!["(not@1 (not@3 a@8))"]);
        check("- a", expect!["M5@1"]);
        check("a -", expect!["M2@4"]);
        check("a - ", expect!["M5@3"]);
    }

    #[test]
    fn clauses_as_they_are_written() {
        check(
            r#""a \"b\" \\ \c""#,
            expect![[r#"Phrase("a \"b\" \\ \\c", None)@1"#]],
        );
        check("\"a b\"~12", expect![[r#"Phrase("a b", Some("12"))@1"#]]);
        check("\"a b\"~x", expect!["M5@7"]);
        check("\"a b\"~", expect!["M5@7"]);
        check("bio:\"a b\"~2", expect!["M2@10"]);
        check("(bio:\"a b\"~2)", expect!["M4@11"]);
        check(
            "profile_region:OR",
            expect![[r#"Operator("profile_region", "OR")@1"#]],
        );
        check("OR:x", expect!["M5@1"]);
        check("a :b", expect!["M2@3"]);
        check(
            "bounding_box:[-1 2.5 -0.9 3]",
            expect![
                "Area(\"bounding_box\", Tweet, Box { south_west: Point { longitude: -1.0, latitude: 2.5 }, north_east: Point { longitude: -0.9, latitude: 3.0 } })@1"
            ],
        );
        check("bounding_box:[- 1 2.5 -0.9 3]", expect!["M2@15"]);
        check("bounding_box:[1 2 1e0 3]", expect!["M2@19"]);
        check("bounding_box: [1 2 1 3]", expect!["M5@15"]);
        check("bounding_box:boulder", expect!["M5@14"]);
        check("point_radius:[1 2 -3mi]", expect!["M2@19"]);
        check("point_radius:[1 2 3mi", expect!["M2@22"]);
        check("unknown:[1 2 3mi]", expect!["M5@9"]);
    }
}
