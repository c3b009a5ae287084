//! Completes Tweets: from the few fields that a test gives to all that the service sends. Pure: no IO, no clock.

use jiff::{Timestamp, tz::TimeZone};
use sonic_rs::{JsonContainerTrait, JsonValueMutTrait, JsonValueTrait, Value, json};

use super::{
    super::{
        error::Misuse,
        reference::{
            Partial,
            test::{TEST_TWEET, TEST_USER},
        },
    },
    entities::{entities, id_of},
};

/// The first millisecond of the ids.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// The bits of an id below its time.
const TIME_SHIFT: u32 = 22;

/// The text of a Tweet for which the test gives none.
const TEXT: &str = "a Tweet";

/// The author of a Tweet for which the test gives none.
const AUTHOR: &str = "analyst";

/// A longer text stands in `extended_tweet`, and the Tweet's own text is cut.
const MOST_TEXT: usize = 140;

/// Where the service cuts a long text, to make room for a link to the whole.
const CUT_TEXT: usize = 116;

/// How deep Tweets may lie in Tweets: a Retweet of a quote is two.
const MOST_DEEP: u32 = 3;

/// When and as which one a Tweet is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    /// In milliseconds since 1970.
    pub(super) ms: i64,
    /// How many came before it.
    pub(super) sequence: i64,
}

/// Completes a Tweet. What is given stands in it as given.
///
/// # Errors
/// [`Misuse`] for a field that is misspelt or of the wrong kind.
pub(super) fn complete(given: &Value, made: Made) -> Result<Value, Misuse> {
    tweet(given, made, 0)
}

fn tweet(given: &Value, made: Made, depth: u32) -> Result<Value, Misuse> {
    let wrong = |message: &str| Misuse::new(message);
    if depth > MOST_DEEP {
        return Err(wrong("Tweets lie too deep in each other"));
    }
    known(given, &TEST_TWEET, "a Tweet")?;
    let user = given.get("user");
    if let Some(user) = user {
        if !user.is_object() {
            return Err(wrong("`user` of a Tweet has to be a table")
                .at_word("user")
                .hint("write `user = { screen_name = \"alice\" }`"));
        }
        known(user, &TEST_USER, "`user` of a Tweet")?;
    }
    if given.get("text").is_some_and(|text| !text.is_str()) {
        return Err(wrong("`text` of a Tweet has to be a string").at_word("text"));
    }
    // Tweets in it are older than it is.
    let older = Made {
        ms: made.ms - 60_000,
        ..made
    };
    let inner = |name: &str| match given.get(name) {
        Some(inner) if inner.is_object() => tweet(inner, older, depth + 1).map(Some),
        _ => Ok(None),
    };
    let (retweeted, quoted) = (inner("retweeted_status")?, inner("quoted_status")?);
    let text = given.get("text").or(given.get("full_text"));
    let text = match (text.as_str(), &retweeted) {
        (Some(text), _) => text.to_owned(),
        (None, Some(original)) => format!(
            "RT @{}: {}",
            original["user"]["screen_name"].as_str().unwrap_or(AUTHOR),
            original["text"].as_str().unwrap_or_default()
        ),
        (None, None) => TEXT.to_owned(),
    };
    let author = user.and_then(|user| user.get("screen_name"));
    let author = author.as_str().unwrap_or(AUTHOR);
    let mut tweet = bare(&text, author, made);
    if let Some(quoted) = &quoted {
        let id = quoted["id"].as_i64();
        let more = json!({
            "is_quote_status": true,
            "quoted_status_id": id,
            "quoted_status_id_str": id.map(|id| id.to_string()),
        });
        merge(&mut tweet, &more);
    }
    let shown = tweet["text"].clone();
    merge(&mut tweet, given);
    if let Some(fields) = tweet.as_object_mut() {
        fields.remove(&"tags");
        // The service cuts a long text, unless the test says itself where the whole is.
        if given.get("extended_tweet").is_none() && given.get("truncated").is_none() {
            fields.insert(&"text", shown);
        }
        for (name, inner) in [("retweeted_status", retweeted), ("quoted_status", quoted)] {
            if let Some(inner) = inner {
                fields.insert(&name, inner);
            }
        }
    }
    agree(&mut tweet, given);
    if let (Some(whole), Some(given)) = (tweet.get_mut("user"), user) {
        agree(whole, given);
    }
    Ok(tweet)
}

