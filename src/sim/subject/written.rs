//! Writes what a Tweet says into its JSON: the text, as much of it as fits, and its entities.

use super::{
    node::{Node, written},
    said::{Entity, EntityKind, Media, Part, Said},
};

/// A text over 140 characters keeps this many in `text`; `… ` and a link follow. [derived from 5.1]
const KEPT_CHARS: usize = 115;

/// The most characters of `text`.
const SHORT: usize = 140;

/// Every link in a text is a `t.co` link of this length.
const LINK_CHARS: usize = 23;

/// A text with the places of its entities, in code points.
#[derive(Debug)]
pub(super) struct Text<'s, 't> {
    said: &'s Said<'t>,
    text: String,
    chars: usize,
    visible: (usize, usize),
    entities: Vec<(usize, usize, &'s Entity)>,
    media: Option<(usize, usize)>,
}

/// Which Tweet media belong to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) id: u64,
    pub(super) user_id: u64,
    pub(super) screen_name: &'a str,
}

impl<'s, 't> Text<'s, 't> {
    /// Counts.
    pub(super) fn new(said: &'s Said<'t>) -> Self {
        let mut own = Self {
            said,
            text: String::with_capacity(400),
            chars: 0,
            visible: (0, 0),
            entities: Vec::new(),
            media: None,
        };
        own.push_all(&said.lead);
        own.visible.0 = own.chars;
        own.push_all(&said.body);
        own.visible.1 = own.chars;
        if let Some(media) = &said.media {
            own.push(" ");
            let start = own.chars;
            own.push(&media.url);
            own.media = Some((start, own.chars));
        }
        own
    }

