//! Compares two Lua values, and says where they differ. Pure, once the values are read.

use std::{collections::BTreeMap, fmt::Write as _};

use mlua::{Lua, Value};

use super::super::{
    raw::{is_node, to_json},
    value::from_json,
};
use crate::text::{json, plain::without_controls};

/// Tables that are nested deeper are not compared. A table may contain itself.
const DEPTH: usize = 100;

/// How many values are compared. They are all in memory twice.
const MOST: usize = 200_000;

/// How many differences are shown. The first ones say what is wrong.
const SHOWN: usize = 8;

/// How much of a value is shown, in characters.
const WIDTH: usize = 160;

/// How much of a long text is shown before the place where it differs.
const BEFORE: usize = 24;

/// A value without Lua around it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Nil,
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(Vec<u8>),
    Table(BTreeMap<Key, Tree>),
    /// A function and the like: what it is, and which one.
    Other(&'static str, usize),
}

/// A key of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Integer(i64),
    Text(Vec<u8>),
    /// Any other key, as it is shown.
    Other(String),
}

/// Reads a value. A Tweet is read as the table that it stands for.
///
/// # Errors
/// A sentence, if the value is too deep or too large.
pub(super) fn read(lua: &Lua, value: &Value) -> Result<Tree, String> {
    let mut left = MOST;
    read_at(lua, value, 0, &mut left)
}

fn read_at(lua: &Lua, value: &Value, depth: usize, left: &mut usize) -> Result<Tree, String> {
    if depth > DEPTH {
        return Err(format!(
            "a table that is nested more than {DEPTH} deep, or contains itself, cannot be compared"
        ));
    }
    *left = left
        .checked_sub(1)
        .ok_or_else(|| format!("a table with more than {MOST} values cannot be compared"))?;
    let which = |value: &Value| value.to_pointer() as usize;
    Ok(match value {
        Value::Nil => Tree::Nil,
        Value::LightUserData(_) => Tree::Null,
        Value::Boolean(yes) => Tree::Boolean(*yes),
        Value::Integer(number) => Tree::Integer(*number),
        Value::Number(number) => Tree::Number(*number),
        Value::String(text) => Tree::Text(text.as_bytes().to_vec()),
        Value::Table(table) => {
            let mut fields = BTreeMap::new();
            for pair in table.pairs::<Value, Value>() {
                let (key, value) = pair.map_err(|error| error.to_string())?;
                fields.insert(read_key(&key), read_at(lua, &value, depth + 1, left)?);
            }
            Tree::Table(fields)
        }
        Value::UserData(_) if is_node(lua, value) => {
            let mut text = Vec::new();
            to_json(lua, value, &mut text).map_err(|error| error.to_string())?;
            let parsed = json::read_any(&text).map_err(|error| error.to_string())?;
            let plain = from_json(lua, &parsed, 0).map_err(|error| error.to_string())?;
            read_at(lua, &plain, depth + 1, left)?
        }
        Value::Function(_) => Tree::Other("a function", which(value)),
        Value::Thread(_) => Tree::Other("a coroutine", which(value)),
        other => Tree::Other("a value of another kind", which(other)),
    })
}

fn read_key(key: &Value) -> Key {
    match key {
        Value::Integer(number) => Key::Integer(*number),
        Value::String(text) => Key::Text(text.as_bytes().to_vec()),
        other => Key::Other(other.to_string().unwrap_or_default()),
    }
}

/// The lines that say how two values differ; none if they are the same.
pub(super) fn differences(got: &Tree, expected: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    differ(got, expected, String::new(), &mut found);
    if let [(path, lines)] = &found[..]
        && path.is_empty()
    {
        let mut all = vec!["the values differ".to_owned()];
        all.extend(lines.iter().cloned());
        return all;
    }
    let Some(more) = found.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut all = vec![match more {
        0 => "the tables differ in one place".to_owned(),
        more => format!("the tables differ in {} places", more + 1),
    }];
    for (path, lines) in found.iter().take(SHOWN) {
        all.push(cut(path.strip_prefix('.').unwrap_or(path)));
        all.extend(lines.iter().map(|line| format!("  {line}")));
    }
    if found.len() > SHOWN {
        all.push(format!("… and {} more", found.len() - SHOWN));
    }
    all
}

