//! Thousands of made-up Tweets, checked one by one.

use std::collections::{BTreeMap, HashSet};

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::*;

pub(crate) fn tweets(seed: u64, count: usize) -> Vec<String> {
    let mut generator = Generator::new(seed);
    (0..count)
        .map(|_| {
            let mut out = Vec::new();
            generator.next_into(&mut out);
            String::from_utf8(out).unwrap()
        })
        .collect()
}

/// The characters of a text from `indices[0]` to `indices[1]`.
fn part(text: &str, indices: &Value) -> String {
    let at = |index: usize| usize::try_from(indices[index].as_u64().unwrap()).unwrap();
    assert!(
        at(1) <= text.chars().count(),
        "{indices} is past the end of {text:?}"
    );
    text.chars().skip(at(0)).take(at(1) - at(0)).collect()
}

fn check_entities(text: &str, entities: &Value) {
    let check = |list: &str, expected: &dyn Fn(&Value) -> String| {
        for entity in entities[list].as_array().into_iter().flatten() {
            assert_eq!(
                part(text, &entity["indices"]),
                expected(entity),
                "in {text:?}"
            );
        }
    };
    for list in ["hashtags", "urls", "user_mentions", "symbols"] {
        assert!(entities[list].is_array(), "{list} in {entities}");
    }
    check("hashtags", &|tag| {
        format!("#{}", tag["text"].as_str().unwrap())
    });
    check("symbols", &|symbol| {
        format!("${}", symbol["text"].as_str().unwrap())
    });
    check("user_mentions", &|user| {
        format!("@{}", user["screen_name"].as_str().unwrap())
    });
    check("urls", &|link| link["url"].as_str().unwrap().to_owned());
    check("media", &|media| media["url"].as_str().unwrap().to_owned());
}

fn check_ids(object: &Value) {
    assert_eq!(
        object["id"].as_u64().unwrap().to_string(),
        object["id_str"].as_str().unwrap()
    );
}

/// Whether a Tweet is one that the service could have sent.
pub(crate) fn check_tweet(tweet: &Value) {
    check_ids(tweet);
    check_ids(&tweet["user"]);
    let mut printed = Vec::new();
    snowflake::write_created_at(
        &mut printed,
        snowflake::time_ms(tweet["id"].as_u64().unwrap()),
    );
    assert_eq!(tweet["created_at"].as_str().unwrap().as_bytes(), printed);
    for key in ["source", "lang", "filter_level", "text"] {
        assert!(
            tweet[key].as_str().is_some_and(|text| !text.is_empty()),
            "{key}"
        );
    }
    for key in "truncated is_quote_status favorited retweeted editable".split_whitespace() {
        assert!(tweet[key].is_boolean(), "{key}");
    }
    for key in [
        "quote_count",
        "reply_count",
        "retweet_count",
        "favorite_count",
    ] {
        assert!(tweet[key].is_u64(), "{key}");
    }
    let text = tweet["text"].as_str().unwrap();
    assert!(text.chars().count() <= 140, "{text:?}");
    check_entities(text, &tweet["entities"]);
    check_media(text, tweet);
    check_only_photo(tweet);
    let extended = tweet.get("extended_tweet");
    assert_eq!(extended.is_some(), tweet["truncated"].as_bool().unwrap());
    if let Some(extended) = extended {
        let full = extended["full_text"].as_str().unwrap();
        assert!(full.chars().count() > 140);
        assert!(part(full, &extended["display_text_range"]).chars().count() <= 280);
        check_entities(full, &extended["entities"]);
        check_media(full, extended);
        // Real ones list all of them twice, as what they are.
        let [media, all] = ["entities", "extended_entities"].map(|key| extended.get(key));
        let media = media.and_then(|entities| entities.get("media"));
        assert_eq!(media, all.and_then(|all| all.get("media")));
        part(text, &tweet["display_text_range"]);
    } else if let Some(range) = tweet.get("display_text_range") {
        part(text, range);
    }
    for nested in ["retweeted_status", "quoted_status"] {
        if let Some(nested) = tweet.get(nested) {
            check_tweet(nested);
            assert!(nested["id"].as_u64() < tweet["id"].as_u64());
            assert!(nested.get("timestamp_ms").is_none());
        }
    }
}

