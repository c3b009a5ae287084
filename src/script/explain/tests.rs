//! Errors of Lua and what is said about them, as a table: no Lua runs here.

use super::*;

struct Names;

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Known for Names {
    fn globals(&self) -> Vec<String> {
        owned(&["ouzel", "print", "require", "limits", "string"])
    }

    fn fields(&self, global: &str, path: &[&str]) -> Vec<String> {
        match (global, path) {
            ("limits", []) => owned(&["followers"]),
            ("limits", ["of"]) => owned(&["friends"]),
            ("string", []) => owned(&["upper", "lower"]),
            _ => Vec::new(),
        }
    }

    fn module(&self, name: &str) -> Vec<String> {
        match name {
            "names" => owned(&["lookup"]),
            _ => Vec::new(),
        }
    }

    fn silent(&self, module: &str) -> Option<String> {
        (module == "quiet").then(|| "quiet.lua".to_owned())
    }
}

const TWEET: &str = r#"{"id":1,"text":"a","odd_field":1,"place":null,"user":{"followers_count":5,"new_field":1},
  "entities":{"hashtags":[],"urls":[{"url":"u"}]}}"#;

/// What is said about an error in the last line of a handler.
#[track_caller]
fn check(message: &str, body: &str, expected: &str) {
    check_code(
        message,
        &format!("ouzel.on('a', function(t, rule)\n{body}"),
        expected,
    );
}

#[track_caller]
fn check_code(message: &str, text: &str, expected: &str) {
    check_tweet(TWEET, message, text, expected);
}

#[track_caller]
fn check_tweet(tweet: &str, message: &str, text: &str, expected: &str) {
    let tweet = sonic_rs::from_str(tweet).unwrap();
    let hint = explain(&Scene {
        message,
        text,
        line: text.lines().count(),
        tweet: Some(&tweet),
        known: &Names,
    });
    assert_eq!(hint.as_deref().unwrap_or("nothing"), expected, "{text}");
}

#[test]
fn a_message_of_lua_is_read() {
    let nil = |is_call, named| Complaint {
        is_call,
        kind: "nil",
        named,
    };
    for (message, expected) in [
        (
            "attempt to index a nil value (field 'x y')",
            Some(nil(false, Some(("field", "x y")))),
        ),
        (
            "attempt to call a nil value (global 'f')",
            Some(nil(true, Some(("global", "f")))),
        ),
        (
            "attempt to perform arithmetic on a nil value (local 'a')",
            Some(nil(false, Some(("local", "a")))),
        ),
        (
            "attempt to get length of a nil value",
            Some(nil(false, None)),
        ),
        ("attempt to sleep", None),
        ("attempt to index a nil value (", Some(nil(false, None))),
        ("an attempt to index a nil value", None),
    ] {
        assert_eq!(complaint(message), expected, "{message}");
    }
}

