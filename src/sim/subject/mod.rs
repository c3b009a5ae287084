//! Made-up Tweets that are about what the user asks for: rules that are to match, or the words of a file.

mod about;
mod author;
mod country;
mod earlier;
mod home;
mod language;
mod link;
mod node;
mod person;
mod place;
mod quote;
mod reading;
mod reply;
mod retweet;
mod said;
mod source;
mod speech;
mod spot;
#[cfg(test)]
mod tests;
mod wishes;
mod written;

use std::{path::Path, sync::Arc};

use fastrand::Rng;

pub use self::about::AboutError;
use self::{about::Interests, node::Node, said::Said, wishes::Wishes};
use super::json_text::Json;
use ouzel_rule::{Analysis, Fact, Rule};

/// How often a way to satisfy a subject is looked for.
const ATTEMPTS: usize = 4;

/// From this attempt on whatever the subject does not ask for is taken away: it may be in the way.
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
    /// What a rule matches. It is looked at when a Tweet is made, so this costs nothing.
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

    /// Makes the Tweet `json` one about this; nothing where that cannot be.
    fn apply(&self, json: &str, rng: &mut Rng) -> Option<Vec<u8>> {
        (0..ATTEMPTS).find_map(|attempt| {
            let rules = self.rules(rng);
            let mut wishes = Wishes {
                bare: attempt >= BARE_FROM,
                ..Wishes::default()
            };
            for rule in &rules {
                wishes.add(rule, rng);
            }
            let edited = edit(json, &wishes, rng)?;
            let tweet = ouzel_text::json::read_any(&edited).ok()?;
            let tweet = Analysis::native(&tweet);
            rules
                .iter()
                .all(|rule| rule.matches(&tweet))
                .then_some(edited)
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

    /// Whether there is nothing to be about.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes the Tweet that `out` holds from `start` on one about one of these; false if it stays
    /// as it was, where there is no way or none was found. The Tweet has to be a made-up one, in
    /// the native format and without `matching_rules`.
    pub(super) fn apply(&self, out: &mut Vec<u8>, start: usize, rng: &mut Rng) -> bool {
        if self.is_empty() {
            return false;
        }
        let subject = &self.0[rng.usize(..self.0.len())];
        let edited = out
            .get(start..)
            .and_then(|tweet| str::from_utf8(tweet).ok())
            .and_then(|tweet| subject.apply(tweet, rng));
        match edited {
            Some(edited) => {
                out.truncate(start);
                out.extend_from_slice(&edited);
                true
            }
            None => false,
        }
    }
}

/// The Tweet with what is wanted, as far as one can have all of it.
fn edit(json: &str, wishes: &Wishes<'_>, rng: &mut Rng) -> Option<Vec<u8>> {
    let mut apart = retweet::take_apart(json)?;
    let id = apart.id;
    let retweet = retweet::is_retweet(apart.first_author.is_some(), wishes);
    let tweet = &mut apart.tweet;
    let mut said = Said::read(tweet)?;
    let lang = tweet.get("lang")?.as_text()?.into_owned();
    let lang = speech::speak(&mut said, &lang, wishes, rng)?;
    tweet.set("lang", Node::text(&lang));
    author::edit(tweet.get("user")?, wishes, rng)?;
    reply::edit(tweet, &mut said, id, wishes, rng)?;
    quote::edit(tweet, id, wishes, rng);
    place::edit(tweet, wishes, rng)?;
    source::edit(tweet, wishes, rng);
    if wishes.want_fact(Fact::Nullcast) {
        tweet.set("scopes", Node::raw(r#"{"followers":false}"#));
    }
    let linked = said.media.is_some() || said.has(said::EntityKind::Link);
    if !linked {
        tweet.remove("possibly_sensitive");
    } else if tweet.get("possibly_sensitive").is_none() {
        tweet.set_after("retweeted", "possibly_sensitive", Node::flag(false));
    }
    let tweet = if retweet {
        retweet::write(apart, &said, wishes, rng)?
    } else {
        retweet::write_plain(tweet, &said, id, rng)?;
        apart.tweet
    };
    let mut edited = Vec::with_capacity(json.len() + 1000);
    tweet.write(&mut Json(&mut edited));
    Some(edited)
}
