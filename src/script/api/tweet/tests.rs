//! A table for each method: what it gives for Tweets of every kind, in both formats.

use std::rc::Rc;

use bytes::Bytes;
use expect_test::{Expect, expect};
use mlua::{Function, Lua, Value as LuaValue};

use super::{METHODS, methods, suggest};
use crate::{
    script::{
        lua::new_state,
        raw::{install, push_tweet, to_json},
    },
    tweet::Tweet,
};

/// Tweets by kind. `here` is a part that no method reads.
const KINDS: &[(&str, &str)] = &[
    (
        "native",
        r##"{"id":5,"id_str":"1050118621198921728","text":"Hi @bo #Ouzel #ouzel #Ouzel https://t.co/a","source":"<a href=\"http://x.y\" rel=\"nofollow\">Tom &amp; Co</a>","lang":"en","created_at":"Wed Oct 10 20:19:24 +0000 2018","user":{"id":7,"id_str":"7","name":"Ada","screen_name":"ada","description":"d","location":"Kyoto","verified":true,"followers_count":3,"friends_count":4,"statuses_count":5,"listed_count":6,"favourites_count":8,"created_at":"Thu Jan 01 00:00:01 +0000 1970","derived":{"locations":[{"country_code":"JP"}]}},"entities":{"hashtags":[{"text":"Ouzel"},{"text":"ouzel"},{"text":"Ouzel"}],"urls":[{"url":"https://t.co/a","expanded_url":"http://bit.ly/a","unwound":{"url":"https://a.example/"}}],"user_mentions":[{"screen_name":"bo"}]},"coordinates":{"type":"Point","coordinates":[135.75,35.0]},"geo":{"type":"Point","coordinates":[35.0,135.75]},"place":{"full_name":"Kyoto","country_code":"JP"},"matching_rules":[{"tag":"a"},{"tag":null},{"tag":"b"},{"tag":"a"}],"here":{}}"##,
    ),
    (
        "retweet",
        r##"{"id_str":"2","text":"RT @bo: whole te…","created_at":"Wed Oct 10 20:19:24 +0000 2018","user":{"screen_name":"ada"},"entities":{"hashtags":[],"urls":[{"url":"https://t.co/…","expanded_url":null}],"user_mentions":[{"screen_name":"bo"}]},"retweeted_status":{"id_str":"1","text":"whole text","user":{"screen_name":"bo"},"geo":{"type":"Point","coordinates":[1,2]},"entities":{"hashtags":[{"text":"x"}],"urls":[{"url":"https://t.co/b","expanded_url":"http://b.example"}],"user_mentions":[{"screen_name":"cy"}]}},"matching_rules":[],"here":{}}"##,
    ),
    (
        "quote",
        r##"{"id_str":"3","text":"mine https://t.co/q","is_quote_status":true,"in_reply_to_status_id":1,"entities":{"hashtags":[],"urls":[{"url":"https://t.co/q","expanded_url":"https://twitter.com/i/3"}]},"quoted_status":{"id_str":"1","text":"cut…","extended_tweet":{"full_text":"quoted, whole"},"entities":{"hashtags":[{"text":"theirs"}]},"user":{"screen_name":"bo"}},"user":{"screen_name":"ada"},"here":{}}"##,
    ),
    (
        "quote of what is gone",
        r#"{"id_str":"3","text":"mine","is_quote_status":true,"quoted_status":null,"here":{}}"#,
    ),
    (
        "quote in retweet",
        r#"{"id_str":"4","text":"RT @bo: m…","is_quote_status":true,"retweeted_status":{"id_str":"3","text":"mine","is_quote_status":true,"user":{"screen_name":"bo"},"quoted_status":{"id_str":"1","text":"theirs","user":{"screen_name":"cy"}}},"here":{}}"#,
    ),
    (
        "reply",
        r#"{"id_str":"5","text":"@bo yes","in_reply_to_status_id":1,"in_reply_to_status_id_str":"1","in_reply_to_screen_name":"bo","entities":{"user_mentions":[{"screen_name":"bo"}]},"here":{}}"#,
    ),
    (
        "extended",
        r##"{"id_str":"6","text":"cut…","entities":{"hashtags":[{"text":"cut"}],"urls":[]},"extended_tweet":{"full_text":"cut not #cut #whole","entities":{"hashtags":[{"text":"cut"},{"text":"whole"}],"urls":[{"url":"u","expanded_url":"http://w.example"}],"user_mentions":[{"screen_name":"dee"}]}},"here":{}}"##,
    ),
    (
        "extended retweet",
        r#"{"id_str":"7","text":"RT @bo: c…","retweeted_status":{"text":"cut…","user":{"screen_name":"bo"},"entities":{"hashtags":[]},"extended_tweet":{"full_text":"not cut","entities":{"hashtags":[{"text":"whole"}],"urls":[],"user_mentions":[{"screen_name":"dee"}]}}},"here":{}}"#,
    ),
    (
        "REST",
        r#"{"id":8,"id_str":"8","full_text":"all of it","source":"","geo":null,"coordinates":null,"entities":{"hashtags":[{"text":"r"}]},"place":{"full_name":"Manhattan, NY","country_code":"US","bounding_box":{"type":"Polygon","coordinates":[[[-74.0,40.0],[-74.0,41.0],[-73.0,41.0],[-73.0,40.0]]]}},"user":{"id":9007199254740993,"screen_name":"ada","derived":{}},"here":{}}"#,
    ),
    (
        "only `geo`, and a place over 180°",
        r#"{"id":9,"text":"","geo":{"coordinates":[-17.5,179.5]},"place":{"full_name":"Fiji","country_code":"FJ","bounding_box":{"coordinates":[[[177,-20],[177,-15],[-179,-15],[-179,-20]]]}},"here":{}}"#,
    ),
    (
        "a place over 180°",
        r#"{"id":9,"text":"a","geo":{"coordinates":[200,0]},"place":{"full_name":"Fiji","country_code":"FJ","bounding_box":{"coordinates":[[[177,-20],[177,-15],[-179,-15],[-179,-20]]]}},"here":{}}"#,
    ),
    (
        "a place without a box",
        r#"{"id":9,"text":"a","place":{"full_name":"Fiji","bounding_box":null},"here":{}}"#,
    ),
    ("nothing", r#"{"id_str":"10","here":{}}"#),
    (
        "nulls",
        r#"{"id":11,"id_str":"11","text":null,"full_text":null,"extended_tweet":null,"source":null,"lang":null,"created_at":null,"user":null,"entities":null,"coordinates":null,"geo":null,"place":null,"retweeted_status":null,"quoted_status":null,"is_quote_status":null,"in_reply_to_status_id":null,"matching_rules":null,"here":{}}"#,
    ),
    (
        "nulls deeper",
        r#"{"id_str":"12","extended_tweet":{"full_text":null,"entities":null},"user":{"id":null,"id_str":null,"screen_name":null,"derived":{"locations":[null]}},"entities":{"hashtags":null,"urls":[null,{"url":null}],"user_mentions":[{"screen_name":null}]},"coordinates":{"coordinates":[null,null]},"geo":{"coordinates":null},"place":{"bounding_box":{"coordinates":[]}},"retweeted_status":{"text":null,"user":null,"entities":null},"matching_rules":[null,{}],"here":{}}"#,
    ),
    (
        "wrong types",
        r#"{"id_str":13,"id":"x","text":5,"full_text":[],"extended_tweet":"a","source":{},"lang":1,"created_at":7,"user":"ada","entities":[1],"coordinates":{"coordinates":["1","2"]},"geo":5,"place":[],"retweeted_status":"RT","quoted_status":true,"is_quote_status":"yes","matching_rules":{"tag":"a"},"here":{}}"#,
    ),
    (
        "wrong types deeper",
        r#"{"id_str":"14","text":"t","extended_tweet":{"full_text":5,"entities":5},"user":{"id":1.5,"id_str":"y","screen_name":[],"followers_count":"3","verified":1,"derived":{"locations":{}}},"entities":{"hashtags":["x",{"text":1}],"urls":{"url":"u"},"user_mentions":[[]]},"coordinates":{"coordinates":{"a":1}},"geo":{"coordinates":[1]},"place":{"bounding_box":{"coordinates":[[5,[1],["a","b"]]]}},"retweeted_status":[],"matching_rules":["a",{"tag":1}],"here":{}}"#,
    ),
    (
        "activity",
        r##"{"id":"tag:search.twitter.com,2005:20","objectType":"activity","verb":"post","body":"Hi #a","postedTime":"2018-10-10T20:19:24.000Z","generator":{"displayName":"Twitter Web App","link":"http://x.y"},"actor":{"id":"id:twitter.com:7","displayName":"Ada","preferredUsername":"ada","summary":"d","verified":false,"followersCount":3,"friendsCount":4,"statusesCount":5,"listedCount":6,"favoritesCount":8,"postedTime":"1970-01-01T00:00:01.000Z","location":{"displayName":"Kyoto"}},"object":{"objectType":"note","summary":"Hi #a"},"twitter_lang":"en","twitter_entities":{"hashtags":[{"text":"a"}],"urls":[{"url":"https://t.co/a","expanded_url":"http://bit.ly/a"},{"url":"https://t.co/c","expanded_url":"http://c.example"}],"user_mentions":[]},"geo":{"type":"Point","coordinates":[35.0,135.75]},"location":{"displayName":"Kyoto","country_code":"Japan","twitter_country_code":"JP","geo":{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}},"gnip":{"matching_rules":[{"tag":"a"},{"tag":"b"}],"urls":[{"url":"https://t.co/a","expanded_url":"https://a.example/"}],"profileLocations":[{"address":{"countryCode":"JP"}}]},"here":{}}"##,
    ),
    (
        "activity that shares a long one",
        r##"{"id":"tag:search.twitter.com,2005:21","objectType":"activity","verb":"share","body":"RT @bo: c…","actor":{"preferredUsername":"ada"},"twitter_entities":{"urls":[{"url":"cut…"}],"user_mentions":[{"screen_name":"bo"}]},"gnip":{"urls":[{"url":"https://t.co/d","expanded_url":"https://d.example/"}]},"object":{"id":"tag:search.twitter.com,2005:20","objectType":"activity","body":"c…","actor":{"preferredUsername":"bo"},"long_object":{"body":"not cut","twitter_entities":{"hashtags":[{"text":"long"}],"urls":[{"url":"https://t.co/d","expanded_url":"http://d"}],"user_mentions":[{"screen_name":"cy"}]}},"twitter_quoted_status":{"id":"tag:search.twitter.com,2005:19","body":"quoted","actor":{"preferredUsername":"dee"}}},"location":{"displayName":"Kyoto","geo":{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}},"here":{}}"##,
    ),
    (
        "activity that answers",
        r#"{"id":"tag:search.twitter.com,2005:22","objectType":"activity","verb":"post","body":"a","inReplyTo":{"link":"http://twitter.com/bo/statuses/1"},"here":{}}"#,
    ),
    (
        "activity with nulls",
        r#"{"id":null,"objectType":"activity","verb":"share","body":null,"postedTime":null,"generator":null,"actor":null,"object":null,"twitter_entities":null,"gnip":null,"geo":null,"location":null,"long_object":null,"inReplyTo":null,"here":{}}"#,
    ),
];

struct World {
    lua: Lua,
    encode: Function,
}

impl World {
    fn new() -> Self {
        let lua = new_state(|lua| lua.create_function(|_, ()| Ok(()))).unwrap();
        install(&lua, methods(&lua).unwrap(), suggest(&lua).unwrap()).unwrap();
        let encode = lua.create_function(|lua, value: LuaValue| {
            let mut json = Vec::new();
            to_json(lua, &value, &mut json).unwrap();
            Ok(String::from_utf8(json).unwrap())
        });
        Self {
            encode: encode.unwrap(),
            lua,
        }
    }

    /// What a script gives for a Tweet, `t`, as JSON.
    fn run(&self, line: &str, script: &str) -> String {
        let tweet = Tweet::parse(Bytes::copy_from_slice(line.as_bytes())).unwrap();
        let tweet = push_tweet(&self.lua, tweet, &Rc::default()).unwrap();
        let chunk = format!("local t, encode = ... {script}");
        let shown = self.lua.load(chunk).set_name("=main.lua");
        match shown.call((tweet, &self.encode)) {
            Ok(json) => json,
            Err(error) => error.to_string().lines().next().unwrap().to_owned(),
        }
    }
}

/// What a method gives for each kind of Tweet. It gives the same after a handler has written to a part that the method
/// does not read, although it then reads the Tweet through Lua.
#[track_caller]
fn table(method: &str, expected: Expect) {
    let world = World::new();
    let mut rows = String::new();
    for (kind, line) in KINDS {
        let call = format!("return encode({method})");
        let answer = world.run(line, &call);
        let through_lua = world.run(line, &format!("t.here.x = 1 t.here = nil {call}"));
        assert_eq!(answer, through_lua, "{kind}");
        rows += &format!("{kind}: {answer}\n");
    }
    expected.assert_eq(&rows);
}

#[test]
fn id() {
    table(
        "t:id()",
        expect![[r#"
        native: 1050118621198921728
        retweet: 2
        quote: 3
        quote of what is gone: 3
        quote in retweet: 4
        reply: 5
        extended: 6
        extended retweet: 7
        REST: 8
        only `geo`, and a place over 180°: 9
        a place over 180°: 9
        a place without a box: 9
        nothing: 10
        nulls: 11
        nulls deeper: 12
        wrong types: null
        wrong types deeper: 14
        activity: 20
        activity that shares a long one: 21
        activity that answers: 22
        activity with nulls: null
    "#]],
    );
}

#[test]
fn full_text() {
    table(
        "t:full_text()",
        expect![[r#"
        native: "Hi @bo #Ouzel #ouzel #Ouzel https://t.co/a"
        retweet: "RT @bo: whole text"
        quote: "mine https://t.co/q"
        quote of what is gone: "mine"
        quote in retweet: "RT @bo: mine"
        reply: "@bo yes"
        extended: "cut not #cut #whole"
        extended retweet: "RT @bo: not cut"
        REST: "all of it"
        only `geo`, and a place over 180°: ""
        a place over 180°: "a"
        a place without a box: "a"
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: "t"
        activity: "Hi #a"
        activity that shares a long one: "RT @bo: not cut"
        activity that answers: "a"
        activity with nulls: null
    "#]],
    );
}

#[test]
fn all_text() {
    table(
        "t:all_text()",
        expect![[r#"
        native: "Hi @bo #Ouzel #ouzel #Ouzel https://t.co/a"
        retweet: "RT @bo: whole text"
        quote: "mine https://t.co/q\nquoted, whole"
        quote of what is gone: "mine"
        quote in retweet: "RT @bo: mine\ntheirs"
        reply: "@bo yes"
        extended: "cut not #cut #whole"
        extended retweet: "RT @bo: not cut"
        REST: "all of it"
        only `geo`, and a place over 180°: ""
        a place over 180°: "a"
        a place without a box: "a"
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: "t"
        activity: "Hi #a"
        activity that shares a long one: "RT @bo: not cut\nquoted"
        activity that answers: "a"
        activity with nulls: null
    "#]],
    );
}

#[test]
fn urls() {
    table(
        "t:urls()",
        expect![[r#"
        native: ["https://a.example/"]
        retweet: ["http://b.example"]
        quote: ["https://twitter.com/i/3"]
        quote of what is gone: []
        quote in retweet: []
        reply: []
        extended: ["http://w.example"]
        extended retweet: []
        REST: []
        only `geo`, and a place over 180°: []
        a place over 180°: []
        a place without a box: []
        nothing: []
        nulls: []
        nulls deeper: []
        wrong types: []
        wrong types deeper: []
        activity: ["https://a.example/","http://c.example"]
        activity that shares a long one: ["https://d.example/"]
        activity that answers: []
        activity with nulls: []
    "#]],
    );
}

#[test]
fn hashtags() {
    table(
        "t:hashtags()",
        expect![[r#"
        native: ["Ouzel","ouzel"]
        retweet: ["x"]
        quote: []
        quote of what is gone: []
        quote in retweet: []
        reply: []
        extended: ["cut","whole"]
        extended retweet: ["whole"]
        REST: ["r"]
        only `geo`, and a place over 180°: []
        a place over 180°: []
        a place without a box: []
        nothing: []
        nulls: []
        nulls deeper: []
        wrong types: []
        wrong types deeper: []
        activity: ["a"]
        activity that shares a long one: ["long"]
        activity that answers: []
        activity with nulls: []
    "#]],
    );
}

#[test]
fn mentions() {
    table(
        "t:mentions()",
        expect![[r#"
        native: ["bo"]
        retweet: ["bo","cy"]
        quote: []
        quote of what is gone: []
        quote in retweet: ["bo"]
        reply: ["bo"]
        extended: ["dee"]
        extended retweet: ["bo","dee"]
        REST: []
        only `geo`, and a place over 180°: []
        a place over 180°: []
        a place without a box: []
        nothing: []
        nulls: []
        nulls deeper: []
        wrong types: []
        wrong types deeper: []
        activity: []
        activity that shares a long one: ["bo","cy"]
        activity that answers: []
        activity with nulls: []
    "#]],
    );
}

#[test]
fn author() {
    table(
        "t:author()",
        expect![[r#"
        native: {"country_code":"JP","created_at_iso":"1970-01-01T00:00:01Z","description":"d","favourites_count":8,"followers_count":3,"friends_count":4,"id":7,"listed_count":6,"location":"Kyoto","name":"Ada","screen_name":"ada","statuses_count":5,"verified":true}
        retweet: {"screen_name":"ada"}
        quote: {"screen_name":"ada"}
        quote of what is gone: {}
        quote in retweet: {}
        reply: {}
        extended: {}
        extended retweet: {}
        REST: {"id":9007199254740993,"screen_name":"ada"}
        only `geo`, and a place over 180°: {}
        a place over 180°: {}
        a place without a box: {}
        nothing: {}
        nulls: {}
        nulls deeper: {}
        wrong types: {}
        wrong types deeper: {}
        activity: {"country_code":"JP","created_at_iso":"1970-01-01T00:00:01Z","description":"d","favourites_count":8,"followers_count":3,"friends_count":4,"id":7,"listed_count":6,"location":"Kyoto","name":"Ada","screen_name":"ada","statuses_count":5,"verified":false}
        activity that shares a long one: {"screen_name":"ada"}
        activity that answers: {}
        activity with nulls: {}
    "#]],
    );
}

#[test]
fn kind() {
    table(
        "t:kind()",
        expect![[r#"
        native: "tweet"
        retweet: "retweet"
        quote: "quote"
        quote of what is gone: "quote"
        quote in retweet: "retweet"
        reply: "reply"
        extended: "tweet"
        extended retweet: "retweet"
        REST: "tweet"
        only `geo`, and a place over 180°: "tweet"
        a place over 180°: "tweet"
        a place without a box: "tweet"
        nothing: "tweet"
        nulls: "tweet"
        nulls deeper: "retweet"
        wrong types: "tweet"
        wrong types deeper: "tweet"
        activity: "tweet"
        activity that shares a long one: "retweet"
        activity that answers: "reply"
        activity with nulls: "retweet"
    "#]],
    );
}

#[test]
fn created_at_iso() {
    table(
        "t:created_at_iso()",
        expect![[r#"
        native: "2018-10-10T20:19:24Z"
        retweet: "2018-10-10T20:19:24Z"
        quote: null
        quote of what is gone: null
        quote in retweet: null
        reply: null
        extended: null
        extended retweet: null
        REST: null
        only `geo`, and a place over 180°: null
        a place over 180°: null
        a place without a box: null
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: null
        activity: "2018-10-10T20:19:24Z"
        activity that shares a long one: null
        activity that answers: null
        activity with nulls: null
    "#]],
    );
}

#[test]
fn created() {
    table(
        "t:created()",
        expect![[r#"
        native: 1539202764
        retweet: 1539202764
        quote: null
        quote of what is gone: null
        quote in retweet: null
        reply: null
        extended: null
        extended retweet: null
        REST: null
        only `geo`, and a place over 180°: null
        a place over 180°: null
        a place without a box: null
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: null
        activity: 1539202764
        activity that shares a long one: null
        activity that answers: null
        activity with nulls: null
    "#]],
    );
}

#[test]
fn lang() {
    table(
        "t:lang()",
        expect![[r#"
        native: "en"
        retweet: null
        quote: null
        quote of what is gone: null
        quote in retweet: null
        reply: null
        extended: null
        extended retweet: null
        REST: null
        only `geo`, and a place over 180°: null
        a place over 180°: null
        a place without a box: null
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: null
        activity: "en"
        activity that shares a long one: null
        activity that answers: null
        activity with nulls: null
    "#]],
    );
}

#[test]
fn app() {
    table(
        "t:app()",
        expect![[r#"
        native: "Tom & Co"
        retweet: null
        quote: null
        quote of what is gone: null
        quote in retweet: null
        reply: null
        extended: null
        extended retweet: null
        REST: null
        only `geo`, and a place over 180°: null
        a place over 180°: null
        a place without a box: null
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: null
        activity: "Twitter Web App"
        activity that shares a long one: null
        activity that answers: null
        activity with nulls: null
    "#]],
    );
}

#[test]
fn geo() {
    table(
        "t:geo()",
        expect![[r#"
        native: {"country_code":"JP","exact":true,"latitude":35.0,"longitude":135.75,"place":"Kyoto"}
        retweet: null
        quote: null
        quote of what is gone: null
        quote in retweet: null
        reply: null
        extended: null
        extended retweet: null
        REST: {"country_code":"US","exact":false,"latitude":40.5,"longitude":-73.5,"place":"Manhattan, NY"}
        only `geo`, and a place over 180°: {"country_code":"FJ","exact":true,"latitude":-17.5,"longitude":179.5,"place":"Fiji"}
        a place over 180°: {"country_code":"FJ","exact":false,"latitude":-17.5,"longitude":179.0,"place":"Fiji"}
        a place without a box: null
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: null
        activity: {"country_code":"JP","exact":true,"latitude":35.0,"longitude":135.75,"place":"Kyoto"}
        activity that shares a long one: {"exact":false,"latitude":3.0,"longitude":2.0,"place":"Kyoto"}
        activity that answers: null
        activity with nulls: null
    "#]],
    );
}

#[test]
fn tags() {
    table(
        "t:tags()",
        expect![[r#"
        native: ["a","b"]
        retweet: []
        quote: []
        quote of what is gone: []
        quote in retweet: []
        reply: []
        extended: []
        extended retweet: []
        REST: []
        only `geo`, and a place over 180°: []
        a place over 180°: []
        a place without a box: []
        nothing: []
        nulls: []
        nulls deeper: []
        wrong types: []
        wrong types deeper: []
        activity: ["a","b"]
        activity that shares a long one: []
        activity that answers: []
        activity with nulls: []
    "#]],
    );
}

#[test]
fn original() {
    table(
        "t:original():id()",
        expect![[r#"
            native: 1050118621198921728
            retweet: 1
            quote: 3
            quote of what is gone: 3
            quote in retweet: 3
            reply: 5
            extended: 6
            extended retweet: null
            REST: 8
            only `geo`, and a place over 180°: 9
            a place over 180°: 9
            a place without a box: 9
            nothing: 10
            nulls: 11
            nulls deeper: null
            wrong types: null
            wrong types deeper: 14
            activity: 20
            activity that shares a long one: 20
            activity that answers: 22
            activity with nulls: null
        "#]],
    );
}

#[test]
fn quoted() {
    table(
        "t:quoted() and t:quoted():id()",
        expect![[r#"
        native: null
        retweet: null
        quote: 1
        quote of what is gone: null
        quote in retweet: 1
        reply: null
        extended: null
        extended retweet: null
        REST: null
        only `geo`, and a place over 180°: null
        a place over 180°: null
        a place without a box: null
        nothing: null
        nulls: null
        nulls deeper: null
        wrong types: null
        wrong types deeper: null
        activity: null
        activity that shares a long one: 19
        activity that answers: null
        activity with nulls: null
    "#]],
    );
}

#[test]
fn the_original_of_what_is_no_retweet_is_itself() {
    let world = World::new();
    for (kind, line) in KINDS {
        let is_same = world.run(line, "return encode(t:original() == t)");
        let kind_of = world.run(line, "return encode(t:kind())");
        assert!(is_same == "true" || kind_of == r#""retweet""#, "{kind}");
    }
}

#[test]
fn methods_work_on_each_tweet_inside_a_tweet_and_on_nothing_else() {
    let world = World::new();
    for (_, line) in KINDS {
        for method in METHODS {
            let call = format!(
                "for _, part in ipairs {{ t:original(), t:quoted() }} do part:{}() end return encode(true)",
                method.name
            );
            assert_eq!(world.run(line, &call), "true");
        }
    }
    let native = KINDS[0].1;
    for (call, expected) in [
        (
            "t.user:id()",
            "main.lua:1: attempt to call a number value (method 'id')",
        ),
        (
            "t.user:geo()",
            "main.lua:1: attempt to call a nil value (method 'geo')",
        ),
        (
            "t.entities.urls:urls()",
            "main.lua:1: attempt to call a nil value (method 'urls')",
        ),
        (
            "({}):urls()",
            "main.lua:1: attempt to call a nil value (method 'urls')",
        ),
    ] {
        assert!(
            world.run(native, call).contains(expected),
            "{}",
            world.run(native, call)
        );
    }
}

/// What a script gives for the first of [`KINDS`].
#[track_caller]
fn check(script: &str, expected: &str) {
    let given = World::new().run(KINDS[0].1, script);
    assert!(given.ends_with(expected), "{script}\n{given}");
}

#[test]
fn a_colon_calls_the_method_and_a_dot_reads_the_field() {
    let world = World::new();
    let rest = KINDS.iter().find(|(kind, _)| *kind == "REST").unwrap().1;
    for (script, expected) in [
        (
            "return encode({ t.full_text, t:full_text() })",
            r#"["all of it","all of it"]"#,
        ),
        (
            "t.full_text = 'x' return encode({ t.full_text, t:full_text() })",
            r#"["x","x"]"#,
        ),
        (
            "return encode({ rawget(t, 'full_text'), t['full_text'] })",
            r#"["all of it","all of it"]"#,
        ),
        (
            "return encode({ t.geo == nil, t.hashtags == nil, t.nothing == nil })",
            "[true,true,true]",
        ),
        (
            "local n = 0 for k in pairs(t) do n = n + 1 end return encode(n)",
            "8",
        ),
    ] {
        assert_eq!(world.run(rest, script), expected, "{script}");
    }
    check(
        "return encode({ t.geo.coordinates[1], t:geo().latitude })",
        "[35.0,35.0]",
    );
    check(
        "return encode(t.full_text or t.text)",
        r#""Hi @bo #Ouzel #ouzel #Ouzel https://t.co/a""#,
    );
    // Whatever a handler puts there, unless that can be called itself or is a table of its own.
    for value in [
        "nil",
        "'text'",
        "5",
        "1.5",
        "true",
        "false",
        "t.user",
        "t.entities.hashtags",
    ] {
        let call = format!(
            "t.tags = {value} t.kind = {value} return encode({{ t.tags == {value}, t:kind(), t:tags() }})"
        );
        check(&call, r#"[true,"tweet",["a","b"]]"#);
    }
    check(
        "t.tags = function() return 'mine' end return encode(t:tags())",
        r#""mine""#,
    );
    check(
        "t.tags = {} return t:tags()",
        "attempt to call a table value (method 'tags')",
    );
    // Wherever the call stands.
    check("return (t:kind())", "tweet");
    check("return t:kind()", "tweet");
    check(
        "return select(2, pcall(function() return t:kind() end))",
        "tweet",
    );
    check(
        "return coroutine.wrap(function() coroutine.yield(t:kind()) end)()",
        "tweet",
    );
    check(
        "local function kind(x, ...) return x:kind(...) end return kind(t)",
        "tweet",
    );
    let names: String = (0..300).map(|n| format!("x.n{n} = {n} ")).collect();
    check(&format!("local x = {{}} {names} return t:kind()"), "tweet");
}

#[test]
fn a_wrong_call_says_what_is_right() {
    for (script, expected) in [
        (
            "t:kind(1)",
            "main.lua:1: `kind` takes no arguments: `tweet:kind()`",
        ),
        (
            "t:kind(nil)",
            "main.lua:1: `kind` takes no arguments: `tweet:kind()`",
        ),
        (
            "t.kind()",
            "main.lua:1: attempt to call a nil value (field 'kind'); methods are called with a colon: `tweet:kind()`",
        ),
        (
            "t.kind(t)",
            "main.lua:1: attempt to call a nil value (field 'kind'); methods are called with a colon: `tweet:kind()`",
        ),
        (
            "t.id()",
            "main.lua:1: attempt to call a number value (field 'id'); methods are called with a colon: `tweet:id()`",
        ),
        (
            "t:ful_text()",
            "main.lua:1: attempt to call a nil value (method 'ful_text'); did you mean `tweet:full_text()`?",
        ),
        (
            "t:xyz()",
            "main.lua:1: attempt to call a nil value (method 'xyz')",
        ),
        (
            "t:user()",
            "main.lua:1: attempt to call a Tweet value (method 'user')",
        ),
    ] {
        check(script, expected);
    }
}

#[test]
fn a_call_of_what_cannot_be_called_fails_as_ever() {
    let plain = Lua::new();
    let world = World::new();
    for script in [
        "nowhere()",
        "local x x()",
        "local x = 5 x(1, 2)",
        "local t = {} t.x()",
        "local t = {} t.x.y()",
        "local t = { x = 'a' } t.x('b')",
        "local t = { x = 'a' } t:x()",
        "('x')()",
        "('x'):nothing()",
        "(true)()",
        "(1.5)()",
        "return nowhere()",
        "local up up = nil local function f() return up() end f()",
        "for x in nil do end",
        "for x in 5, 6 do end",
        "local x = setmetatable({}, { __index = 5 }) return x.y.z",
        "local x = setmetatable({}, { __add = 5 }) return x + 1",
        "return setmetatable({}, { __lt = 'x' }) < {}",
        "string.gsub('x', 'x', nil)",
        "table.sort({ 2, 1, 3 }, 5)",
        "local x <close> = setmetatable({}, { __close = 5 })",
        "return nil + 1",
        "return nil .. 'x'",
        "return nil < 1",
        "return #nil",
        "local x return x.y",
        "local x x.y = 1",
        "return pcall(nil)",
        "return select(2, pcall(nil, 1))",
        "return select(2, pcall('x', 1))",
        "coroutine.wrap(function() nowhere() end)()",
        "return tostring(nil) .. tostring(1) .. tostring(true)",
    ] {
        let run = |lua: &Lua| {
            let ran = lua
                .load(script)
                .set_name("=main.lua")
                .eval::<mlua::MultiValue>();
            match ran {
                Ok(values) => format!("{values:?}"),
                Err(error) => error.to_string().lines().next().unwrap().to_owned(),
            }
        };
        assert_eq!(run(&world.lua), run(&plain), "{script}");
    }
}
