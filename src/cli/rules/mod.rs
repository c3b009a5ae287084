//! `ouzel rules`: its commands, and what they and `check` say about a rule.

mod arguments;
pub(crate) mod estimate;
mod files;
mod lint;
pub(super) mod told;

use std::fmt::Write as _;

use serde::Serialize;

pub(super) use self::arguments::{Rules, RulesCommand, RulesEstimate, RulesLint};
use self::{estimate::estimate, lint::lint};
use crate::{
    error::Error,
    rule::{Diagnosis, Rule, Warning, draw, lint_all},
    text::plain,
};

/// Runs the command.
///
/// # Errors
/// [`Error::Rules`] if the service would refuse a rule. What is wrong with it is printed before.
pub(crate) fn rules(arguments: &Rules) -> Result<(), Error> {
    match &arguments.command {
        RulesCommand::Lint(arguments) => lint(arguments),
        RulesCommand::Estimate(arguments) => estimate(arguments),
        RulesCommand::Help(help) => help.print("rules"),
    }
}

/// The warnings about each rule, alone and compared with the others. An invalid rule is `None`.
pub(super) fn warnings(rules: &[Option<Rule>]) -> Vec<Vec<Warning>> {
    let mut found: Vec<Vec<Warning>> = rules
        .iter()
        .map(|rule| rule.as_ref().map(Rule::lint).unwrap_or_default())
        .collect();
    let (places, valid): (Vec<_>, Vec<_>) = rules
        .iter()
        .enumerate()
        .filter_map(|(place, rule)| Some((place, rule.as_ref()?)))
        .unzip();
    for (index, warning) in lint_all(&valid) {
        if let Some(place) = places.get(index) {
            found[*place].push(warning);
        }
    }
    found
}

/// A warning, as people read it.
pub(super) fn warning_text(place: &str, value: &str, warning: &Warning) -> String {
    let mut text = format!("warning: {}\n", warning.message);
    drawn(&mut text, place, value, warning.position, warning.length);
    if let Some(suggestion) = &warning.suggestion {
        let _ = writeln!(text, "hint: write `{}`", plain::line(suggestion));
    }
    text
}

/// What is wrong with a rule or its tag, as people read it.
pub(super) fn invalid_text(place: &str, what: &str, value: &str, diagnosis: &Diagnosis) -> String {
    let mut text = format!("error: the {what} is not valid\n");
    for problem in &diagnosis.problems {
        drawn(&mut text, place, value, problem.position, problem.length);
        let _ = writeln!(text, "  = {}\n    {}", problem.why, problem.fix);
    }
    if let Some(corrected) = &diagnosis.corrected {
        let _ = writeln!(text, "hint: write `{}`", plain::line(corrected));
    }
    text
}

fn drawn(text: &mut String, place: &str, value: &str, position: usize, length: usize) {
    let [rule, carets] = draw(value, position, length);
    let place = plain::line(place);
    let _ = writeln!(text, " --> {place}\n  |\n  | {rule}\n  | {carets}");
}

/// A warning in JSON.
#[derive(Serialize)]
pub(super) struct JsonWarning<'a> {
    code: &'static str,
    position: usize,
    message: &'a str,
    suggestion: Option<&'a str>,
}

impl<'a> From<&'a Warning> for JsonWarning<'a> {
    fn from(warning: &'a Warning) -> Self {
        Self {
            code: warning.topic.code(),
            position: warning.position,
            message: &warning.message,
            suggestion: warning.suggestion.as_deref(),
        }
    }
}
