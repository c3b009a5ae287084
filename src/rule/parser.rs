//! Builds the tree of a rule from its tokens, or finds the first token that does not fit.

use super::clause::{Raw, Reader};
use super::lexer::{Kind, Token};
use super::messages::Message;
use super::tree::Expr;

/// Parses a rule. It keeps its own stack of groups, because two thousand `(` would overflow the
/// thread's stack.
pub(super) fn parse<'a>(tokens: &[Token<'a>]) -> Result<Expr<Raw<'a>>, Message> {
    let mut reader = Reader::new(tokens);
    let mut outer: Vec<Group<'_>> = Vec::new();
    let mut group = Group::default();
    loop {
        // The next tokens must be an operand.
        let dashes = reader.dashes()?;
        if reader.take(Kind::Open).is_some() {
            outer.push(std::mem::replace(&mut group, Group::behind(dashes)));
            continue;
        }
        let clause = reader.clause()?;
        group.terms.push(negate(Expr::Clause(clause), &dashes));
        // After an operand comes another one, an `OR`, or the end of the group.
        loop {
            let token = reader.peek();
            if token.is_or() {
                reader.advance();
                group.end_branch();
                break;
            }
            if token.starts_operand() {
                break;
            }
            match (token.kind, outer.pop()) {
                (Kind::Close, Some(parent)) => {
                    reader.advance();
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

/// A group under construction. The rule itself is the outermost group.
#[derive(Default)]
struct Group<'a> {
    /// The positions of the `-` before it.
    dashes: Vec<usize>,
    branches: Vec<Expr<Raw<'a>>>,
    /// The parts of the branch that is being read. Every branch begins with an operand, so at the end of
    /// a branch this is never empty.
    terms: Vec<Expr<Raw<'a>>>,
}

impl<'a> Group<'a> {
    fn behind(dashes: Vec<usize>) -> Self {
        Self {
            dashes,
            ..Self::default()
        }
    }

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

/// Negates an expression once for each dash. Three negations in a row become one, which keeps the tree
/// flat: `---a` is `-a`.
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
