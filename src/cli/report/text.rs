//! A report as text for people.

use std::{collections::BTreeSet, fmt::Write as _};

use jiff::Timestamp;

use super::gather::{Cause, Pause, Report};
use crate::{
    cli::columns,
    status::{counted, short, thousands},
    store::{Gap, Load, LoadResult},
    text::plain,
};

/// How many lines each part of the text has. The page and JSON have more.
const LISTED: usize = 10;

/// The report as text.
pub(super) fn text(report: &Report) -> String {
    let mut text = format!("{}\n", verdict(report));
    let mut part = |title: &str, rows: &[Vec<String>], right: &[usize], all: usize| {
        if rows.is_empty() {
            return;
        }
        let _ = write!(text, "\n{title}\n");
        for line in columns::lines(rows, right) {
            let _ = writeln!(text, "  {line}");
        }
        if all > rows.len() {
            let _ = writeln!(
                text,
                "  … and {} more",
                thousands((all - rows.len()) as u64)
            );
        }
    };
    let tags = report.tags.iter().take(LISTED);
    let tags: Vec<_> = tags
        .map(|tag| {
            vec![
                thousands(tag.tweets),
                share(tag.tweets, report.tweets),
                clean(&tag.name),
            ]
        })
        .collect();
    part("Tweets by tag", &tags, &[0, 1], report.tags.len());
    let gaps = report.gaps.iter().take(LISTED);
    let gaps: Vec<_> = gaps
        .map(|gap| {
            vec![
                moment(gap.started_at),
                short(gap.length),
                clean(&gap.cause),
                of_gap(gap),
            ]
        })
        .collect();
    part("Outages", &gaps, &[1], report.gaps.len());
    let pauses = report.pauses.iter().take(LISTED);
    let pauses: Vec<_> = pauses
        .map(|pause| {
            vec![
                moment(pause.from),
                short(pause.length),
                clean(&pause.tag),
                of_pause(pause),
            ]
        })
        .collect();
    part(
        "Rules that were off the stream",
        &pauses,
        &[1],
        report.pauses.len(),
    );
    let causes = report.causes.iter().take(LISTED);
    let causes: Vec<_> = causes
        .map(|cause| {
            vec![
                thousands(cause.tweets),
                clean(&cause.handler),
                reason(cause),
            ]
        })
        .collect();
    part("Failures in quarantine", &causes, &[0], report.causes.len());
    let loads = report.loads.iter().rev().take(LISTED);
    let loads: Vec<_> = loads.map(|load| vec![when(load), what(load)]).collect();
    part(
        "Loads of the script, the newest first",
        &loads,
        &[],
        report.loads.len(),
    );
    text
}

/// How complete the data is, in a few sentences.
pub(super) fn verdict(report: &Report) -> String {
    let span = format!(
        "from {} to {} (UTC)",
        to_the_second(report.from),
        to_the_second(report.to)
    );
    if report.tweets == 0 && report.gaps.is_empty() {
        return format!("No Tweets were received {span}, as far as the database knows.");
    }
    let mut text = format!("{} {span}.", counted(report.tweets, "Tweet"));
    let gaps = report
        .gaps
        .iter()
        .filter(|gap| !gap.missing_length.is_zero())
        .count();
    let _ = match (gaps, report.estimated) {
        (0, _) => write!(text, " Nothing is known to be missing."),
        (gaps, estimated) => {
            let missing = short(report.missing);
            let percent = 100.0 * report.received_share();
            let _ = write!(
                text,
                " {missing} are missing in {}, so {percent:.3} % of the time is complete.",
                counted(gaps as u64, "gap")
            );
            match estimated {
                Some(tweets) => write!(text, " About {} may be missing.", counted(tweets, "Tweet")),
                None => write!(text, " How many Tweets are missing is not known."),
            }
        }
    };
    let paused: BTreeSet<&str> = report.pauses.iter().map(|pause| &*pause.tag).collect();
    if !paused.is_empty() {
        let were = if paused.len() == 1 { "was" } else { "were" };
        let _ = write!(
            text,
            " {} {were} off the stream for a time, because too much came.",
            counted(paused.len() as u64, "tag")
        );
    }
    if report.failed > 0 {
        let _ = write!(text, " {} in quarantine.", is_or_are(report.failed));
    }
    text
}

fn is_or_are(tweets: u64) -> String {
    let verb = if tweets == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(tweets, "Tweet"))
}

/// A part of a whole in percent.
pub(super) fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "-".to_owned(),
        whole => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    }
}

fn to_the_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time in UTC, to the minute.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// What is missing of a gap.
pub(super) fn of_gap(gap: &Gap) -> String {
    if gap.missing_length.is_zero() {
        return "repaired".to_owned();
    }
    let missing = short(gap.missing_length);
    match gap.estimated_tweets {
        Some(tweets) => format!("{missing} missing, about {}", counted(tweets, "Tweet")),
        None => format!("{missing} missing"),
    }
}

/// Why rules were off the stream, and whether they are back.
pub(super) fn of_pause(pause: &Pause) -> String {
    let brought = format!(
        "brought {} a minute, more than {}",
        thousands(pause.per_minute),
        thousands(pause.most)
    );
    match pause.to {
        Some(to) => format!("{brought}; back since {}", moment(to)),
        None => format!("{brought}; still off"),
    }
}

/// Where and why Tweets failed.
pub(super) fn reason(cause: &Cause) -> String {
    let error = cause.error.lines().next().unwrap_or_default();
    match &cause.place {
        Some((file, line)) => clean(&format!("{file}:{line}: {error}")),
        None => clean(error),
    }
}

/// When a load was, to the minute.
pub(super) fn when(load: &Load) -> String {
    match load.at.parse() {
        Ok(at) => moment(at),
        Err(_) => clean(&load.at),
    }
}

/// What came of a load.
pub(super) fn what(load: &Load) -> String {
    match &load.result {
        LoadResult::Loaded {
            number,
            back_to: Some(back_to),
            ..
        } => {
            format!("generation {number}: rolled back to {back_to}")
        }
        LoadResult::Loaded {
            number,
            changes: [a, b, c, d, e, f],
            ..
        } => {
            format!("generation {number}: rules +{a} -{b}, handlers +{c} -{d}, tables +{e} -{f}")
        }
        LoadResult::Refused { step, error, .. } => {
            let error = error.lines().next().unwrap_or_default();
            clean(&format!("refused by {step}: {error}"))
        }
    }
}

/// Text from outside, on one line.
pub(super) fn clean(text: &str) -> String {
    plain::line(text).into_owned()
}
