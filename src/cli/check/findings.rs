//! What the trials of a script's handlers show: which failures are errors, and for which Tweets. Pure: no IO.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use super::trial::Trial;
use crate::{
    script::{Failure, Fault},
    sim::{Format, SampleKind},
    text::plain,
};

/// How bad a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    /// It fails on Tweets that the stream delivers.
    Error,
    /// It fails only on Tweets that no stream delivers, but that files may hold.
    Warning,
    /// It fails only in the format that the script is not for.
    Note,
}

/// One failure of a handler, whatever Tweets it fails on.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    failure: Failure,
    /// In each format that the script is for: the kinds of Tweets on which it fails, and on which the handler works.
    kinds: Vec<(Format, Kinds, Kinds)>,
}

type Kinds = BTreeSet<SampleKind>;

/// More kinds of Tweets than this are not named if they work. JSON has them.
const NAMED: usize = 4;

const FORMATS: [Format; 2] = [Format::Native, Format::Activity];

/// What the trials show. Each failure is there once, the errors first.
pub(super) fn findings(trials: &[Trial]) -> Vec<Finding> {
    let foreign = foreign(trials);
    let mut failures: Vec<(Key, usize, &Failure)> = Vec::new();
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    for (number, failure) in trials.iter().filter_map(|trial| trial.failed.as_ref()) {
        let key = key(*number, failure);
        if !places.contains_key(&key) {
            places.insert(key.clone(), failures.len());
            failures.push((key, *number, failure));
        }
    }
    let mut findings: Vec<Finding> = failures
        .into_iter()
        .map(|(own, number, failure)| {
            let is_own = |trial: &&Trial| {
                let failed = trial.failed.as_ref();
                failed.is_some_and(|(number, failure)| key(*number, failure) == own)
            };
            let failing: Vec<&Trial> = trials.iter().filter(is_own).collect();
            let severity = match () {
                () if failing.iter().all(|trial| foreign == Some(trial.format)) => Severity::Note,
                () if failing
                    .iter()
                    .any(|trial| foreign != Some(trial.format) && trial.kind.is_delivered()) =>
                {
                    Severity::Error
                }
                () => Severity::Warning,
            };
            let shown = |format: &Format| severity == Severity::Note || foreign != Some(*format);
            let kinds = FORMATS.into_iter().filter(shown).filter_map(|format| {
                let of_format =
                    |trial: &&Trial| trial.format == format && trial.ran.contains(&number);
                let fails: Kinds = (failing.iter().copied())
                    .filter(of_format)
                    .map(|trial| trial.kind)
                    .collect();
                let unhurt = trials.iter().filter(of_format).map(|trial| trial.kind);
                let hurt: Kinds = (trials.iter().filter(of_format))
                    .filter(|trial| trial.failed.as_ref().is_some_and(|(at, _)| *at == number))
                    .map(|trial| trial.kind)
                    .collect();
                let works: Kinds = unhurt.filter(|kind| !hurt.contains(kind)).collect();
                (!fails.is_empty() || !works.is_empty()).then_some((format, fails, works))
            });
            Finding {
                severity,
                failure: failure.clone(),
                kinds: kinds.collect(),
            }
        })
        .collect();
    findings.sort_by_key(|finding| finding.severity as u8);
    findings
}

/// What tells failures apart: the handler, the place and the reason, without what may be the Tweet's own in it.
type Key = (usize, Option<(String, usize)>, String);

fn key(handler: usize, failure: &Failure) -> Key {
    let message = &failure.fault.message;
    let message = message.replace(|c: char| c.is_ascii_digit(), "");
    // How the ids of activities begin, without their digits.
    let message = message.replace("tag:search.twitter.com,:", "");
    (handler, failure.fault.place.clone(), message)
}

/// The format that the script is not for, if that can be told: a handler fails on each Tweet in it, and not on each in
/// the other. If handlers do not agree on one, they have to work in both.
fn foreign(trials: &[Trial]) -> Option<Format> {
    // There may be thousands of handlers, and only few of them ran.
    let ran: BTreeSet<usize> = trials
        .iter()
        .flat_map(|trial| &trial.ran)
        .copied()
        .collect();
    let is_foreign = |format: &Format| {
        ran.iter().copied().any(|handler| {
            let count = |of: &dyn Fn(&Trial) -> bool| {
                let delivered = trials
                    .iter()
                    .filter(|trial| trial.kind.is_delivered() && trial.ran.contains(&handler));
                let (mut ran, mut failed) = (0, 0);
                for trial in delivered.filter(|trial| of(trial)) {
                    ran += 1;
                    let here = trial.failed.as_ref().is_some_and(|(at, _)| *at == handler);
                    failed += usize::from(here);
                }
                (ran, failed)
            };
            let (own, own_failed) = count(&|trial| trial.format == *format);
            let (other, other_failed) = count(&|trial| trial.format != *format);
            own > 0 && own == own_failed && other > other_failed
        })
    };
    match FORMATS.each_ref().map(is_foreign) {
        [true, false] => Some(Format::Native),
        [false, true] => Some(Format::Activity),
        _ => None,
    }
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::Native => "native format",
        Format::Activity => "Activity Streams format",
    }
}

