//! What the methods give for Tweets of every kind, in both formats.

mod calls;
mod changes;
mod tables;

use std::rc::Rc;

use bytes::Bytes;
use mlua::{Function, Lua, Value as LuaValue};

use super::{methods, suggest};
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
