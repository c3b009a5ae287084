//! Plans in the words of the record of owned rules.

use super::ownership::Retagging;
use crate::rule::plan::{Cover, Declared, Owned, Remote, Retag};

/// A rule that is about to be added.
pub(super) fn intent(rule: &Declared, temporary: bool) -> Owned {
    Owned {
        value: rule.value.clone(),
        tag: rule.tag.clone(),
        id: None,
        temporary,
    }
}

/// A rule that was added.
pub(super) fn owned(rule: &Remote, temporary: bool) -> Owned {
    Owned {
        value: rule.value.clone(),
        tag: rule.tag.clone(),
        id: Some(rule.id),
        temporary,
    }
}

/// A change of a tag that is about to begin.
pub(super) fn retagging(retag: &Retag, newest: i64) -> Retagging {
    let (wrapped, wrapped_id) = match &retag.cover {
        Cover::Wrapped { value, id } => (Some(value.clone()), *id),
        Cover::Nothing => (None, None),
    };
    Retagging {
        value: retag.declared.value.clone(),
        tag: retag.declared.tag.clone(),
        old: retag.from.id,
        wrapped,
        wrapped_id,
        newest,
    }
}

/// The rule in parentheses, empty if there is none.
pub(super) fn wrapped(retag: &Retag) -> &str {
    match &retag.cover {
        Cover::Wrapped { value, .. } => value,
        Cover::Nothing => "",
    }
}

/// The values of rules, by which they are remembered.
pub(super) fn values(rules: &[Declared]) -> Vec<String> {
    rules.iter().map(|rule| rule.value.clone()).collect()
}
