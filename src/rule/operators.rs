//! The operators of PowerTrack 2.0: their names, their aliases and their arguments.

use super::tree::{Counter, Fact, Field, Level, Link, Role, Subject};

/// An operator. It says what kind of argument it takes and what it asks of a Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Contains,
    UrlContains,
    In(Field),
    Lang,
    Source,
    Sample,
    User(Role),
    Status(Link),
    Count(Counter),
    PlaceCountry,
    Profile(Level),
    Radius(Subject),
    Box(Subject),
    Fact(Fact),
    /// `has:lang` of PowerTrack 1.0. The server refuses it with a message of its own.
    HasLang,
}

/// Finds an operator by its name. The names of `has:` and `is:` include their option: `has:geo`.
pub(super) fn find(name: &str) -> Option<Operator> {
    let named = |row: &&(&str, Option<&str>, Operator)| row.0 == name || row.1 == Some(name);
    match name {
        "has:lang" => Some(Operator::HasLang),
        _ => OPERATORS.iter().find(named).map(|row| row.2),
    }
}

/// The names of all operators, without the aliases.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|row| row.0)
}

/// Name, alias and operator, in the order of the rule reference (section 7).
#[rustfmt::skip]
const OPERATORS: [(&str, Option<&str>, Operator); 44] = [
    ("contains", None, Operator::Contains),
    ("url", None, Operator::In(Field::Url)),
    ("url_title", Some("within_url_title"), Operator::In(Field::UrlTitle)),
    ("url_description", Some("within_url_description"), Operator::In(Field::UrlDescription)),
    ("url_contains", None, Operator::UrlContains),
    ("lang", None, Operator::Lang),
    ("source", None, Operator::Source),
    ("sample", None, Operator::Sample),
    ("from", None, Operator::User(Role::Author)),
    ("to", None, Operator::User(Role::Recipient)),
    ("retweets_of", Some("retweets_of_user"), Operator::User(Role::Retweeted)),
    ("retweets_of_status_id", Some("retweets_of_tweet_id"), Operator::Status(Link::Retweeted)),
    ("in_reply_to_status_id", Some("in_reply_to_tweet_id"), Operator::Status(Link::RepliedTo)),
    ("bio", Some("user_bio"), Operator::In(Field::Bio)),
    ("bio_name", None, Operator::In(Field::BioName)),
    ("bio_location", Some("user_bio_location"), Operator::In(Field::BioLocation)),
    ("followers_count", None, Operator::Count(Counter::Followers)),
    ("friends_count", Some("following_count"), Operator::Count(Counter::Friends)),
    ("statuses_count", Some("tweets_count"), Operator::Count(Counter::Statuses)),
    ("listed_count", Some("user_in_lists_count"), Operator::Count(Counter::Listed)),
    ("place", None, Operator::In(Field::Place)),
    ("place_country", None, Operator::PlaceCountry),
    ("point_radius", None, Operator::Radius(Subject::Tweet)),
    ("bounding_box", Some("geo_bounding_box"), Operator::Box(Subject::Tweet)),
    ("profile_country", None, Operator::Profile(Level::Country)),
    ("profile_region", None, Operator::Profile(Level::Region)),
    ("profile_subregion", None, Operator::Profile(Level::Subregion)),
    ("profile_locality", None, Operator::Profile(Level::Locality)),
    ("profile_point_radius", None, Operator::Radius(Subject::Profile)),
    ("profile_bounding_box", None, Operator::Box(Subject::Profile)),
    ("has:geo", None, Operator::Fact(Fact::Geo)),
    ("has:profile_geo", Some("has:derived_user_geo"), Operator::Fact(Fact::ProfileGeo)),
    ("has:links", None, Operator::Fact(Fact::Links)),
    ("has:mentions", None, Operator::Fact(Fact::Mentions)),
    ("has:hashtags", None, Operator::Fact(Fact::Hashtags)),
    ("has:symbols", None, Operator::Fact(Fact::Symbols)),
    ("has:media", Some("has:media_link"), Operator::Fact(Fact::Media)),
    ("has:images", None, Operator::Fact(Fact::Images)),
    ("has:videos", Some("has:video_link"), Operator::Fact(Fact::Videos)),
    ("is:retweet", None, Operator::Fact(Fact::Retweet)),
    ("is:reply", None, Operator::Fact(Fact::Reply)),
    ("is:quote", None, Operator::Fact(Fact::Quote)),
    ("is:verified", None, Operator::Fact(Fact::Verified)),
    ("is:nullcast", None, Operator::Fact(Fact::Nullcast)),
];
