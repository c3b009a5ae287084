//! What a run shows of itself, as `/status.json` and `/events` write it and `ouzel status` and `ouzel top` read it. Every
//! text and every list has an end. Pure: no IO.

use serde::{Deserialize, Serialize};

/// A text of somebody else is cut behind so many characters.
const LONGEST_TEXT: usize = 300;

/// A run at one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) about: About,
    pub(crate) now: Now,
    /// The tags that have come most often, with the most frequent first.
    pub(crate) tags: Vec<Tag>,
    /// How many tags are not among them.
    pub(crate) more_tags: usize,
    /// The rules that the script declares, with those first whose tags have come most often.
    pub(crate) rules: Vec<Rule>,
    /// How many rules are not among them.
    pub(crate) more_rules: usize,
    pub(crate) kept: Kept,
}

/// What does not change during a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct About {
    /// The version of ouzel.
    pub(crate) version: String,
    /// The id of the process.
    pub(crate) process: u32,
    /// When the run began, in milliseconds since 1970.
    pub(crate) began_ms: i64,
    /// The path of the script.
    pub(crate) script: String,
    /// The path of the data folder.
    pub(crate) data_dir: String,
}

/// What changes all the time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Now {
    /// The time, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// `ok`, or what is wrong, as `/healthz` says it.
    pub(crate) health: String,
    /// The handler or the other work that does not end, where processing stands still.
    pub(crate) in_hand: Option<String>,
    pub(crate) stream: Stream,
    pub(crate) rate: Rate,
    /// How long the oldest waiting Tweet has waited.
    pub(crate) lag_ms: u64,
    /// Lines in the journal that are not handled yet.
    pub(crate) waiting: u64,
    pub(crate) counts: Counts,
    /// The size of the journal.
    pub(crate) journal_bytes: u64,
    /// How much time is missing in the data.
    pub(crate) missing_seconds: f64,
    #[serde(default)]
    pub(crate) month: Month,
    pub(crate) generation: Generation,
}

/// The stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stream {
    /// `connecting`, `connected`, `waiting` or `stopped`.
    pub(crate) state: String,
    /// Since when it is connected, in milliseconds since 1970.
    pub(crate) since_ms: Option<i64>,
    /// When it is asked for again, in milliseconds since 1970.
    pub(crate) again_ms: Option<i64>,
    /// Why it was lost.
    pub(crate) cause: Option<String>,
    /// How long nothing has come, heartbeats included.
    pub(crate) silent_seconds: Option<u64>,
    /// How often it was connected in this run.
    pub(crate) connections: u64,
}

/// Tweets handled per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rate {
    /// Over the last five seconds.
    pub(crate) now: f64,
    /// Over the last minute.
    pub(crate) minute: f64,
    /// Over the last hour.
    pub(crate) hour: f64,
}

/// What was counted since the run began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Lines received from the stream, heartbeats not counted.
    pub(crate) received: u64,
    /// Tweets handled.
    pub(crate) tweets: u64,
    pub(crate) kept: u64,
    pub(crate) filtered: u64,
    pub(crate) failed: u64,
    /// Calls of timers that failed.
    pub(crate) failed_timers: u64,
    /// Lines that are no Tweets.
    pub(crate) rejected: u64,
    pub(crate) duplicates: u64,
    /// Rows committed.
    pub(crate) rows: u64,
    /// Lines emitted.
    pub(crate) emitted: u64,
    /// Tweets in quarantine, also of earlier runs.
    pub(crate) quarantined: u64,
}

/// What the month's Tweets come to, and which rules are too many of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Month {
    /// Tweets of this month of the calendar (UTC), each once.
    pub(crate) tweets: u64,
    /// What the month will come to at the rate of the last day, where that is known.
    pub(crate) forecast: Option<u64>,
    /// How many it may have.
    pub(crate) cap: Option<u64>,
    /// How many tags bring more than usual now.
    pub(crate) alarms: u64,
    /// How many tags the breaker has paused.
    pub(crate) paused: u64,
}

/// The generation of the script that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    /// The hash of its files.
    pub(crate) hash: String,
    /// The earlier generation whose files these are, if it was rolled back to.
    pub(crate) back_to: Option<u64>,
    /// Loads that were refused in this run.
    pub(crate) refused: u64,
}

