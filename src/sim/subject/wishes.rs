//! Picks one way to satisfy a rule: what the Tweet must have then, and what it must not.

use fastrand::Rng;

use crate::generator::{OLD_IDS, Person, User};
use ouzel_rule::{Account, Expr, Fact, Field, Kind, Link, Role, Rule};

/// Longer names than the fifteen characters that the service allows are taken, but not without end.
const LONGEST_NAME: usize = 50;

/// One clause that a Tweet must match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'r> {
    pub(super) kind: &'r Kind,
    /// Where the clause is written: the rule, and the position in it.
    written: Option<(&'r Rule, usize)>,
}

/// What a Tweet must have and must not have for one way to satisfy its subject.
#[derive(Debug, Default)]
pub(super) struct Wishes<'r> {
    pub(super) wanted: Vec<Wish<'r>>,
    pub(super) unwanted: Vec<&'r Kind>,
    /// Whether all that is not wanted has to go, because something of it was in the way.
    pub(super) bare: bool,
}

impl<'r> Wish<'r> {
    /// A clause that stands in no rule.
    pub(super) fn of_kind(kind: &'r Kind) -> Self {
        Self {
            kind,
            written: None,
        }
    }

    /// A folded part of the clause as the user has written it, where that can be told.
    pub(super) fn spelled(&self, folded: &'r str) -> &'r str {
        let Some((rule, position)) = self.written else {
            return folded;
        };
        let value = rule.value();
        let start = if value.is_ascii() {
            position - 1
        } else {
            let mut units = 0;
            let found = value.char_indices().find(|(_, c)| {
                units += c.len_utf16();
                units >= position
            });
            found.map_or(value.len(), |(at, _)| at)
        };
        let rest = value.get(start..).unwrap_or_default();
        let colon = rest.find(':').map_or(0, |at| at + 1);
        let starts = [0, 1, colon, colon + 1].into_iter();
        starts
            .filter_map(|start| rest.get(start..start + folded.len()))
            .find(|part| part.chars().flat_map(char::to_lowercase).eq(folded.chars()))
            .unwrap_or(folded)
    }

    /// The account that the clause names, spelled as there: the same name has the same id in every
    /// Tweet. `None` if there cannot be such an account.
    pub(super) fn person(&self, account: &'r Account, users: &'r [User]) -> Option<Person<'r>> {
        match account {
            Account::Id(digits) => {
                let id = exact_id(digits)?;
                let like = &users[(id % users.len() as u64) as usize];
                Some(Person {
                    id,
                    ..like.person()
                })
            }
            Account::Name(folded) => {
                let name = self.spelled(folded);
                let is_short = !folded.is_empty() && name.chars().count() <= LONGEST_NAME;
                is_short.then(|| Person {
                    id: OLD_IDS.start + hash(folded) % (OLD_IDS.end - OLD_IDS.start),
                    name,
                    screen_name: name,
                })
            }
        }
    }
}

/// Ids are signed numbers of 64 bits, and not padded.
fn exact_id(digits: &str) -> Option<u64> {
    let id: i64 = digits.parse().ok()?;
    (id.to_string() == *digits).then_some(id.unsigned_abs())
}