/// `extended_entities`, which is there where there are media.
fn check_media(text: &str, holder: &Value) {
    let Some(media) = holder.get("extended_entities") else {
        assert!(holder["entities"].get("media").is_none());
        return;
    };
    let media = media["media"].as_array().unwrap();
    assert!((1..=4).contains(&media.len()));
    for one in media {
        check_ids(one);
        assert_eq!(part(text, &one["indices"]), one["url"].as_str().unwrap());
        check_medium(one);
    }
}

/// `entities.media` of a Tweet itself: one, which is called a photo whatever it is. [source: xd/data-dictionary]
fn check_only_photo(tweet: &Value) {
    let Some(media) = tweet["entities"].get("media") else {
        return;
    };
    let [one] = media.as_array().unwrap().as_slice() else {
        panic!("{media}");
    };
    assert_eq!(one["type"].as_str(), Some("photo"));
    for key in ["video_info", "additional_media_info"] {
        assert!(one.get(key).is_none(), "{key}");
    }
    assert_eq!(one["id"], tweet["extended_entities"]["media"][0]["id"]);
}

/// A photo, video or GIF has what such a one has, and nothing else.
fn check_medium(one: &Value) {
    let kind = one["type"].as_str().unwrap();
    let info = one.get("video_info");
    let has_length = info.is_some_and(|info| info.get("duration_millis").is_some());
    let is_described = one.get("additional_media_info").is_some();
    let expected = match kind {
        "photo" => (false, false, false),
        "video" => (true, true, true),
        "animated_gif" => (true, false, false),
        other => panic!("{other}"),
    };
    assert_eq!(
        (info.is_some(), has_length, is_described),
        expected,
        "{one}"
    );
    let folder = match kind {
        "photo" => "media/".to_owned(),
        "video" => format!("ext_tw_video_thumb/{}/pu/img/", one["id"]),
        _ => "tweet_video_thumb/".to_owned(),
    };
    let picture = one["media_url_https"].as_str().unwrap();
    assert!(
        picture.starts_with(&format!("https://pbs.twimg.com/{folder}")),
        "{picture}"
    );
    let page = if kind == "video" {
        "/video/1"
    } else {
        "/photo/1"
    };
    assert!(one["expanded_url"].as_str().unwrap().ends_with(page));
    let Some(info) = info else { return };
    let number = |value: &Value| value.as_u64().unwrap();
    let (across, down) = (
        number(&info["aspect_ratio"][0]),
        number(&info["aspect_ratio"][1]),
    );
    let large = &one["sizes"]["large"];
    assert_eq!(
        number(&large["w"]) * down,
        number(&large["h"]) * across,
        "{one}"
    );
    let variants = info["variants"].as_array().unwrap();
    for variant in variants {
        let is_list = variant["content_type"].as_str() == Some("application/x-mpegURL");
        assert_eq!(variant.get("bitrate").is_none(), is_list, "{variant}");
    }
    assert_eq!(variants.len() > 1, kind == "video");
}

#[test]
fn media_of_every_kind_and_number_occur_in_long_texts_and_short_ones() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in tweets(6, 8000) {
        let tweet: Value = sonic_rs::from_str(&line).unwrap();
        let holders = [("short", &tweet), ("long", &tweet["extended_tweet"])];
        for (length, holder) in holders {
            let media = holder.get("extended_entities").map(|all| &all["media"]);
            if let Some(media) = media.and_then(|media| media.as_array()) {
                let kind = media[0]["type"].as_str().unwrap();
                *seen
                    .entry(format!("{length} {kind} {}", media.len()))
                    .or_default() += 1;
            }
        }
    }
    for length in ["short", "long"] {
        for kind in [
            "photo 1",
            "photo 2",
            "photo 3",
            "photo 4",
            "video 1",
            "animated_gif 1",
        ] {
            let count = seen.remove(&format!("{length} {kind}")).unwrap_or(0);
            assert!(count >= 3, "{length} {kind}: {count}");
        }
    }
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn every_tweet_is_consistent() {
    for seed in 0..4 {
        let mut last = 0;
        for line in tweets(seed, 1500) {
            assert!(line.is_ascii() && !line.contains(['\n', '\r']));
            let tweet: Value = sonic_rs::from_str(&line).expect(&line);
            check_tweet(&tweet);
            let id = tweet["id"].as_u64().unwrap();
            assert!(id > last, "ids grow");
            last = id;
            let ms = snowflake::time_ms(id).to_string();
            assert_eq!(tweet["timestamp_ms"].as_str(), Some(ms.as_str()));
            assert!(tweet.get("matching_rules").is_none());
        }
    }
}

