//! The features that a rule requires: every Tweet that matches the rule has one of them.

use super::super::pattern::Pattern;
use super::super::polarity::is_stop_word;
use super::super::tokens::{hash, tokens};
use super::super::tree::{Account, Expr, Fact, Field, Kind, Level, Link, Role, Subject};
use super::cells;
use super::feature::{Class, Feature};

/// The features of which every matching Tweet has at least one. `None` if there are no such features.
/// The list is empty for a rule that can never match.
///
/// If there is a choice, it prefers features that look rare and under which few other rules stand.
pub(super) fn required(expr: &Expr, load: &Load<'_>) -> Option<Vec<Feature>> {
    of(expr, false, load).map(|required| required.features)
}

/// The number of rules that stand under a feature, given by class and hash.
pub(super) type Load<'l> = dyn Fn(Class, u64) -> usize + 'l;

/// Each other rule under a word adds this to the word's cost.
const LOAD_COST: u32 = 4;

#[derive(Debug, Default)]
struct Required {
    features: Vec<Feature>,
    /// A rough estimate of how many in a few thousand Tweets have one of the features. Only the order of
    /// costs matters.
    cost: u32,
}

impl Required {
    fn one(feature: Feature, cost: u32) -> Self {
        Self {
            features: vec![feature],
            cost,
        }
    }
}

fn of(expr: &Expr, negated: bool, load: &Load<'_>) -> Option<Required> {
    match (expr, negated) {
        (Expr::Not { inner, .. }, _) => of(inner, !negated, load),
        (Expr::All(parts), false) | (Expr::Any(parts), true) => parts
            .iter()
            .filter_map(|part| of(part, negated, load))
            .min_by_key(|required| required.cost),
        (Expr::Any(parts), false) | (Expr::All(parts), true) => {
            let mut sum = Required::default();
            for part in parts {
                let part = of(part, negated, load)?;
                sum.features.extend(part.features);
                sum.cost = sum.cost.saturating_add(part.cost);
            }
            Some(sum)
        }
        (Expr::Clause(_), true) => None,
        (Expr::Clause(clause), false) => clause_needs(&clause.kind, load),
    }
}

fn clause_needs(kind: &Kind, load: &Load<'_>) -> Option<Required> {
    let one = |class, text: &str, cost| Some(Required::one(Feature::Of(class, hash(text)), cost));
    match kind {
        Kind::Keyword(pattern) | Kind::Phrase(pattern) => word(Class::Word, pattern, 1, load),
        Kind::In(Field::Place, pattern) => {
            let mut needs = word(Class::PlaceName, pattern, 4, load)?;
            let id = Feature::Of(Class::PlaceId, hash(pattern.text()));
            needs.features.push(id);
            Some(needs)
        }
        Kind::In(field, pattern) => word(Class::field(*field), pattern, 2, load),
        Kind::Proximity { words, .. } => words
            .iter()
            .filter_map(|pattern| word(Class::Word, pattern, 1, load))
            .min_by_key(|required| required.cost)
            // Without words, the rule can never match.
            .or_else(|| words.is_empty().then(Required::default)),
        Kind::Contains(part) => Some(literal(part, Feature::Contains)),
        Kind::UrlContains(part) => Some(literal(part, Feature::UrlContains)),
        Kind::Hashtag(tag) => one(Class::Hashtag, tag, 4),
        Kind::Cashtag(tag) => one(Class::Cashtag, tag, 4),
        Kind::Mention(user) => account(user, Class::MentionId, Class::MentionName),
        Kind::User(Role::Author, user) => account(user, Class::AuthorId, Class::AuthorName),
        Kind::User(Role::Recipient, user) => {
            account(user, Class::RecipientId, Class::RecipientName)
        }
        Kind::User(Role::Retweeted, user) => {
            account(user, Class::RetweetedId, Class::RetweetedName)
        }
        Kind::Status(Link::Retweeted, id) => one(Class::RetweetedStatus, id, 1),
        Kind::Status(Link::RepliedTo, id) => one(Class::RepliedToStatus, id, 1),
        Kind::Lang(code) => one(Class::Lang, code, if code == "en" { 1500 } else { 300 }),
        Kind::Source(name) => one(Class::Source, name, 500),
        Kind::PlaceCountry(code) => one(Class::PlaceCountry, code, 20),
        Kind::Profile(level, value) => {
            let cost = match level {
                Level::Country => 400,
                Level::Region => 100,
                Level::Subregion | Level::Locality => 30,
            };
            one(Class::level(*level), value, cost)
        }
        Kind::Inside(Subject::Tweet, area) => Some(match cells::of_area(area) {
            Some(cells) => squares(Class::Cell, &cells, 2),
            // A small area around a pole touches squares all around the earth.
            None => fact(Fact::Geo),
        }),
        Kind::Inside(Subject::Profile, area) => Some(match cells::of_area(area) {
            Some(cells) => squares(Class::ProfileCell, &cells, 20),
            None => fact(Fact::ProfileGeo),
        }),
        Kind::Fact(wanted) => Some(fact(*wanted)),
        Kind::Count(..) | Kind::Sample(_) => None,
    }
}

