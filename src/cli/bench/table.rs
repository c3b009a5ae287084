//! What `ouzel bench` prints.

use std::{fmt::Write as _, time::Duration};

use serde::Serialize;

/// The stages from which follows what a handler costs.
pub(super) const PARSE: &str = "parse";
pub(super) const NOTHING: &str = "parse, a handler of nothing";
pub(super) const TEN_FIELDS: &str = "parse, a handler of ten fields";

/// One line of the table.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) tweets: u64,
    pub(super) bytes: u64,
    pub(super) took: Duration,
}

/// What came out of the whole.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Outcome {
    /// Tweets that were handled.
    pub(super) tweets: u64,
    /// Tweets that were not handled, because the journal had them already.
    pub(super) duplicates: u64,
    pub(super) bytes: u64,
    pub(super) kept: u64,
    pub(super) failed: u64,
    pub(super) rows: u64,
}

impl Stage {
    fn per_tweet(&self) -> f64 {
        self.took.as_secs_f64() * 1e6 / self.tweets.max(1) as f64
    }

    fn per_second(&self) -> f64 {
        1e6 / self.per_tweet()
    }

    fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.took.as_secs_f64()
    }
}

/// What a handler costs by itself, in microseconds a Tweet: the time over that of the parse.
#[derive(Debug, Clone, Copy, Serialize)]
struct OverParse {
    nothing: f64,
    ten_fields: f64,
}

impl OverParse {
    /// `None` if the stages were not measured.
    fn of(stages: &[Stage]) -> Option<Self> {
        let took = |name| {
            let stage = stages.iter().find(|stage| stage.name == name)?;
            Some(stage.per_tweet())
        };
        let parse = took(PARSE)?;
        // After a short measurement the difference may be below zero, which would be no cost.
        let over = |name| Some((took(name)? - parse).max(0.0));
        Some(Self {
            nothing: over(NOTHING)?,
            ten_fields: over(TEN_FIELDS)?,
        })
    }
}

/// `1 row`, `2000 rows`: these tables do not group digits in threes.
pub(super) fn plainly(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}

pub(super) fn as_text(stages: &[Stage], outcome: &Outcome) -> String {
    let mut text = format!(
        "{:32}{:>12}{:>10}{:>12}{:>11}\n",
        "", "Tweets/s", "MB/s", "µs/Tweet", "× inflate"
    );
    let inflate = stages[0].per_tweet();
    for stage in stages {
        let _ = writeln!(
            text,
            "{:32}{:>12.0}{:>10.0}{:>12.2}{:>11.2}",
            stage.name,
            stage.per_second(),
            stage.megabytes_per_second(),
            stage.per_tweet(),
            stage.per_tweet() / inflate
        );
    }
    let Outcome {
        tweets,
        duplicates,
        bytes,
        kept,
        failed,
        rows,
    } = outcome;
    let mean = bytes / (tweets + duplicates).max(1);
    let _ = writeln!(
        text,
        "\n{} of {mean} bytes: {kept} kept, {failed} failed, {}",
        plainly(*tweets, "Tweet"),
        plainly(*rows, "row")
    );
    if *duplicates > 0 {
        let _ = writeln!(
            text,
            "{duplicates} more had come before and were not handled again"
        );
    }
    if let Some(OverParse {
        nothing,
        ten_fields,
    }) = OverParse::of(stages)
    {
        let _ = writeln!(
            text,
            "over the parse a handler that does nothing costs {nothing:.2} µs a Tweet, and one that reads ten fields {ten_fields:.2} µs"
        );
    }
    if let [.., whole, gzip] = stages
        && gzip.name.starts_with("gzip")
    {
        let ratio = whole.took.as_secs_f64() / gzip.took.as_secs_f64();
        let _ = writeln!(text, "the whole takes {ratio:.2} of the time of gzip -dc");
    }
    text
}

#[derive(Serialize)]
struct Json<'a> {
    stages: Vec<JsonStage<'a>>,
    micros_over_parse: Option<OverParse>,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

#[derive(Serialize)]
struct JsonStage<'a> {
    stage: &'a str,
    tweets_per_second: f64,
    megabytes_per_second: f64,
    micros_per_tweet: f64,
    times_inflate: f64,
}

pub(super) fn as_json(stages: &[Stage], outcome: &Outcome) -> String {
    let inflate = stages[0].per_tweet();
    let as_stages = stages.iter().map(|stage| JsonStage {
        stage: stage.name,
        tweets_per_second: stage.per_second(),
        megabytes_per_second: stage.megabytes_per_second(),
        micros_per_tweet: stage.per_tweet(),
        times_inflate: stage.per_tweet() / inflate,
    });
    let json = Json {
        stages: as_stages.collect(),
        micros_over_parse: OverParse::of(stages),
        outcome,
    };
    let text = sonic_rs::to_string(&json).expect("text and numbers always have a JSON");
    format!("{text}\n")
}
