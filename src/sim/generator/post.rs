//! One made-up Tweet before it is written: who says it, when, and what hangs on it.

use fastrand::Rng;

use super::{
    draft::Draft,
    media::Media,
    place::{CITIES, City},
    user::User,
};

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
pub(super) struct Head<'s> {
    pub(super) id: u64,
    /// A number of its own, like the id, but the same at whatever time the Tweet is made.
    pub(super) mark: u64,
    pub(super) ms: i64,
    pub(super) author: &'s User,
    pub(super) relation: Relation,
}

/// A Tweet that is not a Retweet.
#[derive(Debug)]
pub(super) struct Post<'s> {
    pub(super) head: Head<'s>,
    pub(super) draft: Draft<'s>,
    pub(super) replied_to: Option<Head<'s>>,
    pub(super) media: Option<Media>,
    pub(super) poll: Option<Poll>,
    pub(super) place: Option<&'static City>,
    /// Whether the exact point is given beside the place.
    pub(super) exact: bool,
    pub(super) source: &'static str,
    pub(super) sensitive: bool,
    /// Quotes, replies, Retweets and likes, where the Tweet is not new.
    pub(super) counts: [u64; 4],
}

/// A poll that is open for a while.
#[derive(Debug)]
pub(super) struct Poll {
    pub(super) options: &'static [&'static str],
    pub(super) minutes: u64,
    pub(super) end_ms: i64,
}

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

impl<'s> Post<'s> {
    /// Decides what hangs on the Tweet that `draft` is the text of.
    pub(super) fn new(
        head: Head<'s>,
        mut draft: Draft<'s>,
        replied_to: Option<Head<'s>>,
        rng: &mut Rng,
    ) -> Self {
        let media = pick_media(rng).filter(|_| head.relation != Relation::Quote);
        if media.is_some() {
            draft.append_media(rng);
        }
        let poll = (media.is_none() && head.relation == Relation::Alone && rng.u8(0..40) == 0)
            .then(|| {
                let minutes = [60, 1440, 4320][rng.usize(..3)];
                Poll {
                    options: POLLS[rng.usize(..POLLS.len())],
                    minutes,
                    end_ms: head.ms + minutes.cast_signed() * 60_000,
                }
            });
        let place = (rng.u8(0..100) < 6).then(|| {
            head.author
                .city
                .unwrap_or(&CITIES[rng.usize(..CITIES.len())])
        });
        Self {
            head,
            draft,
            replied_to,
            media,
            poll,
            place,
            exact: rng.u8(0..3) == 0,
            source: pick_source(rng),
            sensitive: rng.u8(0..60) == 0,
            counts: [9, 30, 400, 2000].map(|most| rng.u64(..most) * rng.u64(..most) / most),
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
                .is_none_or(|to| to.author.id == self.head.author.id)
    }
}

/// One of the programs, the first ones more often.
pub(super) fn pick_source(rng: &mut Rng) -> &'static str {
    SOURCES[rng.usize(..SOURCES.len()).min(rng.usize(..SOURCES.len()))]
}

fn pick_media(rng: &mut Rng) -> Option<Media> {
    match rng.u8(0..100) {
        0..13 => Some(Media::Photos(1)),
        13..20 => Some(Media::Photos(rng.usize(2..=4))),
        20..25 => Some(Media::Video),
        25..28 => Some(Media::Gif),
        _ => None,
    }
}
