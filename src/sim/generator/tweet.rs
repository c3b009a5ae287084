//! Writes made-up Tweets as native JSON, with every field that the service sends. [source: xd/data-dictionary]

use super::{
    draft::Kind,
    entities::View,
    frame::{Level, flag, write_counts, write_end, write_reply, write_start},
    geo::write_place,
    media::Attached,
    post::{Head, Post, Relation},
    user::link_code,
};
use crate::json_text::Json;

/// A text over 140 characters keeps this many in `text`; `… ` and a link follow. [derived from 5.1]
const KEPT_CHARS: usize = 115;

/// Writes a Tweet that is not a Retweet.
pub(super) fn write_post(
    post: &Post<'_>,
    quoted: Option<&Post<'_>>,
    level: Level,
    json: &mut Json<'_>,
) {
    let (head, draft) = (&post.head, &post.draft);
    write_start(head, json);
    let own = attached(post, 0, false);
    if post.is_long() {
        let end = draft
            .text
            .char_indices()
            .nth(KEPT_CHARS)
            .map_or(draft.text.len(), |(at, _)| at);
        json.raw("\"")
            .part(&draft.text[..end])
            .raw(r"\u2026 https:\/\/t.co\/");
        json.raw(&link_code(head.mark))
            .raw(r#"","display_text_range":["#);
        json.size(draft.visible.0).raw(",140]");
    } else {
        json.text(&draft.text);
        if draft.visible != (0, draft.chars) {
            write_visible(post, json);
        }
    }
    json.raw(r#","source":"#).text(post.source);
    json.raw(r#","truncated":"#).raw(flag(post.is_long()));
    write_reply(post.replied_to.as_ref(), json);
    json.raw(r#","user":"#)
        .0
        .extend_from_slice(&head.author.json);
    write_place(post, json);
    if let Some(quoted) = quoted {
        write_quote(quoted, json);
    }
    json.raw(r#","is_quote_status":"#)
        .raw(flag(head.relation == Relation::Quote));
    if post.is_long() {
        json.raw(r#","extended_tweet":{"full_text":"#)
            .text(&draft.text);
        write_visible(post, json);
        json.raw(r#","entities":"#);
        let whole = View {
            shift: 0,
            limit: usize::MAX,
            retweeted: None,
            whole: None,
            poll: None,
            media: own.as_ref(),
            extended: true,
        };
        whole.write(draft, json);
        write_extended_entities(own.as_ref(), json);
        json.raw("}");
    }
    write_counts(
        if level == Level::Root {
            [0; 4]
        } else {
            post.counts
        },
        json,
    );
    json.raw(r#","entities":"#);
    let view = if post.is_long() {
        View {
            shift: 0,
            limit: KEPT_CHARS,
            retweeted: None,
            whole: Some(head),
            poll: post.poll.as_ref(),
            media: None,
            extended: false,
        }
    } else {
        View {
            shift: 0,
            limit: usize::MAX,
            retweeted: None,
            whole: None,
            poll: post.poll.as_ref(),
            media: own.as_ref(),
            extended: false,
        }
    };
    view.write(draft, json);
    if !post.is_long() {
        write_extended_entities(own.as_ref(), json);
    }
    write_end(head, post, post.is_editable(), level, json);
}

/// Writes a Retweet of `original`, which may quote another Tweet.
pub(super) fn write_retweet(
    head: &Head<'_>,
    source: &str,
    original: &Post<'_>,
    quoted: Option<&Post<'_>>,
    json: &mut Json<'_>,
) {
    write_start(head, json);
    let author = original.head.author;
    let shift = author.screen_name.len() + "RT @: ".len();
    json.raw("\"RT @").raw(&author.screen_name).raw(": ");
    let text = &original.draft.text;
    let limit = if shift + original.draft.chars > 140 {
        let kept = 139 - shift;
        let end = text
            .char_indices()
            .nth(kept)
            .map_or(text.len(), |(at, _)| at);
        json.part(&text[..end]).raw(r"\u2026");
        shift + kept
    } else {
        json.part(text);
        140
    };
    json.raw(r#"","source":"#)
        .text(source)
        .raw(r#","truncated":false"#);
    write_reply(None, json);
    json.raw(r#","user":"#)
        .0
        .extend_from_slice(&head.author.json);
    // Retweets never have a place. [source: xd/data-dictionary]
    json.raw(
        r#","geo":null,"coordinates":null,"place":null,"contributors":null,"retweeted_status":"#,
    );
    write_post(original, quoted, Level::Nested, json);
    if let Some(quoted) = quoted {
        write_quote(quoted, json);
    }
    json.raw(r#","is_quote_status":"#)
        .raw(flag(quoted.is_some()));
    write_counts([0; 4], json);
    json.raw(r#","entities":"#);
    let media = attached(original, shift, true).filter(|media| media.indices.1 <= limit);
    let view = View {
        shift,
        limit,
        retweeted: Some(author),
        whole: None,
        poll: None,
        media: media.as_ref(),
        extended: false,
    };
    view.write(&original.draft, json);
    write_extended_entities(media.as_ref(), json);
    write_end(head, original, false, Level::Root, json);
}

fn write_visible(post: &Post<'_>, json: &mut Json<'_>) {
    let (start, end) = post.draft.visible;
    json.raw(r#","display_text_range":["#)
        .size(start)
        .raw(",")
        .size(end)
        .raw("]");
}

fn write_quote(quoted: &Post<'_>, json: &mut Json<'_>) {
    let (id, name) = (quoted.head.id, &quoted.head.author.screen_name);
    json.raw(r#","quoted_status_id":"#)
        .int(id)
        .raw(r#","quoted_status_id_str":"#)
        .quoted(id);
    write_post(
        quoted,
        None,
        Level::Nested,
        json.raw(r#","quoted_status":"#),
    );
    json.raw(r#","quoted_status_permalink":{"url":"https:\/\/t.co\/"#)
        .raw(&link_code(!quoted.head.mark));
    json.raw(r#"","expanded":"https:\/\/twitter.com\/"#)
        .raw(name)
        .raw(r"\/status\/")
        .int(id);
    let shown = format!("twitter.com/{name}/status/{id}");
    json.raw(r#"","display":""#)
        .part(&shown[..26])
        .raw(r#"\u2026"}"#);
}

fn write_extended_entities(media: Option<&Attached<'_>>, json: &mut Json<'_>) {
    if let Some(media) = media {
        media.write_all(json.raw(r#","extended_entities":{"media":"#));
        json.raw("}");
    }
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
        mark: post.head.mark,
        user: post.head.author.id,
        screen_name: &post.head.author.screen_name,
        retweeted,
    })
}