#[test]
fn the_nearest_field_is_named() {
    let arithmetic = "attempt to perform arithmetic on a nil value (field 'folowers_count')";
    let near = "did you mean `followers_count`?";
    check(arithmetic, "t.x = t.user.folowers_count + 1", near);
    check(
        arithmetic,
        "local u = t.user\nt.x = 1 + u['folowers_count']",
        near,
    );
    check(arithmetic, "t.x = 1 +\nt.user.folowers_count", near);
    check(arithmetic, "t.x = counts.folowers_count + 1", "nothing");
    check(
        "attempt to index a nil value (field 'usr')",
        "t.x = t.usr.name",
        "did you mean `user`?",
    );
    check(
        "attempt to concatenate a nil value (field 'od_field')",
        "t.x = 'a' .. t.od_field",
        "did you mean `odd_field`?",
    );
    check(
        "attempt to concatenate a nil value (field 'newfield')",
        "t.x = 'a' .. t.user.newfield",
        "did you mean `new_field`?",
    );
    check(
        "attempt to concatenate a nil value (field 'tex')",
        "for _, h in ipairs(t.entities.hashtags) do\nt.x = '#' .. h.tex",
        "did you mean `text`?",
    );
    check(
        "attempt to concatenate a nil value (field 'tagg')",
        "t.x = '#' .. rule.tagg",
        "did you mean `tag`?",
    );
    check(
        "attempt to concatenate a nil value (field 'tag')",
        "t.x = '#' .. rule.tag",
        "nothing",
    );
    check(
        "attempt to index a nil value (local 'u')",
        "local u = t.usr\nt.x = u.name",
        "`u` is `usr` of the Tweet; did you mean `user`?",
    );
    check(
        "attempt to index a nil value (upvalue 'u')",
        "local u = t.place\nlocal f = function()\nt.x = u.name",
        "`u` is `place` of the Tweet; this Tweet has no `place`; look first whether it is nil",
    );
    check(
        "attempt to index a nil value (field 'nothing')",
        "t.x = t.nothing.name",
        "nothing",
    );
    check(
        "attempt to call a nil value (field 'ful_text')",
        "t.x = t.ful_text()",
        "methods are called with a colon: `:full_text()`",
    );
    check(
        "attempt to call a nil value (field 'geo')",
        "t.x = t.geo()",
        "methods are called with a colon: `:geo()`",
    );
    check(
        "attempt to index a nil value (field 'actor')",
        "t.x = t.actor.id",
        "this Tweet is in the native format, which has no `actor`; the methods of a Tweet, such as `:full_text()`, know both formats",
    );
    check(
        "attempt to call a nil value (method 'ful_text')",
        "t.x = t:ful_text()",
        "did you mean `full_text`?",
    );
    check(
        "attempt to call a nil value (method 'uper')",
        "t.x = t.text:uper()",
        "did you mean `upper`?",
    );
}

#[test]
fn the_fields_of_activity_streams_are_known() {
    let tweet = r#"{"objectType":"activity","body":"a","actor":{"preferredUsername":"b"}}"#;
    for (field, code, expected) in [
        ("bdoy", "t.bdoy", "did you mean `body`?"),
        (
            "location",
            "t.location",
            "this Tweet has no `location`; look first: `if t.location then … end`",
        ),
        (
            "summary",
            "t.actor.summary",
            "this Tweet has no `actor.summary`; look first: `if t.actor.summary then … end`",
        ),
        (
            "preferedUsername",
            "t.actor.preferedUsername",
            "did you mean `preferredUsername`?",
        ),
        (
            "user",
            "t.user",
            "this Tweet is in the Activity Streams format, which has no `user`; the methods of a Tweet, such as `:full_text()`, know both formats",
        ),
    ] {
        let message = format!("attempt to index a nil value (field '{field}')");
        let code = format!("ouzel.on('a', function(t)\nt.x = {code}.x");
        check_tweet(tweet, &message, &code, expected);
    }
}

