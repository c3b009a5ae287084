//! Varied, plausible Tweets in the native format, made from a seed.

mod draft;
mod entities;
mod link;
mod media;
mod names;
mod place;
mod post;
mod profile;
#[cfg(test)]
pub(super) mod tests;
mod topics;
mod tweet;
mod user;
mod words;

use std::{sync::Arc, time::Duration};

use fastrand::Rng;

use self::{draft::Words, post::Relation};
pub(super) use self::{
    draft::{Draft, Entity, Kind},
    link::{Link, Page, link_code, without_scheme},
    media::{Media, Medium},
    place::{CITIES, City, Home, Place, corners, rounded},
    post::{Head, Post, Tweet, pick_source},
    user::{OLD_IDS, Person, User},
};
use super::{json_text::Json, schedule::Schedule, snowflake, start::Start};

/// The default time of the first Tweet: 14 March 2023.
const START_MS: i64 = 1_678_806_000_000;

/// The default time between two Tweets.
const STEP: Duration = Duration::from_millis(10);

/// How far back the Tweets are that Retweets, quotes and replies refer to.
const MEMORY: i64 = 3000;

/// One Tweet in this many is popular, and only popular ones are retweeted.
const POPULAR: i64 = 61;

/// An endless sequence of Tweets; the same seed and clock give the same bytes.
///
/// Each Tweet follows from the seed and its position alone. So a Retweet can repeat a Tweet that
/// was delivered before, any position can be gone back to, and a copy goes on by itself.
#[derive(Debug, Clone)]
pub struct Generator {
    stock: Arc<Stock>,
    seed: u64,
    position: i64,
    start: Start,
    schedule: Arc<Schedule>,
}

/// What all copies of a generator share.
#[derive(Debug)]
struct Stock {
    users: Vec<User>,
    words: Words,
}

/// The words of a language that Tweets are made of, separated by blanks; what stands between two of
/// them, and what ends a sentence.
pub(super) fn vocabulary(code: &str) -> Option<[&'static str; 3]> {
    let language = words::LANGUAGES.iter().find(|own| own.code == code)?;
    Some([language.words, language.space, language.stop])
}

impl Generator {
    /// A generator at its first Tweet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let stock = Stock {
            users: user::pool(seed),
            words: draft::split_words(),
        };
        Self {
            stock: Arc::new(stock),
            seed,
            position: 0,
            start: Start::at(START_MS),
            schedule: Arc::new(Schedule::steady(STEP)),
        }
    }

    /// The same Tweets at other times. The one at position zero has the time `start`, which may not be
    /// known yet, and the others follow the schedule.
    pub(super) fn with_start(mut self, start: Start, schedule: Arc<Schedule>) -> Self {
        self.start = start;
        self.schedule = schedule;
        self
    }

    /// Appends the next Tweet as a JSON object on one line, without its end and without `matching_rules`.
    pub fn next_into(&mut self, out: &mut Vec<u8>) {
        self.write_at(self.position, out);
        self.position += 1;
    }

    /// Appends the Tweet at any position in the same way, also at one before zero.
    pub(super) fn write_at(&self, position: i64, out: &mut Vec<u8>) {
        self.tweet_at(position).write(&mut Json(out));
    }

    /// All accounts that made-up Tweets come from.
    pub(super) fn users(&self) -> &[User] {
        &self.stock.users
    }

    /// The Tweet at a position, before it is written.
    pub(super) fn tweet_at(&self, position: i64) -> Tweet<'_> {
        let (head, mut rng) = self.head(position);
        let is_retweet = head.relation == Relation::Retweet;
        let (post, quoted, source) = if is_retweet {
            let quotes = rng.u8(0..16) == 0;
            let original = self.earlier(position, POPULAR, quotes, &mut rng);
            let (post, quoted) = self.post(original);
            (post, quoted, pick_source(&mut rng))
        } else {
            let (post, quoted) = self.post(position);
            let source = post.source;
            (post, quoted, source)
        };
        Tweet {
            retweet: is_retweet.then_some(head),
            source: source.into(),
            post,
            quoted,
            is_promoted: false,
        }
    }

    /// The Tweet at a position, and the one that it quotes.
    fn post(&self, position: i64) -> (Post<'_>, Option<Post<'_>>) {
        let (head, mut rng) = self.head(position);
        let stock = &*self.stock;
        let to = (head.relation == Relation::Reply).then(|| {
            let earlier = self.earlier(position, 1, false, &mut rng);
            self.head(earlier).0
        });
        let quoted = (head.relation == Relation::Quote).then(|| {
            // Never another quote, so that this goes no deeper.
            let earlier = self.earlier(position, 1, false, &mut rng);
            self.post(earlier).0
        });
        let draft = Draft::compose(
            head.author,
            to.map(|to| to.author.person()),
            &stock.users,
            &stock.words,
            &mut rng,
        );
        (Post::new(head, draft, to, &mut rng), quoted)
    }

    /// What is known about the Tweet at a position, and the random numbers for the rest of it.
    fn head(&self, position: i64) -> (Head<'_>, Rng) {
        let mixed = position.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.seed;
        let mut rng = Rng::with_seed(mixed);
        // Some accounts write much more than others.
        let share = rng.f64() * rng.f64();
        let author = (share * self.stock.users.len() as f64) as usize;
        let us = self.start.ms().saturating_mul(1000) + self.schedule.at_us(position);
        let ms = us.div_euclid(1000);
        let head = Head {
            // The microseconds take the place of the sequence, so ids are unique and grow.
            id: snowflake::at(ms, us.rem_euclid(1000)).unsigned_abs(),
            mark: Rng::with_seed(!mixed).u64(..),
            ms,
            author: &self.stock.users[author],
            relation: Relation::pick(&mut rng),
        };
        (head, rng)
    }

    /// The position of an earlier Tweet that is not a Retweet, and a quote only where that is allowed.
    fn earlier(&self, position: i64, grid: i64, quotes: bool, rng: &mut Rng) -> i64 {
        let back = rng.i64(1..MEMORY);
        let mut earlier = (position - back).div_euclid(grid) * grid;
        loop {
            match self.head(earlier).0.relation {
                Relation::Retweet => {}
                Relation::Quote if !quotes => {}
                Relation::Alone | Relation::Reply | Relation::Quote => return earlier,
            }
            earlier -= 1;
        }
    }
}
