//! The entities of a text, as the service finds them: hashtags, cashtags, mentions and links. Pure: no IO.

use sonic_rs::{Value, json};

/// The longest screen name.
const MOST_NAME: usize = 15;

/// The longest cashtag.
const MOST_SYMBOL: usize = 6;

/// Finds the entities of a text. Places are counted in characters, as the service counts them.
pub(super) fn entities(text: &str) -> Value {
    let signs: Vec<char> = text.chars().collect();
    let (mut hashtags, mut symbols, mut urls, mut mentions) = (vec![], vec![], vec![], vec![]);
    let mut at = 0;
    while at < signs.len() {
        let is_free = at == 0 || !is_word(signs[at - 1]);
        let rest = &signs[at..];
        let Some((end, kind)) = is_free.then(|| entity(rest)).flatten() else {
            at += 1;
            continue;
        };
        let (begin, end) = (at, at + end);
        let whole: String = signs[begin..end].iter().collect();
        let name: String = signs[begin + 1..end].iter().collect();
        let indices = [begin, end];
        match kind {
            Kind::Hashtag => hashtags.push(json!({"text": name, "indices": indices})),
            Kind::Symbol => symbols.push(json!({"text": name, "indices": indices})),
            Kind::Mention => {
                let id = id_of(&name);
                mentions.push(json!({
                    "screen_name": name,
                    "name": name,
                    "id": id,
                    "id_str": id.to_string(),
                    "indices": indices,
                }));
            }
            Kind::Url => {
                let shown = whole.split_once("://").map_or("", |(_, rest)| rest);
                urls.push(json!({
                    "url": whole,
                    "expanded_url": whole,
                    "display_url": shown,
                    "indices": indices,
                }));
            }
        }
        at = end;
    }
    json!({"hashtags": hashtags, "urls": urls, "user_mentions": mentions, "symbols": symbols})
}

/// The id of the account with this name. The same name always has the same one. It is below 2^53, which every reader of
/// JSON keeps exactly.
pub(super) fn id_of(name: &str) -> i64 {
    // FNV-1a, because it is the same with each version of the standard library.
    let name = name.to_ascii_lowercase();
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from(hash >> 20).map_or(1, |id| id.max(1))
}

enum Kind {
    Hashtag,
    Symbol,
    Mention,
    Url,
}

/// The entity that begins here: its length and its kind.
fn entity(rest: &[char]) -> Option<(usize, Kind)> {
    let name = |is_part: fn(char) -> bool| {
        let length = rest[1..].iter().take_while(|sign| is_part(**sign)).count();
        (length > 0).then_some(length)
    };
    match rest.first()? {
        '#' | '＃' => {
            let length = name(is_word)?;
            let is_number = rest[1..=length].iter().all(char::is_ascii_digit);
            (!is_number).then_some((1 + length, Kind::Hashtag))
        }
        '$' => {
            let length = name(|sign| sign.is_ascii_alphabetic())?;
            (length <= MOST_SYMBOL).then_some((1 + length, Kind::Symbol))
        }
        '@' | '＠' => {
            let length = name(|sign| sign.is_ascii_alphanumeric() || sign == '_')?;
            (length <= MOST_NAME).then_some((1 + length, Kind::Mention))
        }
        'h' => {
            let begins = |start: &str| rest.iter().copied().take(start.len()).eq(start.chars());
            let start = ["https://", "http://"]
                .into_iter()
                .find(|start| begins(start))?;
            let mut length = rest.iter().take_while(|sign| !sign.is_whitespace()).count();
            // A sentence may end behind a link.
            while length > 0 && ".,;:!?)]}\"'…".contains(rest[length - 1]) {
                length -= 1;
            }
            (length > start.len()).then_some((length, Kind::Url))
        }
        _ => None,
    }
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test panics")]
mod tests {
    use sonic_rs::{JsonContainerTrait, JsonValueTrait};

    use super::*;

    /// The entities of a text in short, each with its place.
    fn check(text: &str, expected: &[&str]) {
        let found = entities(text);
        let mut short = Vec::new();
        for (list, field) in [
            ("hashtags", "text"),
            ("symbols", "text"),
            ("user_mentions", "screen_name"),
            ("urls", "expanded_url"),
        ] {
            for one in found[list].as_array().unwrap().iter() {
                let name = one[field].as_str().unwrap();
                let [from, to] = [0, 1].map(|at| one["indices"][at].as_u64().unwrap());
                short.push(format!("{list} {name} {from}-{to}"));
            }
        }
        assert_eq!(short, expected, "{text}");
    }

    #[test]
    fn entities_stand_where_the_service_finds_them() {
        check("", &[]);
        check("no entities, a@b.example and 5$", &[]);
        check(
            "#rocket 🚀 #寿司",
            &["hashtags rocket 0-7", "hashtags 寿司 10-13"],
        );
        check("#2024 #a1 word#tag #", &["hashtags a1 6-9"]);
        check("$ACME $TOOLONGER", &["symbols ACME 0-5"]);
        check(
            "@alice .@bob_1: @much_too_long_a_name",
            &["user_mentions alice 0-6", "user_mentions bob_1 8-14"],
        );
        check(
            "see https://example.com/a?b=#c, and (http://example.com).",
            &[
                "urls https://example.com/a?b=#c 4-30",
                "urls http://example.com 37-55",
            ],
        );
        check("https:// http", &[]);
    }

    #[test]
    fn an_account_has_one_id() {
        assert_eq!(id_of("Alice"), id_of("alice"));
        assert_ne!(id_of("alice"), id_of("bob"));
        assert!((1..1 << 53).contains(&id_of("alice")));
    }
}
