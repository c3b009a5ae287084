//! Tweets in the Activity Streams format, made from native ones. [reference 4.9, 5.4]

mod actor;
mod gnip;
mod matching;
mod members;
mod place;
mod read;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use sonic_rs::Value;

pub(super) use self::matching::{insert_matching, is_activity};
use self::{
    members::Members,
    read::{count, flag, id, list_of, object, string, text},
};
use super::{json_text::Json, rule_set::Stored};

/// The deepest nesting of Tweets that is written, so that nothing overflows the stack. A Retweet of a
/// quote is three Tweets deep, and no Tweet of the service is deeper. What a file has below that is
/// left out.
const DEEPEST: u8 = 3;

/// What `entities` has in the native format alone. Polls are newer than this format, and unwound
/// URLs stand in `gnip` here.
const NATIVE_ONLY: &[&str] = &["polls", "unwound"];

/// Where an activity stands: it is the delivered one, which shows the rules that it matched, or it
/// is inside another one.
#[derive(Clone, Copy)]
enum Level<'a> {
    Root(&'a [Arc<Stored>]),
    /// The activity that a Retweet repeats, and how many Tweets deep it is.
    Shared(u8),
    Quoted(u8),
}

impl Level<'_> {
    /// The depth of a Tweet inside this one; `None` if it may have none.
    fn below(self) -> Option<u8> {
        let depth = match self {
            Self::Root(_) => 2,
            Self::Shared(depth) | Self::Quoted(depth) => depth + 1,
        };
        (depth <= DEEPEST).then_some(depth)
    }
}

/// Appends a native Tweet as an activity: a JSON object on one line, without its end.
///
/// The activity leaves out what the Tweet lacks, and what has another type than documented.
pub(super) fn write(out: &mut Vec<u8>, tweet: &Value, rules: &[Arc<Stored>]) {
    write_activity(&mut Json(out), tweet, Level::Root(rules));
}

