//! `ouzel.regex`, and the methods of regular expressions.

use super::{Class, Function, Held, Item, Section, field, gives, needed, perhaps};

pub(super) const SECTION: Section = Section {
    title: "Regular expressions",
    text: "",
    items: &[
        Item::Function(&REGEX),
        Item::Class(&REGEX_TYPE),
        Item::Function(&IS_MATCH),
        Item::Function(&FIND),
        Item::Function(&MATCH),
        Item::Function(&NAMED),
        Item::Function(&GMATCH),
        Item::Function(&REPLACE),
    ],
};

/// `ouzel.regex`.
pub(in crate::script) const REGEX: Function = Function {
    path: "ouzel.regex",
    text: "Makes a regular expression, in the syntax of Rust's crate `regex`: as in most languages, but without \
        look-around and references back. In return no pattern takes longer than the text is long. Make it once, while \
        the script loads. `(?i)` at the beginning ignores case, and `(?<name>…)` names a capture.",
    example: r"local handle = ouzel.regex [[(?i)@(\w+)]]",
    raises: "Raises for a pattern that is wrong or too large, with the place in it.",
    parameters: &[needed("pattern", "string", "at most 10 000 bytes")],
    gives: &[gives("ouzel.Regex", "", "")],
    ..Function::NONE
};

const REGEX_TYPE: Class = Class {
    name: "ouzel.Regex",
    text: "A regular expression. `ouzel.regex` makes it. Texts are bytes, as in Lua's own functions, and places count \
        from 1.",
    fields: &[field("pattern", "string", "the pattern")],
    held: Held::Local("Regex"),
    ..Class::NONE
};

/// `Regex:is_match`.
pub(in crate::script) const IS_MATCH: Function = Function {
    path: "Regex:is_match",
    text: "Whether the pattern matches anywhere in the text.",
    example: r#"if ouzel.regex("^RT @"):is_match(tweet.text) then print("a Retweet") end"#,
    raises: "Raises for a text of more than 64 KB, as all methods do; for a pattern that is large, of more than 16 or 4 KB.",
    parameters: &[
        needed("text", "string", ""),
        perhaps("from", "integer", "where to begin, from 1 on"),
    ],
    gives: &[gives("boolean", "", "")],
    ..Function::NONE
};

/// `Regex:find`.
pub(in crate::script) const FIND: Function = Function {
    path: "Regex:find",
    text: "Finds the first match, as `string.find` does.",
    example: r#"local first, last, name = ouzel.regex("@([a-z]+)"):find("hello @ouzel")"#,
    parameters: &[
        needed("text", "string", ""),
        perhaps("from", "integer", "where to begin, from 1 on; `^` still stands for the beginning of the text"),
    ],
    gives: &[
        gives("integer?", "first", "nil if there is no match"),
        gives("integer?", "last", ""),
        gives("string?", "...", "the captures; nil for one that took no part"),
    ],
    ..Function::NONE
};

/// `Regex:match`.
pub(in crate::script) const MATCH: Function = Function {
    path: "Regex:match",
    text: "Gives the captures of the first match, or the whole match if the pattern has no captures, as `string.match` \
        does.",
    example: r#"local name = ouzel.regex("@([a-z]+)"):match("hello @ouzel")"#,
    parameters: &[
        needed("text", "string", ""),
        perhaps("from", "integer", "where to begin, from 1 on"),
    ],
    gives: &[gives("string?", "...", "nil if there is no match")],
    ..Function::NONE
};

/// `Regex:named`.
pub(in crate::script) const NAMED: Function = Function {
    path: "Regex:named",
    text: "Gives the named captures of the first match as a table.",
    example: r"local date = ouzel.regex [[(?<year>\d{4})-(?<month>\d\d)]]:named(tweet:created_at_iso())
if date then print(date.year) end",
    raises: "Raises for a pattern that names no capture.",
    parameters: &[
        needed("text", "string", ""),
        perhaps("from", "integer", "where to begin, from 1 on"),
    ],
    gives: &[gives(
        "table<string, string>?",
        "captures",
        "nil if there is no match",
    )],
    ..Function::NONE
};

/// `Regex:gmatch`.
pub(in crate::script) const GMATCH: Function = Function {
    path: "Regex:gmatch",
    text: "Gives all matches one by one, each as `match` does. If the first capture took no part, it is false.",
    example: r##"for tag in ouzel.regex("#([a-z]+)"):gmatch("#tea and #milk") do print(tag) end"##,
    parameters: &[needed("text", "string", "")],
    gives: &[gives("fun(): string?, string?", "next", "")],
    ..Function::NONE
};

/// `Regex:replace`.
pub(in crate::script) const REPLACE: Function = Function {
    path: "Regex:replace",
    text: "Replaces all matches.",
    example: r#"local masked = ouzel.regex("@[a-z]+"):replace("hello @ouzel", "@…")
local louder = ouzel.regex("[a-z]+"):replace("hello", function(word) return word:upper() end)"#,
    raises: "Raises for a capture that the pattern has not, for a function that gives anything else, and if it takes more \
        than a second.",
    parameters: &[
        needed("text", "string", ""),
        needed("with", "string|fun(...: string): string?", "in a string `$1` and `${name}` stand for captures, `$0` for the match, `$$` for `$`; a function gets the captures, and keeps the match with nil"),
    ],
    gives: &[
        gives("string", "text", ""),
        gives("integer", "count", "how many matches there were"),
    ],
    ..Function::NONE
};
