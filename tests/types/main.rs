//! The description of the API for editors, `scripts/ouzel.lua`: against the running program, and as an editor reads it.
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod luacats;
mod names;
mod running;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use luacats::{Described, Type, kind, read};
use names::used;

/// The types of Lua itself.
const OF_LUA: [&str; 12] = [
    "any",
    "boolean",
    "fun",
    "function",
    "integer",
    "lightuserdata",
    "nil",
    "number",
    "string",
    "table",
    "unknown",
    "userdata",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn described() -> Described {
    let text = fs::read_to_string(root().join("scripts/ouzel.lua")).unwrap();
    read(&text).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// The names that a type is made of.
fn parts(kind: &Type, found: &mut Vec<String>) {
    match kind {
        Type::Named(name, of) => {
            found.push(name.clone());
            of.iter().for_each(|kind| parts(kind, found));
        }
        Type::List(of) | Type::OrNil(of) => parts(of, found),
        Type::Either(all) => all.iter().for_each(|kind| parts(kind, found)),
        Type::Function(takes, gives) => {
            takes.iter().for_each(|(_, kind)| parts(kind, found));
            gives.iter().for_each(|kind| parts(kind, found));
        }
        Type::Fields(fields) => fields.iter().for_each(|(_, kind)| parts(kind, found)),
        Type::Text(_) => {}
    }
}

#[test]
fn every_type_that_is_named_is_described() {
    let described = described();
    let mut named = 0;
    for (place, kind, generics) in described.types() {
        let mut names = Vec::new();
        parts(kind, &mut names);
        for name in names {
            let is_known = OF_LUA.contains(&&*name)
                || generics.contains(&name)
                || described.classes.contains_key(&name)
                || described.aliases.contains_key(&name);
            assert!(is_known, "{place} names `{name}`");
            named += 1;
        }
    }
    for (name, class) in &described.classes {
        if let Some(parent) = &class.parent {
            assert!(described.classes.contains_key(parent), "{name}: {parent}");
        }
    }
    assert!(named > 300, "{named}");
}

#[test]
fn every_method_is_one_of_a_class() {
    let described = described();
    for path in described.functions.keys() {
        let of = path.rsplit_once([':', '.']).map(|(of, _)| of);
        assert!(
            of.is_none_or(|of| described.held.contains_key(of)),
            "{path}"
        );
    }
}

#[test]
fn both_formats_of_a_tweet_are_described() {
    let described = described();
    for (class, field) in [
        ("ouzel.Tweet", "user"),
        ("ouzel.User", "followers_count"),
        ("ouzel.Activity", "body"),
        ("ouzel.Actor", "preferredUsername"),
    ] {
        assert!(described.field(class, field).is_some(), "{class}.{field}");
    }
    for class in ["ouzel.Tweet", "ouzel.Activity"] {
        assert!(described.method(class, "full_text").is_some(), "{class}");
    }
}

#[test]
fn types_are_read_and_what_is_none_is_told() {
    let named = |name: &str| Type::Named(name.to_owned(), Vec::new());
    let or_nil = |kind| Type::OrNil(Box::new(kind));
    for (text, expected) in [
        ("string name", named("string")),
        (
            "ouzel.Rule[]?",
            or_nil(Type::List(Box::new(named("ouzel.Rule")))),
        ),
        (
            "string|number",
            Type::Either(vec![named("string"), named("number")]),
        ),
        (
            "fun(a: string, ...: any): string?, integer next",
            Type::Function(
                vec![
                    ("a".to_owned(), named("string")),
                    ("...".to_owned(), named("any")),
                ],
                vec![or_nil(named("string")), named("integer")],
            ),
        ),
        (
            "table<string, integer>?",
            or_nil(Type::Named(
                "table".to_owned(),
                vec![named("string"), named("integer")],
            )),
        ),
        (
            "{ url: string, status: integer? }",
            Type::Fields(vec![
                ("url".to_owned(), named("string")),
                ("status".to_owned(), or_nil(named("integer"))),
            ]),
        ),
    ] {
        assert_eq!(kind(text).unwrap().0, expected, "{text}");
    }
    for text in ["", "|a", "fun(a", "table<a", "{ a }", "string!", "\"a"] {
        assert!(kind(text).is_err(), "{text}");
    }
    for (text, expected) in [
        ("---@param a string\nfunction f(b) end", "it takes"),
        ("function f(a) end", "it takes"),
        ("---@param a\nfunction f(a) end", "without a type"),
        (
            "---@class a\n---@field b string\n---@field b string\n",
            "there twice",
        ),
        ("---@class a\n\n---@class a\n\n", "two classes"),
        ("---@clas a\n\n", "`@clas` does not belong here"),
        ("---@field a string\n\n", "does not belong here"),
        ("function f() end\nfunction f() end", "there twice"),
    ] {
        let told = read(text).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
}

/// The scripts that ship, their modules and their tests.
fn scripts() -> Vec<PathBuf> {
    let mut folders = vec![root().join("scripts"), root().join("examples")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_stub = path.file_name().unwrap() == "ouzel.lua";
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "lua") && !is_stub {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn an_editor_completes_all_that_the_scripts_use() {
    let described = described();
    let mut known = BTreeSet::new();
    for path in scripts() {
        let found = used(&described, &fs::read_to_string(&path).unwrap());
        assert_eq!(found.missing, BTreeSet::new(), "{}", path.display());
        known.extend(found.known);
    }
    for name in [
        "ouzel.rules",
        "ouzel.on",
        "ouzel.json.encode",
        "ouzel.Table:upsert",
        "ouzel.Tweet:full_text",
        "ouzel.Author.screen_name",
        "ouzel.Rule.tag",
        "ouzel.Test:send",
    ] {
        assert!(known.contains(name), "{name}\n{known:#?}");
    }
}

#[test]
fn what_is_not_described_is_found_in_a_script() {
    let script = r#"
local seen = ouzel.table("seen", { id = "INTEGER" })
local links = ouzel.regex [[https?]]
ouzel.on("a", function(tweet, rule)
  local author, at = tweet:author(), tweet:created_at_iso()
  tweet.mine = author.screen_name .. author.folowers
  print(tweet.mine, tweet.quoted_status.user.name, tweet.yours, tweet:ful_text(), rule.tga, rule.tag)
  for _, hashtag in ipairs(tweet.entities.hashtags) do print(hashtag.text, hashtag.txet) end
  for row in ouzel.db.query("SELECT 1") do print(row.anything) end
  seen:isnert { id = tweet.id }
  links:find(tweet:original().txt)
  ouzel.emmit {}
  ouzel.state.anything = 1
end)
test("b", function(t) t:sned(t:tweet { text = "a" }) end)
"#;
    let missing: Vec<_> = used(&described(), script).missing.into_iter().collect();
    assert_eq!(
        missing,
        [
            "ouzel.Author.folowers",
            "ouzel.Hashtag.txet",
            "ouzel.Rule.tga",
            "ouzel.Table:isnert",
            "ouzel.Test:sned",
            "ouzel.Tweet.txt",
            "ouzel.Tweet.yours",
            "ouzel.Tweet:ful_text",
            "ouzel.emmit",
        ]
    );
}
