//! Links to pages that a rule asks for, and photos and videos.

use fastrand::Rng;

use super::{
    node::{Node, written},
    said::{Entity, EntityKind, Media},
    wishes::{Wish, Wishes},
};
use ouzel_rule::{Fact, Field, Kind};

/// The longest title and description of a page. [source: xd/data-enrichments]
const LONGEST_TITLE: usize = 300;
const LONGEST_DESCRIPTION: usize = 1000;

/// Where pages are that no rule names: a name that is reserved for examples.
const SITE: &str = "https://www.example.com";

/// A page.
#[derive(Debug, Default)]
struct Page<'r> {
    url: String,
    titles: Vec<&'r str>,
    descriptions: Vec<&'r str>,
}

/// The links that are wanted: as few as can be, as each takes room in the text.
pub(super) fn links(wishes: &Wishes<'_>, rng: &mut Rng) -> Vec<Entity> {
    let mut pages: Vec<Page<'_>> = Vec::new();
    for part in wishes.find(in_url) {
        match pages.last_mut() {
            // A part without a host is a path as well as any.
            Some(page) if !has_host(part) => {
                page.url.push('/');
                page.url.push_str(part);
            }
            _ => pages.push(Page {
                url: url(part),
                ..Page::default()
            }),
        }
    }
    let titles: Vec<&str> = wishes
        .find(|wish, kind| in_field(wish, kind, Field::UrlTitle))
        .collect();
    let descriptions: Vec<&str> = wishes
        .find(|wish, kind| in_field(wish, kind, Field::UrlDescription))
        .collect();
    let media = wishes.want(is_media) || wishes.want_fact(Fact::Quote);
    let bare_link = wishes.want_fact(Fact::Links) && !media;
    if pages.is_empty() && (bare_link || !titles.is_empty() || !descriptions.is_empty()) {
        pages.push(Page {
            url: format!("{SITE}/{}", rng.u32(1000..100_000)),
            ..Page::default()
        });
    }
    if let Some(first) = pages.first_mut() {
        first.titles = titles;
        first.descriptions = descriptions;
    }
    pages.iter().map(|page| page.link(rng)).collect()
}

/// Whether a clause asks for photos or videos.
pub(super) fn is_media(kind: &Kind) -> bool {
    matches!(kind, Kind::Fact(Fact::Media | Fact::Images | Fact::Videos))
}

fn in_url<'r>(wish: &Wish<'r>, kind: &'r Kind) -> Option<&'r str> {
    match kind {
        Kind::UrlContains(part) => Some(wish.spelled(part)),
        _ => in_field(wish, kind, Field::Url),
    }
}

/// What a clause looks for in this field.
pub(super) fn in_field<'r>(wish: &Wish<'r>, kind: &'r Kind, field: Field) -> Option<&'r str> {
    match kind {
        Kind::In(own, pattern) if *own == field => Some(wish.spelled(pattern.text())),
        _ => None,
    }
}

/// Whether it begins with a host, as `npr.org` and `https://npr.org/` do.
fn has_host(part: &str) -> bool {
    let bare = without_scheme(part);
    let host = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    bare.len() < part.len() || host.contains('.') && host.split('.').all(is_label)
}

fn without_scheme(url: &str) -> &str {
    ["https://", "http://"]
        .iter()
        .find_map(|scheme| {
            url.get(..scheme.len())
                .filter(|own| own.eq_ignore_ascii_case(scheme))
                .map(|own| &url[own.len()..])
        })
        .unwrap_or(url)
}

fn url(part: &str) -> String {
    if without_scheme(part).len() < part.len() {
        part.to_owned()
    } else if has_host(part) {
        format!("https://{part}")
    } else {
        format!("{SITE}/{part}")
    }
}