/// A Tweet with all that the service sends with each.
fn bare(text: &str, author: &str, made: Made) -> Value {
    let id = ((made.ms - EPOCH_MS).max(0) << TIME_SHIFT) | (made.sequence & 0x3f_ffff);
    let account = id_of(author);
    let is_long = text.chars().count() > MOST_TEXT;
    let shown = match is_long {
        false => text.to_owned(),
        true => {
            let begin: String = text.chars().take(CUT_TEXT).collect();
            format!("{}…", begin.trim_end())
        }
    };
    let mut tweet = json!({
        "created_at": twitter_time(made.ms),
        "id": id,
        "id_str": id.to_string(),
        "text": shown,
        "source": "<a href=\"https://example.com\" rel=\"nofollow\">ouzel test</a>",
        "truncated": is_long,
        "in_reply_to_status_id": null,
        "in_reply_to_status_id_str": null,
        "in_reply_to_user_id": null,
        "in_reply_to_user_id_str": null,
        "in_reply_to_screen_name": null,
        "user": {
            "id": account,
            "id_str": account.to_string(),
            "name": author,
            "screen_name": author,
            "location": null,
            "url": null,
            "description": null,
            "translator_type": "none",
            "protected": false,
            "verified": false,
            "followers_count": 1_000,
            "friends_count": 500,
            "listed_count": 10,
            "favourites_count": 100,
            "statuses_count": 2_000,
            "created_at": "Wed Mar 01 12:00:00 +0000 2017",
            "utc_offset": null,
            "time_zone": null,
            "geo_enabled": false,
            "lang": null,
            "profile_image_url_https": "https://example.com/profile.png",
            "default_profile": true,
            "default_profile_image": false
        },
        "geo": null,
        "coordinates": null,
        "place": null,
        "contributors": null,
        "is_quote_status": false,
        "quote_count": 0,
        "reply_count": 0,
        "retweet_count": 0,
        "favorite_count": 0,
        "entities": entities(&shown),
        "favorited": false,
        "retweeted": false,
        "filter_level": "low",
        "lang": "en",
        "timestamp_ms": made.ms.to_string()
    });
    if is_long {
        let whole = json!({
            "extended_tweet": {
                "full_text": text,
                "display_text_range": [0, text.chars().count()],
                "entities": entities(text)
            }
        });
        merge(&mut tweet, &whole);
    }
    tweet
}

/// Writes the fields of one object over those of another. Objects are merged field by field.
fn merge(into: &mut Value, from: &Value) {
    let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) else {
        return;
    };
    for (name, value) in from.iter() {
        match into.get_mut(&name) {
            Some(old) if old.is_object() && value.is_object() => merge(old, value),
            _ => drop(into.insert(&name, value.clone())),
        }
    }
}

/// Where only one of `id` and `id_str` was given, the other one follows it.
fn agree(whole: &mut Value, given: &Value) {
    let (id, text) = (given.get("id"), given.get("id_str"));
    let Some(fields) = whole.as_object_mut() else {
        return;
    };
    match (id.as_i64(), text.as_str()) {
        (Some(id), None) => drop(fields.insert(&"id_str", id.to_string().as_str())),
        (None, Some(text)) if id.is_none() => {
            if let Ok(id) = text.parse::<i64>() {
                fields.insert(&"id", id);
            }
        }
        _ => {}
    }
}

/// The error for a field that is nearly one of these. Other fields may be newer than this list.
fn known(given: &Value, fields: &Partial, whole: &str) -> Result<(), Misuse> {
    for (name, _) in given.as_object().into_iter().flatten() {
        if fields.names().any(|field| field == name) {
            continue;
        }
        let message = format!("unknown field `{name}` in {whole}");
        let misuse = Misuse::unknown(message, name, fields.names());
        if misuse.hint.is_some() {
            return Err(misuse);
        }
    }
    Ok(())
}

