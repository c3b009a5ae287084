//! The Tweets inside a Tweet, and what kind of Tweet that makes it.

use super::part::Part;

/// The original of a Retweet. In Activity Streams it is the object that is shared; that of any other activity is only a
/// note.
pub(super) fn retweeted<P: Part>(tweet: &P) -> Option<P> {
    let shared = || is_share(tweet).then(|| tweet.object("object")).flatten();
    tweet.object("retweeted_status").or_else(shared)
}

/// The Tweet that this one quotes, or that the Tweet quotes which it retweets.
pub(super) fn quoted<P: Part>(tweet: &P) -> Option<P> {
    own_quoted(tweet).or_else(|| own_quoted(&retweeted(tweet)?))
}

fn own_quoted<P: Part>(tweet: &P) -> Option<P> {
    let activity = || tweet.object("twitter_quoted_status");
    tweet.object("quoted_status").or_else(activity)
}

/// A Retweet of a quote is a Retweet, and a quote that answers another Tweet is a quote. A quote stays one when the
/// quoted Tweet is gone.
pub(super) fn kind<P: Part>(tweet: &P) -> &'static str {
    if tweet.object("retweeted_status").is_some() || is_share(tweet) {
        return "retweet";
    }
    let is_quote = tweet.field("is_quote_status").and_then(|is| is.flag());
    if is_quote == Some(true) || own_quoted(tweet).is_some() {
        return "quote";
    }
    const ANSWERED: [&str; 3] = [
        "in_reply_to_status_id",
        "in_reply_to_status_id_str",
        "inReplyTo",
    ];
    let is_reply = ANSWERED.iter().any(|name| tweet.field(name).is_some());
    if is_reply { "reply" } else { "tweet" }
}

fn is_share<P: Part>(tweet: &P) -> bool {
    let verb = tweet.field("verb").and_then(|verb| verb.text());
    verb.is_some_and(|verb| verb == "share")
}
