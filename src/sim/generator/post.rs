//! One made-up Tweet before it is written: who says it, when, and what hangs on it.

use std::borrow::Cow;

use fastrand::Rng;
use ouzel_rule::Point;

use super::{
    draft::Draft,
    link::link_code,
    media::{Media, Medium},
    place::{CITIES, LIVED_IN, Place, rounded},
    user::{Person, User},
};
use crate::snowflake;

/// What a Tweet is in relation to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Alone,
    Reply,
    Quote,
    Retweet,
}

impl Relation {
    /// Of a hundred Tweets 36 are Retweets, 14 replies and 13 quotes.
    pub(super) fn pick(rng: &mut Rng) -> Self {
        match rng.u8(0..100) {
            0..36 => Self::Retweet,
            36..50 => Self::Reply,
            50..63 => Self::Quote,
            _ => Self::Alone,
        }
    }
}

/// The facts about a Tweet that are known without making its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'s> {
    pub(crate) id: u64,
    /// A number that only this Tweet has. Unlike the id, it does not depend on the time of the Tweet.
    pub(super) mark: u64,
    pub(super) ms: i64,
    pub(crate) author: &'s User,
    pub(super) relation: Relation,
}

/// A Tweet as it is delivered.
#[derive(Debug)]
pub(crate) struct Tweet<'s> {
    /// Who retweets `post`; `None` where it is the Tweet itself.
    pub(crate) retweet: Option<Head<'s>>,
    /// The program that the Tweet is sent with.
    pub(crate) source: Cow<'s, str>,
    pub(crate) post: Post<'s>,
    /// What `post` quotes.
    pub(crate) quoted: Option<Post<'s>>,
    /// Whether it is an advertisement that no follower gets.
    pub(crate) is_promoted: bool,
}

/// A Tweet that is not a Retweet.
#[derive(Debug)]
pub(crate) struct Post<'s> {
    pub(crate) head: Head<'s>,
    pub(crate) draft: Draft<'s>,
    /// The Tweet that it answers, and the author of that.
    pub(crate) replied_to: Option<(u64, Person<'s>)>,
    /// Whether it quotes another one, which may be gone.
    pub(crate) is_quote: bool,
    pub(crate) media: Option<Media>,
    pub(crate) poll: Option<Poll>,
    pub(crate) place: Option<Place>,
    /// Where exactly it was sent from.
    pub(crate) exact: Option<Point>,
    /// The program that it was sent with, where it is not the delivered Tweet.
    pub(super) source: &'static str,
    pub(super) is_sensitive: bool,
    /// Quotes, replies, Retweets and likes, where the Tweet is not new.
    pub(super) counts: [u64; 4],
}

/// A poll that is open for a while.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(super) options: &'static [&'static str],
    pub(super) minutes: u64,
    pub(super) end_ms: i64,
}

const PHOTOS: Media = &[Medium::Photo; 4];

const POLLS: &[&[&str]] = &[
    &["Radar", "My knees"],
    &["Tea", "Coffee", "Both"],
    &["Yes", "No", "Only at the weekend", "Show me the answers"],
    &["はい", "いいえ"],
];

/// The programs that Tweets are sent with; the first is the most usual.
const SOURCES: &[&str] = &[
    "<a href=\"http://twitter.com/download/iphone\" rel=\"nofollow\">Twitter for iPhone</a>",
    "<a href=\"http://twitter.com/download/android\" rel=\"nofollow\">Twitter for Android</a>",
    "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
    "<a href=\"http://twitter.com/#!/download/ipad\" rel=\"nofollow\">Twitter for iPad</a>",
    "<a href=\"https://about.twitter.com/products/tweetdeck\" rel=\"nofollow\">TweetDeck</a>",
    "<a href=\"https://bots.example.org/about?v=2&amp;lang=en\" rel=\"nofollow\">weather & tide bot</a>",
];

impl<'s> Head<'s> {
    /// Another Tweet, which has this id.
    pub(crate) fn new(id: u64, author: &'s User, rng: &mut Rng) -> Self {
        Self {
            id,
            mark: rng.u64(..),
            ms: snowflake::time_ms(id),
            author,
            relation: Relation::Alone,
        }
    }

    /// The same Tweet with another id.
    pub(crate) fn with_id(self, id: u64) -> Self {
        Self {
            id,
            ms: snowflake::time_ms(id),
            ..self
        }
    }
}

impl<'s> Post<'s> {
    /// A Tweet with nothing but this text.
    pub(crate) fn plain(head: Head<'s>, draft: Draft<'s>, rng: &mut Rng) -> Self {
        Self {
            head,
            draft,
            replied_to: None,
            is_quote: false,
            media: None,
            poll: None,
            place: None,
            exact: None,
            source: pick_source(rng),
            is_sensitive: rng.u8(0..60) == 0,
            counts: [9, 30, 400, 2000].map(|most| rng.u64(..most) * rng.u64(..most) / most),
        }
    }

    /// Decides what hangs on the Tweet that `draft` is the text of.
    pub(super) fn new(
        head: Head<'s>,
        mut draft: Draft<'s>,
        replied_to: Option<Head<'s>>,
        rng: &mut Rng,
    ) -> Self {
        let is_quote = head.relation == Relation::Quote;
        let media = pick_media(rng).filter(|_| !is_quote);
        draft.end(media.map(|_| link_code(rng.u64(..))));
        let poll = (media.is_none() && head.relation == Relation::Alone && rng.u8(0..40) == 0)
            .then(|| {
                let minutes = [60, 1440, 4320][rng.usize(..3)];
                Poll {
                    options: POLLS[rng.usize(..POLLS.len())],
                    minutes,
                    end_ms: head.ms + minutes.cast_signed() * 60_000,
                }
            });
        let city = (rng.u8(0..100) < 6).then(|| {
            let other = &CITIES[rng.usize(..LIVED_IN)];
            head.author.city.unwrap_or(other)
        });
        // Somewhere within three kilometres of the centre.
        let aside = |shift: u32| ((head.mark >> shift) % 50_000) as f64 / 1e6 - 0.025;
        let is_exact = rng.u8(0..3) == 0;
        let exact = city.filter(|_| is_exact).map(|city| {
            let center = city.point;
            rounded(center.longitude + aside(3), center.latitude + aside(19))
        });
        Self {
            replied_to: replied_to.map(|to| (to.id, to.author.person())),
            is_quote,
            media,
            poll,
            place: city.map(|city| city.place()),
            exact,
            ..Self::plain(head, draft, rng)
        }
    }

    /// Whether the text is too long for `text` and has to stand in `extended_tweet`.
    pub(super) fn is_long(&self) -> bool {
        self.draft.chars > 140
    }

    /// Whether the author could have edited it: false for polls and for replies to somebody else.
    /// [source: xd/edit-tweets]
    pub(super) fn is_editable(&self) -> bool {
        self.poll.is_none()
            && self
                .replied_to
                .is_none_or(|(_, to)| to.id == self.head.author.id)
    }
}

/// One of the programs, the first ones more often.
pub(crate) fn pick_source(rng: &mut Rng) -> &'static str {
    SOURCES[rng.usize(..SOURCES.len()).min(rng.usize(..SOURCES.len()))]
}

fn pick_media(rng: &mut Rng) -> Option<Media> {
    match rng.u8(0..100) {
        0..13 => Some(&[Medium::Photo]),
        13..20 => Some(&PHOTOS[..rng.usize(2..=4)]),
        20..25 => Some(&[Medium::Video]),
        25..28 => Some(&[Medium::Gif]),
        _ => None,
    }
}
