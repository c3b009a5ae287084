//! The features of Tweets by which the index finds rules.

use super::super::tree::{Field, Level};

/// The class of a feature: in which part of a Tweet it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A token of a text or a URL.
    Word,
    UrlTitle,
    UrlDescription,
    Bio,
    BioName,
    BioLocation,
    /// A token of a name of the Place.
    PlaceName,
    PlaceId,
    PlaceCountry,
    Hashtag,
    Cashtag,
    MentionId,
    MentionName,
    AuthorId,
    AuthorName,
    RecipientId,
    RecipientName,
    RetweetedId,
    RetweetedName,
    RetweetedStatus,
    RepliedToStatus,
    Lang,
    Source,
    ProfileCountry,
    ProfileRegion,
    ProfileSubregion,
    ProfileLocality,
    /// A square of the map.
    Cell,
    ProfileCell,
    Fact,
}

impl Class {
    /// The number of classes.
    pub(super) const COUNT: usize = Self::Fact as usize + 1;

    /// The index's key for a feature of this class. If two features share a key, some rules become
    /// candidates and then do not match, which does no harm.
    pub(super) fn key(self, hash: u64) -> u64 {
        let mixed = (hash ^ ((self as u64 + 1) << 57)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    }

    /// The class of a field's tokens. The tokens of URLs are in the same class as those of the texts. A
    /// Place is also found by its id.
    pub(super) fn field(field: Field) -> Self {
        match field {
            Field::Url => Self::Word,
            Field::UrlTitle => Self::UrlTitle,
            Field::UrlDescription => Self::UrlDescription,
            Field::Bio => Self::Bio,
            Field::BioName => Self::BioName,
            Field::BioLocation => Self::BioLocation,
            Field::Place => Self::PlaceName,
        }
    }

    pub(super) fn level(level: Level) -> Self {
        match level {
            Level::Country => Self::ProfileCountry,
            Level::Region => Self::ProfileRegion,
            Level::Subregion => Self::ProfileSubregion,
            Level::Locality => Self::ProfileLocality,
        }
    }
}

/// A feature that a Tweet can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feature {
    /// A value of this class, by its hash.
    Of(Class, u64),
    /// A folded part of a text.
    Contains(String),
    /// A folded part of a URL.
    UrlContains(String),
}
