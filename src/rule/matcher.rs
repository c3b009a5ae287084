//! Decides whether a rule matches a Tweet.

use super::analysis::Analysis;
use super::tokens::is_same;
use super::tree::{Counter, Expr, Fact, Kind, Link, Role, Subject};

/// Whether an expression matches a Tweet.
pub(super) fn matches(expr: &Expr, tweet: &Analysis<'_>) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().all(|part| matches(part, tweet)),
        Expr::Any(branches) => branches.iter().any(|branch| matches(branch, tweet)),
        Expr::Not { inner, .. } => !matches(inner, tweet),
        Expr::Clause(clause) => holds(&clause.kind, tweet),
    }
}

fn holds(kind: &Kind, tweet: &Analysis<'_>) -> bool {
    let is = |folded: &str, text: Option<&str>| text.is_some_and(|text| is_same(folded, text));
    match kind {
        Kind::Keyword(pattern) | Kind::Phrase(pattern) => tweet.finds(pattern),
        Kind::Proximity { words, distance } => tweet.finds_near(words, *distance),
        Kind::Contains(part) => tweet.own_texts.iter().any(|text| text.contains(part)),
        Kind::UrlContains(part) => tweet.posted_urls.iter().any(|url| url.contains(part)),
        Kind::In(field, pattern) => tweet.finds_in(*field, pattern),
        Kind::Hashtag(tag) => tweet.hashtags.iter().any(|own| own == tag),
        Kind::Cashtag(tag) => tweet.cashtags.iter().any(|own| own == tag),
        Kind::Mention(account) => tweet.mentions.iter().any(|user| user.is(account)),
        Kind::User(Role::Author, account) => tweet.author.is(account),
        Kind::User(Role::Recipient, account) => tweet.recipient.is(account),
        Kind::User(Role::Retweeted, account) => tweet.retweeted_author.is(account),
        Kind::Status(Link::Retweeted, id) => tweet.retweeted_id.as_deref() == Some(id),
        Kind::Status(Link::RepliedTo, id) => tweet.replied_to_id.as_deref() == Some(id),
        Kind::Count(counter, range) => {
            let count = match counter {
                Counter::Followers => tweet.followers,
                Counter::Friends => tweet.friends,
                Counter::Statuses => tweet.statuses,
                Counter::Listed => tweet.listed,
            };
            count.is_some_and(|count| range.contains(&count))
        }
        Kind::Lang(code) => is(code, tweet.lang),
        Kind::Source(name) => tweet.source.iter().any(|own| is(name, *own)),
        Kind::Sample(percent) => tweet.draw < *percent,
        Kind::PlaceCountry(code) => is(
            code,
            tweet.place.as_ref().and_then(|place| place.country_code),
        ),
        Kind::Profile(level, value) => tweet
            .locations
            .iter()
            .any(|location| is(value, location.level(*level))),
        Kind::Inside(Subject::Tweet, area) => match (tweet.point, &tweet.place) {
            // If there is an exact point, the Place around it does not matter.
            (Some(point), _) => area.contains(point),
            (None, Some(place)) => area.contains_all(&place.corners),
            (None, None) => false,
        },
        Kind::Inside(Subject::Profile, area) => tweet
            .locations
            .iter()
            .filter_map(|location| location.point)
            .any(|p| area.contains(p)),
        Kind::Fact(fact) => is_true(*fact, tweet),
    }
}

/// Whether a Tweet meets a `has:` or `is:` condition.
pub(super) fn is_true(fact: Fact, tweet: &Analysis<'_>) -> bool {
    match fact {
        Fact::Geo => tweet.point.is_some() || tweet.place.is_some(),
        Fact::ProfileGeo => !tweet.locations.is_empty(),
        Fact::Links => tweet.has_links,
        Fact::Mentions => !tweet.mentions.is_empty(),
        Fact::Hashtags => !tweet.hashtags.is_empty(),
        Fact::Symbols => !tweet.cashtags.is_empty(),
        Fact::Media => tweet.has_media,
        Fact::Images => tweet.has_images,
        Fact::Videos => tweet.has_videos,
        Fact::Retweet => tweet.is_retweet,
        Fact::Reply => tweet.is_reply,
        Fact::Quote => tweet.is_quote,
        Fact::Verified => tweet.is_verified,
        Fact::Nullcast => tweet.is_nullcast,
    }
}
