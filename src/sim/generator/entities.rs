//! The `entities` of made-up Tweets, and the pages that their links lead to.

use super::{
    draft::{Draft, Entity, Kind, Link},
    media::Attached,
    post::{Head, Poll},
    user::{User, link_code},
};
use crate::{json_text::Json, snowflake::write_created_at};

/// Where pages are: names that are reserved for examples.
const SITES: &[&str] = &[
    "www.example.com",
    "news.example.org",
    "maps.example.net",
    "blog.example.com",
    "radio.example.org",
    "shop.example.net",
];

/// The path, title and description of pages.
const PAGES: &[(&str, &str, &str)] = &[
    (
        "2023/03/launch-window",
        "Launch window moves to Thursday",
        "Upper winds keep the rocket on its pad. What to expect on the next attempt, and where to watch it.",
    ),
    (
        "climate/harbour-plan",
        "Harbour plan after the climate report",
        "The town wants to raise the sea wall by a metre. Residents ask who pays for it.",
    ),
    (
        "live?layer=gauge",
        "Live gauge map",
        "River level, rainfall and road closures, refreshed every five minutes.",
    ),
    (
        "music/session-12",
        "Session 12: live from the boat house",
        "Forty minutes of new music, recorded in one take with two microphones.",
    ),
    (
        "football/report",
        "Two all in the snow",
        "A deflected goal, a missed penalty & a dog on the pitch: our report.",
    ),
    (
        "elections/wards",
        "Results by ward",
        "Every ward, every recount, updated through the night.",
    ),
    (
        "recipes/sourdough",
        "A sourdough that waits for you",
        "Three days, no kneading: bread for people with other plans.",
    ),
    ("jobs/shipyard", "Fifty new jobs at the shipyard", ""),
];

/// Which of a draft's entities to write, and where they have moved to.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// Added to every index: the length of `RT @name: `.
    pub(super) shift: usize,
    /// Entities that end after this many characters of the shifted text are left out.
    pub(super) limit: usize,
    /// The author in front of a Retweet's text.
    pub(super) retweeted: Option<&'a User>,
    /// The Tweet, where its truncated text ends in a link to the whole of it.
    pub(super) whole: Option<&'a Head<'a>>,
    pub(super) poll: Option<&'a Poll>,
    pub(super) media: Option<&'a Attached<'a>>,
    /// Whether these are the entities of an `extended_tweet`: real ones list all media there, as what they are.
    pub(super) extended: bool,
}

impl View<'_> {
    /// Writes the object, keys in the order of the service.
    pub(super) fn write(&self, draft: &Draft<'_>, json: &mut Json<'_>) {
        let shown = || {
            draft
                .entities
                .iter()
                .filter(|entity| entity.end + self.shift <= self.limit)
                .map(|entity| Entity {
                    start: entity.start + self.shift,
                    end: entity.end + self.shift,
                    kind: entity.kind.clone(),
                })
        };
        let mut list = List::start(json, r#"{"hashtags":["#);
        for entity in shown() {
            if let Kind::Hashtag(text) = entity.kind {
                list.next().raw(r#"{"text":"#).text(text);
                write_indices(list.json, entity.start, entity.end);
            }
        }
        let mut list = List::start(json, r#"],"urls":["#);
        for entity in shown() {
            if let Kind::Link(link) = &entity.kind {
                write_link(link, list.next());
                write_indices(list.json, entity.start, entity.end);
            }
        }
        if let Some(head) = self.whole {
            let code = link_code(head.mark);
            list.next().raw(r#"{"url":"https:\/\/t.co\/"#).raw(&code);
            list.json
                .raw(r#"","expanded_url":"https:\/\/twitter.com\/i\/web\/status\/"#)
                .int(head.id);
            list.json
                .raw(r#"","display_url":"twitter.com\/i\/web\/status\/1\u2026""#);
            write_indices(list.json, self.limit + 2, self.limit + 25);
        }
        let mut list = List::start(json, r#"],"user_mentions":["#);
        if let Some(user) = self.retweeted {
            write_mention(user, list.next());
            write_indices(list.json, 3, self.shift - 2);
        }
        for entity in shown() {
            if let Kind::Mention(user) = entity.kind {
                write_mention(user, list.next());
                write_indices(list.json, entity.start, entity.end);
            }
        }
        let mut list = List::start(json, r#"],"symbols":["#);
        for entity in shown() {
            if let Kind::Symbol(text) = entity.kind {
                list.next().raw(r#"{"text":"#).text(text);
                write_indices(list.json, entity.start, entity.end);
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

/// Puts commas between the elements of an array.
struct List<'a, 'b> {
    json: &'a mut Json<'b>,
    empty: bool,
}

impl<'a, 'b> List<'a, 'b> {
    fn start(json: &'a mut Json<'b>, opening: &str) -> Self {
        json.raw(opening);
        Self { json, empty: true }
    }

    fn next(&mut self) -> &mut Json<'b> {
        if !std::mem::take(&mut self.empty) {
            self.json.raw(",");
        }
        self.json
    }
}

fn write_indices(json: &mut Json<'_>, start: usize, end: usize) {
    json.raw(r#","indices":["#)
        .size(start)
        .raw(",")
        .size(end)
        .raw("]}");
}

fn write_mention(user: &User, json: &mut Json<'_>) {
    json.raw(r#"{"screen_name":"#)
        .text(&user.screen_name)
        .raw(r#","name":"#)
        .text(&user.name);
    json.raw(r#","id":"#)
        .int(user.id)
        .raw(r#","id_str":"#)
        .quoted(user.id);
}

/// Two in three links were shortened, and the service has followed them.
fn write_link(link: &Link, json: &mut Json<'_>) {
    let site = SITES[(link.page / 8) as usize % SITES.len()];
    let (path, title, description) = PAGES[(link.page / 64) as usize % PAGES.len()];
    let page = format!("{site}/{path}");
    json.raw(r#"{"url":"https:\/\/t.co\/"#).raw(&link.code);
    if link.page.is_multiple_of(3) {
        json.raw(r#"","expanded_url":"https:\/\/"#)
            .part(&page)
            .raw(r#"","display_url":""#);
        match page.char_indices().nth(26) {
            Some((end, _)) => json.part(&page[..end]).raw(r"\u2026"),
            None => json.part(&page),
        };
        json.raw("\"");
        return;
    }
    let short = &link_code(link.page)[..7];
    json.raw(r#"","expanded_url":"https:\/\/bit.ly\/"#)
        .raw(short);
    json.raw(r#"","display_url":"bit.ly\/"#).raw(short);
    json.raw(r#"","unwound":{"url":"https:\/\/"#)
        .part(&page)
        .raw("\",");
    match link.page % 20 {
        0 => json.raw(r#""status":404,"title":null,"description":null}"#),
        1 => json.raw(r#""status":403,"title":null,"description":null}"#),
        _ => json
            .raw(r#""status":200,"title":"#)
            .text(title)
            .raw(r#","description":"#)
            .text(description)
            .raw("}"),
    };
}

fn write_poll(poll: &Poll, json: &mut Json<'_>) {
    let mut list = List::start(json, r#","polls":[{"options":["#);
    for (option, position) in poll.options.iter().zip(1..) {
        list.next()
            .raw(r#"{"position":"#)
            .int(position)
            .raw(r#","text":"#)
            .text(option)
            .raw("}");
    }
    json.raw(r#"],"end_datetime":""#);
    write_created_at(json.0, poll.end_ms);
    json.raw(r#"","duration_minutes":"#)
        .int(poll.minutes)
        .raw("}]");
}
