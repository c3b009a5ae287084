//! Refuses plans that lose more than anybody can have meant.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::rules::{Declared, Policy, Remote};

/// A plan that loses no more rules than this is never refused for their share: of three rules, one is a third.
pub const ALWAYS: usize = 5;

/// What the guard says of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// The plan can be carried out.
    Fine,
    /// It would lose too many rules. It needs to be forced.
    TooMany {
        /// How many rules would go without another one of the same tag in their place.
        lost: usize,
        /// How many rules the service has.
        remote: usize,
        /// How many percent may be lost.
        most: u8,
    },
    /// No rules are declared, and rules would be deleted. It needs to be forced.
    NothingDeclared {
        /// How many.
        lost: usize,
    },
}

impl Verdict {
    /// Whether the plan is refused unless it is forced.
    #[must_use]
    pub fn refuses(self) -> bool {
        self != Self::Fine
    }

    /// Why the plan is refused, for people; `None` if it is not.
    #[must_use]
    pub fn reason(self) -> Option<String> {
        let rules = |count: usize| match count {
            1 => "1 rule".to_owned(),
            many => format!("{many} rules"),
        };
        match self {
            Self::Fine => None,
            Self::TooMany { lost, remote, most } => Some(format!(
                "it would delete {} of {remote} without another in their place, and `max_delete_percent` is {most}",
                rules(lost)
            )),
            Self::NothingDeclared { lost } => Some(format!(
                "no rules are declared, and it would delete {}",
                rules(lost)
            )),
        }
    }
}

/// Judges a plan that deletes and adds these rules.
///
/// A deletion does not count if a rule with the same tag is added: that is how a changed rule looks. Rules without a tag
/// all count, since nothing says which one takes the place of which.
pub(super) fn judge(
    delete: &[Remote],
    add: &[Declared],
    remote: usize,
    is_empty: bool,
    policy: Policy,
) -> Verdict {
    if delete.is_empty() {
        return Verdict::Fine;
    }
    if is_empty {
        return Verdict::NothingDeclared { lost: delete.len() };
    }
    let mut places: HashMap<&str, usize> = HashMap::new();
    for tag in add.iter().filter_map(|rule| rule.tag.as_deref()) {
        *places.entry(tag).or_default() += 1;
    }
    let lost = delete.iter().filter(|rule| {
        let place = rule.tag.as_deref().and_then(|tag| places.get_mut(tag));
        match place {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    });
    let lost = lost.count();
    let most = policy.max_delete_percent;
    if lost > ALWAYS && lost * 100 > remote * usize::from(most) {
        Verdict::TooMany { lost, remote, most }
    } else {
        Verdict::Fine
    }
}
