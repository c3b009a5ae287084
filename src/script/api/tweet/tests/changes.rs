//! Tweets that are not as documented, and Tweets that handlers have changed.

use bytes::Bytes;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::{super::METHODS, KINDS, World};
use crate::tweet::Tweet;

/// The same JSON with another value in one place; once for each place.
fn changed(json: &Value, other: &Value, give: &mut dyn FnMut(Value)) {
    give(other.clone());
    for (key, field) in json.as_object().into_iter().flatten() {
        changed(field, other, &mut |field| {
            let mut whole = json.clone();
            whole.insert(key, field);
            give(whole);
        });
    }
    for (place, element) in json.as_array().into_iter().flatten().enumerate() {
        changed(element, other, &mut |element| {
            let mut whole = json.clone();
            whole[place] = element;
            give(whole);
        });
    }
}

#[test]
fn whatever_is_null_or_of_another_type_no_method_fails() {
    let calls: Vec<_> = METHODS
        .iter()
        .map(|method| match method.described.name() {
            name @ ("original" | "quoted") => format!("(function() local x = t:{name}() return x and {{ id = x:id(), text = x:full_text(), kind = x:kind() }} end)() or 0"),
            name => format!("t:{name}() or 0"),
        })
        .collect();
    let calls = format!("return encode({{ {} }})", calls.join(", "));
    let through_lua = format!("t.here.x = 1 t.here = nil {calls}");
    let world = World::new();
    let mut count = 0;
    for (kind, line) in KINDS {
        let json: Value = sonic_rs::from_str(line).unwrap();
        for other in ["null", "5", "\"x\"", "[]", "{}"] {
            let other = sonic_rs::from_str(other).unwrap();
            changed(&json, &other, &mut |json| {
                let line = json.to_string();
                // What is no Tweet any more, and what has no part to write to.
                if Tweet::parse(Bytes::copy_from_slice(line.as_bytes())).is_err()
                    || !json["here"].is_object()
                {
                    return;
                }
                let answer = world.run(&line, &calls);
                assert!(answer.starts_with('['), "{kind}: {line}\n{answer}");
                assert_eq!(world.run(&line, &through_lua), answer, "{kind}: {line}");
                count += 1;
            });
        }
    }
    assert!(count > 1_000, "{count}");
}

#[test]
fn what_handlers_have_written_counts() {
    let world = World::new();
    let find = |kind: &str| KINDS.iter().find(|(name, _)| *name == kind).unwrap().1;
    for (kind, script, expected) in [
        (
            "native",
            "t.entities.hashtags = { { text = 'mine' } } return encode(t:hashtags())",
            r#"["mine"]"#,
        ),
        (
            "native",
            "t.entities.hashtags[1].text = 'first' return encode(t:hashtags())",
            r#"["first","ouzel","Ouzel"]"#,
        ),
        (
            "native",
            "t.entities.urls[1].unwound = nil return encode(t:urls())",
            r#"["http://bit.ly/a"]"#,
        ),
        (
            "native",
            "t.entities = nil return encode(t:mentions())",
            "[]",
        ),
        (
            "native",
            "t.user.screen_name = 'bea' t.user.derived = nil return encode({ t:author().screen_name, t:author().country_code or false })",
            r#"["bea",false]"#,
        ),
        (
            "native",
            "t.user = { screen_name = 'new', id = 1 } return encode(t:author())",
            r#"{"id":1,"screen_name":"new"}"#,
        ),
        (
            "native",
            "t.created_at = '2020-01-01T00:00:00Z' return encode({ t:created(), t:created_at_iso() })",
            r#"[1577836800,"2020-01-01T00:00:00Z"]"#,
        ),
        (
            "native",
            "t.created_at = 5 return encode(t:created())",
            "null",
        ),
        (
            "native",
            "t.coordinates = { coordinates = { 1, 2.5 } } return encode(t:geo().latitude)",
            "2.5",
        ),
        (
            "native",
            "t.coordinates, t.geo, t.place = nil return encode(t:geo())",
            "null",
        ),
        (
            "native",
            "t.matching_rules = { { tag = 'x' }, { tag = 5 }, {} } return encode(t:tags())",
            r#"["x"]"#,
        ),
        (
            "native",
            "t.matching_rules[2].tag = 'x' return encode(t:tags())",
            r#"["a","x","b"]"#,
        ),
        (
            "native",
            "t.retweeted_status = t.user return encode({ t:kind(), t:original() == t.user })",
            r#"["retweet",true]"#,
        ),
        (
            "native",
            "t.source = 'mine' t.lang = 'ja' return encode({ t:app(), t:lang() })",
            r#"["mine","ja"]"#,
        ),
        (
            "native",
            "t.id_str = '9' return encode({ t:id(), t.id })",
            "[9,5]",
        ),
        // The borders of such a table lie wherever Lua finds one.
        (
            "native",
            "local list = { { tag = 'x' } } for n = 1, 60 do list[1 << n] = 1 end t.matching_rules = list return encode(t:tags())",
            r#"["x"]"#,
        ),
        (
            "extended",
            "t.entities.hashtags = { { text = 'mine' } } return encode(t:hashtags())",
            r#"["mine"]"#,
        ),
        (
            "extended",
            "t.extended_tweet = nil return encode({ t:full_text(), t:hashtags() })",
            r#"["cut…",["cut"]]"#,
        ),
        (
            "retweet",
            "t.entities = { hashtags = { { text = 'mine' } } } return encode({ t:hashtags(), t:urls() })",
            r#"[["mine"],["http://b.example"]]"#,
        ),
        (
            "retweet",
            "t.entities.user_mentions = {} return encode(t:mentions())",
            "[]",
        ),
        (
            "retweet",
            "t.retweeted_status = nil return encode({ t:kind(), t:original() == t, t:full_text() })",
            r#"["tweet",true,"RT @bo: whole te…"]"#,
        ),
        (
            "retweet",
            "t.retweeted_status.user.screen_name = 'cy' return encode({ t:full_text(), t:mentions() })",
            r#"["RT @cy: whole text",["cy"]]"#,
        ),
        (
            "quote",
            "t.quoted_status = nil return encode({ t:kind(), t:quoted() or false })",
            r#"["quote",false]"#,
        ),
        (
            "quote",
            "t.quoted_status.text = 'changed' return encode(t:all_text())",
            r#""mine https://t.co/q\nchanged""#,
        ),
        (
            "activity",
            "t.created_at = 'Thu Jan 01 00:00:00 +0000 1970' return encode(t:created())",
            "0",
        ),
        (
            "activity",
            "t.actor.preferredUsername = 'bea' return encode(t:author().screen_name)",
            r#""bea""#,
        ),
        (
            "activity",
            "t.verb = 'share' return encode({ t:kind(), t:original() == t.object })",
            r#"["retweet",true]"#,
        ),
        (
            "activity",
            "t.gnip.urls = nil return encode(t:urls())",
            r#"["http://bit.ly/a","http://c.example"]"#,
        ),
    ] {
        assert_eq!(world.run(find(kind), script), expected, "{script}");
    }
}
