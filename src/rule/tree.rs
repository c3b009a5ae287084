//! The tree of a parsed rule.

use std::ops::RangeInclusive;

use super::geo::Area;
use super::pattern::Pattern;

/// A rule, or a part of it.
///
/// Parentheses leave no node, and three negations in a row are kept as one. So a rule of the
/// longest length is about a thousand levels deep at most, and plain recursion over it is safe.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr<K = Kind> {
    /// All of two or more parts: blanks between them.
    All(Vec<Self>),
    /// Any of two or more branches: `OR` between them.
    Any(Vec<Self>),
    /// The opposite of a part.
    Not {
        /// Where the `-` stands.
        position: usize,
        /// What is negated.
        inner: Box<Self>,
    },
    /// What is looked at in a Tweet.
    Clause(Clause<K>),
}

impl<K> Expr<K> {
    /// Where the first clause or `-` of this part stands, in UTF-16 units from 1.
    pub fn position(&self) -> usize {
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

/// One condition, and where it stands in the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause<K = Kind> {
    /// Where it starts, in UTF-16 units from 1.
    pub position: usize,
    /// What it asks.
    pub kind: K,
}

/// What a clause asks of a Tweet.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// An unquoted word or emoji.
    Keyword(Pattern),
    /// `"exact phrase"`.
    Phrase(Pattern),
    /// `"a b"~N`: these words, at most so many others between them.
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
    /// A word or phrase somewhere else than in the text: `url:`, `bio:`, `place:` and their like.
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
    /// `retweets_of_status_id:`, `in_reply_to_status_id:`, in digits.
    Status(Link, String),
    /// `followers_count:` and its like.
    Count(Counter, RangeInclusive<u64>),
    /// `place_country:`.
    PlaceCountry(String),
    /// `profile_country:` and its like, folded.
    Profile(Level, String),
    /// `point_radius:`, `bounding_box:` and the same for profiles.
    Inside(Subject, Area),
    /// `has:` and `is:`.
    Fact(Fact),
}

/// A user, as a rule names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// An argument of digits only.
    Id(String),
    /// A screen name, folded.
    Name(String),
}

/// Where else than in the text a word or phrase is looked for.
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

/// What a user has to do with the Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Who wrote it.
    Author,
    /// Whom it answers.
    Recipient,
    /// Who wrote the Tweet that it retweets.
    Retweeted,
}

/// What another Tweet is to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The one it retweets.
    Retweeted,
    /// The one it answers.
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

/// Whose coordinates are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The Tweet's point or Place.
    Tweet,
    /// The author's Profile Geo locations.
    Profile,
}

/// What a Tweet can have or be.
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
