//! A report as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::gather::{COLOURED, MOST_LISTED, Report};
use crate::store::LoadResult;

#[derive(Serialize)]
struct Whole<'a> {
    made_at: String,
    from: String,
    to: String,
    tweets: u64,
    received_share: f64,
    missing_seconds: f64,
    estimated_missing_tweets: Option<u64>,
    tags: Vec<Tag<'a>>,
    step_seconds: i64,
    steps: Vec<Step<'a>>,
    outages: Vec<Outage<'a>>,
    pauses: Vec<Pause<'a>>,
    failed: u64,
    failures: Vec<Failure<'a>>,
    loads: Vec<Load<'a>>,
}

#[derive(Serialize)]
struct Tag<'a> {
    tag: &'a str,
    tweets: u64,
}

#[derive(Serialize)]
struct Step<'a> {
    from: String,
    tweets: u64,
    /// The Tweets of the most frequent tags, and those of the others together.
    by_tag: BTreeMap<&'a str, u64>,
    other_tags: u64,
}

#[derive(Serialize)]
struct Outage<'a> {
    from: String,
    to: String,
    cause: &'a str,
    missing_seconds: f64,
    estimated_missing_tweets: Option<u64>,
}

#[derive(Serialize)]
struct Pause<'a> {
    tag: &'a str,
    from: String,
    /// `null` if the rules are still off the stream.
    to: Option<String>,
    seconds: f64,
    per_minute: u64,
    limit: u64,
}

#[derive(Serialize)]
struct Failure<'a> {
    handler: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    error: &'a str,
    tweets: u64,
}

#[derive(Serialize)]
struct Load<'a> {
    at: &'a str,
    generation: Option<u64>,
    hash: &'a str,
    refused: Option<&'a str>,
}

/// The report as one object.
pub(super) fn json(report: &Report) -> String {
    let whole = Whole {
        made_at: report.made_at.to_string(),
        from: report.from.to_string(),
        to: report.to.to_string(),
        tweets: report.tweets,
        received_share: report.received_share(),
        missing_seconds: report.missing.as_secs_f64(),
        estimated_missing_tweets: report.estimated,
        tags: (report.tags.iter())
            .map(|tag| Tag {
                tag: &tag.name,
                tweets: tag.tweets,
            })
            .collect(),
        step_seconds: report.step.as_secs(),
        steps: (report.bars.iter())
            .map(|bar| Step {
                from: bar.at.to_string(),
                tweets: bar.tweets,
                by_tag: (report.tags.iter().zip(bar.by_tag).take(COLOURED))
                    .filter(|(_, tweets)| *tweets > 0)
                    .map(|(tag, tweets)| (&*tag.name, tweets))
                    .collect(),
                other_tags: bar.by_tag[COLOURED],
            })
            .collect(),
        outages: (report.gaps.iter())
            .map(|gap| Outage {
                from: gap.started_at.to_string(),
                to: gap.ended_at.to_string(),
                cause: &gap.cause,
                missing_seconds: gap.missing_length.as_secs_f64(),
                estimated_missing_tweets: gap.estimated_tweets,
            })
            .collect(),
        pauses: (report.pauses.iter())
            .map(|pause| Pause {
                tag: &pause.tag,
                from: pause.from.to_string(),
                to: pause.to.map(|to| to.to_string()),
                seconds: pause.length.as_secs_f64(),
                per_minute: pause.per_minute,
                limit: pause.most,
            })
            .collect(),
        failed: report.failed,
        failures: (report.causes.iter().take(MOST_LISTED))
            .map(|cause| Failure {
                handler: &cause.handler,
                file: cause.place.as_ref().map(|(file, _)| file.as_str()),
                line: cause.place.as_ref().map(|(_, line)| *line),
                error: &cause.error,
                tweets: cause.tweets,
            })
            .collect(),
        loads: (report.loads.iter())
            .map(|load| {
                let (generation, refused) = match &load.result {
                    LoadResult::Loaded { number, .. } => (Some(*number), None),
                    LoadResult::Refused { error, .. } => (None, Some(error.as_str())),
                };
                Load {
                    at: &load.at,
                    generation,
                    hash: &load.hash,
                    refused,
                }
            })
            .collect(),
    };
    sonic_rs::to_string(&whole).expect("text and finite numbers always have a JSON") + "\n"
}
