//! Links to pages that a rule asks for, and photos and videos.

use std::borrow::Cow;

use fastrand::Rng;

use super::wishes::Wishes;
use crate::generator::{Link, Media, Medium, Page, link_code, without_scheme};
use ouzel_rule::{Fact, Field, Kind};

/// The longest title and description of a page. [source: xd/data-enrichments]
const LONGEST_TITLE: usize = 300;
const LONGEST_DESCRIPTION: usize = 1000;

/// Where pages are that no rule names: a name that is reserved for examples.
const SITE: &str = "https://www.example.com";

/// The links that are wanted: as few as can be, as each takes room in the text.
pub(super) fn links<'a>(wishes: &Wishes<'a>, rng: &mut Rng) -> Vec<Link<'a>> {
    let mut urls: Vec<String> = Vec::new();
    for part in wishes.find(|wish, kind| match kind {
        Kind::UrlContains(part) => Some(wish.spelled(part)),
        Kind::In(Field::Url, pattern) => Some(wish.spelled(pattern.text())),
        _ => None,
    }) {
        match urls.last_mut() {
            // A part without a host is a path as well as any.
            Some(url) if !has_host(part) => {
                url.push('/');
                url.push_str(part);
            }
            _ => urls.push(url(part)),
        }
    }
    let titles = wishes.in_field(Field::UrlTitle);
    let descriptions = wishes.in_field(Field::UrlDescription);
    let has_page = !titles.is_empty() || !descriptions.is_empty();
    let media = wishes.want(is_media) || wishes.want_fact(Fact::Quote);
    if urls.is_empty() && (has_page || wishes.want_fact(Fact::Links) && !media) {
        urls.push(format!("{SITE}/{}", rng.u32(1000..100_000)));
    }
    let start = |parts: &[&str], longest: usize| -> Cow<'a, str> {
        parts.join(" – ").chars().take(longest).collect()
    };
    let link = |(at, url): (usize, String)| Link {
        code: link_code(rng.u64(..)),
        page: (at == 0 && has_page).then(|| Page {
            url: url.clone(),
            status: 200,
            title: Some(start(&titles, LONGEST_TITLE)),
            description: Some(start(&descriptions, LONGEST_DESCRIPTION)),
        }),
        url,
    };
    urls.into_iter().enumerate().map(link).collect()
}

/// Whether it begins with a host, as `npr.org` and `https://npr.org/` do.
fn has_host(part: &str) -> bool {
    let bare = without_scheme(part);
    let host = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let is_label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    bare.len() < part.len() || host.contains('.') && host.split('.').all(is_label)
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

/// Whether a clause asks for photos or videos.
pub(super) fn is_media(kind: &Kind) -> bool {
    matches!(kind, Kind::Fact(Fact::Media | Fact::Images | Fact::Videos))
}

/// The photos and videos that are wanted. Where any will do, it is what is not unwanted.
pub(super) fn media(wishes: &Wishes<'_>) -> Media {
    let is = |fact| wishes.want_fact(fact);
    let is_not = |fact| wishes.shun_fact(fact);
    match (is(Fact::Images), is(Fact::Videos)) {
        (true, true) => &[Medium::Photo, Medium::Video],
        (true, false) => &[Medium::Photo],
        (false, true) => &[Medium::Video],
        (false, false) if !is_not(Fact::Images) => &[Medium::Photo],
        (false, false) if !is_not(Fact::Videos) => &[Medium::Video],
        (false, false) => &[Medium::Gif],
    }
}
