//! The id of a Tweet, read from its line without parsing more of it than lies before the id. Pure: no IO.

use super::BESIDE_ID;
use crate::text::scan::Parts;

/// The id that [`crate::tweet::Tweet::id`] would give for a line that is a Tweet; 0 where there is none to be found.
///
/// Native payloads have `id_str` among their first keys, Activity Streams `id` and `objectType`, so a few dozen bytes are
/// understood of some thousand. Whether the line is a Tweet at all only parsing finds out.
pub(crate) fn tweet_id(line: &[u8]) -> u64 {
    let (mut number, mut tag) = (None, None);
    let (mut is_native, mut has_type) = (false, false);
    for (name, value) in Parts::of(line) {
        let [b'"', name @ .., b'"'] = &line[name] else {
            return 0;
        };
        let value = &line[value];
        match name {
            b"id_str" => return text(value).and_then(digits).unwrap_or(0),
            b"id" => match text(value) {
                Some(text) => tag = tag.or(last_part(text)),
                None => number = number.or(digits(value)),
            },
            b"user" => is_native = true,
            b"objectType" => has_type = true,
            name => is_native |= BESIDE_ID.iter().any(|known| known.as_bytes() == name),
        }
        if has_type && tag.is_some() {
            break;
        }
    }
    match (number, tag) {
        // Payloads from before `id_str`.
        (Some(number), _) if is_native => number,
        (_, Some(tag)) if has_type => tag,
        _ => 0,
    }
}

/// `tag:search.twitter.com,2005:1635660060264099842`
fn last_part(text: &[u8]) -> Option<u64> {
    let colon = memchr::memrchr(b':', text)?;
    digits(&text[colon + 1..])
}

/// The content of a JSON text that needs no unescaping.
fn text(value: &[u8]) -> Option<&[u8]> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    (memchr::memchr(b'\\', inner).is_none()).then_some(inner)
}

/// Ids are 63 bits wide.
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
            // What it finds in a valid line, parsing finds too.
            if let Ok(tweet) = Tweet::parse(Bytes::from(line)) && id > 0 {
                prop_assert_eq!(tweet.id(), i64::try_from(id).ok());
            }
        }
    }
}
