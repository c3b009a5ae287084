//! Tells whoever listens what has become of each Tweet. Nobody listens most of the time, and then it costs one load.

use super::Worker;
use crate::{
    control::record::Verdict as Told,
    script::{Failure, Verdict},
    tweet::Tweet,
};

/// The tags of the rules that a Tweet matched.
pub(super) type Tags = Vec<Option<String>>;

impl Worker<'_> {
    /// What listeners need to know of a Tweet before it is handled. `None` if nobody listens.
    pub(super) fn for_listeners(&self, tweet: &Tweet) -> Option<Tags> {
        let owned = |tag: Option<&str>| tag.map(str::to_owned);
        let is_heard = self.feed.is_heard();
        is_heard.then(|| tweet.matching_tags().map(owned).collect())
    }

    /// Tells listeners what has become of a Tweet.
    pub(super) fn tell_listeners(&self, tags: Tags, line: &[u8], ran: Result<Verdict, &Failure>) {
        let (verdict, failure) = match ran {
            Ok(Verdict::Kept) => (Told::Kept, None),
            Ok(Verdict::Dropped) => (Told::Filtered, None),
            Err(failure) => (Told::Failed, Some(first_line(failure))),
        };
        self.feed.tell(line, tags, verdict, failure);
    }
}

/// The place and the reason; further lines have the code.
fn first_line(failure: &Failure) -> String {
    let mut whole = failure.to_string();
    let end = whole.find('\n').unwrap_or(whole.len());
    whole.truncate(end);
    whole
}
