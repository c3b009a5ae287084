//! The parts of one Tweet that rules look at, extracted once for all rules.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::geo::Point;
use super::pattern::{Pattern, Text};
use super::tokens::{hash, is_same};
use super::tree::{Account, Field, Level};

/// The parts of one Tweet that rules look at, extracted once.
///
/// Each payload format has its own constructor. All other code works on any format.
#[derive(Debug, Default)]
pub struct Analysis<'a> {
    /// A number from 0 to 99. `sample:N` keeps the Tweets whose number is below N.
    pub(super) draw: u64,
    /// The Tweet's text and, for a Retweet, the original Tweet's text.
    pub(super) own_texts: Vec<Text<'a>>,
    pub(super) quoted_text: Option<Text<'a>>,
    /// Expanded and unwound URLs.
    pub(super) urls: Vec<Text<'a>>,
    /// URLs as posted and expanded.
    pub(super) posted_urls: Vec<Text<'a>>,
    pub(super) url_titles: Vec<Text<'a>>,
    pub(super) url_descriptions: Vec<Text<'a>>,
    /// Folded.
    pub(super) hashtags: Vec<Cow<'a, str>>,
    /// Folded.
    pub(super) cashtags: Vec<Cow<'a, str>>,
    pub(super) mentions: Vec<User<'a>>,

    pub(super) author: User<'a>,
    pub(super) recipient: User<'a>,
    pub(super) retweeted_author: User<'a>,
    pub(super) retweeted_id: Option<Cow<'a, str>>,
    pub(super) replied_to_id: Option<Cow<'a, str>>,

    pub(super) bio: Text<'a>,
    pub(super) bio_name: Text<'a>,
    pub(super) bio_location: Text<'a>,
    pub(super) followers: Option<u64>,
    pub(super) friends: Option<u64>,
    pub(super) statuses: Option<u64>,
    pub(super) listed: Option<u64>,

    pub(super) lang: Option<&'a str>,
    /// The application's name and its URL.
    pub(super) source: [Option<&'a str>; 2],
    pub(super) point: Option<Point>,
    pub(super) place: Option<Place<'a>>,
    pub(super) locations: Vec<Location<'a>>,

    pub(super) has_links: bool,
    pub(super) has_media: bool,
    pub(super) has_images: bool,
    pub(super) has_videos: bool,
    pub(super) is_retweet: bool,
    pub(super) is_reply: bool,
    pub(super) is_quote: bool,
    pub(super) is_verified: bool,
    pub(super) is_nullcast: bool,

    /// See [`Self::words`].
    pub(super) words: OnceCell<Vec<u64>>,
}

/// A user, reduced to the parts by which rules name one.
#[derive(Debug, Default)]
pub(super) struct User<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) screen_name: Option<&'a str>,
}

impl User<'_> {
    pub(super) fn is(&self, account: &Account) -> bool {
        match account {
            Account::Id(id) => self.id.as_deref() == Some(id),
            Account::Name(name) => self.screen_name.is_some_and(|own| is_same(name, own)),
        }
    }
}

/// The Place that a Tweet is attached to.
#[derive(Debug, Default)]
pub(super) struct Place<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) country_code: Option<&'a str>,
    pub(super) name: Text<'a>,
    pub(super) full_name: Text<'a>,
    pub(super) corners: Vec<Point>,
}

/// A Profile Geo location of the author.
#[derive(Debug, Default)]
pub(super) struct Location<'a> {
    pub(super) country_code: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) sub_region: Option<&'a str>,
    pub(super) locality: Option<&'a str>,
    pub(super) point: Option<Point>,
}

impl Location<'_> {
    pub(super) fn level(&self, level: Level) -> Option<&str> {
        match level {
            Level::Country => self.country_code,
            Level::Region => self.region,
            Level::Subregion => self.sub_region,
            Level::Locality => self.locality,
        }
    }
}

impl<'a> Analysis<'a> {
    /// The texts that keywords, phrases and proximities look at.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Text<'a>> {
        self.own_texts.iter().chain(&self.quoted_text)
    }

    /// Whether a word or phrase stands in a text or a URL.
    pub(super) fn finds(&self, pattern: &Pattern) -> bool {
        self.may_find(pattern)
            && self
                .texts()
                .chain(&self.urls)
                .any(|text| text.matches(pattern))
    }

    /// Whether words stand near each other in a text.
    pub(super) fn finds_near(&self, words: &[Pattern], distance: usize) -> bool {
        words.iter().all(|word| self.may_find(word))
            && self.texts().any(|text| text.has_near(words, distance))
    }

    /// Whether the Tweet has all tokens of the pattern. `false` is certain. `true` is not: two tokens can
    /// share a hash, and the tokens of a phrase can stand apart.
    fn may_find(&self, pattern: &Pattern) -> bool {
        let has = |hash: &u64| self.words().binary_search(hash).is_ok();
        match pattern {
            Pattern::Token { hash, .. } => has(hash),
            Pattern::Exact { words, .. } => words.iter().all(has),
        }
    }

    /// Whether a word or phrase stands in a field.
    pub(super) fn finds_in(&self, field: Field, pattern: &Pattern) -> bool {
        let in_any = |texts: &[Text<'_>]| texts.iter().any(|text| text.matches(pattern));
        match field {
            Field::Url => in_any(&self.urls),
            Field::UrlTitle => in_any(&self.url_titles),
            Field::UrlDescription => in_any(&self.url_descriptions),
            Field::Bio => self.bio.matches(pattern),
            Field::BioName => self.bio_name.matches(pattern),
            Field::BioLocation => self.bio_location.matches(pattern),
            Field::Place => self.place.as_ref().is_some_and(|place| {
                place.name.matches(pattern)
                    || place.full_name.matches(pattern)
                    || place.id.is_some_and(|id| is_same(pattern.text(), id))
            }),
        }
    }

    /// The hashes of all tokens of texts and URLs, sorted, each once.
    pub(super) fn words(&self) -> &[u64] {
        self.words.get_or_init(|| {
            let texts = self.texts().chain(&self.urls);
            let mut words: Vec<u64> = texts.flat_map(|text| text.tokens().map(hash)).collect();
            words.sort_unstable();
            words.dedup();
            words
        })
    }
}

/// Turns a Tweet's id into [`Analysis::draw`], by SplitMix64. The server's function is not published. Any
/// fixed function works, as long as `sample:20` keeps every Tweet that `sample:10` keeps.
pub(super) fn draw(id: Option<&str>) -> u64 {
    let id: u64 = id.and_then(|id| id.parse().ok()).unwrap_or_default();
    let mixed = id.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % 100
}
