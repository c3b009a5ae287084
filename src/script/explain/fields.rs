//! The fields that a Tweet has, and those that Tweets have in general. Pure.

use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

use super::{
    super::reference,
    code::{Part, push},
};

/// How many objects of a Tweet are searched for a field, and how deep they lie.
const SEARCHED: usize = 500;
const DEEPEST: usize = 3;

/// The fields that the value at a path has in general, below this class; none if the path is not described.
pub(super) fn described(class: &'static str, path: &[Part<'_>]) -> Vec<&'static str> {
    let mut class = Some((class, false));
    for part in path {
        class = class.and_then(|(class, is_list)| match part {
            Part::Item(_) => is_list.then_some((class, false)),
            Part::Name(_) if is_list => None,
            Part::Name(name) => {
                let mut fields = reference::class(class)?.kinds();
                let (_, kind) = fields.find(|(known, _)| known == name)?;
                of_type(kind)
            }
        });
    }
    let fields = class.filter(|(_, is_list)| !is_list);
    let class = fields.and_then(|(class, _)| reference::class(class));
    let names = class.into_iter().flat_map(reference::Class::names);
    names.collect()
}

/// The class that a type begins with, and whether it is a list of them.
fn of_type(kind: &'static str) -> Option<(&'static str, bool)> {
    let end = kind
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_'))
        .unwrap_or(kind.len());
    let (class, rest) = kind.split_at(end);
    class
        .starts_with("ouzel.")
        .then(|| (class, rest.starts_with("[]")))
}

/// The value at a path, if the Tweet has it and it is not null. Of items one after the other it is the first.
pub(super) fn value<'v>(tweet: &'v Value, path: &[Part<'_>]) -> Option<&'v Value> {
    let mut value = tweet;
    for part in path {
        value = match part {
            Part::Name(name) => value.as_object()?.get(name)?,
            Part::Item(number) => value.as_array()?.get(number.unwrap_or(1).checked_sub(1)?)?,
        };
    }
    (!value.is_null()).then_some(value)
}

/// The names of an object's fields that are not null.
pub(super) fn names(value: &Value) -> impl Iterator<Item = &str> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name)
}

/// Where else in a Tweet a field of this name is, or could be: the path to it.
pub(super) fn elsewhere(tweet: Option<&Value>, name: &str) -> Option<String> {
    let in_tweet = tweet.and_then(|tweet| {
        let mut level = vec![(String::new(), tweet)];
        let mut left = SEARCHED;
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for (path, value) in level {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    left = left.checked_sub(1)?;
                    if inner.is_null() || matches!(key, "retweeted_status" | "quoted_status") {
                        continue;
                    }
                    let mut inner_path = path.clone();
                    push(&mut inner_path, Part::Name(key));
                    if key == name {
                        return Some(inner_path);
                    }
                    if inner.is_object() {
                        next.push((inner_path, inner));
                    }
                }
            }
            level = next;
        }
        None
    });
    in_tweet.or_else(|| {
        let mut top = reference::class("ouzel.Tweet")?.kinds();
        top.by_ref()
            .filter(|(_, kind)| {
                of_type(kind).is_some_and(|(class, is_list)| !is_list && class != "ouzel.Tweet")
            })
            .find(|(part, _)| described("ouzel.Tweet", &[Part::Name(part)]).contains(&name))
            .map(|(part, _)| format!("{part}.{name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_knows_the_parts_of_a_tweet() {
        let name = Part::Name;
        for (path, field) in [
            (vec![], "lang"),
            (vec![name("user")], "followers_count"),
            (vec![name("retweeted_status"), name("user")], "screen_name"),
            (
                vec![name("entities"), name("hashtags"), Part::Item(None)],
                "indices",
            ),
            (vec![name("quoted_status")], "extended_tweet"),
        ] {
            let fields = described("ouzel.Tweet", &path);
            assert!(fields.contains(&field), "{path:?} {fields:?}");
        }
        let none = [
            vec![name("lang")],
            vec![name("entities"), name("hashtags")],
            vec![name("entities"), Part::Item(None)],
            vec![name("nothing"), name("user")],
        ];
        for path in none {
            assert_eq!(
                described("ouzel.Tweet", &path),
                Vec::<&str>::new(),
                "{path:?}"
            );
        }
        assert!(described("ouzel.Rule", &[]).contains(&"tag"));
    }

    #[test]
    fn a_field_is_found_where_it_is() {
        let tweet: Value = sonic_rs::from_str(
            r#"{"a":{"b":{"c":1,"d":null}},"user":{"new":1},"retweeted_status":{"old":1}}"#,
        )
        .unwrap();
        for (name, expected) in [
            ("c", Some("a.b.c")),
            ("new", Some("user.new")),
            ("d", None),
            ("old", None),
            ("followers_count", Some("user.followers_count")),
            ("nothing", None),
        ] {
            assert_eq!(elsewhere(Some(&tweet), name).as_deref(), expected);
        }
        assert_eq!(
            elsewhere(None, "hashtags").as_deref(),
            Some("entities.hashtags")
        );
    }
}