#[test]
fn a_field_in_another_place_and_one_that_is_missing_are_told() {
    check(
        "attempt to perform arithmetic on a nil value (field 'followers_count')",
        "t.x = t.followers_count + 1",
        "a Tweet has it as `user.followers_count`",
    );
    check(
        "attempt to get length of a nil value (field 'hashtags')",
        "t.x = #t.hashtags",
        "`hashtags` is a method: `tweet:hashtags()`",
    );
    check(
        "attempt to index a nil value (field 'place')",
        "t.x = t.place.name",
        "this Tweet has no `place`; look first: `if t.place then … end`",
    );
    check(
        "attempt to index a nil value (field 'derived')",
        "local u = t.user t.x = u.derived.locations",
        "this Tweet has no `user.derived`; look first: `if u.derived then … end`",
    );
    check(
        "attempt to index a nil value (field '?')",
        "t.x = t.entities.hashtags[1].text",
        "`t.entities.hashtags` is empty in this Tweet; look first: `if t.entities.hashtags[1] then … end`",
    );
    check(
        "attempt to index a nil value (field '?')",
        "t.x = t.entities.urls[2].url",
        "`t.entities.urls` has one item in this Tweet",
    );
    check(
        "attempt to index a nil value (field '?')",
        "t.x = counts[2].url",
        "nothing",
    );
    check(
        "bad argument #1 to 'for iterator' (table expected, got nil)",
        "for _, x in ipairs(t.hashtags) do",
        "`t.hashtags` is nil; `hashtags` is a method: `tweet:hashtags()`",
    );
    check(
        "bad argument #1 to 'ipairs' (table expected, got nil)",
        "for _, x in ipairs(t.entites) do",
        "`t.entites` is nil; did you mean `entities`?",
    );
    check(
        "bad argument #1 to 'ipairs' (table expected, got nil)",
        "for _, x in ipairs(list) do",
        "nothing",
    );
    check(
        "bad argument #1 to 'ipairs' (table expected, got number)",
        "for _, x in ipairs(t.entites) do",
        "nothing",
    );
}

#[test]
fn a_comparison_names_its_field_where_it_is_certain() {
    let compare = "attempt to compare nil with number";
    check(
        compare,
        "return t.user.folowers_count > 5",
        "`t.user.folowers_count` is nil; did you mean `followers_count`?",
    );
    check(
        compare,
        "return 5 <= t.user.folowers_count",
        "`t.user.folowers_count` is nil; did you mean `followers_count`?",
    );
    check(compare, "return least < t.nothing", "`t.nothing` is nil");
    check(
        compare,
        "local n = t.nothing\nreturn n < 3",
        "`n` is nil: it is `nothing` of the Tweet",
    );
    check(
        compare,
        "return t.user.followers_count > t.friends and t.id > 0",
        "`t.friends` is nil",
    );
    // What is nil may be something else.
    check(compare, "return t.place and least < 3", "nothing");
    check(compare, "return t.nothing > 1 and t.none > 1", "nothing");
    check(compare, "return t.nothing > 1 or least < 3", "nothing");
    check(compare, "return t.nothing > 1 or #t.text < 3", "nothing");
    check(compare, "return least < t.nothing + 1", "nothing");
    check(compare, "return least < t.nothing(1)", "nothing");
    check(compare, "return t.id > 1", "nothing");
    check(
        compare,
        "local x <const> = t.nothing return x > 1",
        "`x` is nil: it is `nothing` of the Tweet",
    );
    check(
        "attempt to compare number with table",
        "return t.nothing > 1",
        "nothing",
    );
}

#[test]
fn a_global_name_and_its_fields_are_known() {
    check_code(
        "attempt to index a nil value (global 'ouzl')",
        "ouzl.rules {}",
        "did you mean `ouzel`?",
    );
    check_code(
        "attempt to call a nil value (global 'pint')",
        "pint(1)",
        "did you mean `print`?",
    );
    check_code(
        "attempt to index a nil value (global 'limts')",
        "x = limts.a",
        "did you mean `limits`?",
    );
    check_code(
        "attempt to call a nil value (global 'helpr')",
        "local function helper() end\nhelpr()",
        "did you mean `helper`?",
    );
    check_code(
        "attempt to call a nil value (global 'helper')",
        "local function f() local helper = 1 end\nhelper()",
        "`helper` is a local of line 1, and this line does not see it: a local is there from its line to the end of its block",
    );
    check_code(
        "attempt to call a nil value (global 'nothing')",
        "nothing()",
        "nothing",
    );
    check_code(
        "attempt to perform arithmetic on a nil value (field 'folowers')",
        "x = limits.folowers + 1",
        "did you mean `followers`?",
    );
    check_code(
        "attempt to perform arithmetic on a nil value (field 'frends')",
        "x = limits.of.frends + 1",
        "did you mean `friends`?",
    );
    check_code(
        "attempt to call a nil value (field 'uper')",
        "string.uper('a')",
        "did you mean `upper`?",
    );
    check_code(
        "attempt to call a nil value (field 'lokup')",
        "local m = require 'names'\nm.lokup('a')",
        "did you mean `lookup`?",
    );
    check_code(
        "attempt to call a nil value (method 'lokup')",
        "local m = require 'names'\nm:lokup('a')",
        "did you mean `lookup`?",
    );
}

