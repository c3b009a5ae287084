//! The rules that a plan is made of.

use serde::{Deserialize, Serialize};

/// A rule that the script declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The rule's text. It identifies the rule and is case-sensitive [reference 3.2].
    pub value: String,
    /// The service marks the rule's Tweets with it.
    pub tag: Option<String>,
}

/// A rule that the service has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// The service gives it. A rule that is deleted and added again gets another id.
    pub id: i64,
    /// The rule's text.
    pub value: String,
    /// The service marks the rule's Tweets with it.
    pub tag: Option<String>,
}

/// A rule that ouzel has added, or was about to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The rule's text.
    pub value: String,
    /// The tag that it was added with.
    pub tag: Option<String>,
    /// Missing if the answer to the request that adds the rule never came. The rule is then an intent.
    pub id: Option<i64>,
    /// Whether the rule only stands in for another one while that one's tag changes. It is never meant to stay.
    pub temporary: bool,
}

/// A declared rule that somebody else has added with another tag. ouzel leaves it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// The rule as the script declares it.
    pub declared: Declared,
    /// The rule as the service has it.
    pub remote: Remote,
}

/// A declared rule that the service has with another tag. The service cannot edit a tag, so the rule is deleted and
/// added again [reference 3.10].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retag {
    /// The rule as the script declares it.
    pub declared: Declared,
    /// The rule as the service has it.
    pub from: Remote,
    /// What matches the rule's Tweets in the meantime.
    pub cover: Cover,
}

/// What matches a rule's Tweets while its tag changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cover {
    /// The same rule in parentheses, with the new tag. The service takes it for another rule.
    Wrapped {
        /// The rule in parentheses.
        value: String,
        /// Its id, if a change that was broken off has left it there.
        id: Option<i64>,
    },
    /// Nothing: there is a gap, because the rule in parentheses would be too long or is taken.
    Nothing,
}

/// Which of the rules that are not declared a plan deletes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prune {
    /// Those that ouzel has added itself.
    #[default]
    Owned,
    /// All of them. A declared rule of somebody else gets the declared tag too.
    All,
    /// None of them.
    None,
}

impl Prune {
    /// Its name in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Owned => "owned",
            Self::All => "all",
            Self::None => "none",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Owned, Self::All, Self::None]
            .into_iter()
            .find(|prune| prune.name() == name)
    }
}

/// What plans may delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Which rules they delete.
    pub prune: Prune,
    /// A plan that loses more than this share of the remote rules is refused.
    pub max_delete_percent: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            prune: Prune::Owned,
            max_delete_percent: 30,
        }
    }
}

/// Compares tags. An empty tag equals no tag: for a rule sent without a tag, the service answers `null`.
#[must_use]
pub fn same_tag(left: Option<&str>, right: Option<&str>) -> bool {
    left.unwrap_or_default() == right.unwrap_or_default()
}