/// A time as Tweets write it.
fn twitter_time(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let time = time.to_zoned(TimeZone::UTC);
    time.strftime("%a %b %d %H:%M:%S +0000 %Y").to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test panics")]
mod tests {
    use super::*;

    const MADE: Made = Made {
        ms: 1_767_225_600_000,
        sequence: 7,
    };

    fn made(given: &str) -> Value {
        complete(&sonic_rs::from_str(given).unwrap(), MADE).unwrap()
    }

    #[test]
    fn a_tweet_is_complete_and_what_is_given_stands() {
        let tweet = made(
            r##"{"text":"go #rocket","user":{"screen_name":"alice","verified":true},"new":[1]}"##,
        );
        assert_eq!(tweet["created_at"], "Thu Jan 01 00:00:00 +0000 2026");
        assert_eq!(tweet["entities"]["hashtags"][0]["text"], "rocket");
        assert_eq!(tweet["user"]["screen_name"], "alice");
        assert_eq!(tweet["user"]["name"], "alice");
        assert_eq!(tweet["user"]["verified"], true);
        assert_eq!(tweet["user"]["followers_count"], 1_000);
        assert_eq!(tweet["new"][0], 1);
        let id = tweet["id"].as_i64().unwrap();
        assert_eq!((id >> TIME_SHIFT) + EPOCH_MS, MADE.ms);
        assert_eq!(tweet["id_str"], id.to_string().as_str());
    }

    #[test]
    fn ids_agree() {
        assert_eq!(made(r#"{"id":5}"#)["id_str"], "5");
        assert_eq!(made(r#"{"id_str":"6"}"#)["id"], 6);
        assert_eq!(made(r#"{"user":{"id":7}}"#)["user"]["id_str"], "7");
        let both = made(r#"{"id":1,"id_str":"2"}"#);
        assert_eq!(
            (both["id"].as_i64(), both["id_str"].as_str()),
            (Some(1), Some("2"))
        );
    }

    #[test]
    fn tweets_in_tweets_are_complete_too() {
        let retweet =
            made(r##"{"retweeted_status":{"text":"go #rocket","user":{"screen_name":"bob"}}}"##);
        assert_eq!(retweet["text"], "RT @bob: go #rocket");
        assert_eq!(
            retweet["entities"]["user_mentions"][0]["screen_name"],
            "bob"
        );
        assert_eq!(
            retweet["retweeted_status"]["user"]["followers_count"],
            1_000
        );
        let quote = made(r#"{"text":"so true","quoted_status":{"id":9}}"#);
        assert_eq!(quote["is_quote_status"], true);
        assert_eq!(quote["quoted_status_id_str"], "9");
        assert_eq!(quote["quoted_status"]["id_str"], "9");
    }

    #[test]
    fn a_long_text_is_whole_in_the_extended_tweet() {
        let text = format!("{}#end", "word ".repeat(40));
        let tweet = made(&format!(r#"{{"text":"{text}"}}"#));
        let shown = tweet["text"].as_str().unwrap();
        assert!(
            shown.chars().count() <= MOST_TEXT && shown.ends_with('…'),
            "{shown}"
        );
        assert_eq!(tweet["truncated"], true);
        assert_eq!(tweet["extended_tweet"]["full_text"], text.as_str());
        assert_eq!(
            tweet["extended_tweet"]["entities"]["hashtags"][0]["text"],
            "end"
        );
    }

    #[test]
    fn misspelt_fields_are_told() {
        for (given, message, hint) in [
            (
                r#"{"txet":1}"#,
                "unknown field `txet` in a Tweet",
                Some("did you mean `text`?"),
            ),
            (
                r#"{"user":{"folowers_count":1}}"#,
                "unknown field `folowers_count` in `user` of a Tweet",
                Some("did you mean `followers_count`?"),
            ),
            (
                r#"{"text":1}"#,
                "`text` of a Tweet has to be a string",
                None,
            ),
            (
                r#"{"user":"alice"}"#,
                "`user` of a Tweet has to be a table",
                Some("write `user = { screen_name = \"alice\" }`"),
            ),
        ] {
            let misuse = complete(&sonic_rs::from_str(given).unwrap(), MADE).unwrap_err();
            assert_eq!(
                (misuse.message.as_str(), misuse.hint.as_deref()),
                (message, hint)
            );
        }
    }
}
