//! Rules that are sent whatever is known against them.

use super::super::lexer::utf16_len;
use super::super::{Invalid, Rule, validate_tag};
use super::{Topic, Warning};

/// What to say about a rule that is sent although the service may refuse it.
#[must_use]
pub fn doubts(value: &str, tag: Option<&str>, is_unchecked: bool) -> Vec<Warning> {
    let mut warnings = Rule::accept(value).map_or_else(|_| Vec::new(), |rule| rule.lint());
    warnings.retain(|warning| warning.topic == Topic::Doubtful);
    if is_unchecked {
        warnings.extend(unchecked(value, tag));
    }
    warnings
}

/// What to say about a rule that is sent unchecked: all that would have kept it back, or that nothing would have.
#[must_use]
pub fn unchecked(value: &str, tag: Option<&str>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Err(invalid) = Rule::accept(value) {
        refused(&mut warnings, value, &invalid);
    }
    if let Some(Err(invalid)) = tag.map(validate_tag) {
        let why = invalid.to_string();
        warnings.push(warning(
            1,
            utf16_len(value),
            format!("its tag would be refused: {why}"),
        ));
    }
    if warnings.is_empty() && Rule::parse(value).is_ok() {
        let why = "nothing is known against it, so `unchecked` can go".to_owned();
        warnings.push(warning(1, utf16_len(value), why));
    }
    warnings
}

fn refused(warnings: &mut Vec<Warning>, value: &str, invalid: &Invalid) {
    let diagnosis = invalid.diagnose(value);
    for problem in diagnosis.problems {
        warnings.push(Warning {
            suggestion: diagnosis.corrected.clone(),
            ..warning(problem.position, problem.length, problem.why)
        });
    }
}

fn warning(position: usize, length: usize, why: String) -> Warning {
    Warning {
        topic: Topic::Unchecked,
        position,
        length,
        message: format!("this rule is sent unchecked: {why}"),
        suggestion: None,
    }
}