fn write_activity(json: &mut Json<'_>, tweet: &Value, level: Level<'_>) {
    let below = level.below();
    let retweeted = below.and_then(|depth| Some((object(tweet, "retweeted_status")?, depth)));
    let quoted = below.and_then(|depth| Some((object(tweet, "quoted_status")?, depth)));
    let posted = string(tweet, "created_at").and_then(posted_time);

    let mut members = Members::open(json);
    write_id(&mut members, "tag", tweet);
    members.text("objectType", Some("activity"));
    let verb = if retweeted.is_some() { "share" } else { "post" };
    members.text("verb", Some(verb));
    members.text("postedTime", posted.as_deref());
    if let Some(source) = string(tweet, "source") {
        write_generator(members.key("generator"), source);
    }
    members.key("provider").raw(
        r#"{"objectType":"service","displayName":"Twitter","link":"http:\/\/www.twitter.com"}"#,
    );
    write_link(&mut members, tweet);
    members.text("body", text(tweet));
    if let Some(user) = object(tweet, "user") {
        actor::write(members.key("actor"), user);
    }
    if let Some(long) = object(tweet, "extended_tweet") {
        write_long(members.key("long_object"), long);
    }
    members.value("display_text_range", list_of(tweet, "display_text_range"));
    match retweeted {
        Some((retweeted, depth)) => {
            write_activity(members.key("object"), retweeted, Level::Shared(depth));
        }
        None => write_note(members.key("object"), tweet, posted.as_deref()),
    }
    if let Some(id) = id(tweet, "in_reply_to_status_id_str", "in_reply_to_status_id") {
        let json = members.key("inReplyTo").raw(r#"{"link":"#);
        write_permalink(json, string(tweet, "in_reply_to_screen_name"), &id);
        json.raw("}");
    }
    place::write(&mut members, tweet);
    if let Some((quoted, depth)) = quoted {
        let json = members.key("twitter_quoted_status");
        write_activity(json, quoted, Level::Quoted(depth));
    }
    members.count("favoritesCount", count(tweet, "favorite_count"));
    write_entities(&mut members, tweet);
    members.text("twitter_lang", string(tweet, "lang"));
    // A Retweet shows the count of its original, and the original inside it shows none. Recorded
    // activities are so.
    if !matches!(level, Level::Shared(_)) {
        let retweets = retweeted.and_then(|(retweeted, _)| count(retweeted, "retweet_count"));
        members.count(
            "retweetCount",
            retweets.or_else(|| count(tweet, "retweet_count")),
        );
    }
    if let Level::Root(rules) = level {
        let retweeted = retweeted.map(|(retweeted, _)| retweeted);
        gnip::write(members.key("gnip"), tweet, retweeted, rules);
        members.text("twitter_filter_level", string(tweet, "filter_level"));
    }
    // Promoted only; not in the tables of this format. [inferred]
    members.value("scopes", object(tweet, "scopes"));
    members.value("edit_history", object(tweet, "edit_history"));
    members.value("edit_controls", object(tweet, "edit_controls"));
    members.flag("editable", flag(tweet, "editable"));
    members.close();
}

fn write_id(members: &mut Members<'_, '_>, scheme: &str, tweet: &Value) {
    if let Some(id) = id(tweet, "id_str", "id") {
        let json = members.key("id").raw("\"").raw(scheme);
        json.raw(":search.twitter.com,2005:").part(&id).raw("\"");
    }
}

fn write_link(members: &mut Members<'_, '_>, tweet: &Value) {
    if let Some(id) = id(tweet, "id_str", "id") {
        let name = object(tweet, "user").and_then(|user| string(user, "screen_name"));
        write_permalink(members.key("link"), name, &id);
    }
}

/// Writes the address of a Tweet. Without the author's name it works too.
fn write_permalink(json: &mut Json<'_>, screen_name: Option<&str>, id: &str) {
    json.raw(r#""http:\/\/twitter.com\/"#);
    if let Some(name) = screen_name {
        json.part(name).raw(r"\/");
    }
    json.raw(r"statuses\/").part(id).raw("\"");
}

/// Writes what was posted, as the object of the activity.
fn write_note(json: &mut Json<'_>, tweet: &Value, posted: Option<&str>) {
    let mut members = Members::open(json);
    members.text("objectType", Some("note"));
    write_id(&mut members, "object", tweet);
    members.text("summary", text(tweet));
    write_link(&mut members, tweet);
    members.text("postedTime", posted);
    members.close();
}

/// Writes the long text that did not fit into `body`.
fn write_long(json: &mut Json<'_>, long: &Value) {
    let mut members = Members::open(json);
    members.text("body", string(long, "full_text"));
    members.value("display_text_range", list_of(long, "display_text_range"));
    write_entities(&mut members, long);
    members.close();
}

fn write_entities(members: &mut Members<'_, '_>, holder: &Value) {
    if let Some(entities) = object(holder, "entities") {
        members.value_without("twitter_entities", entities, NATIVE_ONLY);
    }
    members.value(
        "twitter_extended_entities",
        object(holder, "extended_entities"),
    );
}

/// Writes the name and the URL of `<a href="URL" rel="nofollow">Name</a>`, or of a name alone.
fn write_generator(json: &mut Json<'_>, source: &str) {
    let anchor = source
        .strip_prefix("<a ")
        .and_then(|anchor| anchor.strip_suffix("</a>"))
        .and_then(|anchor| anchor.split_once('>'));
    let (name, link) = match anchor {
        Some((attributes, name)) => {
            let link = attributes.split_once("href=\"");
            (name, link.and_then(|(_, link)| link.split('"').next()))
        }
        None => (source, None),
    };
    json.raw(r#"{"displayName":"#).text(name);
    json.raw(r#","link":"#).text_or_null(link).raw("}");
}

/// `Wed Oct 10 20:19:24 +0000 2018` as `2018-10-10T20:19:24.000Z`.
fn posted_time(created_at: &str) -> Option<String> {
    // The day of the week is skipped: it says nothing new, and Tweets made by hand often have a wrong one.
    let (_, time) = created_at.split_once(' ')?;
    let time = Timestamp::strptime("%b %d %H:%M:%S %z %Y", time).ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string())
}
