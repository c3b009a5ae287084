//! One condition of a normal form. Says which conditions are the same, and which follow from others.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::geo::Area;
use super::pattern::{Pattern, Text};
use super::tokens::fold;
use super::tree::{Fact, Field, Kind, Link, Role, Subject};

/// A clause, compared by its meaning.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// Clauses of equal meaning have equal keys. The key is empty if no Tweet can match.
    key: String,
    kind: Kind,
}

impl Term {
    pub(super) fn new(kind: &Kind) -> Self {
        Self {
            key: key(kind),
            kind: kind.clone(),
        }
    }

    /// Whether no Tweet can match.
    pub(super) fn is_never(&self) -> bool {
        self.key.is_empty()
    }

    /// Whether every Tweet that matches this term also matches the other.
    pub(super) fn implies(&self, other: &Self) -> bool {
        self == other || self.is_never() || kind_implies(&self.kind, &other.kind)
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Term {}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

fn key(kind: &Kind) -> String {
    let is_never = match kind {
        Kind::Keyword(text) | Kind::Phrase(text) | Kind::In(_, text) => text.text().is_empty(),
        Kind::Contains(part) | Kind::UrlContains(part) => part.is_empty(),
        Kind::Proximity { words, .. } => words.is_empty(),
        Kind::Count(_, range) => range.is_empty(),
        _ => false,
    };
    match kind {
        _ if is_never => String::new(),
        Kind::Keyword(text) | Kind::Phrase(text) => format!("text {}", text.text()),
        // A single word is near itself at any distance.
        Kind::Proximity { words, .. } if words.len() == 1 => format!("near {}", words[0].text()),
        kind => format!("{kind:?}"),
    }
}

/// Whether every Tweet that matches a clause also matches the other one, for clauses that are not the
/// same.
pub(super) fn kind_implies(kind: &Kind, other: &Kind) -> bool {
    match (kind, other) {
        (
            Kind::Keyword(own) | Kind::Phrase(own) | Kind::In(Field::Url, own),
            Kind::Keyword(other) | Kind::Phrase(other),
        ) => holds_pattern(own, other),
        // `place:` also matches the Place's id. So a phrase in it does not imply its words.
        (Kind::In(Field::Place, _), Kind::In(..)) => false,
        (Kind::In(field, own), Kind::In(other_field, other)) => {
            field == other_field && holds_pattern(own, other)
        }
        (Kind::Proximity { words, .. }, Kind::Keyword(other) | Kind::Phrase(other)) => {
            words.contains(other)
        }
        (
            Kind::Proximity { words, distance },
            Kind::Proximity {
                words: other_words,
                distance: other_distance,
            },
        ) => words == other_words && distance <= other_distance,
        (Kind::Contains(own), Kind::Contains(other))
        | (Kind::UrlContains(own), Kind::UrlContains(other)) => {
            !other.is_empty() && own.contains(other.as_str())
        }
        (Kind::Sample(own), Kind::Sample(other)) => own <= other,
        (Kind::Count(counter, own), Kind::Count(other_counter, other)) => {
            counter == other_counter && other.contains(own.start()) && other.contains(own.end())
        }
        (Kind::Inside(subject, own), Kind::Inside(other_subject, other)) => {
            subject == other_subject && lies_in(own, other)
        }
        (_, Kind::Fact(fact)) => has(kind, *fact),
        _ => false,
    }
}

/// Whether every text with one pattern also has the other.
fn holds_pattern(own: &Pattern, other: &Pattern) -> bool {
    let text = own.text();
    // `Text` folds the pattern a second time, and that changes a few characters again.
    fold(text) == text && Text::new(text).matches(other)
}

fn lies_in(own: &Area, other: &Area) -> bool {
    match (own, other) {
        (
            Area::Box {
                south_west,
                north_east,
            },
            Area::Box { .. },
        ) => other.contains(*south_west) && other.contains(*north_east),
        (
            Area::Circle {
                center,
                radius_miles,
            },
            Area::Circle {
                center: other_center,
                radius_miles: other_radius,
            },
        ) => center == other_center && radius_miles <= other_radius,
        _ => false,
    }
}

/// Whether every Tweet that matches a clause meets this `has:` or `is:` condition.
fn has(kind: &Kind, fact: Fact) -> bool {
    match fact {
        Fact::Geo => matches!(
            kind,
            Kind::Inside(Subject::Tweet, _) | Kind::PlaceCountry(_) | Kind::In(Field::Place, _)
        ),
        Fact::ProfileGeo => {
            matches!(kind, Kind::Inside(Subject::Profile, _) | Kind::Profile(..))
        }
        Fact::Links => matches!(
            kind,
            Kind::UrlContains(_)
                | Kind::In(Field::Url | Field::UrlTitle | Field::UrlDescription, _)
                | Kind::Fact(Fact::Media)
        ),
        Fact::Mentions => matches!(kind, Kind::Mention(_)),
        Fact::Hashtags => matches!(kind, Kind::Hashtag(_)),
        Fact::Symbols => matches!(kind, Kind::Cashtag(_)),
        Fact::Retweet => matches!(
            kind,
            Kind::User(Role::Retweeted, _) | Kind::Status(Link::Retweeted, _)
        ),
        Fact::Reply => matches!(kind, Kind::Status(Link::RepliedTo, _)),
        Fact::Media
        | Fact::Images
        | Fact::Videos
        | Fact::Quote
        | Fact::Verified
        | Fact::Nullcast => false,
    }
}
