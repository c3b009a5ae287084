//! Warns about rules that are sent without checks.

use super::super::lexer::utf16_len;
use super::super::{Rule, validate_tag};
use super::{Topic, Warning};

/// The warnings about a rule that is sent although the service may refuse it.
#[must_use]
pub fn doubts(value: &str, tag: Option<&str>, is_unchecked: bool) -> Vec<Warning> {
    let mut warnings = Rule::accept(value).map_or_else(|_| Vec::new(), |rule| rule.lint());
    warnings.retain(|warning| warning.topic == Topic::Doubtful);
    if is_unchecked {
        warnings.extend(unchecked(value, tag));
    }
    warnings
}

/// The warnings about a rule that is sent unchecked: every reason to refuse it, or that there is no reason.
#[must_use]
pub fn unchecked(value: &str, tag: Option<&str>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Err(invalid) = Rule::accept(value) {
        let diagnosis = invalid.diagnose(value);
        warnings.extend(diagnosis.problems.into_iter().map(|problem| Warning {
            suggestion: diagnosis.corrected.clone(),
            ..warning(problem.position, problem.length, problem.why)
        }));
    }
    if let Some(Err(invalid)) = tag.map(validate_tag) {
        let why = format!("its tag would be refused: {invalid}");
        warnings.push(warning(1, utf16_len(value), why));
    }
    if warnings.is_empty() && Rule::parse(value).is_ok() {
        let why = "nothing is known against it, so `unchecked` can go".to_owned();
        warnings.push(warning(1, utf16_len(value), why));
    }
    warnings
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
