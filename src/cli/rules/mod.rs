//! `ouzel rules`: its commands, for the rules that the service has and for rules that it has not seen yet; and what they and
//! `check` say about a rule.

mod adopt;
mod apply;
mod arguments;
mod carry_out;
mod checked;
mod copy;
pub(crate) mod estimate;
mod files;
mod lint;
mod list;
mod list_table;
mod plan;
mod plan_file;
mod plan_table;
mod planned;
mod resume;
mod service;
pub(super) mod told;
mod validate;
mod validate_table;

use std::fmt::Write as _;

use serde::Serialize;

pub(super) use self::arguments::{
    Rules, RulesAdopt, RulesApply, RulesCommand, RulesCopy, RulesEstimate, RulesLint, RulesList,
    RulesPlan, RulesResume, RulesValidate,
};
use self::{
    adopt::adopt, apply::apply, copy::copy, estimate::estimate, lint::lint, list::list, plan::plan,
    resume::resume, validate::validate,
};
use crate::{
    error::Error,
    rule::{Diagnosis, Rule, Warning, draw, lint_all},
    status::StatusLine,
    text::plain,
};

/// Runs the command. The progress of a change is shown on `line`.
///
/// # Errors
/// [`Error::Rules`] if the service would refuse a rule, or has refused one. What is wrong with it is printed before.
pub(crate) fn rules(arguments: &Rules, line: &StatusLine) -> Result<(), Error> {
    match &arguments.command {
        RulesCommand::Plan(arguments) => plan(arguments),
        RulesCommand::Apply(arguments) => apply(arguments, line),
        RulesCommand::Copy(arguments) => copy(arguments, line),
        RulesCommand::Adopt(arguments) => adopt(arguments),
        RulesCommand::Resume(arguments) => resume(arguments),
        RulesCommand::List(arguments) => list(arguments),
        RulesCommand::Validate(arguments) => validate(arguments),
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

/// The messages of the service about a rule, which stand on lines of their own, on one line.
fn one_line(words: &str) -> String {
    let lines = words.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("; ")
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
