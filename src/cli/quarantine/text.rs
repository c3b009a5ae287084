//! What `ouzel quarantine list` and `show` print.

use std::{borrow::Cow, fmt::Write as _};

use serde::Serialize;
use sonic_rs::LazyValue;

use crate::{
    cli::columns,
    script::Fault,
    status::thousands,
    store::{Failed, Invalid, Quarantined},
    text::plain,
};

/// A message with more characters than this is cut in the list.
const MESSAGE: usize = 100;

/// A table with a row for each Tweet, newest first.
pub(super) fn list_as_text(entries: &[Quarantined], all: u64) -> String {
    if all == 0 {
        return "no Tweet is in quarantine\n".to_owned();
    }
    let head = ["id", "Tweet", "failed", "attempts", "handler", "error"].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(entries.iter().map(|entry| {
        [
            entry.id.to_string(),
            tweet(entry),
            plain::line(&entry.failed.at).into_owned(),
            entry.attempts.to_string(),
            plain::line(&entry.failed.handler).into_owned(),
            brief(&entry.failed),
        ]
    }));
    columns::lines(&rows, &[0, 1, 3]).join("\n") + "\n"
}

/// The lines that are not Tweets, newest first. They cannot be tried again.
pub(super) fn invalid_as_text(lines: &[Invalid], all: u64) -> String {
    let mut text = match all {
        1 => "\n1 line was no Tweet:\n".to_owned(),
        all => format!(
            "\n{} lines were no Tweets, the newest first:\n",
            thousands(all)
        ),
    };
    for Invalid {
        received_at,
        reason,
        line,
        ..
    } in lines
    {
        let shown = String::from_utf8_lossy(&line[..line.len().min(MESSAGE * 4)]);
        let (reason, shown) = (cut(reason), cut(&shown));
        let _ = writeln!(text, "{received_at}  {reason}\n    {shown}");
    }
    text
}

/// Cuts a text to what a row has room for.
fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MESSAGE).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    plain::line(&cut).into_owned()
}

/// Shows one Tweet: its failure as the script's author reads it, and the whole line that came in.
pub(super) fn as_text(entry: &Quarantined, line: &[u8]) -> String {
    let Quarantined { id, failed, .. } = entry;
    let received = entry.received_at.as_deref().unwrap_or("nobody knows when");
    let attempts = match entry.attempts {
        1 => String::new(),
        many => format!(", for the {} time", ordinal(many)),
    };
    let fault = Fault {
        place: failed.place.clone(),
        code: failed.code.clone(),
        message: failed.error.clone(),
        hint: failed.hint.clone(),
        traceback: failed.traceback.clone(),
    };
    let head = format!(
        "{id}: Tweet {tweet}\n\
         received    {received}\n\
         failed      {at}{attempts}\n\
         script      {script}, generation {generation}\n\
         handler     {handler}{fault}\n\n",
        tweet = tweet(entry),
        at = plain::line(&failed.at),
        script = plain::line(&failed.script),
        generation = failed.generation,
        handler = plain::line(&failed.handler),
    );
    plain::lines(&head).into_owned() + &over_lines(&String::from_utf8_lossy(line)) + "\n"
}

fn ordinal(number: u64) -> String {
    let end = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{end}", thousands(number))
}

fn tweet(entry: &Quarantined) -> String {
    entry
        .tweet_id
        .map_or_else(|| "unknown".to_owned(), |id| id.to_string())
}

/// The place of a failure, and the first line of its message.
fn brief(failed: &Failed) -> String {
    let mut text = String::new();
    if let Some((file, line)) = &failed.place {
        let _ = write!(text, "{}:{line}: ", plain::line(file));
    }
    text + &cut(failed.error.lines().next().unwrap_or_default())
}

/// Spreads a JSON text over several lines. Each number and string stays as it came in.
fn over_lines(json: &str) -> String {
    let (mut text, mut depth) = (String::with_capacity(json.len() * 2), 0_usize);
    let (mut in_string, mut escaped, mut opened) = (false, false, false);
    let indent = |text: &mut String, depth| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    for c in json.chars() {
        if in_string {
            // A terminal must not take a part of the Tweet for a command.
            text.push(if plain::is_unsafe(c) { '\u{fffd}' } else { c });
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        let closes = matches!(c, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if !c.is_whitespace() && opened != closes {
            indent(&mut text, depth);
        }
        opened &= c.is_whitespace();
        match c {
            '{' | '[' => {
                depth += 1;
                opened = true;
                text.push(c);
            }
            ',' => {
                text.push(c);
                indent(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c if c.is_whitespace() => {}
            c => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

#[derive(Serialize)]
struct Json<'a> {
    id: i64,
    /// A string, because ids are too long for the numbers of many programs.
    tweet_id: Option<String>,
    received_at: Option<&'a str>,
    failed_at: &'a str,
    attempts: u64,
    script: &'a str,
    generation: u64,
    handler: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    code: Option<&'a str>,
    error: &'a str,
    hint: Option<&'a str>,
    traceback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tweet: Option<LazyValue<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Listed<'a> {
    Tweet(Box<Json<'a>>),
    Line {
        /// The line's number among the lines that are not Tweets.
        invalid: i64,
        received_at: &'a str,
        error: &'a str,
        line: Cow<'a, str>,
    },
}

fn json<'a>(entry: &'a Quarantined, line: Option<&'a [u8]>) -> Json<'a> {
    let failed = &entry.failed;
    let place = failed.place.as_ref();
    Json {
        id: entry.id,
        tweet_id: entry.tweet_id.map(|id| id.to_string()),
        received_at: entry.received_at.as_deref(),
        failed_at: &failed.at,
        attempts: entry.attempts,
        script: &failed.script,
        generation: failed.generation,
        handler: &failed.handler,
        file: place.map(|(file, _)| file.as_str()),
        line: place.map(|(_, line)| *line),
        code: failed.code.as_deref(),
        error: &failed.error,
        hint: failed.hint.as_deref(),
        traceback: failed.traceback.as_deref(),
        tweet: line.and_then(|line| crate::text::json::read(line).ok()),
    }
}

/// Lists the Tweets, and behind them the lines that are not Tweets.
pub(super) fn list_as_json(entries: &[Quarantined], invalid: &[Invalid]) -> String {
    let tweets = entries
        .iter()
        .map(|entry| Listed::Tweet(Box::new(json(entry, None))));
    let lines = invalid.iter().map(|line| Listed::Line {
        invalid: line.number,
        received_at: &line.received_at,
        error: &line.reason,
        line: String::from_utf8_lossy(&line.line),
    });
    let listed: Vec<_> = tweets.chain(lines).collect();
    let text = sonic_rs::to_string(&listed).expect("text and numbers always have a JSON");
    text + "\n"
}

pub(super) fn as_json(entry: &Quarantined, line: &[u8]) -> String {
    let json = json(entry, Some(line));
    let text = sonic_rs::to_string(&json).expect("text and numbers always have a JSON");
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::over_lines;

    #[test]
    fn json_over_several_lines_is_the_same_json() {
        let json = r#"{"a":1.0,"b":[1,{"c":"x\"{},:\\"},[]],"d":{ },"e":12345678901234567890}"#;
        expect_test::expect![[r#"
            {
              "a": 1.0,
              "b": [
                1,
                {
                  "c": "x\"{},:\\"
                },
                []
              ],
              "d": {},
              "e": 12345678901234567890
            }"#]]
        .assert_eq(&over_lines(json));
        assert_eq!(over_lines(&over_lines(json)), over_lines(json));
    }
}