#[test]
fn a_module_without_a_return_is_named() {
    let expected = "module `quiet` (quiet.lua) returns nothing; end it with `return` and what it gives, such as a table of functions";
    let index = |of: &str| format!("attempt to index a boolean value{of}");
    check_code(
        &index(" (local 'm')"),
        "local m = require \"quiet\"\nm.x = 1",
        expected,
    );
    check_code(
        &index(" (upvalue 'm')"),
        "local m = require(\"quiet\")\nfunction f() m.x = 1",
        expected,
    );
    check_code(
        &index(" (global 'm')"),
        "m = require(\"quiet\")\nm.x = 1",
        expected,
    );
    check_code(&index(""), "require(\"quiet\").x = 1", expected);
    check_code(
        "attempt to call a boolean value (local 'm')",
        "local m = require \"quiet\"\nm()",
        expected,
    );
    check_code(
        &index(" (local 'm')"),
        "local m = require \"names\"\nm.x = 1",
        "nothing",
    );
    check_code(&index(" (local 'm')"), "local m = true\nm.x = 1", "nothing");
}

#[test]
fn no_text_makes_it_fall_over() {
    for message in [
        "attempt to index a nil value (field 'x')",
        "attempt to compare nil with number",
        "attempt to index a nil value (field '?')",
        "attempt to index a boolean value",
        "bad argument #1 to 'ipairs' (got nil)",
        "attempt to call a nil value (method 'x')",
        "attempt to index a nil value (global 'x')",
        "attempt to index a nil value (local 'x')",
    ] {
        for text in [
            "",
            "x",
            "x <",
            "< x",
            "x.",
            "x[1",
            "ipairs(",
            ":",
            ": x",
            "for",
            "local",
            "a < b < c <",
            "require",
            "function",
            "local x <",
        ] {
            let tweet = sonic_rs::from_str(TWEET).unwrap();
            for line in 0..3 {
                explain(&Scene {
                    message,
                    text,
                    line,
                    tweet: Some(&tweet),
                    known: &Names,
                });
            }
        }
    }
}

#[test]
fn what_a_method_gives_has_names_too() {
    let nil =
        |field: &str| format!("attempt to perform arithmetic on a nil value (field '{field}')");
    for (field, expected) in [
        ("followers", "did you mean `followers_count`?"),
        ("folowers_count", "did you mean `followers_count`?"),
        (
            "listed_count",
            "`:author()` of this Tweet has no `listed_count`; give what counts then: `(listed_count or 0)`",
        ),
        ("nothing_like_it", "nothing"),
    ] {
        check(
            &nil(field),
            &format!("local a = t:author()\nprint(a.{field} + 1)"),
            expected,
        );
        check(
            &nil(field),
            &format!("print(t:author().{field} + 1)"),
            expected,
        );
    }
    check(&nil("lat"), "print(t:geo().lat + 1)", "nothing");
    check(
        &nil("latitud"),
        "local at = t:geo() print(at.latitud + 1)",
        "did you mean `latitude`?",
    );
    check(
        "attempt to index a nil value (field 'author')",
        "print(t.author.screen_name)",
        "`author` is a method: `tweet:author()`",
    );
    check(
        "attempt to call a `ouzel.log` value (field 'log')",
        "ouzel.log('a')",
        "it holds functions, such as `ouzel.log.info`",
    );
    check(
        "attempt to call a nil value (global 'test')",
        "test('a', f)",
        "tests stand in files `*_test.lua` beside the script, and `ouzel test` runs them",
    );
}
