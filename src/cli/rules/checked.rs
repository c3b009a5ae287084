//! A rule, with what the service and ouzel say to it.

use super::files::FileRule;
use crate::rule::{Topic, Warning};

/// One rule, and what both say to it.
pub(super) struct Checked {
    pub(super) rule: FileRule,
    /// Why ouzel would refuse it, in the words that it expects of the service.
    pub(super) expected: Option<String>,
    /// The same in ouzel's own words.
    pub(super) why: Option<String>,
    /// A rule that is meant and valid, if ouzel would refuse this one and knows what was meant.
    pub(super) suggestion: Option<String>,
    pub(super) warnings: Vec<Warning>,
    pub(super) answer: Answer,
}

/// What the service says to a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Takes,
    Refuses(String),
    /// The rule is not in the answer.
    Nothing,
}

/// What follows from the two together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    /// Valid, and hardly meant so.
    Warning,
    Refused,
    /// One would refuse it and the other would not.
    Differs,
    Unknown,
}

impl Checked {
    pub(super) fn verdict(&self) -> Verdict {
        match (&self.answer, &self.expected) {
            (Answer::Nothing, _) => Verdict::Unknown,
            (Answer::Takes, Some(_)) => Verdict::Differs,
            (Answer::Refuses(_), None) if self.doubt().is_none() => Verdict::Differs,
            (Answer::Refuses(_), _) => Verdict::Refused,
            (Answer::Takes, None) if self.warnings.is_empty() => Verdict::Valid,
            (Answer::Takes, None) => Verdict::Warning,
        }
    }

    /// What ouzel did not know about the rule.
    pub(super) fn doubt(&self) -> Option<&Warning> {
        let mut warnings = self.warnings.iter();
        warnings.find(|warning| warning.topic == Topic::Doubtful)
    }
}