/// A tag, and how many Tweets matched a rule with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub(crate) tag: String,
    pub(crate) count: u64,
    /// Tweets per second over the last minute.
    pub(crate) rate: f64,
}

/// A rule of the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) value: String,
    pub(crate) tag: Option<String>,
    /// Where the script declares it.
    pub(crate) place: String,
    /// How many Tweets carried its tag. Rules that share a tag cannot be told apart by it.
    pub(crate) count: Option<u64>,
}

/// What the database holds. It is read at most once a second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// When it was read, in milliseconds since 1970; `None` if it never was.
    pub(crate) read_ms: Option<i64>,
    /// Why it could not be read the last time.
    pub(crate) trouble: Option<String>,
    /// The newest failures in quarantine by cause, the newest cause first.
    pub(crate) failures: Vec<Failure>,
    /// The newest loads of the script, the newest first.
    pub(crate) loads: Vec<Load>,
    pub(crate) tables: Vec<Table>,
    /// How many tables of the script are not among them.
    pub(crate) more_tables: usize,
    /// The newest outages, the newest first.
    pub(crate) outages: Vec<Outage>,
}

/// Failures that have the same cause: the same handler failed at the same line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) handler: String,
    /// Where it failed: file and line.
    pub(crate) place: Option<String>,
    /// The code of that line.
    pub(crate) code: Option<String>,
    /// The newest error.
    pub(crate) error: String,
    pub(crate) hint: Option<String>,
    /// How many of the newest failures that are.
    pub(crate) count: u64,
    /// When the newest one failed, in RFC 3339.
    pub(crate) last: String,
    /// The generation that failed last.
    pub(crate) generation: u64,
    /// The newest Tweet, as text, because JavaScript has no integers of this size.
    pub(crate) tweet: Option<String>,
    /// Its number in quarantine.
    pub(crate) id: i64,
}

/// One load of the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Load {
    /// When, in RFC 3339.
    pub(crate) at: String,
    /// `loaded`, `rolled back` or `refused`.
    pub(crate) result: String,
    /// `None` if it was refused.
    pub(crate) number: Option<u64>,
    pub(crate) back_to: Option<u64>,
    pub(crate) hash: String,
    /// What it changed, or why it was refused, as text for people.
    pub(crate) what: String,
}

/// The newest rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// How many columns are not among them.
    pub(crate) more_columns: usize,
    /// Newest first; `None` stands for NULL.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// Why they could not be read.
    pub(crate) trouble: Option<String>,
}

/// An outage, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outage {
    pub(crate) began_ms: i64,
    /// `None` while it goes on.
    pub(crate) ended_ms: Option<i64>,
    pub(crate) seconds: f64,
    pub(crate) cause: String,
    /// `repaired`, `open`, `partly` or `lost`.
    pub(crate) state: String,
    pub(crate) missing_seconds: f64,
    /// An estimate of how many Tweets are missing.
    pub(crate) missing_tweets: Option<u64>,
    pub(crate) detail: String,
}

/// One second of the past.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Second {
    /// In seconds since 1970.
    pub(crate) at: i64,
    pub(crate) tweets: u32,
    pub(crate) failed: u32,
    /// Whether the stream was not connected.
    pub(crate) away: bool,
    /// The most frequent tags of this second, and how many Tweets matched a rule with each.
    pub(crate) tags: Vec<(String, u32)>,
    /// Matches of other tags.
    pub(crate) others: u32,
}

/// Something that happened to the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// In seconds since 1970.
    pub(crate) at: i64,
    /// `loaded`, `rolled back` or `refused`.
    pub(crate) what: String,
    /// The generation that ran then.
    pub(crate) generation: u64,
}

/// The last hour, second by second. All columns are equally long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Past {
    /// The first second, since 1970.
    pub(crate) from: i64,
    /// Seconds after the first one.
    pub(crate) at: Vec<i64>,
    pub(crate) tweets: Vec<u32>,
    pub(crate) failed: Vec<u32>,
    /// 1 where the stream was not connected.
    pub(crate) away: Vec<u8>,
    /// The most frequent tags of the hour, the most frequent first, each with its matches.
    pub(crate) tags: Vec<(String, Vec<u32>)>,
    /// Matches of all other tags.
    pub(crate) others: Vec<u32>,
    pub(crate) marks: Vec<Mark>,
}