fn differ(got: &Tree, expected: &Tree, path: String, found: &mut Vec<(String, Vec<String>)>) {
    match (got, expected) {
        (Tree::Table(got), Tree::Table(expected)) => {
            let keys = got.keys().chain(expected.keys());
            let keys: std::collections::BTreeSet<_> = keys.collect();
            for key in keys {
                let at = format!("{path}{}", step(key));
                let nothing = &Tree::Nil;
                let [got, expected] = [got, expected].map(|of| of.get(key).unwrap_or(nothing));
                differ(got, expected, at, found);
            }
        }
        (got, expected) if is_same(got, expected) => {}
        (got, expected) => found.push((path, lines(got, expected))),
    }
}

/// Whether Lua takes two values for the same.
fn is_same(got: &Tree, expected: &Tree) -> bool {
    match (got, expected) {
        (Tree::Integer(whole), Tree::Number(number))
        | (Tree::Number(number), Tree::Integer(whole)) => {
            // As Lua does: a double that stands for this very integer.
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::float_cmp,
                reason = "the conversion there and back shows whether anything was lost"
            )]
            let is_same = *number == *whole as f64 && *number as i64 == *whole;
            is_same
        }
        (got, expected) => got == expected,
    }
}

fn lines(got: &Tree, expected: &Tree) -> Vec<String> {
    let mut from = 0;
    if let (Tree::Text(got), Tree::Text(expected)) = (got, expected) {
        let [got, expected] =
            [got, expected].map(|text| String::from_utf8_lossy(text).into_owned());
        let same = got.chars().zip(expected.chars());
        let same = same.take_while(|(one, other)| one == other).count();
        if got.chars().count().max(expected.chars().count()) > WIDTH {
            from = same.saturating_sub(BEFORE);
        }
    }
    let mut lines = vec![
        format!("expected: {}", show_from(expected, from)),
        format!("got:      {}", show_from(got, from)),
    ];
    if from > 0 {
        lines.push(format!("shown from character {}", from + 1));
    }
    lines
}

fn show_from(value: &Tree, from: usize) -> String {
    match value {
        Tree::Text(text) if from > 0 => {
            let rest: String = String::from_utf8_lossy(text).chars().skip(from).collect();
            cut(&format!("…{}", quoted(rest.as_bytes())))
        }
        value => show(value),
    }
}

