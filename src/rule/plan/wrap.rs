//! Another text for the same rule: the service forbids two rules of one value, and parentheses make another value.

use super::rules::Declared;
use crate::{MAX_VALUE, characters};

/// The most pairs of parentheses that are tried. One is enough unless that value is taken.
pub(super) const MOST: usize = 4;

/// The rule in so many pairs of parentheses; `None` if that is longer than rules may be.
pub(super) fn wrapped(value: &str, pairs: usize) -> Option<String> {
    (characters(value) + 2 * pairs <= MAX_VALUE)
        .then(|| format!("{}{value}{}", "(".repeat(pairs), ")".repeat(pairs)))
}

impl Declared {
    /// Whether `value` is this rule in parentheses.
    #[must_use]
    pub fn is_wrapped_in(&self, value: &str) -> bool {
        (1..=MOST).any(|pairs| wrapped(&self.value, pairs).as_deref() == Some(value))
    }
}
