//! What the index looks rules up by.

use super::super::tree::{Field, Level};

/// Where a feature is looked up.
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
    /// How many classes there are.
    pub(super) const COUNT: usize = Self::Fact as usize + 1;

    /// What stands for a feature of this class in the index. Two features may share it: that only
    /// makes a rule a candidate which then does not match.
    pub(super) fn key(self, hash: u64) -> u64 {
        let mixed = (hash ^ ((self as u64 + 1) << 57)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 32)
    }

    /// The URLs' tokens are among those of the texts. A Place is looked up by its id too.
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

/// Something that a Tweet can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feature {
    /// What this hash stands for, there.
    Of(Class, u64),
    /// A folded part of a text.
    Contains(String),
    /// A folded part of a URL.
    UrlContains(String),
}
