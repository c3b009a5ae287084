//! Recognises files that hold Tweets in another format, and says how to make them readable. Pure: no IO.

use sonic_rs::JsonContainerTrait;

use crate::text::json;

/// A first line with more bytes than this is not parsed.
pub(in crate::cli) const LOOK: usize = 256 * 1024;

/// Says what is wrong with a file that begins with `start`, and adds a hint. `None` if the file may well hold Tweets,
/// or is of no known kind.
pub(in crate::cli) fn foreign(name: &str, start: &[u8]) -> Option<String> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let start = start.trim_ascii_start();
    let jq = |what: &str, filter: &str| {
        Some(format!(
            "`{name}` is {what}, and Tweets are read as JSON Lines: one on each line\nhint: `jq -c '{filter}'` makes them of it"
        ))
    };
    let inside = start.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    // An array of arrays is not a file of Tweets in any format.
    if inside.is_some_and(|inside| inside.is_empty() || inside.starts_with(b"{")) {
        return jq("a JSON array", ".[]");
    }
    if start.starts_with(b"window.YTD.") {
        return Some(format!(
            "`{name}` is a file of an account's archive, whose Tweets have no `user` and no `matching_rules`\nhint: replay needs Tweets as a PowerTrack stream brings them"
        ));
    }
    if !start.starts_with(b"{") {
        return None;
    }
    let line = start.split(|byte| *byte == b'\n').next()?.trim_ascii();
    let is_over_lines = line == b"{";
    let keys = keys(line, start);
    let has = |key: &str| keys.iter().any(|name| name == key);
    if ["id", "id_str", "objectType", "verb"].into_iter().any(has) {
        return if is_over_lines {
            jq("JSON over several lines", ".")
        } else {
            None
        };
    }
    if has("statuses") {
        return jq("the answer of a search", ".statuses[]");
    }
    if has("results") {
        return jq("the answer of a search", ".results[]");
    }
    if has("data") {
        return Some(format!(
            "`{name}` is of the X API v2, by its `data`, whose Tweets have other fields than those of PowerTrack\nhint: ouzel reads Tweets in the native enriched format or as Activity Streams, one on each line"
        ));
    }
    if is_over_lines {
        return jq("JSON over several lines", ".");
    }
    None
}

/// The keys of the object on the first line. If the object is not whole, only its first key.
fn keys(line: &[u8], start: &[u8]) -> Vec<String> {
    if line.len() < LOOK
        && let Ok(value) = json::read_any(line)
        && let Some(object) = value.as_object()
    {
        return object.iter().map(|(key, _)| key.to_owned()).collect();
    }
    let inside = start[1..].trim_ascii_start();
    let key = inside.strip_prefix(b"\"").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'"')?;
        String::from_utf8(rest[..end].to_vec()).ok()
    });
    key.into_iter().collect()
}

/// The message if the input has no line at all.
pub(in crate::cli) const NO_LINE: &str = "there is no line in the input, and so no Tweet\nhint: a file of another name, or what should have written to this pipe, may have them";

/// The message if no line of the input is a Tweet.
pub(in crate::cli) const NO_TWEET: &str = "no line of the input is a Tweet\nhint: Tweets are read as JSON Lines, one on each line, in the native enriched format or as Activity Streams";

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(starts: &[&str], expected: Expect) {
        for start in starts {
            let found = foreign("f", start.as_bytes());
            expected.assert_eq(&found.unwrap_or_else(|| "as it should be".to_owned()));
        }
    }

    #[test]
    fn what_is_no_json_lines_of_powertrack_is_recognised() {
        check(
            &[
                "{\"id\":1,\"text\":\"a\"}\n{",
                "\r\n\u{feff}",
                "{\"data\":1,\"id_str\":\"7\"}\n",
                "{\"info\":{\"message\":\"m\"}}\n",
                "id,text\n1,a\n",
                "{\"id\":1,\"text\":\"cut",
                "",
                "[[[[[[\n{\"id\":1}\n",
            ],
            expect!["as it should be"],
        );
        check(
            &["[{\"id\":1}]", "\u{feff} [\n {\"id\":1},"],
            expect![[r#"
            `f` is a JSON array, and Tweets are read as JSON Lines: one on each line
            hint: `jq -c '.[]'` makes them of it"#]],
        );
        check(
            &["{\n  \"id\": 1,\n  \"text\": \"a\"\n}\n"],
            expect![[r#"
            `f` is JSON over several lines, and Tweets are read as JSON Lines: one on each line
            hint: `jq -c '.'` makes them of it"#]],
        );
        check(
            &[
                "{\n  \"data\": {\n",
                "{\"includes\":{},\"data\":{\"id\":\"1\"}}\n",
                "{\"data\":[{\"id\":\"1\"},{\"id\"",
            ],
            expect![[r#"
            `f` is of the X API v2, by its `data`, whose Tweets have other fields than those of PowerTrack
            hint: ouzel reads Tweets in the native enriched format or as Activity Streams, one on each line"#]],
        );
        check(
            &["{\"statuses\":[{\"id\":1}]}"],
            expect![[r#"
            `f` is the answer of a search, and Tweets are read as JSON Lines: one on each line
            hint: `jq -c '.statuses[]'` makes them of it"#]],
        );
        check(
            &["{\"results\":[{\"id\":1"],
            expect![[r#"
            `f` is the answer of a search, and Tweets are read as JSON Lines: one on each line
            hint: `jq -c '.results[]'` makes them of it"#]],
        );
        check(
            &["window.YTD.tweets.part0 = [\n"],
            expect![[r#"
            `f` is a file of an account's archive, whose Tweets have no `user` and no `matching_rules`
            hint: replay needs Tweets as a PowerTrack stream brings them"#]],
        );
    }
}
