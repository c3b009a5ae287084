//! What a Tweet is to others: a Retweet, a quote, a reply.

use fastrand::Rng;

use super::{
    author::named,
    link,
    node::Node,
    person::Person,
    places::is_placed,
    said::{Part, Said},
    wishes::Wishes,
    written::{Owner, Text},
};
use crate::{
    rule::{Fact, Kind, Link, Role},
    sim::snowflake,
};

/// For half an hour an author may edit. [source: xd/edit-tweets]
const EDITABLE_MS: i64 = 30 * 60 * 1000;

/// What a reply has, with and without quotes around ids.
const REPLY_KEYS: [[&str; 2]; 2] = [
    ["in_reply_to_status_id", "in_reply_to_status_id_str"],
    ["in_reply_to_user_id", "in_reply_to_user_id_str"],
];

const QUOTE_KEYS: [&str; 4] = [
    "quoted_status_id",
    "quoted_status_id_str",
    "quoted_status",
    "quoted_status_permalink",
];

const COUNTS: [&str; 4] = [
    "quote_count",
    "reply_count",
    "retweet_count",
    "favorite_count",
];

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

/// Writes which edit this is, and whether and until when there may be more.
fn set_history(tweet: &mut Node<'_>, id: u64, editable: bool) {
    tweet.set(
        "edit_history",
        Node::made(|json| {
            json.raw(r#"{"initial_tweet_id":"#).quoted(id);
            json.raw(r#","edit_tweet_ids":["#).quoted(id).raw("]}");
        }),
    );
    let until = (snowflake::time_ms(id) + EDITABLE_MS).unsigned_abs();
    tweet.set(
        "edit_controls",
        Node::made(|json| {
            json.raw(r#"{"editable_until_ms":"#).int(until);
            json.raw(r#","edits_remaining":"#)
                .int(if editable { 5 } else { 0 })
                .raw("}");
        }),
    );
    tweet.set("editable", Node::flag(editable));
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

/// Makes it a reply, or none, as is wanted.
pub(super) fn edit_reply<'t>(
    tweet: &mut Node<'t>,
    said: &mut Said<'t>,
    id: u64,
    wishes: &Wishes<'_>,
    rng: &mut Rng,
) -> Option<()> {
    let to = named(wishes, Role::Recipient)?;
    let answered = status(wishes, Link::RepliedTo)?;
    let wanted = to.is_some() || answered.is_some() || wishes.want_fact(Fact::Reply);
    let [status_keys, user_keys] = REPLY_KEYS;
    if !wanted {
        if wishes.bare || wishes.shun_fact(Fact::Reply) {
            for key in REPLY_KEYS.as_flattened() {
                tweet.set(key, Node::NULL);
            }
            tweet.set("in_reply_to_screen_name", Node::NULL);
            said.lead.clear();
        }
        return Some(());
    }
    let is_reply = tweet.get(status_keys[0]).is_some();
    if is_reply && to.is_none() && answered.is_none() && !wishes.bare {
        return Some(());
    }
    let to = to.unwrap_or_else(|| Person::any(rng));
    tweet.set_id(status_keys, answered.unwrap_or_else(|| earlier(id, rng)));
    tweet.set_id(user_keys, to.id);
    tweet.set("in_reply_to_screen_name", Node::text(&to.screen_name));
    said.lead.clear();
    if !wishes.shun_fact(Fact::Mentions) {
        said.lead.push(Part::Entity(to.mention(true)));
        said.lead.push(Part::Text(" ".to_owned()));
    }
    set_history(tweet, id, false);
    Some(())
}

/// The id that is wanted of another Tweet, if one is; `None` where no Tweet has it.
fn status(wishes: &Wishes<'_>, link: Link) -> Option<Option<u64>> {
    let id = wishes.find(|_, kind| match kind {
        Kind::Status(own, id) if *own == link => Some(id),
        _ => None,
    });
    match id.last() {
        None => Some(None),
        Some(digits) => {
            let id: u64 = digits.parse().ok()?;
            (id.to_string() == *digits).then_some(Some(id))
        }
    }
}

/// The id of a Tweet of up to two hours before.
fn earlier(id: u64, rng: &mut Rng) -> u64 {
    let ms = snowflake::time_ms(id) - rng.i64(20_000..7_200_000);
    match u64::try_from(snowflake::at(ms, rng.i64(0..4096))) {
        Ok(earlier) if earlier < id => earlier,
        // The first Tweets of all have small numbers and no time.
        _ => rng.u64(..id.max(1)),
    }
}

/// Makes it a quote, or none, as is wanted.
pub(super) fn edit_quote<'t>(tweet: &mut Node<'t>, id: u64, wishes: &Wishes<'_>, rng: &mut Rng) {
    let wanted = wishes.want_fact(Fact::Quote);
    // What these say about a Tweet, they say about the one that it quotes too.
    let disturbs = wishes.bare
        || wishes.shun(|kind| {
            link::is_media(kind)
                || matches!(
                    kind,
                    Kind::Fact(
                        Fact::Reply | Fact::Links | Fact::Mentions | Fact::Hashtags | Fact::Symbols
                    )
                )
        });
    // What quotes it is there after it, also where that is the original of a Retweet.
    let before = status(wishes, Link::Retweeted).flatten().unwrap_or(id);
    let own = tweet.get(QUOTE_KEYS[0]).and_then(|id| id.as_int());
    let stays = own.is_some_and(|own| own < before);
    if stays && !disturbs && !wishes.shun_fact(Fact::Quote) {
        return;
    }
    for key in QUOTE_KEYS {
        tweet.remove(key);
    }
    tweet.set("is_quote_status", Node::flag(wanted));
    // The link to the quoted Tweet is one too; a quote of a Tweet that is gone has none.
    if !wanted || wishes.shun_fact(Fact::Links) {
        return;
    }
    let mut quoted = tweet.clone();
    let mut said = Said::default();
    said.body.push(Part::Text("👀 ✨".to_owned()));
    let person = Person::any(rng);
    let quoted_id = earlier(before, rng);
    if let Some(user) = quoted.get("user") {
        person.put_into(user);
        user.set("verified", Node::flag(false));
    }
    for key in REPLY_KEYS.as_flattened() {
        quoted.set(key, Node::NULL);
    }
    for key in ["in_reply_to_screen_name", "geo", "coordinates", "place"] {
        quoted.set(key, Node::NULL);
    }
    for key in ["extended_tweet", "scopes", "possibly_sensitive"] {
        quoted.remove(key);
    }
    quoted.set("is_quote_status", Node::flag(false));
    quoted.set("lang", Node::raw(r#""und""#));
    become_earlier(&mut quoted, quoted_id, rng);
    Text::new(&said).write(person.owner(quoted_id), "", &mut quoted);
    let page = format!("twitter.com/{}/status/{quoted_id}", person.screen_name);
    let permalink = Node::made(|json| {
        json.raw(r#"{"url":"#)
            .text(&format!("https://t.co/{}", link::code(rng)));
        json.raw(r#","expanded":"#).text(&format!("https://{page}"));
        json.raw(r#","display":"#)
            .text(&format!("{}…", &page[..26]))
            .raw("}");
    });
    let [number, string, status, link] = QUOTE_KEYS;
    tweet.set_after("contributors", number, Node::int(quoted_id));
    tweet.set_after(number, string, Node::quoted(quoted_id));
    tweet.set_after(string, status, quoted);
    tweet.set_after(status, link, permalink);
}

/// Gives a Tweet inside another one an id, and what goes with it.
fn become_earlier(tweet: &mut Node<'_>, id: u64, rng: &mut Rng) {
    tweet.set("created_at", Node::time(snowflake::time_ms(id)));
    tweet.set_id(["id", "id_str"], id);
    tweet.remove("timestamp_ms");
    for (key, most) in COUNTS.into_iter().zip([9, 30, 400, 2000]) {
        tweet.set(key, Node::int(rng.u64(..most) * rng.u64(..most) / most));
    }
    set_history(tweet, id, true);
}

impl Person {
    fn owner(&self, id: u64) -> Owner<'_> {
        Owner {
            id,
            user_id: self.id,
            screen_name: &self.screen_name,
        }
    }
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
pub(super) fn write_retweet<'t>(
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
    let author = Person::of(&mut user)?;
    let quoted_id = retweet.get(QUOTE_KEYS[0]).and_then(|id| id.as_int());
    let original_id = match status(wishes, Link::Retweeted)? {
        Some(original_id) => original_id,
        // What it quotes was there before it.
        None => match (earlier(id, rng), quoted_id.unwrap_or(0) + 1) {
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

    for key in REPLY_KEYS.as_flattened() {
        retweet.set(key, Node::NULL);
    }
    for key in ["in_reply_to_screen_name", "geo", "coordinates", "place"] {
        retweet.set(key, Node::NULL);
    }
    for key in ["extended_tweet", "extended_entities", "display_text_range"] {
        retweet.remove(key);
    }
    retweet.set("truncated", Node::flag(false));
    retweet.set_after("contributors", "retweeted_status", original);
    set_history(&mut retweet, id, false);
    text.write_retweet(owner, &author.mention(true), &mut retweet);
    Some(retweet)
}
