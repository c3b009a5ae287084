//! Links in Tweets, and the pages that they lead to.

use std::borrow::Cow;

use fastrand::Rng;

use crate::json_text::Json;

/// Where pages are: names that are reserved for examples.
#[rustfmt::skip] // A table: several a line.
const SITES: &[&str] = &[
    "www.example.com", "news.example.org", "maps.example.net", "blog.example.com",
    "radio.example.org", "shop.example.net",
];

/// The path, title and description of pages.
#[rustfmt::skip] // A table: one page a line.
const PAGES: &[(&str, &str, &str)] = &[
    ("2023/03/launch-window", "Launch window moves to Thursday", "Upper winds keep the rocket on its pad. What to expect on the next attempt, and where to watch it."),
    ("climate/harbour-plan", "Harbour plan after the climate report", "The town wants to raise the sea wall by a metre. Residents ask who pays for it."),
    ("live?layer=gauge", "Live gauge map", "River level, rainfall and road closures, refreshed every five minutes."),
    ("music/session-12", "Session 12: live from the boat house", "Forty minutes of new music, recorded in one take with two microphones."),
    ("football/report", "Two all in the snow", "A deflected goal, a missed penalty & a dog on the pitch: our report."),
    ("elections/wards", "Results by ward", "Every ward, every recount, updated through the night."),
    ("recipes/sourdough", "A sourdough that waits for you", "Three days, no kneading: bread for people with other plans."),
    ("jobs/shipyard", "Fifty new jobs at the shipyard", ""),
];

/// A link to a page.
#[derive(Debug, Clone)]
pub(crate) struct Link<'s> {
    /// The code of its `t.co` form.
    pub(crate) code: String,
    /// The URL that the author gave.
    pub(crate) url: String,
    /// What the service found when it followed the link.
    pub(crate) page: Option<Page<'s>>,
}

/// A page that the service has looked at.
#[derive(Debug, Clone)]
pub(crate) struct Page<'s> {
    pub(crate) url: String,
    pub(crate) status: u64,
    pub(crate) title: Option<Cow<'s, str>>,
    pub(crate) description: Option<Cow<'s, str>>,
}

impl Link<'_> {
    /// A link to one of the pages. Two in three are shortened, and the service has followed those.
    pub(super) fn pick(rng: &mut Rng) -> Self {
        let code = link_code(rng.u64(..));
        let number = rng.u64(..);
        let site = SITES[(number / 8) as usize % SITES.len()];
        let (path, title, description) = PAGES[(number / 64) as usize % PAGES.len()];
        let url = format!("https://{site}/{path}");
        if number.is_multiple_of(3) {
            let page = None;
            return Self { code, url, page };
        }
        let (status, found) = match number % 20 {
            0 => (404, false),
            1 => (403, false),
            _ => (200, true),
        };
        Self {
            code,
            url: format!("https://bit.ly/{}", &link_code(number)[..7]),
            page: Some(Page {
                url,
                status,
                title: found.then_some(title.into()),
                description: found.then_some(description.into()),
            }),
        }
    }

    /// Writes the entity up to its `indices`.
    pub(super) fn write(&self, json: &mut Json<'_>) {
        json.raw(r#"{"url":"https:\/\/t.co\/"#).raw(&self.code);
        json.raw(r#"","expanded_url":"#).text(&self.url);
        json.raw(r#","display_url":""#);
        let shown = without_scheme(&self.url);
        match shown.char_indices().nth(26) {
            Some((end, _)) => json.part(&shown[..end]).raw(r"\u2026"),
            None => json.part(shown),
        };
        json.raw("\"");
        if let Some(page) = &self.page {
            json.raw(r#","unwound":{"url":"#).text(&page.url);
            json.raw(r#","status":"#).int(page.status);
            json.raw(r#","title":"#).text_or_null(page.title.as_deref());
            json.raw(r#","description":"#)
                .text_or_null(page.description.as_deref());
            json.raw("}");
        }
    }
}

/// A URL from its host on.
pub(crate) fn without_scheme(url: &str) -> &str {
    let cut = |scheme: &str| {
        let start = url.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| &url[scheme.len()..])
    };
    cut("https://").or_else(|| cut("http://")).unwrap_or(url)
}

/// The ten characters of a `t.co` link.
pub(crate) fn link_code(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    (0..10).map(|_| rng.alphanumeric()).collect()
}