/// A value as Lua would write it, cut where it is long.
pub(super) fn show(value: &Tree) -> String {
    let mut text = String::new();
    write(value, &mut text);
    cut(&text)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn write(value: &Tree, out: &mut String) {
    // What is behind this is not shown.
    if out.len() > 4 * WIDTH {
        return;
    }
    match value {
        Tree::Nil => out.push_str("nil"),
        Tree::Null => out.push_str("ouzel.json.null"),
        Tree::Boolean(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Tree::Integer(number) => drop(write!(out, "{number}")),
        Tree::Number(number) => drop(write!(out, "{number:?}")),
        Tree::Text(text) => out.push_str(&quoted(text)),
        Tree::Other(what, _) => out.push_str(what),
        Tree::Table(fields) if fields.is_empty() => out.push_str("{}"),
        Tree::Table(fields) => {
            out.push_str("{ ");
            let mut next = 1;
            for (number, (key, value)) in fields.iter().enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                match key {
                    Key::Integer(place) if *place == next => next += 1,
                    Key::Text(name) if is_name(name) => {
                        let _ = write!(out, "{} = ", String::from_utf8_lossy(name));
                    }
                    key => drop(write!(out, "{} = ", step(key))),
                }
                write(value, out);
            }
            out.push_str(" }");
        }
    }
}

/// How a key is written behind the table that it is in.
fn step(key: &Key) -> String {
    match key {
        Key::Integer(number) => format!("[{number}]"),
        Key::Text(name) if is_name(name) => format!(".{}", String::from_utf8_lossy(name)),
        Key::Text(name) => format!("[{}]", quoted(name)),
        Key::Other(shown) => format!("[{}]", without_controls(shown)),
    }
}

fn is_name(name: &[u8]) -> bool {
    let is_start = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    name.first().is_some_and(is_start)
        && name
            .iter()
            .all(|byte| is_start(byte) || byte.is_ascii_digit())
}

fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out = String::from("\"");
    for sign in text.chars().take(4 * WIDTH) {
        match sign {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            sign => out.push(sign),
        }
    }
    out.push('"');
    without_controls(&out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test panics")]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(got: &str, expected: &str, shown: Expect) {
        let lua = Lua::new();
        let [got, expected] = [got, expected].map(|text| {
            let value: Value = lua.load(text).eval().unwrap();
            read(&lua, &value).unwrap()
        });
        shown.assert_eq(&differences(&got, &expected).join("\n"));
    }

    #[test]
    fn the_same_is_the_same() {
        for (got, expected) in [
            ("1", "1"),
            ("1", "1.0"),
            ("{ 1, { a = 'x' } }", "{ 1, { a = 'x' } }"),
            ("{}", "{}"),
            ("nil", "nil"),
            ("print", "print"),
        ] {
            check(got, expected, expect![""]);
        }
    }

    #[test]
    fn differences_say_where_they_are() {
        check(
            "1",
            "2",
            expect![[r#"
            the values differ
            expected: 2
            got:      1"#]],
        );
        check(
            "'1'",
            "1",
            expect![[r#"
            the values differ
            expected: 1
            got:      "1""#]],
        );
        check(
            "{ { id = 1, tags = { 'a' } }, { id = 2 } }",
            "{ { id = 1, tags = { 'b' } } }",
            expect![[r#"
                the tables differ in 2 places
                [1].tags[1]
                  expected: "b"
                  got:      "a"
                [2]
                  expected: nil
                  got:      { id = 2 }"#]],
        );
        check(
            "{ ['a b'] = 1 }",
            "{ ['a b'] = true }",
            expect![[r#"
            the tables differ in one place
            ["a b"]
              expected: true
              got:      1"#]],
        );
        check(
            "9007199254740993",
            "9007199254740992.0",
            expect![[r#"
            the values differ
            expected: 9007199254740992.0
            got:      9007199254740993"#]],
        );
    }

    #[test]
    fn what_is_long_is_cut() {
        check(
            "(function() local t = {} for i = 1, 12 do t[i] = i end return t end)()",
            "{}",
            expect![[r#"
                the tables differ in 12 places
                [1]
                  expected: nil
                  got:      1
                [2]
                  expected: nil
                  got:      2
                [3]
                  expected: nil
                  got:      3
                [4]
                  expected: nil
                  got:      4
                [5]
                  expected: nil
                  got:      5
                [6]
                  expected: nil
                  got:      6
                [7]
                  expected: nil
                  got:      7
                [8]
                  expected: nil
                  got:      8
                … and 4 more"#]],
        );
        check(
            "('x'):rep(300) .. 'y'",
            "('x'):rep(300) .. 'z'",
            expect![[r#"
            the values differ
            expected: …"xxxxxxxxxxxxxxxxxxxxxxxxz"
            got:      …"xxxxxxxxxxxxxxxxxxxxxxxxy"
            shown from character 277"#]],
        );
    }

    #[test]
    fn what_cannot_be_compared_says_so() {
        let lua = Lua::new();
        let value: Value = lua.load("local t = {} t.t = t return t").eval().unwrap();
        expect![
            "a table that is nested more than 100 deep, or contains itself, cannot be compared"
        ]
        .assert_eq(&read(&lua, &value).unwrap_err());
    }
}