/// What is told each second.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tick {
    pub(crate) now: Now,
    pub(crate) second: Second,
    pub(crate) marks: Vec<Mark>,
}

/// A text of somebody else, with an end.
pub(super) fn cut(text: &str) -> String {
    let mut rest = text.char_indices().skip(LONGEST_TEXT);
    match rest.next() {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A run with something of everything, for tests of what is made of it.
#[cfg(test)]
pub(crate) fn sample() -> View {
    let tag = |tag: &str, count, rate| Tag {
        tag: tag.to_owned(),
        count,
        rate,
    };
    View {
        about: About {
            version: "1.2.3".to_owned(),
            process: 4711,
            began_ms: 1_795_000_000_000,
            script: "scripts/main.lua".to_owned(),
            data_dir: "data".to_owned(),
        },
        now: Now {
            at_ms: 1_795_007_200_000,
            health: "ok".to_owned(),
            in_hand: None,
            stream: Stream {
                state: "connected".to_owned(),
                since_ms: Some(1_795_000_012_000),
                connections: 1,
                ..Stream::default()
            },
            rate: Rate {
                now: 12.4,
                minute: 11.0,
                hour: 2_400.5,
            },
            lag_ms: 340,
            waiting: 12,
            counts: Counts {
                received: 84_400,
                tweets: 84_388,
                kept: 80_000,
                filtered: 4_380,
                failed: 8,
                rows: 81_234,
                emitted: 1,
                quarantined: 9,
                ..Counts::default()
            },
            journal_bytes: 25_400_000,
            missing_seconds: 605.0,
            month: Month {
                tweets: 410_000,
                forecast: Some(1_240_000),
                cap: Some(1_000_000),
                alarms: 1,
                paused: 2,
            },
            generation: Generation {
                number: 3,
                hash: "5cbf7f0f43b4".to_owned(),
                ..Generation::default()
            },
        },
        tags: vec![
            tag("climate", 60_000, 8.4),
            tag("<script>\u{202e}", 24_388, 0.25),
        ],
        more_tags: 7,
        rules: Vec::new(),
        more_rules: 0,
        kept: Kept {
            read_ms: Some(1_795_007_200_000),
            failures: vec![Failure {
                handler: "on \"*\"".to_owned(),
                place: Some("main.lua:12".to_owned()),
                code: Some("  local price = t.price.amount".to_owned()),
                error: "attempt to index a nil value (field 'price')\nmore".to_owned(),
                hint: None,
                count: 8,
                last: "2026-11-18T14:40:00.123456Z".to_owned(),
                generation: 3,
                tweet: Some("2126362115006992384".to_owned()),
                id: 9,
            }],
            loads: vec![Load {
                at: "2026-11-18T12:26:40.5Z".to_owned(),
                result: "loaded".to_owned(),
                number: Some(3),
                back_to: None,
                hash: "5cbf7f0f43b4".to_owned(),
                what: "rules +2 −1".to_owned(),
            }],
            tables: vec![Table {
                name: "seen".to_owned(),
                columns: ["id", "text", "lang"].map(str::to_owned).to_vec(),
                more_columns: 0,
                rows: vec![
                    vec![
                        Some("2126362115006992384".to_owned()),
                        Some("a text\nof two lines".to_owned()),
                        None,
                    ],
                    vec![
                        Some("7".to_owned()),
                        Some("\u{1b}[31mred".to_owned()),
                        Some("en".to_owned()),
                    ],
                ],
                trouble: None,
            }],
            outages: vec![Outage {
                began_ms: 1_795_003_600_000,
                ended_ms: Some(1_795_004_205_000),
                seconds: 605.0,
                cause: "broken".to_owned(),
                state: "open".to_owned(),
                missing_seconds: 605.0,
                missing_tweets: Some(12_100),
                detail: String::new(),
            }],
            ..Kept::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_an_end_between_two_characters() {
        assert_eq!(cut("short"), "short");
        let long = "ä".repeat(LONGEST_TEXT);
        assert_eq!(cut(&long), long);
        assert_eq!(cut(&format!("{long}b")), format!("{long}…"));
    }
}