    fn push_all(&mut self, parts: &'s [Part]) {
        for part in parts {
            let start = self.chars;
            self.push(part.as_str());
            if let Part::Entity(entity) = part {
                self.entities.push((start, self.chars, entity));
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += text.chars().count();
    }

    /// The first characters.
    fn start(&self, chars: usize) -> &str {
        let end = self.text.char_indices().nth(chars);
        &self.text[..end.map_or(self.text.len(), |(at, _)| at)]
    }

    /// Writes it into the Tweet that says it.
    pub(super) fn write(&self, owner: Owner<'_>, code: &str, tweet: &mut Node<'t>) {
        tweet.remove("display_text_range");
        tweet.remove("extended_entities");
        let long = self.chars > SHORT;
        tweet.set("truncated", Node::flag(long));
        let range = |end: usize| {
            Node::made(|json| {
                json.raw("[")
                    .size(self.visible.0)
                    .raw(",")
                    .size(end)
                    .raw("]");
            })
        };
        if !long {
            tweet.set("text", Node::text(&self.text));
            if self.visible != (0, self.chars) {
                tweet.set_after("text", "display_text_range", range(self.visible.1));
            }
            tweet.set(
                "entities",
                self.entities(0, self.chars, None, true, true, owner),
            );
            if let Some(files) = self.files(0, owner, false) {
                tweet.set_after("entities", "extended_entities", files);
            }
            return;
        }
        let link = format!("https://t.co/{code}");
        let cut = format!("{}… {link}", self.start(KEPT_CHARS));
        tweet.set("text", Node::text(&cut));
        tweet.set_after("text", "display_text_range", range(SHORT));
        let mut extended = Node::Object(Vec::new());
        extended.set("full_text", Node::text(&self.text));
        extended.set("display_text_range", range(self.visible.1));
        let mut entities = self.entities(0, self.chars, None, false, false, owner);
        if let Some(files) = self.all_files(0, owner, false) {
            entities.set("media", files);
        }
        extended.set("entities", entities);
        if let Some(files) = self.files(0, owner, false) {
            extended.set("extended_entities", files);
        }
        tweet.set_after("is_quote_status", "extended_tweet", extended);
        let whole = written(|json| {
            json.raw(r#"{"url":"#).text(&link);
            json.raw(r#","expanded_url":"https:\/\/twitter.com\/i\/web\/status\/"#)
                .int(owner.id);
            json.raw(r#"","display_url":"twitter.com\/i\/web\/status\/1\u2026""#);
            write_indices(json, KEPT_CHARS + 2, KEPT_CHARS + 2 + LINK_CHARS);
        });
        tweet.set(
            "entities",
            self.entities(0, KEPT_CHARS, Some(&whole), true, false, owner),
        );
    }

    /// Writes it into a Retweet, behind the name of who said it.
    pub(super) fn write_retweet(&self, owner: Owner<'_>, mention: &Entity, retweet: &mut Node<'t>) {
        let shift = owner.screen_name.chars().count() + "RT @: ".len();
        let mut text = format!("RT @{}: ", owner.screen_name);
        let limit = if shift + self.chars > SHORT {
            text.push_str(self.start((SHORT - 1).saturating_sub(shift)));
            text.push('…');
            SHORT - 1
        } else {
            text.push_str(&self.text);
            SHORT
        };
        retweet.set("text", Node::text(&text));
        let first = written(|json| {
            json.raw(&mention.json);
            write_indices(json, 3, shift - 2);
        });
        let mut entities = self.entities(shift, limit, None, false, false, owner);
        entities
            .get("user_mentions")
            .expect("all lists are written")
            .elements()
            .insert(0, Node::Raw(first.into()));
        if self.media.is_some_and(|(_, end)| end + shift <= limit) {
            if let Some(media) = self.first_file(shift, owner, true) {
                entities.set("media", Node::List(vec![media]));
            }
            retweet.set("entities", entities);
            if let Some(files) = self.files(shift, owner, true) {
                retweet.set_after("entities", "extended_entities", files);
            }
        } else {
            retweet.set("entities", entities);
        }
    }

    /// The object with those that end within `limit` characters, `shift` characters further on.
    fn entities(
        &self,
        shift: usize,
        limit: usize,
        whole: Option<&str>,
        polls: bool,
        media: bool,
        owner: Owner<'_>,
    ) -> Node<'t> {
        let mut lists = Node::Object(Vec::new());
        for kind in EntityKind::ALL {
            let shown = self
                .entities
                .iter()
                .filter(|(_, end, entity)| entity.kind == kind && end + shift <= limit);
            let mut list: Vec<Node<'t>> = shown
                .map(|(start, end, entity)| {
                    Node::made(|json| {
                        json.raw(&entity.json);
                        write_indices(json, start + shift, end + shift);
                    })
                })
                .collect();
            if let (EntityKind::Link, Some(whole)) = (kind, whole) {
                list.push(Node::Raw(whole.to_owned().into()));
            }
            lists.set(kind.key(), Node::List(list));
        }
        if let Some(own) = self.said.polls.as_ref().filter(|_| polls) {
            lists.set("polls", own.clone());
        }
        if let Some(first) = self.first_file(shift, owner, false).filter(|_| media) {
            lists.set("media", Node::List(vec![first]));
        }
        lists
    }

    /// `entities.media` of a Tweet: one, which is always called a photo.
    fn first_file(&self, shift: usize, owner: Owner<'_>, retweeted: bool) -> Option<Node<'t>> {
        let (media, place) = (self.said.media.as_ref()?, self.media?);
        let mut first = file(media.all.first()?, place, shift, owner, retweeted);
        first.set("type", Node::raw(r#""photo""#));
        first.remove("video_info");
        first.remove("additional_media_info");
        Some(first)
    }

    /// `extended_entities`.
    fn files(&self, shift: usize, owner: Owner<'_>, retweeted: bool) -> Option<Node<'t>> {
        let mut files = Node::Object(Vec::new());
        files.set("media", self.all_files(shift, owner, retweeted)?);
        Some(files)
    }

    /// All media, as what they are.
    fn all_files(&self, shift: usize, owner: Owner<'_>, retweeted: bool) -> Option<Node<'t>> {
        let (Media { all, .. }, place) = (self.said.media.as_ref()?, self.media?);
        let all = all
            .iter()
            .map(|node| file(node, place, shift, owner, retweeted));
        Some(Node::List(all.collect()))
    }
}

/// One photo or video, with where its link stands and whose it is.
fn file<'t>(
    node: &Node<'t>,
    (start, end): (usize, usize),
    shift: usize,
    owner: Owner<'_>,
    retweeted: bool,
) -> Node<'t> {
    let mut node = node.clone();
    let indices = Node::made(|json| {
        json.raw("[")
            .size(start + shift)
            .raw(",")
            .size(end + shift)
            .raw("]");
    });
    node.set_after("id_str", "indices", indices);
    let kind = node.get("type").and_then(|kind| kind.as_text());
    let page = if kind.as_deref() == Some("video") {
        "video"
    } else {
        "photo"
    };
    let Owner {
        id,
        user_id,
        screen_name,
    } = owner;
    let expanded = format!("https://twitter.com/{screen_name}/status/{id}/{page}/1");
    node.set("expanded_url", Node::text(&expanded));
    if retweeted {
        node.set_id(["source_status_id", "source_status_id_str"], id);
        node.set_id(["source_user_id", "source_user_id_str"], user_id);
    }
    node
}

fn write_indices(json: &mut crate::json_text::Json<'_>, start: usize, end: usize) {
    json.raw(r#","indices":["#)
        .size(start)
        .raw(",")
        .size(end)
        .raw("]}");
}