/// For people. All notes are one, because a script for one format seldom minds the other.
pub(super) fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let is_note = |finding: &&Finding| finding.severity == Severity::Note;
    for finding in findings.iter().filter(|finding| !is_note(finding)) {
        let Failure { handler, fault } = &finding.failure;
        let handler = plain::line(handler);
        let said = match finding.severity {
            Severity::Error => format!("error: the handler `{handler}` fails{fault}"),
            _ => format!(
                "warning: the handler `{handler}` fails on Tweets that only files hold{fault}"
            ),
        };
        // The hint comes last.
        let (said, hint) = match said.split_once("\nhint: ") {
            Some((said, hint)) => (said.to_owned(), format!("hint: {hint}\n")),
            None => (said, String::new()),
        };
        let _ = writeln!(text, "\n{}", plain::lines(&said));
        for (format, fails, works) in &finding.kinds {
            let _ = writeln!(text, "{}", sentence(*format, fails, works));
        }
        text += &plain::lines(&hint);
    }
    let notes: Vec<_> = findings.iter().filter(is_note).collect();
    if let Some(first) = notes.first() {
        let format = first.kinds.iter().find(|(_, fails, _)| !fails.is_empty());
        let (own, other) = match format {
            Some((Format::Native, ..)) => (Format::Activity, Format::Native),
            _ => (Format::Native, Format::Activity),
        };
        let Failure { handler, fault } = &first.failure;
        let place = match &fault.place {
            Some((file, line)) => format!(" at {file}:{line}"),
            None => String::new(),
        };
        let more = match notes.len() {
            1 => String::new(),
            many => format!("; {} more", many - 1),
        };
        let said = format!(
            "note: this script is for the {}; in the {} the handler `{handler}` fails{place}: {}{more}",
            format_name(own),
            format_name(other),
            fault.message,
        );
        let _ = writeln!(text, "\n{}", plain::line(&said));
    }
    text
}

/// Which Tweets of a format fail, and which do not.
fn sentence(format: Format, fails: &Kinds, works: &Kinds) -> String {
    let name = format_name(format);
    match () {
        () if fails.is_empty() => format!("  in the {name} it works"),
        () if works.is_empty() => format!("  in the {name} it fails on all kinds of Tweets"),
        () if works.len() < fails.len() => {
            format!("  in the {name} it works only on {}", list(works))
        }
        () if works.len() <= NAMED => format!(
            "  in the {name} it fails on {}; it works on {}",
            list(fails),
            list(works)
        ),
        () => format!(
            "  in the {name} it fails on {}; it works on {} other kinds",
            list(fails),
            works.len()
        ),
    }
}

/// `Retweets, quotes and replies`.
fn list(kinds: &Kinds) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| kind.plural()).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// A finding in JSON.
#[derive(Serialize)]
pub(super) struct JsonFinding<'a> {
    severity: Severity,
    handler: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    source: Option<&'a str>,
    message: &'a str,
    hint: Option<&'a str>,
    traceback: Vec<&'a str>,
    formats: Vec<JsonKinds>,
}

#[derive(Serialize)]
struct JsonKinds {
    format: &'static str,
    fails: Vec<&'static str>,
    works: Vec<&'static str>,
}

impl<'a> From<&'a Finding> for JsonFinding<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Failure { handler, fault } = &finding.failure;
        let fault: &Fault = fault;
        let names = |kinds: &Kinds| kinds.iter().map(|kind| kind.name()).collect();
        let formats = finding
            .kinds
            .iter()
            .map(|(format, fails, works)| JsonKinds {
                format: match format {
                    Format::Native => "native",
                    Format::Activity => "activity",
                },
                fails: names(fails),
                works: names(works),
            });
        Self {
            severity: finding.severity,
            handler,
            file: fault.place.as_ref().map(|(file, _)| file.as_str()),
            line: fault.place.as_ref().map(|(_, line)| *line),
            source: fault.code.as_deref(),
            message: &fault.message,
            hint: fault.hint.as_deref(),
            traceback: fault
                .traceback
                .iter()
                .flat_map(|calls| calls.lines())
                .collect(),
            formats: formats.collect(),
        }
    }
}