#[test]
fn the_fields_of_the_reference_are_all_there() {
    const ROOT: &str = "created_at id id_str text source truncated in_reply_to_status_id in_reply_to_status_id_str \
        in_reply_to_user_id in_reply_to_user_id_str in_reply_to_screen_name user geo coordinates place contributors \
        is_quote_status quote_count reply_count retweet_count favorite_count entities favorited retweeted filter_level \
        lang edit_history edit_controls editable timestamp_ms";
    const USER: &str = "id id_str name screen_name location url description translator_type protected verified \
        followers_count friends_count listed_count favourites_count statuses_count created_at utc_offset time_zone \
        geo_enabled lang contributors_enabled is_translator profile_background_color profile_background_image_url \
        profile_background_image_url_https profile_background_tile profile_link_color profile_sidebar_border_color \
        profile_sidebar_fill_color profile_text_color profile_use_background_image profile_image_url \
        profile_image_url_https profile_banner_url default_profile default_profile_image following \
        follow_request_sent notifications";
    for line in tweets(7, 200) {
        let tweet: Value = sonic_rs::from_str(&line).unwrap();
        for key in ROOT.split_whitespace() {
            assert!(tweet.get(key).is_some(), "{key} in {line}");
        }
        for key in USER.split_whitespace() {
            assert!(tweet["user"].get(key).is_some(), "user.{key} in {line}");
        }
    }
}

#[test]
fn every_kind_occurs() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut languages = HashSet::new();
    let lines = tweets(1, 5000);
    for line in &lines {
        let mut count = |what, is: bool| *seen.entry(what).or_default() += usize::from(is);
        let tweet: Value = sonic_rs::from_str(line).unwrap();
        languages.insert(tweet["lang"].as_str().unwrap().to_owned());
        let has = |key: &str| tweet.get(key).is_some_and(|value| !value.is_null());
        count("retweet", has("retweeted_status"));
        count("quote", has("quoted_status") && !has("retweeted_status"));
        count(
            "retweet of a quote",
            has("quoted_status") && has("retweeted_status"),
        );
        count("reply", has("in_reply_to_status_id"));
        count("extended", has("extended_tweet"));
        count("exact place", has("coordinates") && has("place"));
        count("place alone", !has("coordinates") && has("place"));
        count("place", has("place"));
        count("derived", tweet["user"].get("derived").is_some());
        for part in [
            "\"type\":\"video\"",
            "\"animated_gif\"",
            "\"polls\"",
            "\"unwound\"",
            "\"hashtags\":[{",
            "\"symbols\":[{",
            "\"user_mentions\":[{",
            "\\ud83d",
            "\\u200d",
            "&amp;",
            "\\n",
        ] {
            count(part, line.contains(part));
        }
    }
    assert!(seen.values().all(|count| *count >= 5), "{seen:?}");
    assert!(languages.len() >= 15, "{languages:?}");
}

#[test]
fn sizes_are_those_of_real_tweets() {
    let lines = tweets(3, 5000);
    let mean = lines.iter().map(String::len).sum::<usize>() / lines.len();
    assert!((4500..5800).contains(&mean), "{mean}");
    let share = |sizes: std::ops::Range<usize>| {
        let found = lines
            .iter()
            .filter(|line| sizes.contains(&line.len()))
            .count();
        found * 100 / lines.len()
    };
    assert!(share(2800..8200) >= 80, "{}", share(2800..8200));
    assert_eq!(share(2200..20_000), 100);
}

