//! Writes what every made-up Tweet has around its text and its entities.

use super::{
    draft::Kind,
    post::{Head, Post},
};
use crate::{json_text::Json, snowflake::write_created_at};

/// For half an hour an author may edit. [source: xd/edit-tweets]
const EDITABLE_MS: i64 = 30 * 60 * 1000;

/// Where a Tweet stands: the delivered one, or one inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Root,
    Nested,
}

/// `true` or `false`.
pub(super) fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The time and the ids, up to the key of the text.
pub(super) fn write_start(head: &Head<'_>, json: &mut Json<'_>) {
    json.raw(r#"{"created_at":""#);
    write_created_at(json.0, head.ms);
    json.raw(r#"","id":"#)
        .int(head.id)
        .raw(r#","id_str":"#)
        .quoted(head.id)
        .raw(r#","text":"#);
}

/// What the Tweet replies to, or nulls.
pub(super) fn write_reply(to: Option<&Head<'_>>, json: &mut Json<'_>) {
    let Some(to) = to else {
        json.raw(r#","in_reply_to_status_id":null,"in_reply_to_status_id_str":null,"in_reply_to_user_id":null,"in_reply_to_user_id_str":null,"in_reply_to_screen_name":null"#);
        return;
    };
    json.raw(r#","in_reply_to_status_id":"#).int(to.id);
    json.raw(r#","in_reply_to_status_id_str":"#).quoted(to.id);
    json.raw(r#","in_reply_to_user_id":"#).int(to.author.id);
    json.raw(r#","in_reply_to_user_id_str":"#)
        .quoted(to.author.id);
    json.raw(r#","in_reply_to_screen_name":"#)
        .text(&to.author.screen_name);
}

/// Quotes, replies, Retweets and likes.
pub(super) fn write_counts([quotes, replies, retweets, likes]: [u64; 4], json: &mut Json<'_>) {
    json.raw(r#","quote_count":"#)
        .int(quotes)
        .raw(r#","reply_count":"#)
        .int(replies);
    json.raw(r#","retweet_count":"#)
        .int(retweets)
        .raw(r#","favorite_count":"#)
        .int(likes);
}

/// Everything after the entities. A Retweet ends in the manner of what it repeats, `said`.
pub(super) fn write_end(
    head: &Head<'_>,
    said: &Post<'_>,
    editable: bool,
    level: Level,
    json: &mut Json<'_>,
) {
    json.raw(r#","favorited":false,"retweeted":false"#);
    let links = said
        .draft
        .entities
        .iter()
        .any(|entity| matches!(entity.kind, Kind::Link(_) | Kind::Media(_)));
    if links {
        json.raw(r#","possibly_sensitive":"#)
            .raw(flag(said.sensitive));
    }
    json.raw(r#","filter_level":"low","lang":"#)
        .text(said.draft.lang);
    json.raw(r#","edit_history":{"initial_tweet_id":"#)
        .quoted(head.id);
    json.raw(r#","edit_tweet_ids":["#).quoted(head.id);
    json.raw(r#"]},"edit_controls":{"editable_until_ms":"#)
        .int((head.ms + EDITABLE_MS).unsigned_abs());
    json.raw(if editable {
        r#","edits_remaining":5},"editable":true"#
    } else {
        r#","edits_remaining":0},"editable":false"#
    });
    if level == Level::Root {
        json.raw(r#","timestamp_ms":"#)
            .quoted(head.ms.unsigned_abs());
    }
    json.raw("}");
}
