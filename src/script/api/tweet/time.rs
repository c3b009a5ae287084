//! When a Tweet was sent.

use super::part::Part;
use crate::tweet::time::{iso, seconds};

/// The time as `2018-10-10T20:19:24Z`.
pub(super) fn created_at_iso<P: Part>(tweet: &P) -> Option<String> {
    created(tweet).and_then(iso)
}

/// The time in seconds since 1970. A time that a handler has written wins over the one that came in.
pub(super) fn created<P: Part>(tweet: &P) -> Option<i64> {
    const TIMES: [&str; 2] = ["created_at", "postedTime"];
    let written = TIMES.iter().find_map(|name| tweet.written(&[name])?.text());
    seconds(&written.or_else(|| tweet.text_of(&TIMES))?)
}
