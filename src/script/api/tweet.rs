//! The methods of every Tweet, `tweet:name()`, in both formats.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Result, Table, Value as LuaValue};
use sonic_rs::{JsonValueTrait, Value};

use super::{Answer, Host, internal};
use crate::script::{
    error::Misuse,
    raw::{Asked, ask, field_now},
};

/// A Tweet or a part of one whose fields can be read, either as the line has them or as handlers have changed them.
trait Part: Sized {
    /// The field with this name, if it is there and not null.
    fn field(&self, name: &str) -> Option<Self>;

    /// Whether a handler has written the field with this name.
    fn is_written(&self, name: &str) -> bool;

    fn text(&self) -> Option<String>;

    /// The value at the end of a path of fields.
    fn path(&self, path: &[&str]) -> Option<Self> {
        let (first, rest) = path.split_first()?;
        let field = self.field(first)?;
        if rest.is_empty() {
            return Some(field);
        }
        field.path(rest)
    }
}

/// A Tweet as the line has it.
impl Part for &Value {
    fn field(&self, name: &str) -> Option<Self> {
        let line = *self;
        line.get(name).filter(|field| !field.is_null())
    }

    fn is_written(&self, _name: &str) -> bool {
        false
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }
}

/// A Tweet as Lua sees it now. If there is no memory, its fields seem to be missing.
struct Now<'l> {
    lua: &'l Lua,
    value: LuaValue,
}

impl Part for Now<'_> {
    fn field(&self, name: &str) -> Option<Self> {
        let (value, _) = field_now(self.lua, &self.value, name).ok()?;
        (!value.is_nil()).then_some(Self { value, ..*self })
    }

    fn is_written(&self, name: &str) -> bool {
        field_now(self.lua, &self.value, name).is_ok_and(|(_, written)| written)
    }

    fn text(&self) -> Option<String> {
        let text = self.value.as_string()?;
        Some(text.to_string_lossy())
    }
}

/// A method of Tweets.
struct Method {
    name: &'static str,
    /// The fields that the method reads, and the fields whose parts it reads.
    fields: &'static [&'static str],
    of_line: fn(&Value) -> Option<String>,
    of_now: fn(&Now<'_>) -> Option<String>,
}

const METHODS: [Method; 2] = [
    Method {
        name: "full_text",
        fields: &[
            "extended_tweet",
            "long_object",
            "full_text",
            "text",
            "body",
            "retweeted_status",
            "verb",
            "object",
            "user",
            "actor",
        ],
        of_line: |tweet| full_text(&tweet),
        of_now: |tweet| full_text(tweet),
    },
    Method {
        name: "created_at_iso",
        fields: &["created_at", "postedTime"],
        of_line: |tweet| created_at_iso(&tweet),
        of_now: |tweet| created_at_iso(tweet),
    },
];

pub(super) fn methods(lua: &Lua, host: &Rc<Host>) -> Result<Table> {
    let methods = lua.create_table()?;
    for method in METHODS {
        let name = method.name;
        let function = host.function(lua, move |_, lua, arguments| {
            let text = answer(lua, &arguments, &method)?;
            text.map(|text| lua.create_string(text))
                .transpose()
                .map_err(internal)
        })?;
        methods.raw_set(name, function)?;
    }
    Ok(methods)
}

fn answer(lua: &Lua, arguments: &MultiValue, method: &Method) -> Answer<Option<String>> {
    let tweet = arguments.front().unwrap_or(&LuaValue::Nil);
    match ask(lua, tweet, method.fields, method.of_line) {
        Some(Asked::Line(answer)) => Ok(answer),
        Some(Asked::Written) => {
            let value = tweet.clone();
            Ok((method.of_now)(&Now { lua, value }))
        }
        None => Err(Misuse::new(format!(
            "`{0}` is called with a colon: `tweet:{0}()`",
            method.name
        ))),
    }
}

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
fn full_text<P: Part>(tweet: &P) -> Option<String> {
    if let Some(text) = written_text(tweet) {
        return Some(text);
    }
    let shared = || tweet.field("verb")?.text().filter(|verb| verb == "share");
    let original =
        (tweet.field("retweeted_status")).or_else(|| shared().and_then(|_| tweet.field("object")));
    if let Some(original) = original {
        let name = (original.path(&["user", "screen_name"]))
            .or_else(|| original.path(&["actor", "preferredUsername"]))
            .and_then(|name| name.text());
        if let (Some(name), Some(text)) = (name, own_text(&original)) {
            return Some(format!("RT @{name}: {text}"));
        }
    }
    own_text(tweet)
}

fn own_text<P: Part>(tweet: &P) -> Option<String> {
    written_text(tweet).or_else(|| TEXTS.iter().find_map(|path| tweet.path(path))?.text())
}

/// The text that a handler has written, in any place where a text can be.
fn written_text<P: Part>(tweet: &P) -> Option<String> {
    TEXTS.iter().find_map(|path| {
        let (name, parents) = path.split_last()?;
        let text = match parents.first() {
            Some(parent) => {
                let part = tweet.field(parent)?;
                part.is_written(name).then(|| part.field(name))
            }
            None => tweet.is_written(name).then(|| tweet.field(name)),
        };
        text.flatten()?.text()
    })
}

/// The time of the Tweet as `2018-10-10T20:19:24Z`, made of `Wed Oct 10 20:19:24 +0000 2018`.
fn created_at_iso<P: Part>(tweet: &P) -> Option<String> {
    if let Some(posted) = tweet.field("postedTime").and_then(|posted| posted.text()) {
        // Activity Streams have `2018-10-10T20:19:24.000Z`.
        return Some(match posted.split_once('.') {
            Some((seconds, _)) => format!("{seconds}Z"),
            None => posted,
        });
    }
    let created = tweet.field("created_at")?.text()?;
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
    fn check(read: fn(&Value) -> Option<String>, json: &str, expected: Option<&str>) {
        let tweet: Value = sonic_rs::from_str(json).unwrap();
        assert_eq!(read(&tweet).as_deref(), expected);
    }

    #[test]
    fn the_full_text_is_whole_in_every_kind_of_tweet() {
        check(METHODS[0].of_line, r#"{"text":"a"}"#, Some("a"));
        check(
            METHODS[0].of_line,
            r#"{"text":"a…","extended_tweet":{"full_text":"abc"}}"#,
            Some("abc"),
        );
        check(
            METHODS[0].of_line,
            r#"{"text":"RT @n: a…","retweeted_status":{"text":"a…","extended_tweet":{"full_text":"abc"},"user":{"screen_name":"n"}}}"#,
            Some("RT @n: abc"),
        );
        check(
            METHODS[0].of_line,
            r#"{"verb":"share","body":"RT","object":{"body":"x","actor":{"preferredUsername":"n"},"long_object":{"body":"xyz"}}}"#,
            Some("RT @n: xyz"),
        );
        check(
            METHODS[0].of_line,
            r#"{"verb":"post","body":"p","object":{"summary":"p"}}"#,
            Some("p"),
        );
        check(METHODS[0].of_line, "{}", None);
    }

    #[test]
    fn times_are_iso_8601() {
        check(
            METHODS[1].of_line,
            r#"{"created_at":"Wed Oct 10 20:19:24 +0000 2018"}"#,
            Some("2018-10-10T20:19:24Z"),
        );
        check(
            METHODS[1].of_line,
            r#"{"postedTime":"2018-10-10T20:19:24.000Z"}"#,
            Some("2018-10-10T20:19:24Z"),
        );
        check(METHODS[1].of_line, r#"{"created_at":"yesterday"}"#, None);
    }
}
