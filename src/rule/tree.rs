//! The tree of a parsed rule.

use std::ops::RangeInclusive;

use super::geo::Area;
use super::pattern::Pattern;

/// A rule, or a part of it.
///
/// Parentheses make no node, and three negations in a row become one. So even the longest rule is at
/// most about a thousand levels deep, and recursion is safe.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr<K = Kind> {
    /// All of two or more parts: blanks between them.
    All(Vec<Self>),
    /// Any of two or more branches: `OR` between them.
    Any(Vec<Self>),
    /// The opposite of a part.
    Not {
        /// The position of the `-`.
        position: usize,
        /// The negated part.
        inner: Box<Self>,
    },
    /// A single condition.
    Clause(Clause<K>),
}

impl<K> Expr<K> {
    /// The position of the first clause or `-` of this part, in UTF-16 units from 1.
    pub(super) fn position(&self) -> usize {
        let mut expr = self;
        loop {
            match expr {
                Self::All(parts) | Self::Any(parts) => expr = &parts[0],
                Self::Not { position, .. } => return *position,
                Self::Clause(clause) => return clause.position,
            }
        }
    }
}

/// One condition and its position in the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause<K = Kind> {
    /// The clause's start, in UTF-16 units from 1.
    pub position: usize,
    /// The condition.
    pub kind: K,
}

/// The condition of a clause.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// An unquoted word or emoji.
    Keyword(Pattern),
    /// `"exact phrase"`.
    Phrase(Pattern),
    /// `"a b"~N`: these words with at most N other words between them.
    Proximity {
        /// The words of the phrase, one token each.
        words: Vec<Pattern>,
        /// N.
        distance: usize,
    },
    /// `contains:`, a folded part of the text.
    Contains(String),
    /// `#tag`, folded, without the `#`.
    Hashtag(String),
    /// `$TAG`, folded, without the `$`.
    Cashtag(String),
    /// `@name`.
    Mention(Account),
    /// A word or phrase outside of the text: `url:`, `bio:`, `place:` and similar operators.
    In(Field, Pattern),
    /// `url_contains:`, a folded part of a URL.
    UrlContains(String),
    /// `lang:`.
    Lang(String),
    /// `source:`, folded.
    Source(String),
    /// `sample:`, in percent.
    Sample(u64),
    /// `from:`, `to:`, `retweets_of:`.
    User(Role, Account),
    /// `retweets_of_status_id:`, `in_reply_to_status_id:`, with the id's digits.
    Status(Link, String),
    /// `followers_count:` and similar operators.
    Count(Counter, RangeInclusive<u64>),
    /// `place_country:`.
    PlaceCountry(String),
    /// `profile_country:` and similar operators, folded.
    Profile(Level, String),
    /// `point_radius:`, `bounding_box:`, and their variants for profiles.
    Inside(Subject, Area),
    /// `has:` and `is:`.
    Fact(Fact),
}

/// A user in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// An argument of digits only.
    Id(String),
    /// A screen name, folded.
    Name(String),
}

/// A place outside of the text in which a rule can look for a word or phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Expanded and unwound URLs.
    Url,
    /// Titles of unwound pages.
    UrlTitle,
    /// Descriptions of unwound pages.
    UrlDescription,
    /// The author's description.
    Bio,
    /// The author's display name.
    BioName,
    /// The author's free-text location.
    BioLocation,
    /// The names and the id of the Tweet's Place.
    Place,
}

/// A user's role in a Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The user who wrote the Tweet.
    Author,
    /// The user whom the Tweet answers.
    Recipient,
    /// The user who wrote the retweeted Tweet.
    Retweeted,
}

/// How a Tweet refers to another Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It retweets the other Tweet.
    Retweeted,
    /// It answers the other Tweet.
    RepliedTo,
}

/// A number of the author's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// `followers_count`.
    Followers,
    /// `friends_count`.
    Friends,
    /// `statuses_count`.
    Statuses,
    /// `listed_count`.
    Listed,
}

/// A level of a Profile Geo location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `country_code`.
    Country,
    /// `region`.
    Region,
    /// `sub_region`.
    Subregion,
    /// `locality`.
    Locality,
}

/// Whose coordinates a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The Tweet's point or Place.
    Tweet,
    /// The author's Profile Geo locations.
    Profile,
}

/// A property for which `has:` and `is:` ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// `has:geo`.
    Geo,
    /// `has:profile_geo`.
    ProfileGeo,
    /// `has:links`.
    Links,
    /// `has:mentions`.
    Mentions,
    /// `has:hashtags`.
    Hashtags,
    /// `has:symbols`.
    Symbols,
    /// `has:media`.
    Media,
    /// `has:images`.
    Images,
    /// `has:videos`.
    Videos,
    /// `is:retweet`.
    Retweet,
    /// `is:reply`.
    Reply,
    /// `is:quote`.
    Quote,
    /// `is:verified`.
    Verified,
    /// `is:nullcast`.
    Nullcast,
}
