//! Made-up Tweets from a small vocabulary. Many of the rules in `made_rules.rs` match them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sonic_rs::{Value, json};

const PIECES: [&str; 13] = [
    "snow", "Snow", "rain", "day", " ", " ", "!", "-", "the", "a", "🍕", "e\u{301}", ".example",
];

fn words() -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 0..8).prop_map(|pieces| pieces.concat())
}

fn user() -> impl Strategy<Value = Value> {
    (
        select(&["7", "8", "9"][..]),
        select(&["Ann", "bob", "eve"][..]),
        words(),
        (words(), words()),
        option::of((select(&["US", "snow", "rain"][..]), point())),
        (0..8_u64, 0..8_u64, any::<bool>()),
    )
        .prop_map(|(id, name, bio, (full, location), place, counts)| {
            let locations: Vec<Value> = place
                .into_iter()
                .map(|(value, point)| {
                    json!({
                        "country_code": value, "region": value, "sub_region": value,
                        "locality": value, "geo": { "coordinates": point },
                    })
                })
                .collect();
            json!({
                "id_str": id, "screen_name": name, "description": bio, "name": full,
                "location": location, "derived": { "locations": locations },
                "followers_count": counts.0, "friends_count": counts.1, "verified": counts.2,
            })
        })
}

fn point() -> impl Strategy<Value = Vec<f64>> {
    select(
        &[
            [1.0, 2.0],
            [1.05, 2.05],
            [1.5, 2.0],
            [-179.9, 2.0],
            [180.0, 2.0],
            [100.0, 89.9],
        ][..],
    )
    .prop_map(|point| point.to_vec())
}

fn entities() -> impl Strategy<Value = Value> {
    let tags = || vec(select(&["snow", "Rain", "x"][..]), 0..2);
    (
        tags(),
        tags(),
        vec(user(), 0..2),
        vec((words(), words()), 0..2),
        any::<bool>(),
    )
        .prop_map(|(hashtags, symbols, mentions, urls, media)| {
            let texts = |tags: Vec<&str>| -> Vec<Value> {
                tags.into_iter().map(|tag| json!({ "text": tag })).collect()
            };
            let urls: Vec<Value> = urls
                .into_iter()
                .map(|(url, other)| {
                    let url = format!("https://{url}");
                    json!({
                        "url": "https://t.co/now", "expanded_url": url,
                        "unwound": { "url": other, "title": other, "description": url },
                    })
                })
                .collect();
            let media: Vec<Value> = media
                .then(|| json!({ "type": "photo" }))
                .into_iter()
                .collect();
            json!({
                "hashtags": texts(hashtags), "symbols": texts(symbols),
                "user_mentions": mentions, "urls": urls, "media": media,
            })
        })
}

fn tweet() -> impl Strategy<Value = Value> {
    (
        (0..1000_u64, words(), user(), entities()),
        (option::of(point()), option::of((words(), point()))),
        (
            select(&["en", "de", "fr"][..]),
            any::<bool>(),
            any::<bool>(),
        ),
    )
        .prop_map(
            |((id, text, user, entities), (at, place), (lang, reply, quote))| {
                let place = place.map(|(name, corner)| {
                    json!({
                        "id": "5", "name": name, "full_name": name, "country_code": "us",
                        "bounding_box": { "type": "Polygon", "coordinates": [[corner]] },
                    })
                });
                json!({
                    "id_str": id.to_string(), "text": text, "user": user, "entities": entities,
                    "coordinates": at.map(|at| json!({ "coordinates": at })), "place": place,
                    "lang": lang, "is_quote_status": quote, "source": "web",
                    "in_reply_to_status_id_str": reply.then_some("5"),
                    "in_reply_to_screen_name": reply.then_some("ANN"),
                    "in_reply_to_user_id_str": reply.then_some("7"),
                })
            },
        )
}

pub(super) fn payload() -> impl Strategy<Value = Value> {
    (tweet(), option::of(tweet()), option::of(tweet())).prop_map(
        |(mut tweet, retweeted, quoted)| {
            if let Some(mut retweeted) = retweeted {
                retweeted["id_str"] = "5".into();
                tweet["retweeted_status"] = retweeted;
            }
            if let Some(quoted) = quoted {
                tweet["quoted_status"] = quoted;
            }
            tweet
        },
    )
}