#[test]
fn topical_words_occur_at_visible_rates() {
    let texts: Vec<String> = tweets(5, 10_000)
        .iter()
        .map(|line| {
            let tweet: Value = sonic_rs::from_str(line).unwrap();
            let full = tweet["extended_tweet"]["full_text"]
                .as_str()
                .or(tweet["text"].as_str());
            full.unwrap().to_lowercase()
        })
        .collect();
    for word in [
        "rocket",
        "launch",
        "climate change",
        "coffee",
        "#music",
        "football",
        "election",
        "weather",
    ] {
        let found = texts.iter().filter(|text| text.contains(word)).count();
        assert!((80..1000).contains(&found), "{word}: {found} of 10000");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(tweets(9, 300), tweets(9, 300));
    assert_ne!(tweets(9, 1), tweets(10, 1));
    let mut out = Vec::new();
    Generator::new(9).write_at(200, &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), tweets(9, 201)[200]);
}

#[test]
fn retweets_repeat_tweets_that_were_delivered() {
    let lines = tweets(2, 8000);
    let mut delivered = HashSet::new();
    let mut repeated = 0;
    for line in &lines {
        let tweet: Value = sonic_rs::from_str(line).unwrap();
        delivered.insert(tweet["id"].as_u64().unwrap());
        if let Some(original) = tweet.get("retweeted_status") {
            repeated += usize::from(delivered.contains(&original["id"].as_u64().unwrap()));
        }
    }
    assert!(repeated > 1000, "{repeated}");
}

/// A Tweet without what follows from the time at which it was made: long numbers, which are ids and milliseconds, and times
/// of that year.
fn timeless(line: &str) -> String {
    let mut rest = line;
    let mut out = String::with_capacity(line.len());
    while let Some(at) = rest.find(|sign: char| sign.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        let number = &rest[at..at + digits];
        out.push_str(if digits < 13 { number } else { "N" });
        rest = &rest[at + digits..];
    }
    out.push_str(rest);
    // `Tue Mar 14 15:09:26 +0000 2023`
    for year in ["2023", "2031"] {
        let end = format!(" +0000 {year}\"");
        while let Some(at) = out.find(&end) {
            let start = out[..at].rfind('"').unwrap();
            assert_eq!(at - start, 20, "{}", &out[start..at]);
            out.replace_range(start + 1..at + end.len() - 1, "T");
        }
    }
    out
}

#[test]
fn another_start_and_another_rate_change_ids_and_times_and_nothing_else() {
    let all = |start_ms: i64, step_us: u64, before: i64| -> Vec<String> {
        let schedule = Arc::new(Schedule::steady(Duration::from_micros(step_us)));
        let generator = Generator::new(4).with_start(Start::at(start_ms), schedule);
        (before..4000)
            .map(|position| {
                let mut out = Vec::new();
                generator.write_at(position, &mut out);
                timeless(str::from_utf8(&out).unwrap())
            })
            .collect()
    };
    let one = all(1_678_806_000_000, 10_000, -500);
    let other = all(1_940_000_000_000, 37, -500);
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert!(one[7].contains(r#""id":N,"id_str":"N""#), "{}", one[7]);
    assert!(one[7].starts_with(r#"{"created_at":"T","#), "{}", one[7]);
}

#[test]
fn ids_follow_a_clock() {
    let mut generator = Generator::new(4).with_start(
        Start::at(1_700_000_000_000),
        Arc::new(Schedule::steady(Duration::from_micros(25))),
    );
    let mut ids = Vec::new();
    for _ in 0..100 {
        let mut out = Vec::new();
        generator.next_into(&mut out);
        let tweet: Value = sonic_rs::from_slice(&out).unwrap();
        ids.push(tweet["id"].as_u64().unwrap());
    }
    assert!(ids.is_sorted_by(|one, next| one < next));
    assert_eq!(snowflake::time_ms(ids[99]), 1_700_000_000_002);
}
