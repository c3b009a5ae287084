//! Takes Retweets apart and puts them together.

use fastrand::Rng;

use super::{
    author::named,
    earlier::{COUNTS, become_earlier, earlier, set_history, status},
    link,
    node::Node,
    person::Person,
    place::{is_placed, remove_place},
    quote::QUOTE_KEYS,
    reply::remove_reply,
    said::Said,
    wishes::Wishes,
    written::Text,
};
use ouzel_rule::{Fact, Kind, Link, Role};

/// A Tweet that says something by itself, and who said it first if it was a Retweet.
#[derive(Debug)]
pub(super) struct Apart<'t> {
    pub(super) tweet: Node<'t>,
    pub(super) id: u64,
    pub(super) first_author: Option<Node<'t>>,
}

/// Takes a Retweet for a Tweet of whoever retweeted, and others as they are.
pub(super) fn take_apart(json: &str) -> Option<Apart<'_>> {
    let mut root = Node::raw(json);
    let id = root.get("id")?.as_int()?;
    let Some(mut tweet) = root.remove("retweeted_status") else {
        return Some(Apart {
            tweet: root,
            id,
            first_author: None,
        });
    };
    let first_author = tweet.remove("user");
    for key in ["created_at", "id", "id_str", "source", "timestamp_ms"] {
        tweet.set(key, root.remove(key)?);
    }
    let user = root.remove("user")?;
    tweet.set_after("in_reply_to_screen_name", "user", user);
    for key in COUNTS {
        tweet.set(key, Node::raw("0"));
    }
    set_history(&mut tweet, id, true);
    Some(Apart {
        tweet,
        id,
        first_author,
    })
}

/// Whether the Tweet is to be a Retweet.
pub(super) fn is_retweet(own: bool, wishes: &Wishes<'_>) -> bool {
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

/// Writes what is said into a Tweet that is no Retweet.
pub(super) fn write_plain<'t>(
    tweet: &mut Node<'t>,
    said: &Said<'t>,
    id: u64,
    rng: &mut Rng,
) -> Option<()> {
    let author = Person::of(tweet.get("user")?)?;
    Text::new(said).write(author.owner(id), &link::code(rng), tweet);
    Some(())
}

/// Turns a Tweet into a Retweet of it, whose original `first_author` or somebody else has written.
pub(super) fn write<'t>(
    apart: Apart<'t>,
    said: &Said<'t>,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<Node<'t>> {
    let Apart {
        tweet: mut retweet,
        id,
        first_author,
    } = apart;
    let mut original = retweet.clone();
    let mut user = first_author.or_else(|| {
        let mut user = retweet.get("user")?.clone();
        Person::any(rng).put_into(&mut user);
        Some(user)
    })?;
    if let Some(person) = named(wishes, Role::Retweeted)? {
        person.put_into(&mut user);
    }
    let author = Person::of(&user)?;
    let quoted_id = retweet.get(QUOTE_KEYS[0]).and_then(|id| id.as_int());
    let original_id = match status(wishes, Link::Retweeted)? {
        Some(original_id) => original_id,
        // What it quotes was there before it.
        None => match (earlier(id, rng), quoted_id.unwrap_or(0).saturating_add(1)) {
            (earlier, first) if earlier < first && first < id => rng.u64(first..id),
            (earlier, _) => earlier,
        },
    };
    original.set("user", user);
    original.remove("scopes");
    become_earlier(&mut original, original_id, rng);
    let owner = author.owner(original_id);
    let text = Text::new(said);
    text.write(owner, &link::code(rng), &mut original);

    remove_reply(&mut retweet);
    remove_place(&mut retweet);
    for key in ["extended_tweet", "extended_entities", "display_text_range"] {
        retweet.remove(key);
    }
    retweet.set("truncated", Node::flag(false));
    retweet.set_after("contributors", "retweeted_status", original);
    set_history(&mut retweet, id, false);
    text.write_retweet(owner, &author.mention(true), &mut retweet);
    Some(retweet)
}
