//! Makes a Tweet answer, quote or repeat another one.

use fastrand::Rng;

use super::{author::any, link, place::is_placed, wishes::Wishes};
use crate::{
    generator::{Draft, Head, Post, Tweet, User},
    snowflake,
};
use ouzel_rule::{Fact, Kind, Link, Role};

/// The id of a Tweet of up to two hours before.
fn earlier(id: u64, rng: &mut Rng) -> u64 {
    let ms = snowflake::time_ms(id) - rng.i64(20_000..7_200_000);
    match u64::try_from(snowflake::at(ms, rng.i64(0..4096))) {
        Ok(earlier) if earlier < id => earlier,
        // The first Tweets of all have small numbers and no time.
        _ => rng.u64(..id.max(1)),
    }
}

/// Makes it a reply, or none, as is wanted; `None` where there cannot be what it is to answer.
pub(super) fn reply<'a>(
    post: &mut Post<'a>,
    id: u64,
    users: &'a [User],
    wishes: &Wishes<'a>,
    rng: &mut Rng,
) -> Option<()> {
    let to = wishes.named(Role::Recipient, users)?;
    let answered = wishes.status(Link::RepliedTo)?;
    let is_named = to.is_some() || answered.is_some();
    if !is_named && !wishes.want_fact(Fact::Reply) {
        if wishes.bare || wishes.shun_fact(Fact::Reply) {
            post.replied_to = None;
        }
    } else if is_named || wishes.bare || post.replied_to.is_none() {
        post.replied_to = Some((
            answered.unwrap_or_else(|| earlier(id, rng)),
            to.unwrap_or_else(|| any(users, rng).person()),
        ));
    }
    Some(())
}

/// Makes it a quote, or none, as is wanted.
pub(super) fn quote<'a>(
    tweet: &mut Tweet<'a>,
    id: u64,
    users: &'a [User],
    wishes: &Wishes<'a>,
    rng: &mut Rng,
) {
    let wanted = wishes.want_fact(Fact::Quote);
    // What these say about a Tweet, they say about the one that it quotes too.
    let disturbs = wishes.bare
        || wishes.shun(|kind| {
            link::is_media(kind)
                || matches!(
                    kind,
                    Kind::Fact(
                        Fact::Quote
                            | Fact::Reply
                            | Fact::Links
                            | Fact::Mentions
                            | Fact::Hashtags
                            | Fact::Symbols
                    )
                )
        });
    // What quotes it is there after it, also where that is the original of a Retweet.
    let before = wishes.status(Link::Retweeted).flatten().unwrap_or(id);
    let is_earlier = |quoted: &Post<'_>| quoted.head.id < before;
    if !disturbs && tweet.quoted.as_ref().is_some_and(is_earlier) {
        return;
    }
    tweet.post.is_quote = wanted;
    // The link to the quoted Tweet is one too; a quote of a Tweet that is gone has none.
    tweet.quoted = (wanted && !wishes.shun_fact(Fact::Links)).then(|| {
        let mut draft = Draft::answering(None);
        draft.push("👀 ✨");
        draft.end(None);
        draft.lang = "und".into();
        let head = Head::new(earlier(before, rng), any(users, rng), rng);
        Post::plain(head, draft, rng)
    });
}

/// Lets `head` tweet it: as a Retweet of what `first` has said, or as a Tweet of its own. `None`
/// where there cannot be what it is to repeat.
pub(super) fn retweet<'a>(
    tweet: &mut Tweet<'a>,
    head: Head<'a>,
    first: &'a User,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<()> {
    if !is_retweet(tweet.retweet.is_some(), wishes) {
        tweet.retweet = None;
        tweet.post.head = head;
        return Some(());
    }
    let id = head.id;
    let mut original = match tweet.retweet {
        Some(_) => tweet.post.head,
        None => Head::new(earlier(id, rng), first, rng),
    };
    original.author = first;
    // What it quotes was there before it.
    let from = tweet.quoted.as_ref().map_or(0, |quoted| quoted.head.id + 1);
    match wishes.status(Link::Retweeted)? {
        Some(wanted) => original = original.with_id(wanted),
        None if original.id < from && from < id => original = original.with_id(rng.u64(from..id)),
        None => {}
    }
    tweet.retweet = Some(head);
    tweet.post.head = original;
    Some(())
}

/// Whether the Tweet, which may be one, is to be a Retweet.
fn is_retweet(own: bool, wishes: &Wishes<'_>) -> bool {
    let wanted = wishes.want(|kind| {
        matches!(
            kind,
            Kind::Fact(Fact::Retweet)
                | Kind::User(Role::Retweeted, _)
                | Kind::Status(Link::Retweeted, _)
        )
    });
    // Retweets have no place and answer nobody, and begin with a mention.
    let other = wishes.bare
        || wishes.shun_fact(Fact::Retweet)
        || wishes.shun_fact(Fact::Mentions)
        || wishes.want(|kind| {
            is_placed(kind)
                || matches!(
                    kind,
                    Kind::User(Role::Recipient, _) | Kind::Status(Link::RepliedTo, _)
                )
        });
    wanted || own && !other
}
