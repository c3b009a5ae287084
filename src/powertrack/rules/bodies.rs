//! The bodies of the rules endpoint: what is in them, how they are written, and how every form that was ever recorded
//! is read.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::powertrack::error::{Error, RejectedRule, Service};
use crate::{
    rule::plan::{Declared, Remote},
    text::json,
};

/// A rule that the service has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteRule {
    /// The exact id, which never passes through a double.
    pub id: i64,
    /// The rule's text.
    pub value: String,
    /// The mark that its Tweets carry.
    pub tag: Option<String>,
}

impl From<RemoteRule> for Remote {
    fn from(RemoteRule { id, value, tag }: RemoteRule) -> Self {
        Self { id, value, tag }
    }
}

impl From<NewRule> for Declared {
    fn from(NewRule { value, tag }: NewRule) -> Self {
        Self { value, tag }
    }
}

/// A rule to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NewRule {
    /// The rule's text.
    pub value: String,
    /// The mark that its Tweets are to carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

impl From<&Declared> for NewRule {
    fn from(rule: &Declared) -> Self {
        Self {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
        }
    }
}

/// The result of adding one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    /// The rule as it was sent.
    pub value: String,
    /// The tag as it was sent, even if the stored one differs [reference 3.3].
    pub tag: Option<String>,
    /// The id of the new rule, or of the existing one. Old answers left out the existing one's.
    pub id: Option<i64>,
    /// Whether the rule is new. If not, it existed already.
    pub created: bool,
    /// Why it is not new.
    pub message: Option<String>,
}

/// What the validation says about one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validated {
    /// The rule as it was sent.
    pub value: String,
    /// The tag as it was sent.
    pub tag: Option<String>,
    /// Why the service would refuse it; `None` if it would take it.
    pub refusal: Option<String>,
}

/// The result of a deletion. The service does not list the rules that it deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// How many rules are gone now.
    pub deleted: usize,
    /// How many could not be deleted.
    pub not_deleted: usize,
    /// One entry for each rule that could not be deleted.
    pub failures: Vec<NotDeleted>,
}

/// A rule that could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotDeleted {
    /// Its id, if the service repeated it.
    pub id: Option<i64>,
    /// Why.
    pub message: String,
}

impl NotDeleted {
    /// Whether the rule did not exist to begin with.
    #[must_use]
    pub(crate) fn was_gone(&self) -> bool {
        self.message.contains("does not exist")
    }
}

#[derive(Serialize)]
struct AddBody<'a> {
    rules: &'a [NewRule],
}

#[derive(Serialize)]
struct DeleteBody<'a> {
    rule_ids: &'a [i64],
}

pub(crate) fn write_add(rules: &[NewRule]) -> Vec<u8> {
    sonic_rs::to_vec(&AddBody { rules }).expect("strings can be written as JSON")
}

pub(crate) fn write_delete(rule_ids: &[i64]) -> Vec<u8> {
    sonic_rs::to_vec(&DeleteBody { rule_ids }).expect("integers can be written as JSON")
}

/// JavaScript has been seen to round `id`, so it counts only if `id_str` is missing. A number with a fraction or an
/// exponent does not count at all [reference 3.2].
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
    Other(IgnoredAny),
}

impl Id {
    fn exact(&self) -> Option<i64> {
        match self {
            Self::Number(id) => Some(*id),
            Self::Text(text) => text.parse().ok(),
            Self::Other(IgnoredAny) => None,
        }
    }
}

#[derive(Deserialize, Default)]
struct Rule {
    value: Option<String>,
    tag: Option<String>,
    id: Option<Id>,
    id_str: Option<String>,
}

impl Rule {
    fn exact_id(&self) -> Option<i64> {
        let text = self.id_str.as_ref().and_then(|text| text.parse().ok());
        text.or_else(|| self.id.as_ref().and_then(Id::exact))
    }
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    rule: Rule,
    #[serde(default)]
    created: bool,
    message: Option<String>,
}

/// Reads one rule of the answer to a list request [reference 3.4].
pub(super) fn read_remote(rule: &[u8]) -> Result<RemoteRule, Error> {
    let rule: Rule = read(rule)?;
    let id = rule.exact_id();
    match (id, rule.value) {
        (Some(id), Some(value)) => Ok(RemoteRule {
            id,
            value,
            tag: rule.tag,
        }),
        _ => Err(wrong("a rule without value or exact id".to_owned())),
    }
}

/// Reads the answer to an addition [reference 3.3].
pub(crate) fn read_added(body: &[u8]) -> Result<Vec<Added>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        detail: Vec<Entry>,
    }

    let answer: Answer = read(body)?;
    let added = answer.detail.into_iter().map(|entry| Added {
        id: entry.rule.exact_id(),
        value: entry.rule.value.unwrap_or_default(),
        tag: entry.rule.tag,
        created: entry.created,
        message: entry.message.as_deref().and_then(words),
    });
    Ok(added.collect())
}

/// Reads the answer of the validation. Valid rules stand before the others, whatever the order of the request
/// [reference 3.8].
pub(crate) fn read_validated(body: &[u8]) -> Result<Vec<Validated>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        detail: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        #[serde(default)]
        rule: Rule,
        valid: bool,
        message: Option<String>,
    }

    let answer: Answer = read(body)?;
    let validated = answer.detail.into_iter().map(|one| {
        let message = one.message.as_deref().and_then(words);
        Validated {
            value: one.rule.value.unwrap_or_default(),
            tag: one.rule.tag,
            refusal: (!one.valid).then(|| message.unwrap_or_else(|| "no reason given".to_owned())),
        }
    });
    Ok(validated.collect())
}

/// The rules that a 422 complains about, in the form of today or of early 2016 [reference 3.3]. Empty if it complains
/// about the whole request, as it does about the contract's limit.
pub(crate) fn read_rejected(body: &[u8]) -> Vec<RejectedRule> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        detail: Vec<Entry>,
        error: Option<Old>,
    }
    #[derive(Deserialize)]
    struct Old {
        #[serde(default)]
        detail: Vec<Entry>,
    }

    let Ok(answer) = json::read::<Answer>(body) else {
        return Vec::new();
    };
    let old = answer.error.map(|error| error.detail).unwrap_or_default();
    let entries = answer.detail.into_iter().chain(old);
    entries
        .filter_map(|entry| {
            Some(RejectedRule {
                message: entry.message.as_deref().and_then(words)?,
                value: entry.rule.value.unwrap_or_default(),
            })
        })
        .collect()
}

/// Reads the answer to a deletion [reference 3.7].
pub(crate) fn read_deleted(body: &[u8]) -> Result<Deleted, Error> {
    #[derive(Deserialize)]
    struct Answer {
        summary: Summary,
        #[serde(default)]
        detail: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Summary {
        deleted: usize,
        #[serde(default)]
        not_deleted: usize,
    }

    let answer: Answer = read(body)?;
    let failures = answer.detail.into_iter().map(|entry| NotDeleted {
        id: entry.rule.exact_id(),
        message: entry.message.as_deref().and_then(words).unwrap_or_default(),
    });
    Ok(Deleted {
        deleted: answer.summary.deleted,
        not_deleted: answer.summary.not_deleted,
        failures: failures.collect(),
    })
}

fn words(message: &str) -> Option<String> {
    let trimmed = message.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Error> {
    json::read(body).map_err(|error| wrong(error.to_string()))
}

pub(super) fn wrong(reason: String) -> Error {
    Error::Answer {
        service: Service::Rules,
        reason,
    }
}

#[cfg(test)]
#[path = "bodies_tests.rs"]
mod tests;
