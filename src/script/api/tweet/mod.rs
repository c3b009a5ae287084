//! The methods of every Tweet, `tweet:name()`, in both formats.

mod about;
mod author;
mod entities;
mod part;
mod place;
mod related;
#[cfg(test)]
mod tests;
mod text;
mod time;

use mlua::{Function, Lua, Result, Table, Value as LuaValue};
use sonic_rs::Value;

use self::{
    author::Author,
    part::{Now, Part},
    place::Spot,
};
use crate::{
    script::{
        raw::{Asked, ask, mark_array},
        reference::{self, tweet as described},
    },
    text::nearest::nearest,
};

/// A method of Tweets.
struct Method {
    described: &'static reference::Function,
    way: Way,
}

/// How a method finds its answer.
enum Way {
    /// It reads the Tweet, and makes a new value.
    Read {
        /// The fields that it reads, and the fields whose parts it reads.
        fields: &'static [&'static str],
        of_line: fn(&Value) -> Found,
        of_now: fn(&Now<'_>) -> Found,
    },
    /// It gives a part of the Tweet.
    Give(fn(&Now<'_>) -> Option<LuaValue>),
}

/// What a method has found, on its way to Lua.
enum Found {
    Text(Option<String>),
    Word(&'static str),
    Integer(Option<i64>),
    List(Vec<String>),
    Author(Author),
    Spot(Option<Spot>),
}

/// A method that reads these fields with a function over any [`Part`].
macro_rules! read {
    ($name:ident, $found:ident($function:path), [$($field:literal),* $(,)?]) => {
        Method {
            described: &described::$name,
            way: Way::Read {
                fields: &[$($field),*],
                of_line: |tweet| Found::$found($function(&tweet)),
                of_now: |tweet| Found::$found($function(tweet)),
            },
        }
    };
}

/// A method that gives a part of the Tweet.
macro_rules! give {
    ($name:ident, $function:expr) => {
        Method {
            described: &described::$name,
            way: Way::Give($function),
        }
    };
}

#[rustfmt::skip]
const METHODS: [Method; 16] = [
    read!(ID, Integer(Part::exact_id), ["id", "id_str"]),
    read!(FULL_TEXT, Text(text::full_text), [
        "extended_tweet", "long_object", "full_text", "text", "body", "retweeted_status", "verb", "object", "user",
        "actor",
    ]),
    read!(ALL_TEXT, Text(text::all_text), [
        "extended_tweet", "long_object", "full_text", "text", "body", "retweeted_status", "verb", "object", "user",
        "actor", "quoted_status", "twitter_quoted_status",
    ]),
    read!(URLS, List(entities::urls), [
        "extended_tweet", "long_object", "entities", "twitter_entities", "retweeted_status", "verb", "object", "gnip",
    ]),
    read!(HASHTAGS, List(entities::hashtags), [
        "extended_tweet", "long_object", "entities", "twitter_entities", "retweeted_status", "verb", "object",
    ]),
    read!(MENTIONS, List(entities::mentions), [
        "extended_tweet", "long_object", "entities", "twitter_entities", "retweeted_status", "verb", "object",
    ]),
    read!(AUTHOR, Author(author::author), ["user", "actor", "gnip"]),
    give!(ORIGINAL, |tweet| Some(related::retweeted(tweet).map_or_else(|| tweet.value.clone(), |part| part.value))),
    give!(QUOTED, |tweet| related::quoted(tweet).map(|part| part.value)),
    read!(KIND, Word(related::kind), [
        "retweeted_status", "verb", "quoted_status", "twitter_quoted_status", "is_quote_status",
        "in_reply_to_status_id", "in_reply_to_status_id_str", "inReplyTo",
    ]),
    read!(CREATED_AT_ISO, Text(time::created_at_iso), ["created_at", "postedTime"]),
    read!(CREATED, Integer(time::created), ["created_at", "postedTime"]),
    read!(LANG, Text(about::lang), ["lang", "twitter_lang"]),
    read!(APP, Text(about::app), ["source", "generator"]),
    read!(GEO, Spot(place::geo), ["coordinates", "geo", "place", "location"]),
    read!(TAGS, List(about::tags), ["matching_rules", "gnip"]),
];

/// What people want to see of a Tweet first.
#[derive(Debug)]
pub(crate) struct Brief {
    /// The name of its author.
    pub(crate) screen_name: Option<String>,
    /// The whole text.
    pub(crate) text: Option<String>,
}

/// What people want to see first of a Tweet of either format.
pub(crate) fn brief(tweet: &Value) -> Brief {
    let author = tweet.object("user").or_else(|| tweet.object("actor"));
    let names = ["screen_name", "preferredUsername"];
    Brief {
        screen_name: author.and_then(|author| author.text_of(&names)),
        text: text::full_text(&tweet),
    }
}

/// Whether Tweets have a method of this name.
///
/// # Errors
/// If not: the name that was probably meant, if there is one.
pub(crate) fn is_method(name: &str) -> std::result::Result<(), Option<&'static str>> {
    let names = METHODS.iter().map(|method| method.described.name());
    match names.clone().any(|known| known == name) {
        true => Ok(()),
        false => Err(nearest(name, names)),
    }
}

/// The methods by name.
///
/// # Errors
/// Only when Lua has no memory left.
pub(super) fn methods(lua: &Lua) -> Result<Table> {
    let methods = lua.create_table()?;
    for Method { described, way } in METHODS {
        // Lua calls these with a Tweet and nothing else.
        let function = match way {
            Way::Read {
                fields,
                of_line,
                of_now,
            } => lua.create_function(move |lua, tweet: LuaValue| {
                match ask(lua, &tweet, fields, of_line) {
                    Some(Asked::Line(found)) => found.value(lua),
                    Some(Asked::Written) => of_now(&Now { lua, value: tweet }).value(lua),
                    None => Ok(LuaValue::Nil),
                }
            })?,
            Way::Give(part) => lua.create_function(move |lua, tweet: LuaValue| {
                let part = part(&Now { lua, value: tweet });
                Ok(part.unwrap_or(LuaValue::Nil))
            })?,
        };
        methods.raw_set(described.name(), function)?;
    }
    Ok(methods)
}

/// The end of the message about a method that does not exist.
///
/// # Errors
/// Only when Lua has no memory left.
pub(super) fn suggest(lua: &Lua) -> Result<Function> {
    lua.create_function(|_, name: String| {
        let near = nearest(&name, METHODS.iter().map(|method| method.described.name()));
        Ok(near.map_or_else(String::new, |near| {
            format!("; did you mean `tweet:{near}()`?")
        }))
    })
}

impl Found {
    fn value(self, lua: &Lua) -> Result<LuaValue> {
        match self {
            Self::Text(None) | Self::Integer(None) | Self::Spot(None) => Ok(LuaValue::Nil),
            Self::Text(Some(text)) => lua.create_string(text).map(LuaValue::String),
            Self::Word(word) => lua.create_string(word).map(LuaValue::String),
            Self::Integer(Some(number)) => Ok(LuaValue::Integer(number)),
            Self::List(texts) => {
                let list = lua.create_sequence_from(texts)?;
                mark_array(lua, &list)?;
                Ok(LuaValue::Table(list))
            }
            Self::Author(author) => author.table(lua),
            Self::Spot(Some(spot)) => spot.table(lua),
        }
    }
}
