//! The text of a Tweet.

use super::{
    part::Part,
    related::{quoted, retweeted},
};

/// The places where a Tweet's own text may be, the longest text first.
const TEXTS: [&[&str]; 5] = [
    &["extended_tweet", "full_text"],
    &["long_object", "body"],
    &["full_text"],
    &["text"],
    &["body"],
];

/// The whole text, also of a long Tweet. A Retweet's own text is cut off, so for a Retweet it is `RT @name: ` and the
/// original's text. A text that a handler has written wins over the text that came in.
pub(super) fn full_text<P: Part>(tweet: &P) -> Option<String> {
    if let Some(text) = written_text(tweet) {
        return Some(text);
    }
    if let Some(original) = retweeted(tweet) {
        let name = (original.text_at(&["user", "screen_name"]))
            .or_else(|| original.text_at(&["actor", "preferredUsername"]));
        if let (Some(name), Some(text)) = (name, own_text(&original)) {
            return Some(format!("RT @{name}: {text}"));
        }
    }
    own_text(tweet)
}

/// The whole text, and on a line of its own that of the Tweet that it quotes.
pub(super) fn all_text<P: Part>(tweet: &P) -> Option<String> {
    let quoted = quoted(tweet).and_then(|quoted| own_text(&quoted));
    match (full_text(tweet), quoted) {
        (Some(text), Some(quoted)) => Some(format!("{text}\n{quoted}")),
        (text, quoted) => text.or(quoted),
    }
}

fn own_text<P: Part>(tweet: &P) -> Option<String> {
    let text = |path: &&[&str]| tweet.path(path)?.text();
    written_text(tweet).or_else(|| TEXTS.iter().find_map(text))
}

/// The text that a handler has written, in any place where a text can be.
fn written_text<P: Part>(tweet: &P) -> Option<String> {
    let text = |path: &&[&str]| tweet.written(path)?.text();
    TEXTS.iter().find_map(text)
}
