//! Paths to fields of Tweets that people write, such as `user.screen_name`. Pure.

use sonic_rs::Value;

use super::{
    TWEET,
    code::Part,
    fields::{described, elsewhere, names, value},
};
use crate::text::nearest::nearest;

/// Whether neither Tweets in general nor this one have a field at the end of this path. Then it gives the path that was
/// probably meant, if there is one. A number in the path is the place in a list, counted from 1; a list that is not
/// followed by a number stands for its elements.
pub(crate) fn unknown_field(path: &[&str], tweet: &Value) -> Option<Option<String>> {
    let mut known: Vec<Part<'_>> = Vec::new();
    for (at, &name) in path.iter().enumerate() {
        if let Ok(number) = name.parse() {
            known.push(Part::Item(Some(number)));
            continue;
        }
        let mut fields = described(TWEET, &known);
        if fields.is_empty() && at > 0 && !known.ends_with(&[Part::Item(None)]) {
            let mut of_list = known.clone();
            of_list.push(Part::Item(None));
            fields = described(TWEET, &of_list);
            if !fields.is_empty() {
                known = of_list;
            }
        }
        known.push(Part::Name(name));
        // What is not described may hold anything.
        if fields.is_empty() || fields.contains(&name) || value(tweet, &known).is_some() {
            continue;
        }
        let before = &known[..known.len() - 1];
        let there = value(tweet, before).into_iter().flat_map(names);
        let near = nearest(name, fields.into_iter().chain(there)).map(|near| {
            let mut meant = path.to_vec();
            meant[at] = near;
            meant.join(".")
        });
        return Some(near.or_else(|| elsewhere(Some(tweet), name)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_tweet_has_is_known_by_its_wrong_part() {
        let tweet = sonic_rs::from_str(r#"{"new":{"a":1},"user":{"fresh":null,"odd":1}}"#).unwrap();
        for (path, expected) in [
            ("lang", None),
            ("user.screen_name", None),
            ("user.odd", None),
            ("new.anything", None),
            ("entities.hashtags.1.text", None),
            ("entities.hashtags.text", None),
            (
                "entities.hashtags.txt",
                Some(Some("entities.hashtags.text")),
            ),
            (
                "entities.hashtags.1.txt",
                Some(Some("entities.hashtags.1.text")),
            ),
            ("retweeted_status.user.screen_name", None),
            (
                "retweeted_status.usr.screen_name",
                Some(Some("retweeted_status.user.screen_name")),
            ),
            ("lnag", Some(Some("lang"))),
            ("screen_name", Some(Some("user.screen_name"))),
            ("user.zebra", Some(None)),
            ("", Some(None)),
        ] {
            let parts: Vec<&str> = path.split('.').collect();
            let unknown = unknown_field(&parts, &tweet);
            let unknown = unknown.as_ref().map(Option::as_deref);
            assert_eq!(unknown, expected, "{path}");
        }
    }
}
