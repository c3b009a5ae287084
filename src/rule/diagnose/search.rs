//! Explains operators of the web site's search and of other interfaces: what PowerTrack has instead, or why it has
//! nothing.

use super::super::clause::is_digits;
use super::super::lexer::Kind;
use super::{Finding, Source};

/// The values of `filter:`, `exclude:` and `include:`, and PowerTrack's clause for each.
const FILTERS: [(&[&str], &str); 9] = [
    (&["links", "link", "urls"], "has:links"),
    (&["media", "twitpic"], "has:media"),
    (
        &["images", "image", "photos", "photo", "twimg"],
        "has:images",
    ),
    (
        &[
            "videos",
            "video",
            "native_video",
            "pro_video",
            "vine",
            "periscope",
        ],
        "has:videos",
    ),
    (&["replies", "reply", "self_threads"], "is:reply"),
    (
        &["retweets", "retweet", "nativeretweets", "rts"],
        "is:retweet",
    ),
    (&["quote", "quotes", "quoted"], "is:quote"),
    (&["verified"], "is:verified"),
    (&["hashtags", "hashtag"], "has:hashtags"),
];

/// Other names for operators, and PowerTrack's names.
const NAMES: [(&str, &str); 20] = [
    ("user", "from"),
    ("username", "from"),
    ("author", "from"),
    ("from_user", "from"),
    ("to_user", "to"),
    ("in_reply_to_user", "to"),
    ("retweeted_user", "retweets_of"),
    ("language", "lang"),
    ("country", "place_country"),
    ("link", "url"),
    ("domain", "url"),
    ("site", "url"),
    ("card_url", "url"),
    ("card_domain", "url"),
    ("followers", "followers_count"),
    ("min_followers", "followers_count"),
    ("friends", "friends_count"),
    ("following", "friends_count"),
    ("tweets", "statuses_count"),
    ("listed", "listed_count"),
];

/// Operators that PowerTrack writes as a mark, or as a plain word.
const MARKS: [(&[&str], &str); 4] = [
    (&["hashtag", "tag"], "#"),
    (&["mention", "mentions", "mentioning"], "@"),
    (&["cashtag", "symbol"], "$"),
    (&["keyword", "word", "text"], ""),
];

/// Operators without a counterpart, the reason, and what to do.
const NONE: [(&[&str], &str, &str); 4] = [
    (
        &[
            "min_retweets",
            "max_retweets",
            "min_faves",
            "max_faves",
            "min_likes",
            "min_replies",
            "max_replies",
            "min_quotes",
            "retweet_count",
            "favorite_count",
            "reply_count",
        ],
        "a Tweet is delivered as soon as it is posted, and has none by then",
        "take it out; Retweets and answers come as Tweets of their own, which a handler can count",
    ),
    (
        &[
            "since",
            "until",
            "since_time",
            "until_time",
            "since_id",
            "max_id",
            "within_time",
        ],
        "the stream brings what is posted from now on",
        "take it out; a Lua filter can look at `tweet:created_at_iso()`",
    ),
    (
        &["near", "within", "geocode", "geo"],
        "places are written in another way",
        "write `point_radius:[longitude latitude 10mi]`, `place:`, or `profile_locality:` for where the author lives",
    ),
    (
        &[
            "list",
            "quoted_tweet_id",
            "quoted_user_id",
            "card_name",
            "app_name",
            "url_hash",
            "min_friends",
            "max_followers",
        ],
        "only the search has it",
        "take it out; a Lua filter can look at all fields of the Tweet",
    ),
];

/// Explains an operator that exists only elsewhere.
pub(super) fn foreign(source: &Source<'_>, index: usize) -> Option<Finding> {
    let name = source.text(index).to_lowercase();
    let clause = source.operand(index);
    let written = source.slice(clause.clone());
    let value = written.split_once(':').map_or("", |(_, value)| value);
    let there_is = |new: &str| format!("PowerTrack has no `{name}`, it is written `{new}` there");
    if let Some((_, new)) = NAMES.iter().find(|(old, _)| *old == name) {
        let range = source.range(index);
        return Some(
            Finding::new(range.clone(), there_is(new), format!("write `{new}`")).edit(range, *new),
        );
    }
    if matches!(&*name, "filter" | "exclude" | "include" | "exclude_reply") {
        return Some(filter(source, index, &name, value));
    }
    if let Some((_, mark)) = MARKS.iter().find(|(names, _)| names.contains(&&*name)) {
        let bare = value.trim_matches('"').trim_start_matches(['#', '@', '$']);
        let new = match *mark {
            "" => value.to_owned(),
            mark => format!("{mark}{bare}"),
        };
        let finding = Finding::new(clause.clone(), there_is(&new), format!("write `{new}`"));
        return Some(finding.edit(clause, new));
    }
    let (_, why, fix) = NONE.iter().find(|(names, ..)| names.contains(&&*name))?;
    let finding = Finding::new(
        source.range(index),
        format!("PowerTrack has no `{name}`: {why}"),
        *fix,
    );
    Some(match circle(&name, value) {
        Some(circle) => finding.edit(clause, circle),
        None => finding,
    })
}

fn filter(source: &Source<'_>, index: usize, name: &str, value: &str) -> Finding {
    let clause = source.operand(index);
    let wanted = value.trim_matches('"').to_lowercase();
    let new = FILTERS
        .iter()
        .find(|(values, _)| values.contains(&&*wanted));
    let dash = index
        .checked_sub(1)
        .filter(|dash| source.kind(Some(*dash)) == Kind::Dash && source.touches_last(index));
    let whole = dash.map_or(clause.start, |dash| source.start(dash))..clause.end;
    match new {
        Some(_) if name == "include" => {
            Finding::new(
                clause,
                "PowerTrack has no `include`: Retweets and answers are there unless a rule excludes them",
                "take it out",
            )
            .edit(whole, "")
        }
        Some((_, new)) => {
            let is_negated = dash.is_some() != (name != "filter");
            let new = if is_negated {
                format!("-{new}")
            } else {
                (*new).to_owned()
            };
            Finding::new(
                clause,
                format!("PowerTrack has no `{name}`, it has `has:` and `is:`"),
                format!("write `{new}`"),
            )
            .edit(whole, new)
        }
        None => Finding::new(
            clause,
            format!("PowerTrack has no `{name}`, and nothing like `{name}:{wanted}`"),
            "take it out; a Lua filter can look at all fields of the Tweet",
        ),
    }
}

/// Turns the value of `geocode:LATITUDE,LONGITUDE,10mi` into a `point_radius:`, which has longitude first.
fn circle(name: &str, value: &str) -> Option<String> {
    let mut parts = value.trim_matches('"').split(',').map(str::trim);
    let (latitude, longitude, radius) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |text: &str| {
        let mut parts = text.strip_prefix('-').unwrap_or(text).split('.');
        parts.clone().count() <= 2 && parts.all(is_digits)
    };
    let is_circle = name == "geocode"
        && parts.next().is_none()
        && is_number(latitude)
        && is_number(longitude)
        && is_number(radius.trim_end_matches(['m', 'i', 'k']));
    is_circle.then(|| format!("point_radius:[{longitude} {latitude} {radius}]"))
}
