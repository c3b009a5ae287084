//! The application that a Tweet is sent with.

use fastrand::Rng;

use super::{node::Node, wishes::Wishes};
use ouzel_rule::Kind;

/// What is taken where a rule names some that are not to be.
const OTHERS: [&str; 3] = [
    "<a href=\"http://twitter.com/download/iphone\" rel=\"nofollow\">Twitter for iPhone</a>",
    "<a href=\"http://twitter.com/download/android\" rel=\"nofollow\">Twitter for Android</a>",
    "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
];

/// Lets a Tweet be sent with what is wanted.
pub(super) fn edit(tweet: &mut Node<'_>, wishes: &Wishes<'_>, rng: &mut Rng) {
    // No Tweet is sent with nothing.
    let mut names: Vec<&str> = wishes
        .find(|wish, kind| match kind {
            Kind::Source(name) => Some(wish.spelled(name)),
            _ => None,
        })
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        if wishes.shun(|kind| matches!(kind, Kind::Source(_))) {
            tweet.set("source", Node::text(OTHERS[rng.usize(..OTHERS.len())]));
        }
        return;
    }
    // It can be asked for by its URL and by its name.
    names.sort_by_key(|name| !is_url(name));
    let source = match names.as_slice() {
        [url, name, ..] if is_url(url) => anchor(url, name),
        [url] if is_url(url) => anchor(url, "app"),
        [name, ..] if name.contains('<') || name.eq_ignore_ascii_case("web") => (*name).to_owned(),
        [name, ..] => anchor("https://app.example.com/about", name),
        [] => return,
    };
    tweet.set("source", Node::text(&source));
}

fn is_url(name: &str) -> bool {
    name.contains("://") && !name.contains(['"', '>'])
}

fn anchor(url: &str, name: &str) -> String {
    format!("<a href=\"{url}\" rel=\"nofollow\">{name}</a>")
}
