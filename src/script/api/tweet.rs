//! What every Tweet can be asked, `tweet:name()`, in both formats.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Result, Table, Value as LuaValue};
use sonic_rs::{JsonValueTrait, Value};

use super::{Answer, Host, internal};
use crate::script::{error::Misuse, raw::tweet_value};

/// Reads something out of a parsed Tweet.
type Read = fn(&Value) -> Option<String>;

pub(super) fn methods(lua: &Lua, host: &Rc<Host>) -> Result<Table> {
    let methods = lua.create_table()?;
    for (name, read) in [
        ("full_text", full_text as Read),
        ("created_at_iso", created_at_iso),
    ] {
        let function = host.function(lua, move |_, lua, arguments| {
            let found = ask(lua, &arguments, name, read)?;
            found
                .map(|text| lua.create_string(text))
                .transpose()
                .map_err(internal)
        })?;
        methods.raw_set(name, function)?;
    }
    Ok(methods)
}

fn ask(lua: &Lua, arguments: &MultiValue, name: &str, read: Read) -> Answer<Option<String>> {
    let this = arguments.front().unwrap_or(&LuaValue::Nil);
    tweet_value(lua, this, read)
        .ok_or_else(|| Misuse::new(format!("`{name}` is called with a colon: `tweet:{name}()`")))
}

/// The whole text, also of a long Tweet. Of a Retweet: the text of the original after `RT @name: `, since the
/// Retweet's own is cut off.
fn full_text(tweet: &Value) -> Option<String> {
    let own = |tweet: &Value| -> Option<String> {
        let long = tweet
            .get("extended_tweet")
            .and_then(|long| long.get("full_text"))
            .or_else(|| tweet.get("long_object").and_then(|long| long.get("body")));
        long.or_else(|| tweet.get("full_text"))
            .or_else(|| tweet.get("text"))
            .or_else(|| tweet.get("body"))
            .and_then(|text| text.as_str().map(str::to_owned))
    };
    let original = tweet.get("retweeted_status").or_else(|| {
        let shared = tweet.get("verb").as_str() == Some("share");
        tweet.get("object").filter(|_| shared)
    });
    if let Some(original) = original {
        let name = original
            .get("user")
            .and_then(|user| user.get("screen_name"))
            .or_else(|| {
                let actor = original.get("actor");
                actor.and_then(|actor| actor.get("preferredUsername"))
            });
        if let (Some(name), Some(text)) = (name.as_str(), own(original)) {
            return Some(format!("RT @{name}: {text}"));
        }
    }
    own(tweet)
}

/// The time of the Tweet as `2018-10-10T20:19:24Z`, from `Wed Oct 10 20:19:24 +0000 2018`.
fn created_at_iso(tweet: &Value) -> Option<String> {
    if let Some(posted) = tweet.get("postedTime").and_then(|posted| posted.as_str()) {
        // Activity Streams: `2018-10-10T20:19:24.000Z`.
        return Some(match posted.split_once('.') {
            Some((seconds, _)) => format!("{seconds}Z"),
            None => posted.to_owned(),
        });
    }
    let created = tweet.get("created_at")?;
    let created = created.as_str()?;
    let mut parts = created.split(' ');
    let (_day, month, date, time, zone, year) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    let month = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    .iter()
    .position(|name| *name == month)?
        + 1;
    (zone == "+0000").then(|| format!("{year}-{month:02}-{date}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: Read, json: &str, expected: Option<&str>) {
        let tweet: Value = sonic_rs::from_str(json).unwrap();
        assert_eq!(read(&tweet).as_deref(), expected);
    }

    #[test]
    fn the_full_text_is_whole_in_every_kind_of_tweet() {
        check(full_text, r#"{"text":"a"}"#, Some("a"));
        check(
            full_text,
            r#"{"text":"a…","extended_tweet":{"full_text":"abc"}}"#,
            Some("abc"),
        );
        check(
            full_text,
            r#"{"text":"RT @n: a…","retweeted_status":{"text":"a…","extended_tweet":{"full_text":"abc"},"user":{"screen_name":"n"}}}"#,
            Some("RT @n: abc"),
        );
        check(
            full_text,
            r#"{"verb":"share","body":"RT","object":{"body":"x","actor":{"preferredUsername":"n"},"long_object":{"body":"xyz"}}}"#,
            Some("RT @n: xyz"),
        );
        check(
            full_text,
            r#"{"verb":"post","body":"p","object":{"summary":"p"}}"#,
            Some("p"),
        );
        check(full_text, "{}", None);
    }

    #[test]
    fn times_are_iso_8601() {
        check(
            created_at_iso,
            r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018"}"#,
            Some("2018-10-10T20:19:24Z"),
        );
        check(
            created_at_iso,
            r#"{"postedTime":"2018-10-10T20:19:24.000Z"}"#,
            Some("2018-10-10T20:19:24Z"),
        );
        check(created_at_iso, r#"{"created_at":"yesterday"}"#, None);
    }
}