/// Spreads names over numbers (FNV-1a).
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl<'r> Wishes<'r> {
    /// Adds one way to satisfy a rule: all of its parts, and one branch of each `OR`.
    pub(super) fn add(&mut self, rule: &'r Rule, rng: &mut Rng) {
        self.pick(rule, rule.expr(), true, rng);
    }

    fn pick(&mut self, rule: &'r Rule, expr: &'r Expr, wanted: bool, rng: &mut Rng) {
        match (expr, wanted) {
            (Expr::All(parts), true) | (Expr::Any(parts), false) => {
                for part in parts {
                    self.pick(rule, part, wanted, rng);
                }
            }
            // One part that fails is enough for all of them to fail.
            (Expr::Any(parts), true) | (Expr::All(parts), false) => {
                self.pick(rule, &parts[rng.usize(..parts.len())], wanted, rng);
            }
            (Expr::Not { inner, .. }, _) => self.pick(rule, inner, !wanted, rng),
            (Expr::Clause(clause), true) => self.wanted.push(Wish {
                kind: &clause.kind,
                written: Some((rule, clause.position)),
            }),
            (Expr::Clause(clause), false) => self.unwanted.push(&clause.kind),
        }
    }

    /// What `of` makes of the wanted clauses; it skips those for which `of` gives nothing.
    pub(super) fn find<'w, T: 'w>(
        &'w self,
        of: impl Fn(&Wish<'r>, &'r Kind) -> Option<T> + 'w,
    ) -> impl Iterator<Item = T> + 'w {
        self.wanted
            .iter()
            .filter_map(move |wish| of(wish, wish.kind))
    }

    /// Whether any clause that is wanted is one of these.
    pub(super) fn want(&self, which: impl Fn(&Kind) -> bool) -> bool {
        self.wanted.iter().any(|wish| which(wish.kind))
    }

    /// Whether any clause that is not wanted is one of these.
    pub(super) fn shun(&self, which: impl Fn(&Kind) -> bool) -> bool {
        self.unwanted.iter().any(|kind| which(kind))
    }

    /// Whether a clause of this kind names this code, whatever its case.
    pub(super) fn shun_code(
        &self,
        code: &str,
        of: impl Fn(&'r Kind) -> Option<&'r String>,
    ) -> bool {
        let is_same = |own: &String| own.eq_ignore_ascii_case(code);
        self.unwanted
            .iter()
            .any(|kind| of(kind).is_some_and(is_same))
    }

    /// What is looked for in this field.
    pub(super) fn in_field(&self, field: Field) -> Vec<&'r str> {
        let found = self.find(|wish, kind| match kind {
            Kind::In(own, pattern) if *own == field => Some(wish.spelled(pattern.text())),
            _ => None,
        });
        found.collect()
    }

    /// The account that is wanted in this role, if one is; `None` where there cannot be such an account.
    pub(super) fn named(&self, role: Role, users: &'r [User]) -> Option<Option<Person<'r>>> {
        let mut people = self.find(|wish, kind| match kind {
            Kind::User(own, account) if *own == role => {
                Some((account, wish.person(account, users)))
            }
            _ => None,
        });
        let Some((account, person)) = people.next() else {
            return Some(None);
        };
        let mut person = person?;
        // An account can be asked for by its name and by its id.
        for (other, next) in people {
            match (account, other, next?) {
                (Account::Name(_), Account::Id(_), next) => person.id = next.id,
                (Account::Id(_), Account::Name(_), next) => person.screen_name = next.screen_name,
                _ => {}
            }
        }
        Some(Some(person))
    }

    /// The id that is wanted of another Tweet, if one is; `None` where no Tweet has it.
    pub(super) fn status(&self, link: Link) -> Option<Option<u64>> {
        let ids = self.find(|_, kind| match kind {
            Kind::Status(own, id) if *own == link => Some(exact_id(id)),
            _ => None,
        });
        ids.last().map_or(Some(None), |id| id.map(Some))
    }

    pub(super) fn want_field(&self, field: Field) -> bool {
        self.want(|kind| matches!(kind, Kind::In(own, _) if *own == field))
    }

    pub(super) fn want_fact(&self, fact: Fact) -> bool {
        self.want(|kind| *kind == Kind::Fact(fact))
    }

    pub(super) fn shun_fact(&self, fact: Fact) -> bool {
        self.shun(|kind| *kind == Kind::Fact(fact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_is_picked_and_spelled_as_the_user_did() {
        let rule =
            Rule::parse(r#"🍕 (#SnowDay OR from:OnTheSnow) "Very Cold" -(a OR b) -(c d)"#).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..20 {
            let mut wishes = Wishes::default();
            wishes.add(&rule, &mut Rng::with_seed(seed));
            assert_eq!((wishes.wanted.len(), wishes.unwanted.len()), (3, 3));
            for wish in &wishes.wanted {
                let folded = match wish.kind {
                    Kind::Keyword(pattern) | Kind::Phrase(pattern) => pattern.text(),
                    Kind::Hashtag(tag) => tag,
                    Kind::User(_, ouzel_rule::Account::Name(name)) => name,
                    other => panic!("{other:?}"),
                };
                seen.insert(wish.spelled(folded));
            }
        }
        let seen: Vec<&str> = seen.into_iter().collect();
        assert_eq!(seen, ["OnTheSnow", "SnowDay", "Very Cold", "🍕"]);
    }
}
