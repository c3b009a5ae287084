//! What `ouzel rules estimate` prints.

use std::{collections::HashMap, fmt::Write as _};

use serde::Serialize;

use super::files::FileRule;
use crate::{
    cli::columns,
    status::{counted, thousands},
    text::plain,
};

/// How many pairs of rules are shown to people. JSON has more.
const SHOWN_PAIRS: usize = 10;

/// How many pairs of rules are in JSON.
const PAIRS: usize = 1_000;

/// How many columns of a rule or a sample are shown to people.
const SHOWN: usize = 100;

/// What was found in the Tweets.
#[derive(Default)]
pub(super) struct Estimate {
    pub(super) tweets: u64,
    pub(super) skipped: u64,
    /// Tweets that too many rules match, so that their overlap was not counted.
    pub(super) crowded: u64,
    /// The times of the first and the last Tweet, in milliseconds.
    pub(super) times: Option<(i64, i64)>,
    pub(super) rules: Vec<Found>,
    /// How many Tweets two rules have in common, by the places of the rules.
    pub(super) overlap: HashMap<(usize, usize), u64>,
}

/// What a rule has matched.
#[derive(Default, Clone)]
pub(super) struct Found {
    /// Whether ouzel cannot read the rule. Perhaps the service can.
    pub(super) is_unknown: bool,
    pub(super) matches: u64,
    /// How many of the matching Tweets tell their time.
    pub(super) timed: u64,
    /// The first texts, each with the number of its batch and its place in the batch.
    pub(super) samples: Vec<((usize, usize), String)>,
}

pub(super) fn as_text(rules: &[FileRule], found: &Estimate) -> String {
    let mut text = format!(
        "{}, {} skipped",
        counted(found.tweets, "Tweet"),
        counted(found.skipped, "line")
    );
    let hours = found.hours();
    if let Some(hours) = hours {
        let _ = write!(text, ", {hours:.1} hours");
    }
    let _ = writeln!(text, "\n\nrules ({})", rules.len());
    let mut rows = vec![["matches", "per hour", "tag", "rule"].map(str::to_owned)];
    for (rule, own) in rules.iter().zip(&found.rules) {
        let rate = per_hour(own.timed, hours).map_or("-".to_owned(), |rate| format!("{rate:.1}"));
        let tag = rule.tag.as_deref().unwrap_or("(no tag)");
        let (matches, rate) = if own.is_unknown {
            ("?".to_owned(), "?".to_owned())
        } else {
            (thousands(own.matches), rate)
        };
        rows.push([matches, rate, cut(tag), cut(&rule.value)]);
        let samples = own.samples.iter().map(|(_, sample)| cut(sample));
        rows.extend(samples.map(|sample| ["", "", "", &format!("  {sample}")].map(str::to_owned)));
    }
    for line in columns::lines(&rows, &[0, 1]) {
        let _ = writeln!(text, "  {line}");
    }
    let pairs = pairs(found);
    if !pairs.is_empty() {
        let _ = writeln!(text, "\noverlap ({})", pairs.len());
        for ((one, other), tweets) in pairs.iter().take(SHOWN_PAIRS) {
            let shown = |place: usize| {
                rules
                    .get(place)
                    .map(|rule| cut(&rule.value))
                    .unwrap_or_default()
            };
            let _ = writeln!(
                text,
                "  {}  `{}` and `{}`",
                thousands(*tweets),
                shown(*one),
                shown(*other)
            );
        }
    }
    if found.crowded > 0 {
        let _ = writeln!(
            text,
            "\nwithout {}, since more than 200 rules match each",
            counted(found.crowded, "Tweet")
        );
    }
    text
}

/// The pairs of rules, those with the most Tweets in common first.
fn pairs(found: &Estimate) -> Vec<((usize, usize), u64)> {
    let mut pairs: Vec<_> = found
        .overlap
        .iter()
        .map(|(pair, count)| (*pair, *count))
        .collect();
    pairs.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
    pairs
}

fn per_hour(matches: u64, hours: Option<f64>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
    hours.map(|hours| matches as f64 / hours)
}

/// Makes one line of a text, with at most `SHOWN` characters.
fn cut(text: &str) -> String {
    let line = text.replace(plain::is_unsafe, " ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let start: String = line.chars().take(SHOWN - 1).collect();
    start + "…"
}

#[derive(Serialize)]
struct Json<'a> {
    tweets: u64,
    skipped: u64,
    rules: Vec<JsonRule<'a>>,
    overlap: Vec<JsonPair<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    value: &'a str,
    tag: Option<&'a str>,
    matches: Option<u64>,
    per_hour: Option<f64>,
    samples: Vec<&'a str>,
}

#[derive(Serialize)]
struct JsonPair<'a> {
    rules: [&'a str; 2],
    tweets: u64,
}

pub(super) fn as_json(rules: &[FileRule], found: &Estimate) -> String {
    let hours = found.hours();
    let shown = rules.iter().zip(&found.rules).map(|(rule, own)| JsonRule {
        value: &rule.value,
        tag: rule.tag.as_deref(),
        matches: (!own.is_unknown).then_some(own.matches),
        per_hour: per_hour(own.timed, hours).filter(|_| !own.is_unknown),
        samples: own.samples.iter().map(|(_, text)| text.as_str()).collect(),
    });
    let value = |place: usize| rules.get(place).map_or("", |rule| rule.value.as_str());
    let overlap = pairs(found).into_iter().take(PAIRS);
    let json = Json {
        tweets: found.tweets,
        skipped: found.skipped,
        rules: shown.collect(),
        overlap: overlap
            .map(|((one, other), tweets)| JsonPair {
                rules: [value(one), value(other)],
                tweets,
            })
            .collect(),
    };
    sonic_rs::to_string(&json).expect("text and finite numbers always have a JSON") + "\n"
}
