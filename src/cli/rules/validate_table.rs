//! What `ouzel rules validate` prints: one line a rule.

use serde::Serialize;

use super::{
    JsonWarning,
    checked::{Answer, Checked, Verdict},
    list_table::shown_tag,
    one_line,
};
use crate::{
    cli::{columns, print::Paint},
    status::{counted, thousands},
    text::plain,
};

/// How many characters of a rule a column has. JSON has the whole.
const SHOWN_RULE: usize = 60;

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Warning => "warning",
            Self::Refused => "refused",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        }
    }

    fn paint(self) -> Paint {
        match self {
            Self::Valid => Paint::Plain,
            Self::Warning | Self::Differs | Self::Unknown => Paint::Yellow,
            Self::Refused => Paint::Red,
        }
    }
}

pub(super) fn as_lines(checked: &[Checked]) -> Vec<(Paint, String)> {
    let rows: Vec<_> = checked
        .iter()
        .map(|one| {
            [
                one.verdict().name().to_owned(),
                plain::line(&one.rule.place).into_owned(),
                shown_tag(one.rule.tag.as_deref()),
                shown_rule(&one.rule.value),
                plain::line(&reason(one)).into_owned(),
            ]
        })
        .collect();
    let lines = columns::lines(&rows, &[]);
    let mut painted: Vec<_> = checked
        .iter()
        .zip(lines)
        .map(|(one, line)| (one.verdict().paint(), line))
        .collect();
    painted.push((Paint::Plain, totals(checked)));
    if count(checked, Verdict::Differs) > 0 {
        let hint = "hint: where the two differ, the service is right; report the rule, so that ouzel learns it";
        painted.push((Paint::Plain, hint.to_owned()));
    }
    painted
}

/// A rule in a column.
fn shown_rule(value: &str) -> String {
    let line = plain::line(value);
    if line.chars().count() <= SHOWN_RULE {
        return line.into_owned();
    }
    let start: String = line.chars().take(SHOWN_RULE - 1).collect();
    start + "…"
}

/// Why the verdict is so, on one line.
fn reason(checked: &Checked) -> String {
    let doubt = checked.doubt().map(|doubt| doubt.message.as_str());
    let suggestion = checked.suggestion.as_ref();
    let suggestion = suggestion.map_or_else(String::new, |rule| format!("; write `{rule}`"));
    match (&checked.answer, &checked.expected) {
        (Answer::Nothing, _) => "the service said nothing about it".to_owned(),
        (Answer::Takes, Some(expected)) => format!(
            "the service takes it, and ouzel would refuse it: {}",
            checked.why.clone().unwrap_or_else(|| one_line(expected))
        ),
        (Answer::Refuses(words), Some(expected)) if one_line(words) == one_line(expected) => {
            one_line(words) + &suggestion
        }
        (Answer::Refuses(words), Some(expected)) => format!(
            "{}{suggestion}; ouzel expected: {}",
            one_line(words),
            one_line(expected)
        ),
        (Answer::Refuses(words), None) => match doubt {
            Some(doubt) => format!("{}; ouzel was in doubt: {doubt}", one_line(words)),
            None => format!(
                "the service refuses it, and ouzel would take it: {}",
                one_line(words)
            ),
        },
        (Answer::Takes, None) => match &checked.warnings[..] {
            [] => String::new(),
            [one] => one.message.clone(),
            [one, others @ ..] => format!("{}; and {} more", one.message, others.len()),
        },
    }
}

fn count(checked: &[Checked], verdict: Verdict) -> usize {
    let verdicts = checked.iter().map(Checked::verdict);
    verdicts.filter(|one| *one == verdict).count()
}

fn totals(checked: &[Checked]) -> String {
    let mut text = format!(
        "{}: {} valid",
        counted(checked.len() as u64, "rule"),
        thousands(count(checked, Verdict::Valid) as u64)
    );
    for (verdict, words) in [
        (Verdict::Warning, "valid with a warning"),
        (Verdict::Refused, "refused"),
        (
            Verdict::Differs,
            "on which the service and ouzel do not agree",
        ),
        (Verdict::Unknown, "unknown"),
    ] {
        let number = count(checked, verdict);
        if number > 0 {
            text += &format!(", {} {words}", thousands(number as u64));
        }
    }
    text
}

#[derive(Serialize)]
struct Json<'a> {
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    verdict: &'static str,
    value: &'a str,
    tag: Option<&'a str>,
    place: &'a str,
    service: Option<JsonAnswer<'a>>,
    ouzel: JsonAnswer<'a>,
    suggestion: Option<&'a str>,
    warnings: Vec<JsonWarning<'a>>,
}

#[derive(Serialize)]
struct JsonAnswer<'a> {
    valid: bool,
    message: Option<&'a str>,
}

pub(super) fn as_json(checked: &[Checked]) -> String {
    let rules = checked.iter().map(|one| JsonRule {
        verdict: one.verdict().name(),
        value: &one.rule.value,
        tag: one.rule.tag.as_deref(),
        place: &one.rule.place,
        service: match &one.answer {
            Answer::Nothing => None,
            Answer::Takes => Some(answer(None)),
            Answer::Refuses(words) => Some(answer(Some(words))),
        },
        ouzel: answer(one.expected.as_deref()),
        suggestion: one.suggestion.as_deref(),
        warnings: one.warnings.iter().map(JsonWarning::from).collect(),
    });
    let json = Json {
        rules: rules.collect(),
    };
    sonic_rs::to_string(&json).expect("text and numbers always have a JSON") + "\n"
}

fn answer(message: Option<&str>) -> JsonAnswer<'_> {
    JsonAnswer {
        valid: message.is_none(),
        message,
    }
}
