//! `ouzel rules lint`: shows what the service would refuse about rules, and what it would accept without a word.

use std::path::PathBuf;

use serde::Serialize;

use super::{
    JsonWarning, RulesLint,
    files::{FileRule, read},
    invalid_text, told, warning_text, warnings,
};
use crate::{
    cli::print::print,
    error::Error,
    rule::{Invalid, Rule, Warning, unchecked, validate_tag},
    status::counted,
};

/// Checks the rules of files, and prints what it finds.
///
/// # Errors
/// [`Error::Rules`] if one of them is invalid.
pub(super) fn lint(arguments: &RulesLint) -> Result<(), Error> {
    let stdin = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() {
        &stdin
    } else {
        arguments.files.as_slice()
    };
    let mut given = Vec::new();
    for file in files {
        given.extend(read(file)?);
    }
    let mut invalid = Vec::new();
    let mut parsed = Vec::new();
    for rule in &given {
        let tag = rule.tag.as_deref().map_or(Ok(()), validate_tag);
        let (rule, wrong) = match (Rule::accept(&rule.value), tag) {
            (found, _) if rule.unchecked => (found.ok(), None),
            (Ok(rule), Ok(())) => (Some(rule), None),
            (Err(wrong), _) => (None, Some(("rule", wrong))),
            (_, Err(wrong)) => (None, Some(("tag", wrong))),
        };
        parsed.push(rule);
        invalid.push(wrong);
    }
    let mut warnings = warnings(&parsed);
    for (rule, warnings) in given.iter().zip(&mut warnings) {
        if rule.unchecked {
            warnings.extend(unchecked(&rule.value, rule.tag.as_deref()));
        }
    }
    let wrong = invalid.iter().flatten().count();
    print(&if arguments.json {
        as_json(&given, &invalid, &warnings, wrong)
    } else {
        as_text(&given, &invalid, &warnings)
    })?;
    match wrong {
        0 => Ok(()),
        wrong => Err(Error::Rules(format!(
            "{wrong} of {} not valid",
            if given.len() == 1 {
                "1 rule is".to_owned()
            } else {
                format!("{} rules are", given.len())
            }
        ))),
    }
}

type Wrong = Option<(&'static str, Invalid)>;

fn as_text(given: &[FileRule], invalid: &[Wrong], warnings: &[Vec<Warning>]) -> String {
    let mut text = String::new();
    let (mut errors, mut count) = (0, 0);
    for ((rule, wrong), warnings) in given.iter().zip(invalid).zip(warnings) {
        if let Some((what, wrong)) = wrong {
            errors += 1;
            let value = match (*what, &rule.tag) {
                ("tag", Some(tag)) => tag,
                _ => &rule.value,
            };
            if errors <= told::MOST {
                text += &invalid_text(&rule.place, what, value, &wrong.diagnose(value));
                text.push('\n');
            }
        }
        for warning in warnings {
            count += 1;
            if count <= told::MOST {
                text += &warning_text(&rule.place, &rule.value, warning);
                text.push('\n');
            }
        }
    }
    let more = [
        told::more(errors, "rules that are not valid; `--json` has all"),
        told::more(count, "warnings; `--json` has all"),
    ];
    text.extend(more.into_iter().flatten());
    let wrong = invalid.iter().flatten().count();
    text += &format!(
        "{}: {wrong} not valid, {}\n",
        counted(given.len() as u64, "rule"),
        counted(count as u64, "warning")
    );
    text
}

#[derive(Serialize)]
struct Json<'a> {
    summary: Summary,
    detail: Vec<Detail<'a>>,
    sent: String,
}

#[derive(Serialize)]
struct Summary {
    valid: usize,
    not_valid: usize,
}

#[derive(Serialize)]
struct Detail<'a> {
    rule: JsonRule<'a>,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
    warnings: Vec<JsonWarning<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    value: &'a str,
    tag: Option<&'a str>,
}

fn as_json(
    given: &[FileRule],
    invalid: &[Wrong],
    warnings: &[Vec<Warning>],
    not_valid: usize,
) -> String {
    let detail = given.iter().zip(invalid).zip(warnings);
    let detail = detail.map(|((rule, wrong), warnings)| Detail {
        rule: JsonRule {
            value: &rule.value,
            tag: rule.tag.as_deref(),
        },
        valid: wrong.is_none(),
        message: wrong.as_ref().map(|(_, wrong)| wrong.server_text()),
        suggestion: wrong
            .as_ref()
            .filter(|(what, _)| *what == "rule")
            .and_then(|(_, wrong)| wrong.diagnose(&rule.value).corrected),
        warnings: warnings.iter().map(JsonWarning::from).collect(),
    });
    let json = Json {
        summary: Summary {
            valid: given.len() - not_valid,
            not_valid,
        },
        detail: detail.collect(),
        sent: jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
            .to_string(),
    };
    let text = sonic_rs::to_string(&json).expect("text and numbers always have a JSON");
    text + "\n"
}
