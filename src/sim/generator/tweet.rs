//! Writes made-up Tweets as native JSON, with every field that the service sends. [source: xd/data-dictionary]

use super::{
    draft::Kind,
    entities::View,
    link::link_code,
    media::Attached,
    place::write_place,
    post::{Head, Post, Tweet},
    user::Person,
};
use crate::{json_text::Json, snowflake::write_created_at};

/// A text over 140 characters keeps this many in `text`; `… ` and a link follow. [derived from 5.1]
const KEPT_CHARS: usize = 115;

/// For half an hour an author may edit. [source: xd/edit-tweets]
const EDITABLE_MS: i64 = 30 * 60 * 1000;

impl Tweet<'_> {
    /// Writes it without `matching_rules`.
    pub(crate) fn write(&self, json: &mut Json<'_>) {
        let head = match &self.retweet {
            Some(head) => {
                self.write_retweet(head, json);
                head
            }
            None => {
                write_post(&self.post, self.quoted.as_ref(), Some(&self.source), json);
                &self.post.head
            }
        };
        json.raw(r#","timestamp_ms":"#)
            .quoted(head.ms.unsigned_abs());
        if self.is_promoted {
            json.raw(r#","scopes":{"followers":false}"#);
        }
        json.raw("}");
    }

    fn write_retweet(&self, head: &Head<'_>, json: &mut Json<'_>) {
        write_start(head, json);
        let (original, quoted) = (&self.post, self.quoted.as_ref());
        let author = original.head.author.person();
        let shift = author.screen_name.chars().count() + "RT @: ".len();
        json.raw("\"RT @").part(author.screen_name).raw(": ");
        let limit = if shift + original.draft.chars > 140 {
            let kept = 139_usize.saturating_sub(shift);
            json.part(original.draft.start(kept)).raw(r"\u2026");
            shift + kept
        } else {
            json.part(&original.draft.text);
            140
        };
        json.raw(r#"","source":"#).text(&self.source);
        json.raw(r#","truncated":false"#);
        write_reply(None, json);
        json.raw(r#","user":"#).raw_bytes(&head.author.json);
        // Retweets never have a place. [source: xd/data-dictionary]
        write_place(None, None, json);
        json.raw(r#","retweeted_status":"#);
        write_post(original, quoted, None, json);
        json.raw("}");
        if let Some(quoted) = quoted {
            write_quote(quoted, json);
        }
        json.raw(r#","is_quote_status":"#).flag(original.is_quote);
        write_counts([0; 4], json);
        let media = attached(original, shift, true).filter(|media| media.indices.1 <= limit);
        let view = View {
            shift,
            limit,
            retweeted: Some(author),
            media: media.as_ref(),
            ..View::default()
        };
        view.write(&original.draft, json.raw(r#","entities":"#));
        write_extended_entities(media.as_ref(), json);
        write_end(head, original, false, json);
    }
}

/// Writes a Tweet that is not a Retweet, up to the fields that only a delivered one has. `source` is
/// that of a delivered one.
fn write_post(
    post: &Post<'_>,
    quoted: Option<&Post<'_>>,
    source: Option<&str>,
    json: &mut Json<'_>,
) {
    let (head, draft) = (&post.head, &post.draft);
    let own = attached(post, 0, false);
    write_start(head, json);
    if post.is_long() {
        json.raw("\"").part(draft.start(KEPT_CHARS));
        json.raw(r"\u2026 https:\/\/t.co\/")
            .raw(&link_code(head.mark));
        json.raw(r#"","display_text_range":["#);
        json.size(draft.visible.0).raw(",140]");
    } else {
        json.text(&draft.text);
        if draft.visible != (0, draft.chars) {
            write_visible(post, json);
        }
    }
    json.raw(r#","source":"#)
        .text(source.unwrap_or(post.source));
    json.raw(r#","truncated":"#).flag(post.is_long());
    write_reply(post.replied_to, json);
    json.raw(r#","user":"#).raw_bytes(&head.author.json);
    write_place(post.place.as_ref(), post.exact, json);
    if let Some(quoted) = quoted {
        write_quote(quoted, json);
    }
    json.raw(r#","is_quote_status":"#).flag(post.is_quote);
    let mut view = View {
        limit: usize::MAX,
        media: own.as_ref(),
        extended: true,
        ..View::default()
    };
    if post.is_long() {
        json.raw(r#","extended_tweet":{"full_text":"#)
            .text(&draft.text);
        write_visible(post, json);
        view.write(draft, json.raw(r#","entities":"#));
        write_extended_entities(own.as_ref(), json);
        json.raw("}");
        view.limit = KEPT_CHARS;
        view.whole = Some(head);
        view.media = None;
    }
    write_counts(
        if source.is_some() {
            [0; 4]
        } else {
            post.counts
        },
        json,
    );
    view.poll = post.poll.as_ref();
    view.extended = false;
    view.write(draft, json.raw(r#","entities":"#));
    write_extended_entities(view.media, json);
    write_end(head, post, post.is_editable(), json);
}

/// The time and the ids, up to the key of the text.
fn write_start(head: &Head<'_>, json: &mut Json<'_>) {
    json.raw(r#"{"created_at":""#);
    write_created_at(json.0, head.ms);
    json.raw(r#"","id":"#).int(head.id);
    json.raw(r#","id_str":"#).quoted(head.id);
    json.raw(r#","text":"#);
}

/// What the Tweet replies to, or nulls.
fn write_reply(to: Option<(u64, Person<'_>)>, json: &mut Json<'_>) {
    let Some((id, person)) = to else {
        json.raw(r#","in_reply_to_status_id":null,"in_reply_to_status_id_str":null,"in_reply_to_user_id":null,"in_reply_to_user_id_str":null,"in_reply_to_screen_name":null"#);
        return;
    };
    json.raw(r#","in_reply_to_status_id":"#).int(id);
    json.raw(r#","in_reply_to_status_id_str":"#).quoted(id);
    json.raw(r#","in_reply_to_user_id":"#).int(person.id);
    json.raw(r#","in_reply_to_user_id_str":"#).quoted(person.id);
    json.raw(r#","in_reply_to_screen_name":"#)
        .text(person.screen_name);
}

/// Quotes, replies, Retweets and likes.
fn write_counts([quotes, replies, retweets, likes]: [u64; 4], json: &mut Json<'_>) {
    json.raw(r#","quote_count":"#).int(quotes);
    json.raw(r#","reply_count":"#).int(replies);
    json.raw(r#","retweet_count":"#).int(retweets);
    json.raw(r#","favorite_count":"#).int(likes);
}

fn write_visible(post: &Post<'_>, json: &mut Json<'_>) {
    let (start, end) = post.draft.visible;
    json.raw(r#","display_text_range":["#).size(start);
    json.raw(",").size(end).raw("]");
}

fn write_quote(quoted: &Post<'_>, json: &mut Json<'_>) {
    let id = quoted.head.id;
    json.raw(r#","quoted_status_id":"#).int(id);
    json.raw(r#","quoted_status_id_str":"#).quoted(id);
    json.raw(r#","quoted_status":"#);
    write_post(quoted, None, None, json);
    json.raw(r#"},"quoted_status_permalink":{"url":"https:\/\/t.co\/"#)
        .raw(&link_code(!quoted.head.mark));
    let name = &quoted.head.author.screen_name;
    let page = format!("twitter.com/{name}/status/{id}");
    json.raw(r#"","expanded":"https:\/\/"#).part(&page);
    json.raw(r#"","display":""#).part(&page[..26]);
    json.raw(r#"\u2026"}"#);
}

fn write_extended_entities(media: Option<&Attached<'_>>, json: &mut Json<'_>) {
    if let Some(media) = media {
        media.write_all(json.raw(r#","extended_entities":{"media":"#));
        json.raw("}");
    }
}

/// Everything after the entities that Tweets inside others have too. A Retweet ends in the manner of
/// what it repeats, `said`.
fn write_end(head: &Head<'_>, said: &Post<'_>, editable: bool, json: &mut Json<'_>) {
    json.raw(r#","favorited":false,"retweeted":false"#);
    if said.draft.has_link() {
        json.raw(r#","possibly_sensitive":"#)
            .flag(said.is_sensitive);
    }
    json.raw(r#","filter_level":"low","lang":"#)
        .text(&said.draft.lang);
    json.raw(r#","edit_history":{"initial_tweet_id":"#)
        .quoted(head.id);
    json.raw(r#","edit_tweet_ids":["#).quoted(head.id);
    json.raw(r#"]},"edit_controls":{"editable_until_ms":"#)
        .int((head.ms + EDITABLE_MS).unsigned_abs());
    json.raw(r#","edits_remaining":"#)
        .int(if editable { 5 } else { 0 });
    json.raw(r#"},"editable":"#).flag(editable);
}

/// The media of `post`, described from a text that starts `shift` characters earlier.
fn attached<'a>(post: &'a Post<'_>, shift: usize, retweeted: bool) -> Option<Attached<'a>> {
    let media = post.media?;
    let entity = post.draft.entities.last()?;
    let Kind::Media(code) = &entity.kind else {
        return None;
    };
    Some(Attached {
        media,
        code,
        indices: (entity.start + shift, entity.end + shift),
        tweet: post.head.id,
        author: post.head.author.person(),
        mark: post.head.mark,
        retweeted,
    })
}
