//! A table for each method: what it gives for Tweets of every kind.

use expect_test::{Expect, expect};

use super::{KINDS, World};

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
