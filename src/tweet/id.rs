//! Reads the id of a Tweet from its line. It parses the line only as far as the id. Pure: no IO.

use super::BESIDE_ID;
use crate::text::scan::Parts;

/// The id that [`crate::tweet::Tweet::id`] would give if the line is a Tweet; 0 if there is no id.
///
/// Native payloads have `id_str` among their first keys; Activity Streams have `id` and `objectType`. So a few dozen
/// bytes out of some thousand are read. Only parsing tells whether the line is a Tweet at all.
pub(crate) fn tweet_id(line: &[u8]) -> u64 {
    let (mut number, mut tag) = (None, None);
    let (mut has_id, mut is_native, mut has_type) = (false, false, false);
    for (name, value) in Parts::of(line) {
        let [b'"', name @ .., b'"'] = &line[name] else {
            return 0;
        };
        let value = &line[value];
        match name {
            b"id_str" => return text(value).and_then(digits).unwrap_or(0),
            // Of several the parser takes the first, whatever it is.
            b"id" if has_id => {}
            b"id" => {
                has_id = true;
                match text(value) {
                    Some(text) => tag = last_part(text),
                    None => number = digits(value),
                }
            }
            b"user" => is_native = true,
            b"objectType" => has_type = true,
            // It may spell one of these.
            name if memchr::memchr(b'\\', name).is_some() => return 0,
            name => is_native |= BESIDE_ID.iter().any(|known| known.as_bytes() == name),
        }
        if has_type && tag.is_some() {
            break;
        }
    }
    match (number, tag) {
        // Old payloads have no `id_str`.
        (Some(number), _) if is_native => number,
        (_, Some(tag)) if has_type => tag,
        _ => 0,
    }
}

/// The number at the end of an id such as `tag:search.twitter.com,2005:1635660060264099842`.
fn last_part(text: &[u8]) -> Option<u64> {
    let colon = memchr::memrchr(b':', text)?;
    digits(&text[colon + 1..])
}

/// The content of a JSON string, if it contains no escapes.
fn text(value: &[u8]) -> Option<&[u8]> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (memchr::memchr(b'\\', inner).is_none()).then_some(inner)
}

/// Reads an id. Ids are 63 bits wide.
fn digits(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let id: i64 = text.parse().ok().filter(|_| is_number)?;
    u64::try_from(id).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::{sim::generator::Generator, tweet::Tweet};

    #[test]
    fn ids_are_found_exactly_or_not_at_all() {
        for (line, id) in [
            (r#"{"created_at":"x","id":1,"id_str":"2","a":[}]}"#, 2),
            (r#" { "id_str" : "9223372036854775807" } "#, i64::MAX as u64),
            (
                r#"{"id_str":"9223372036854775808","user":{},"objectType":"activity"}"#,
                0,
            ),
            (
                r#"{"id":1635659407703232513,"user":{"id_str":"7"}}"#,
                1_635_659_407_703_232_513,
            ),
            (r#"{"id":5}"#, 0),
            (r#"{"text":"a","id":5}"#, 5),
            (r#"{"id":5,"matching_rules":[]}"#, 5),
            (r#"{"id":"5","text":"a"}"#, 0),
            (r#"{"id":1.5,"user":{}}"#, 0),
            (r#"{"id":-5,"user":{}}"#, 0),
            (r#"{"id_str":"5\u0030"}"#, 0),
            (r#"{"id_str":5}"#, 0),
            (
                r#"{"user":{"id_str":"7"},"text":"\"id_str\":\"8\"\\","id_str":"9"}"#,
                9,
            ),
            (
                r#"{"id":"tag:search.twitter.com,2005:1635660060264099842","objectType":"activity","actor":{}}"#,
                1_635_660_060_264_099_842,
            ),
            (r#"{"id":"tag:x:7","actor":{}}"#, 0),
            (r#"{"objectType":"activity","id":"x","id":"tag:x:7"}"#, 0),
            (r#"{"id":"x","id":7,"user":{}}"#, 0),
            (r#"{"i\u0064_str":"1","id_str":"2"}"#, 0),
            (r#"{"delete":{"status":{"id":1,"id_str":"1"}}}"#, 0),
            (r#"{"id_str":"1","#, 1),
            (r#"{"id_str":"1""#, 1),
            (r#"["id_str"]"#, 0),
            ("{}", 0),
            ("}", 0),
            ("", 0),
        ] {
            assert_eq!(tweet_id(line.as_bytes()), id, "{line}");
        }
    }

    #[test]
    fn made_up_tweets_have_the_id_that_parsing_finds() {
        let mut generator = Generator::new(1);
        for _ in 0..200 {
            let mut line = Vec::new();
            generator.next_into(&mut line);
            let id = tweet_id(&line);
            let tweet = Tweet::parse(Bytes::from(line)).unwrap();
            assert_eq!(Some(id), tweet.id().and_then(|id| u64::try_from(id).ok()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall_over(line in r#"[\{\}\[\]",:\\ idstr_0-9]{0,60}"#) {
            let id = tweet_id(line.as_bytes());
            // Parsing a valid line finds the same id.
            if let Ok(tweet) = Tweet::parse(Bytes::from(line)) && id > 0 {
                prop_assert_eq!(tweet.id(), i64::try_from(id).ok());
            }
        }
    }
}
