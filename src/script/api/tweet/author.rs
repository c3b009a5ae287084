//! Who sent a Tweet.

use mlua::{Lua, Result, Table, Value as LuaValue};

use super::part::Part;
use crate::tweet::time::{iso, seconds};

/// An account, with the names of the native format.
#[derive(Default)]
pub(super) struct Author {
    texts: Vec<(&'static str, String)>,
    numbers: Vec<(&'static str, i64)>,
    verified: Option<bool>,
}

/// The names of a text in both formats.
const TEXTS: [(&str, [&str; 2]); 3] = [
    ("screen_name", ["screen_name", "preferredUsername"]),
    ("name", ["name", "displayName"]),
    ("description", ["description", "summary"]),
];

/// The names of a number in both formats.
const NUMBERS: [(&str, [&str; 2]); 5] = [
    ("followers_count", ["followers_count", "followersCount"]),
    ("friends_count", ["friends_count", "friendsCount"]),
    ("statuses_count", ["statuses_count", "statusesCount"]),
    ("listed_count", ["listed_count", "listedCount"]),
    ("favourites_count", ["favourites_count", "favoritesCount"]),
];

/// Without a user or actor, nothing is known of the account.
pub(super) fn author<P: Part>(tweet: &P) -> Author {
    let mut author = Author::default();
    let Some(user) = tweet.object("user").or_else(|| tweet.object("actor")) else {
        return author;
    };
    let texts = TEXTS
        .iter()
        .map(|(name, names)| (*name, user.text_of(names)));
    let texts = texts.chain([
        ("location", location(&user)),
        ("country_code", country_code(tweet, &user)),
        ("created_at_iso", opened(&user)),
    ]);
    author
        .texts
        .extend(texts.filter_map(|(name, text)| Some((name, text?))));
    let numbers = NUMBERS
        .iter()
        .map(|(name, names)| (*name, user.integer_of(names)));
    let numbers = [("id", user.exact_id())].into_iter().chain(numbers);
    author
        .numbers
        .extend(numbers.filter_map(|(name, number)| Some((name, number?))));
    author.verified = user.field("verified").and_then(|verified| verified.flag());
    author
}

/// What the user has written there.
fn location<P: Part>(user: &P) -> Option<String> {
    let activity = || user.text_at(&["location", "displayName"]);
    user.text_of(&["location"]).or_else(activity)
}

/// The country of the first place that the service has found in it.
fn country_code<P: Part>(tweet: &P, user: &P) -> Option<String> {
    let first = |list: Option<P>| list?.elements().into_iter().next();
    match first(user.path(&["derived", "locations"])) {
        Some(place) => place.text_of(&["country_code"]),
        None => {
            first(tweet.path(&["gnip", "profileLocations"]))?.text_at(&["address", "countryCode"])
        }
    }
}

fn opened<P: Part>(user: &P) -> Option<String> {
    iso(seconds(&user.text_of(&["created_at", "postedTime"])?)?)
}

impl Author {
    pub(super) fn table(self, lua: &Lua) -> Result<LuaValue> {
        let table: Table = lua.create_table_with_capacity(0, 12)?;
        for (name, text) in self.texts {
            table.raw_set(name, text)?;
        }
        for (name, number) in self.numbers {
            table.raw_set(name, number)?;
        }
        if let Some(verified) = self.verified {
            table.raw_set("verified", verified)?;
        }
        Ok(LuaValue::Table(table))
    }
}