impl Page<'_> {
    fn link(&self, rng: &mut Rng) -> Entity {
        let text = format!("https://t.co/{}", code(rng));
        let shown = without_scheme(&self.url);
        let json = written(|json| {
            json.raw(r#"{"url":"#).text(&text);
            json.raw(r#","expanded_url":"#).text(&self.url);
            json.raw(r#","display_url":""#);
            match shown.char_indices().nth(26) {
                Some((end, _)) => json.part(&shown[..end]).raw(r"\u2026"),
                None => json.part(shown),
            };
            json.raw("\"");
            if !self.titles.is_empty() || !self.descriptions.is_empty() {
                let start = |parts: &[&str], longest: usize| -> String {
                    parts.join(" – ").chars().take(longest).collect()
                };
                json.raw(r#","unwound":{"url":"#).text(&self.url);
                json.raw(r#","status":200,"title":"#)
                    .text(&start(&self.titles, LONGEST_TITLE));
                json.raw(r#","description":"#)
                    .text(&start(&self.descriptions, LONGEST_DESCRIPTION))
                    .raw("}");
            }
        });
        Entity {
            kind: EntityKind::Link,
            text,
            json,
            wanted: true,
        }
    }
}

/// The ten characters of a `t.co` link.
pub(super) fn code(rng: &mut Rng) -> String {
    (0..10).map(|_| rng.alphanumeric()).collect()
}

/// The photos and videos that are wanted; `None` if there is no way to have them.
pub(super) fn media<'t>(wishes: &Wishes<'_>, rng: &mut Rng) -> Option<Media<'t>> {
    let mut kinds: Vec<&str> = Vec::new();
    for (fact, kind) in [(Fact::Images, "photo"), (Fact::Videos, "video")] {
        if wishes.want_fact(fact) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        let other = [(Fact::Images, "photo"), (Fact::Videos, "video")]
            .into_iter()
            .find(|(fact, _)| !wishes.shun_fact(*fact));
        kinds.push(other.map_or("animated_gif", |(_, kind)| kind));
    }
    let code = code(rng);
    let all: Vec<Node<'t>> = kinds.iter().map(|kind| file(kind, &code, rng)).collect();
    Some(Media {
        all,
        url: format!("https://t.co/{code}"),
    })
}

fn file<'t>(kind: &str, code: &str, rng: &mut Rng) -> Node<'t> {
    let id = rng.u64(1_200_000_000_000_000_000..1_600_000_000_000_000_000);
    let name = self::code(rng);
    let folder = match kind {
        "photo" => "media".to_owned(),
        "video" => format!("ext_tw_video_thumb/{id}/pu/img"),
        _ => "tweet_video_thumb".to_owned(),
    };
    let json = written(|json| {
        json.raw(r#"{"id":"#)
            .int(id)
            .raw(r#","id_str":"#)
            .quoted(id);
        for (key, scheme) in [("media_url", "http"), ("media_url_https", "https")] {
            json.raw(",").text(key).raw(":");
            json.text(&format!("{scheme}://pbs.twimg.com/{folder}/{name}.jpg"));
        }
        json.raw(r#","url":"#).text(&format!("https://t.co/{code}"));
        json.raw(r#","display_url":"#)
            .text(&format!("pic.twitter.com/{code}"));
        json.raw(r#","expanded_url":"","type":"#).text(kind);
        json.raw(r#","sizes":{"thumb":{"w":150,"h":150,"resize":"crop"},"small":{"w":680,"h":383,"resize":"fit"},"medium":{"w":1200,"h":675,"resize":"fit"},"large":{"w":1280,"h":720,"resize":"fit"}}"#);
        match kind {
            "photo" => {}
            "video" => {
                json.raw(r#","video_info":{"aspect_ratio":[16,9],"duration_millis":"#)
                    .int(rng.u64(2000..140_000));
                json.raw(r#","variants":[{"bitrate":2176000,"content_type":"video\/mp4","url":"#);
                let pages = format!("https://video.twimg.com/ext_tw_video/{id}/pu");
                json.text(&format!("{pages}/vid/1280x720/{name}.mp4?tag=12"));
                json.raw(r#"},{"content_type":"application\/x-mpegURL","url":"#);
                json.text(&format!("{pages}/pl/{name}.m3u8?tag=12"));
                json.raw(r#"}]},"additional_media_info":{"monetizable":false}"#);
            }
            _ => {
                json.raw(r#","video_info":{"aspect_ratio":[16,9],"variants":[{"bitrate":0,"content_type":"video\/mp4","url":"#);
                json.text(&format!("https://video.twimg.com/tweet_video/{name}.mp4"))
                    .raw("}]}");
            }
        }
        json.raw("}");
    });
    Node::Raw(json.into())
}
