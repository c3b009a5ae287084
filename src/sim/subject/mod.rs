//! Makes made-up Tweets be about what the user asks for: rules that they match, or the words of a file.
//!
//! A Tweet is changed before it is written, part by part: each part looks for the clauses that it can
//! satisfy. Then the Tweet is written and matched, and if it does not match, another way is tried.

mod about;
mod author;
mod link;
mod place;
mod reference;
#[cfg(test)]
mod tests;
mod text;
mod wishes;

use std::{path::Path, sync::Arc};

use fastrand::Rng;

pub use self::about::AboutError;
use self::{
    about::Interests,
    wishes::{Wish, Wishes},
};
use super::{
    generator::{Generator, Tweet, User},
    json_text::Json,
};
use ouzel_rule::{Analysis, Fact, Kind, Rule};

/// How many ways to satisfy a subject are tried.
const ATTEMPTS: usize = 4;

/// From this attempt on, all that the subject does not ask for is taken away, as it may be in the way.
const BARE_FROM: usize = 2;

/// One thing that Tweets can be about.
#[derive(Debug, Clone)]
pub(super) struct Subject(Kinds);

#[derive(Debug, Clone)]
enum Kinds {
    /// What one rule matches.
    Rule(Arc<Rule>),
    /// Some of what a file names.
    Interests(Arc<Interests>),
}

/// All that Tweets can be about; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Subjects(Arc<[Subject]>);

impl Subject {
    /// What a rule matches.
    pub(super) fn of_rule(rule: Arc<Rule>) -> Self {
        Self(Kinds::Rule(rule))
    }

    /// The rules that a Tweet about this must match, chosen anew for each Tweet.
    fn rules(&self, rng: &mut Rng) -> Vec<&Rule> {
        match &self.0 {
            Kinds::Rule(rule) => vec![rule],
            Kinds::Interests(interests) => interests.pick(rng),
        }
    }

    /// Appends the Tweet at a position as one about this; nothing where that cannot be.
    fn write(
        &self,
        generator: &Generator,
        position: i64,
        rng: &mut Rng,
        out: &mut Vec<u8>,
    ) -> bool {
        let start = out.len();
        (0..ATTEMPTS).any(|attempt| {
            let rules = self.rules(rng);
            let mut wishes = Wishes {
                bare: attempt >= BARE_FROM,
                ..Wishes::default()
            };
            for rule in &rules {
                wishes.add(rule, rng);
            }
            let tweet = generator.tweet_at(position);
            let matches = write_edited(tweet, generator.users(), &wishes, rng, out).is_some()
                && ouzel_text::json::read_any(&out[start..]).is_ok_and(|tweet| {
                    let tweet = Analysis::native(&tweet);
                    rules.iter().all(|rule| rule.matches(&tweet))
                });
            if !matches {
                out.truncate(start);
            }
            matches
        })
    }
}

impl Subjects {
    /// What these rules match, one rule a Tweet.
    pub(super) fn of_rules(rules: impl IntoIterator<Item = Arc<Rule>>) -> Self {
        Self(rules.into_iter().map(Subject::of_rule).collect())
    }

    /// What a file names.
    pub(super) fn read(path: &Path) -> Result<Self, AboutError> {
        let interests = Arc::new(Interests::read(path)?);
        Ok(Self(Arc::new([Subject(Kinds::Interests(interests))])))
    }

    /// Appends the Tweet at a position as one about one of these, without `matching_rules`. Appends
    /// nothing and gives false where there is no way or none was found.
    pub(super) fn write(
        &self,
        generator: &Generator,
        position: i64,
        rng: &mut Rng,
        out: &mut Vec<u8>,
    ) -> bool {
        rng.choice(&*self.0)
            .is_some_and(|subject| subject.write(generator, position, rng, out))
    }
}

/// What a Tweet is to be: about a rule, or about anything; with these facts, and without those; and whether all that is
/// not asked for is to be taken away.
pub(super) type Ask<'a> = (Option<&'a Rule>, &'a [Fact], &'a [Fact], bool);

/// Appends the Tweet at a position as one of a kind. Appends nothing and gives false where that cannot be.
pub(super) fn write_kind(
    generator: &Generator,
    position: i64,
    (rule, wanted, unwanted, bare): Ask<'_>,
    rng: &mut Rng,
    out: &mut Vec<u8>,
) -> bool {
    let start = out.len();
    let [wanted, unwanted] =
        [wanted, unwanted].map(|facts| facts.iter().copied().map(Kind::Fact).collect::<Vec<_>>());
    (0..ATTEMPTS).any(|attempt| {
        let mut wishes = Wishes {
            bare: bare || attempt >= BARE_FROM,
            ..Wishes::default()
        };
        if let Some(rule) = rule {
            wishes.add(rule, rng);
        }
        wishes.wanted.extend(wanted.iter().map(Wish::of_kind));
        wishes.unwanted.extend(&unwanted);
        let tweet = generator.tweet_at(position);
        let is_such = write_edited(tweet, generator.users(), &wishes, rng, out).is_some()
            && ouzel_text::json::read_any(&out[start..]).is_ok_and(|tweet| {
                let tweet = Analysis::native(&tweet);
                rule.is_none_or(|rule| rule.matches(&tweet))
            });
        if !is_such {
            out.truncate(start);
        }
        is_such
    })
}

/// Writes the Tweet with what is wanted, as far as one can have all of it.
fn write_edited<'a>(
    tweet: Tweet<'a>,
    users: &'a [User],
    wishes: &'a Wishes<'a>,
    rng: &mut Rng,
    out: &mut Vec<u8>,
) -> Option<()> {
    let mut head = tweet.retweet.unwrap_or(tweet.post.head);
    let author = author::edit(head.author, users, wishes, rng)?;
    let first_author = author::first(&tweet, users, wishes, rng)?;
    // The copy lives as long as the edited accounts, which it refers to.
    let mut tweet = tweet;
    head.author = &author;
    reference::reply(&mut tweet.post, head.id, users, wishes, rng)?;
    reference::quote(&mut tweet, head.id, users, wishes, rng);
    text::edit(&mut tweet.post, users, wishes, rng)?;
    place::edit(&mut tweet.post, wishes, rng)?;
    if let Some(source) = text::source(wishes, rng) {
        tweet.source = source.into();
    }
    tweet.is_promoted = wishes.want_fact(Fact::Nullcast);
    reference::retweet(&mut tweet, head, &first_author, wishes, rng)?;
    tweet.write(&mut Json(out));
    Some(())
}
