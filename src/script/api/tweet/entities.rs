//! What stands in the text of a Tweet: links, hashtags, mentions. They are those of the whole text, as `full_text` has it.

use super::{part::Part, related::retweeted};

/// The places where entities may be, those of the longest text first.
const ENTITIES: [&[&str]; 4] = [
    &["extended_tweet", "entities"],
    &["long_object", "twitter_entities"],
    &["entities"],
    &["twitter_entities"],
];

/// Where the links lead, each once: the page behind all redirects where the service has followed them, else the link
/// as its author wrote it.
pub(super) fn urls<P: Part>(tweet: &P) -> Vec<String> {
    // In Activity Streams, the links that the service has followed stand apart.
    let pages = tweet.path(&["gnip", "urls"]);
    let pages = pages.map_or_else(Vec::new, |pages| pages.elements());
    let lead = |page: &P| page.text_of(&["expanded_url", "url"]);
    let mut found = Vec::new();
    let mut followed = Vec::new();
    for url in list(tweet, "urls") {
        let short = url.text_of(&["url"]);
        let page = (short.as_ref()).and_then(|short| {
            pages
                .iter()
                .find(|page| page.text_of(&["url"]).as_ref() == Some(short))
        });
        followed.extend(short.filter(|_| page.is_some()));
        let unwound = url.text_at(&["unwound", "url"]);
        add(
            &mut found,
            unwound
                .or_else(|| page.and_then(lead))
                .or_else(|| url.text_of(&["expanded_url", "url"])),
        );
    }
    // A Retweet shows the links of both texts, and its own may be cut off.
    for page in pages {
        let is_known = page
            .text_of(&["url"])
            .is_some_and(|short| followed.contains(&short));
        add(&mut found, lead(&page).filter(|_| !is_known));
    }
    found
}

/// The hashtags without the #, as they are written, each once.
pub(super) fn hashtags<P: Part>(tweet: &P) -> Vec<String> {
    let mut found = Vec::new();
    for hashtag in list(tweet, "hashtags") {
        add(&mut found, hashtag.text_of(&["text"]));
    }
    found
}

/// The screen names of the mentioned, each once. A Retweet mentions the author of the original.
pub(super) fn mentions<P: Part>(tweet: &P) -> Vec<String> {
    let mut found = Vec::new();
    if written(tweet, "user_mentions").is_none()
        && let Some(original) = retweeted(tweet)
    {
        let name = (original.text_at(&["user", "screen_name"]))
            .or_else(|| original.text_at(&["actor", "preferredUsername"]));
        add(&mut found, name);
    }
    for mention in list(tweet, "user_mentions") {
        add(&mut found, mention.text_of(&["screen_name"]));
    }
    found
}

fn add(found: &mut Vec<String>, text: Option<String>) {
    if let Some(text) = text
        && !found.contains(&text)
    {
        found.push(text);
    }
}

/// A list of the entities of the whole text. What a handler has written wins over what came in, and the original of a
/// Retweet over the Retweet, whose own text is cut off.
fn list<P: Part>(tweet: &P, name: &str) -> Vec<P> {
    let original = || own_list(&retweeted(tweet)?, name);
    (written(tweet, name))
        .or_else(original)
        .or_else(|| own_list(tweet, name))
        .map_or_else(Vec::new, |list| list.elements())
}

fn own_list<P: Part>(tweet: &P, name: &str) -> Option<P> {
    written(tweet, name).or_else(|| {
        let entities = ENTITIES.iter().find_map(|path| tweet.path(path));
        entities?.field(name)
    })
}

fn written<P: Part>(tweet: &P, name: &str) -> Option<P> {
    ENTITIES.iter().find_map(|path| {
        let whole = tweet
            .written(path)
            .and_then(|entities| entities.field(name));
        whole.or_else(|| tweet.path(path)?.written(&[name]))
    })
}
