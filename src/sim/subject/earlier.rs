//! Tweets of before, which others answer, quote or repeat: their ids, and what goes with an id.

use fastrand::Rng;

use super::{node::Node, wishes::Wishes};
use crate::snowflake;
use ouzel_rule::{Kind, Link};

/// For half an hour an author may edit. [source: xd/edit-tweets]
const EDITABLE_MS: i64 = 30 * 60 * 1000;

/// What others have done with a Tweet.
pub(super) const COUNTS: [&str; 4] = [
    "quote_count",
    "reply_count",
    "retweet_count",
    "favorite_count",
];

/// The id that is wanted of another Tweet, if one is; `None` where no Tweet has it.
pub(super) fn status(wishes: &Wishes<'_>, link: Link) -> Option<Option<u64>> {
    let id = wishes.find(|_, kind| match kind {
        Kind::Status(own, id) if *own == link => Some(id),
        _ => None,
    });
    match id.last() {
        None => Some(None),
        Some(digits) => {
            // Ids are signed numbers of 64 bits, and not padded.
            let id: i64 = digits.parse().ok()?;
            (id.to_string() == *digits).then(|| Some(id.unsigned_abs()))
        }
    }
}

/// The id of a Tweet of up to two hours before.
pub(super) fn earlier(id: u64, rng: &mut Rng) -> u64 {
    let ms = snowflake::time_ms(id) - rng.i64(20_000..7_200_000);
    match u64::try_from(snowflake::at(ms, rng.i64(0..4096))) {
        Ok(earlier) if earlier < id => earlier,
        // The first Tweets of all have small numbers and no time.
        _ => rng.u64(..id.max(1)),
    }
}

/// Gives a Tweet inside another one an id, and what goes with it.
pub(super) fn become_earlier(tweet: &mut Node<'_>, id: u64, rng: &mut Rng) {
    tweet.set("created_at", Node::time(snowflake::time_ms(id)));
    tweet.set_id(["id", "id_str"], id);
    tweet.remove("timestamp_ms");
    for (key, most) in COUNTS.into_iter().zip([9, 30, 400, 2000]) {
        tweet.set(key, Node::int(rng.u64(..most) * rng.u64(..most) / most));
    }
    set_history(tweet, id, true);
}

/// Writes which edit this is, and whether and until when there may be more.
pub(super) fn set_history(tweet: &mut Node<'_>, id: u64, editable: bool) {
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
