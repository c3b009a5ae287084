//! The `entities` of made-up Tweets.

use super::{
    draft::{Draft, Kind},
    link::link_code,
    media::Attached,
    post::{Head, Poll},
    user::Person,
};
use crate::{json_text::Json, snowflake::write_created_at};

/// Which of a draft's entities are written, and how far they have moved.
#[derive(Debug, Default)]
pub(super) struct View<'a> {
    /// Added to every index: the length of `RT @name: `.
    pub(super) shift: usize,
    /// Entities that end after this many characters of the shifted text are left out.
    pub(super) limit: usize,
    /// The author in front of a Retweet's text.
    pub(super) retweeted: Option<Person<'a>>,
    /// The Tweet, if its text is cut and ends in a link to the whole of it.
    pub(super) whole: Option<&'a Head<'a>>,
    pub(super) poll: Option<&'a Poll>,
    pub(super) media: Option<&'a Attached<'a>>,
    /// Whether these are the entities of an `extended_tweet`. Real ones list all media there, with their
    /// true types.
    pub(super) extended: bool,
}

impl View<'_> {
    /// Writes the object, keys in the order of the service.
    pub(super) fn write(&self, draft: &Draft<'_>, json: &mut Json<'_>) {
        for (list, opening) in [
            r#"{"hashtags":["#,
            r#"],"urls":["#,
            r#"],"user_mentions":["#,
            r#"],"symbols":["#,
        ]
        .into_iter()
        .enumerate()
        {
            json.raw(opening);
            let mut comma = "";
            if list == MENTIONS
                && let Some(author) = self.retweeted
            {
                write_mention(author, json);
                write_indices(json, 3, self.shift - 2);
                comma = ",";
            }
            for entity in &draft.entities {
                let (start, end) = (entity.start + self.shift, entity.end + self.shift);
                if end > self.limit || list_of(&entity.kind) != Some(list) {
                    continue;
                }
                json.raw(comma);
                comma = ",";
                match &entity.kind {
                    Kind::Hashtag(text) | Kind::Symbol(text) => {
                        json.raw(r#"{"text":"#).text(text);
                    }
                    Kind::Mention(person) => write_mention(*person, json),
                    Kind::Link(link) => link.write(json),
                    Kind::Media(_) => {}
                }
                write_indices(json, start, end);
            }
            if list == URLS
                && let Some(head) = self.whole
            {
                json.raw(comma).raw(r#"{"url":"https:\/\/t.co\/"#);
                json.raw(&link_code(head.mark));
                json.raw(r#"","expanded_url":"https:\/\/twitter.com\/i\/web\/status\/"#);
                json.int(head.id);
                json.raw(r#"","display_url":"twitter.com\/i\/web\/status\/1\u2026""#);
                write_indices(json, self.limit + 2, self.limit + 25);
            }
        }
        json.raw("]");
        if let Some(poll) = self.poll {
            write_poll(poll, json);
        }
        if let Some(media) = self.media {
            let json = json.raw(r#","media":"#);
            if self.extended {
                media.write_all(json);
            } else {
                media.write_first(json);
            }
        }
        json.raw("}");
    }
}

const URLS: usize = 1;
const MENTIONS: usize = 2;

/// In which of the four lists an entity stands.
fn list_of(kind: &Kind<'_>) -> Option<usize> {
    match kind {
        Kind::Hashtag(_) => Some(0),
        Kind::Link(_) => Some(URLS),
        Kind::Mention(_) => Some(MENTIONS),
        Kind::Symbol(_) => Some(3),
        Kind::Media(_) => None,
    }
}

fn write_indices(json: &mut Json<'_>, start: usize, end: usize) {
    json.raw(r#","indices":["#)
        .size(start)
        .raw(",")
        .size(end)
        .raw("]}");
}

fn write_mention(person: Person<'_>, json: &mut Json<'_>) {
    json.raw(r#"{"screen_name":"#).text(person.screen_name);
    json.raw(r#","name":"#).text(person.name);
    json.raw(r#","id":"#).int(person.id);
    json.raw(r#","id_str":"#).quoted(person.id);
}

fn write_poll(poll: &Poll, json: &mut Json<'_>) {
    json.raw(r#","polls":[{"options":["#);
    json.list(poll.options.iter().zip(1..), |(option, position), json| {
        json.raw(r#"{"position":"#).int(position);
        json.raw(r#","text":"#).text(option).raw("}");
    });
    json.raw(r#"],"end_datetime":""#);
    write_created_at(json.0, poll.end_ms);
    json.raw(r#"","duration_minutes":"#).int(poll.minutes);
    json.raw("}]");
}
