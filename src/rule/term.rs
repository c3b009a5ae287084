//! One condition of a normal form: which are the same, and which follow from others.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::geo::{Area, Point};
use super::pattern::{Pattern, Text};
use super::tokens::fold;
use super::tree::{Account, Counter, Fact, Field, Kind, Level, Link, Role, Subject};

/// What a clause asks, compared by its meaning.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// What is asked, and with which value: all that is compared.
    name: &'static str,
    value: String,
    kind: Kind,
}

/// What no Tweet has, like an empty phrase.
const NEVER: &str = "never";

impl Term {
    pub(super) fn new(kind: &Kind) -> Self {
        let (name, value) = name_and_value(kind);
        Self {
            name,
            value: value.into_owned(),
            kind: kind.clone(),
        }
    }

    /// Whether no Tweet can match.
    pub(super) fn is_never(&self) -> bool {
        self.name == NEVER
    }

    /// Whether every Tweet that has this is sure to have the other.
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
        (self.name, &self.value).cmp(&(other.name, &other.value))
    }
}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.name, &self.value).hash(state);
    }
}

fn name_and_value(kind: &Kind) -> (&'static str, Cow<'_, str>) {
    match kind {
        Kind::Keyword(pattern) | Kind::Phrase(pattern) => text("text", pattern.text()),
        Kind::Proximity { words, distance } => {
            let words: Vec<&str> = words.iter().map(Pattern::text).collect();
            match words.len() {
                0 => (NEVER, Cow::Borrowed("")),
                // One word is always near itself.
                1 => text("near", words[0]),
                _ => (
                    "near",
                    Cow::Owned(format!("{}~{distance}", words.join(" "))),
                ),
            }
        }
        Kind::Contains(part) => text("contains", part),
        Kind::UrlContains(part) => text("url_contains", part),
        Kind::In(field, pattern) => text(field_name(*field), pattern.text()),
        Kind::Hashtag(tag) => ("#", tag.into()),
        Kind::Cashtag(tag) => ("$", tag.into()),
        Kind::Mention(user) => account(["@id", "@"], user),
        Kind::User(Role::Author, user) => account(["from id", "from"], user),
        Kind::User(Role::Recipient, user) => account(["to id", "to"], user),
        Kind::User(Role::Retweeted, user) => account(["retweets_of id", "retweets_of"], user),
        Kind::Status(Link::Retweeted, id) => ("retweets_of_status_id", id.into()),
        Kind::Status(Link::RepliedTo, id) => ("in_reply_to_status_id", id.into()),
        Kind::Lang(code) => ("lang", code.into()),
        Kind::Source(name) => ("source", name.into()),
        Kind::Sample(percent) => ("sample", percent.to_string().into()),
        Kind::Count(_, range) if range.is_empty() => (NEVER, Cow::Borrowed("")),
        Kind::Count(counter, range) => {
            let name = match counter {
                Counter::Followers => "followers_count",
                Counter::Friends => "friends_count",
                Counter::Statuses => "statuses_count",
                Counter::Listed => "listed_count",
            };
            (name, format!("{}..{}", range.start(), range.end()).into())
        }
        Kind::PlaceCountry(code) => ("place_country", code.into()),
        Kind::Profile(level, value) => {
            let name = match level {
                Level::Country => "profile_country",
                Level::Region => "profile_region",
                Level::Subregion => "profile_subregion",
                Level::Locality => "profile_locality",
            };
            (name, value.into())
        }
        Kind::Inside(subject, area) => {
            let name = match subject {
                Subject::Tweet => "inside",
                Subject::Profile => "profile inside",
            };
            (name, shown(area).into())
        }
        Kind::Fact(fact) => ("has or is", format!("{fact:?}").into()),
    }
}

/// A text that must not be empty: an empty one is nowhere.
fn text<'k>(name: &'static str, text: &'k str) -> (&'static str, Cow<'k, str>) {
    let name = if text.is_empty() { NEVER } else { name };
    (name, Cow::Borrowed(text))
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Url => "url",
        Field::UrlTitle => "url_title",
        Field::UrlDescription => "url_description",
        Field::Bio => "bio",
        Field::BioName => "bio_name",
        Field::BioLocation => "bio_location",
        Field::Place => "place",
    }
}

fn account<'k>(
    [id, name]: [&'static str; 2],
    account: &'k Account,
) -> (&'static str, Cow<'k, str>) {
    match account {
        Account::Id(text) => (id, text.into()),
        Account::Name(text) => (name, text.into()),
    }
}

fn shown(area: &Area) -> String {
    // Adding nothing makes one zero of the two.
    let point = |point: &Point| format!("{} {}", point.longitude + 0.0, point.latitude + 0.0);
    match area {
        Area::Box {
            south_west,
            north_east,
        } => format!("{} {}", point(south_west), point(north_east)),
        Area::Circle {
            center,
            radius_miles,
        } => format!("{} {radius_miles}mi", point(center)),
    }
}

/// What follows although it is not the same.
pub(super) fn kind_implies(kind: &Kind, other: &Kind) -> bool {
    match (kind, other) {
        (
            Kind::Keyword(own) | Kind::Phrase(own) | Kind::In(Field::Url, own),
            Kind::Keyword(other) | Kind::Phrase(other),
        ) => holds_pattern(own, other),
        // A Place can be found by its id, which is no text.
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

/// Whether a text in which one pattern stands also has the other.
fn holds_pattern(own: &Pattern, other: &Pattern) -> bool {
    let text = own.text();
    // A few characters change once more when they are folded again.
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

/// What a Tweet has or is as soon as it matches a clause.
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