/// The token of a pattern that looks the rarest. A text with a phrase has all tokens of the phrase,
/// since a phrase begins and ends where tokens do.
fn word(class: Class, pattern: &Pattern, rarity: u32, load: &Load<'_>) -> Option<Required> {
    let text = pattern.text();
    if text.is_empty() {
        return Some(Required::default());
    }
    let tokens = tokens(text).map(|range| {
        let hash = hash(&text[range.clone()]);
        // Words that many rules ask for are common, and each occurrence costs more.
        let load = u32::try_from(load(class, hash)).unwrap_or(u32::MAX);
        let cost = word_cost(&text[range]).saturating_add(load.saturating_mul(LOAD_COST));
        Required::one(Feature::Of(class, hash), (cost / rarity).max(1))
    });
    tokens.min_by_key(|required| required.cost)
}

/// Long words are rare, and so are words outside of ASCII.
fn word_cost(token: &str) -> u32 {
    if is_stop_word(token) {
        return 2000;
    }
    match token.len() {
        _ if !token.is_ascii() => 10,
        0..=2 => 300,
        3 => 100,
        4 => 40,
        5..=6 => 16,
        _ => 8,
    }
}

fn literal(part: &str, feature: fn(String) -> Feature) -> Required {
    let cost = match part.chars().count() {
        0 => return Required::default(),
        1 => 2500,
        2 => 900,
        3 => 200,
        4 => 60,
        _ => 12,
    };
    Required::one(feature(part.to_owned()), cost)
}

fn account(account: &Account, id: Class, name: Class) -> Option<Required> {
    let feature = match account {
        Account::Id(text) => Feature::Of(id, hash(text)),
        Account::Name(text) => Feature::Of(name, hash(text)),
    };
    Some(Required::one(feature, 3))
}

fn squares(class: Class, cells: &[u64], cost: u32) -> Required {
    Required {
        features: cells.iter().map(|cell| Feature::Of(class, *cell)).collect(),
        cost,
    }
}

fn fact(fact: Fact) -> Required {
    let cost = match fact {
        Fact::Nullcast => 5,
        Fact::Geo | Fact::Symbols => 60,
        Fact::Verified | Fact::Videos => 200,
        Fact::Hashtags | Fact::Media | Fact::Images | Fact::Quote => 600,
        Fact::ProfileGeo | Fact::Links | Fact::Reply => 1000,
        Fact::Mentions | Fact::Retweet => 1600,
    };
    Required::one(Feature::Of(Class::Fact, fact as u64), cost)
}

#[cfg(test)]
mod tests {
    use super::super::super::Rule;
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<&[Feature]>) {
        let rule = Rule::parse(value).unwrap();
        let load = |_, _| 0;
        assert_eq!(required(rule.expr(), &load).as_deref(), expected, "{value}");
    }

    #[test]
    fn the_rarest_part_is_what_a_tweet_must_have() {
        let word = |text| Feature::Of(Class::Word, hash(text));
        let tag = |text| Feature::Of(Class::Hashtag, hash(text));
        check("the Boat", Some(&[word("boat")]));
        check("snow #Snow lang:en", Some(&[tag("snow")]));
        check("\"a day of snowfall\"", Some(&[word("snowfall")]));
        check("snow OR (rain #wet)", Some(&[word("snow"), tag("wet")]));
        check(
            "has:media -a",
            Some(&[Feature::Of(Class::Fact, Fact::Media as u64)]),
        );
        check(
            "contains:\"Snow day\"",
            Some(&[Feature::Contains("snow day".to_owned())]),
        );
        check("has:geo --boat", Some(&[word("boat")]));
        check("has:geo -(-boat OR rain)", Some(&[word("boat")]));
        check("sample:10", None);
        check("snow OR followers_count:5", None);
        check("snow \"\"", Some(&[]));
        check(
            "place:fd70c22040963ac7",
            Some(&[
                Feature::Of(Class::PlaceName, hash("fd70c22040963ac7")),
                Feature::Of(Class::PlaceId, hash("fd70c22040963ac7")),
            ]),
        );
    }

    #[test]
    fn what_many_rules_are_found_by_is_avoided() {
        let rule = Rule::parse("\"snowfall avalanche\"").unwrap();
        let load = |_, word| usize::from(word == hash("snowfall"));
        let expected = Feature::Of(Class::Word, hash("avalanche"));
        assert_eq!(required(rule.expr(), &load), Some(vec![expected]));
    }
}
