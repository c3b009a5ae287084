//! How the rules on the stream are kept.

use std::{fmt, str::FromStr, time::Duration};

use serde::Deserialize;

use super::Error;
use crate::{
    rule::plan::{Policy, Prune},
    text::units::Length,
};

/// How often the rules are read back.
const CHECK_EVERY: Duration = Duration::from_secs(10 * 60);

/// The rules are not read back more often than this: the service takes 60 requests a minute, and changes need them.
const LEAST_CHECK: Duration = Duration::from_secs(1);

/// The settings in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RulesSettings {
    /// What may be deleted.
    pub policy: Policy,
    /// How often the rules are read back; `None` for never.
    pub check_every: Option<Duration>,
}

/// What flags and environment say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RulesGiven {
    /// Which rules are deleted that are not declared.
    pub prune: Option<PruneWord>,
    /// The share of rules that may be lost.
    pub max_delete_percent: Option<u8>,
    /// How often the rules are read back.
    pub check_every: Option<CheckEvery>,
}

/// The section `[rules]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RulesFile {
    prune: Option<PruneWord>,
    max_delete_percent: Option<u8>,
    check_every: Option<CheckEvery>,
}

/// `owned`, `all` or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PruneWord(pub Prune);

/// A length of time, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckEvery(pub Option<Duration>);

impl RulesSettings {
    /// Joins what is given with the file and the defaults.
    pub(super) fn join(given: RulesGiven, file: &RulesFile) -> Result<Self, Error> {
        let default = Policy::default();
        let policy = Policy {
            prune: given
                .prune
                .or(file.prune)
                .map_or(default.prune, |word| word.0),
            max_delete_percent: given
                .max_delete_percent
                .or(file.max_delete_percent)
                .unwrap_or(default.max_delete_percent),
        };
        if policy.max_delete_percent > 100 {
            return Err(Error::Value {
                name: "max_delete_percent",
                reason: format!(
                    "{} is out of range; it is a share from 0 to 100",
                    policy.max_delete_percent
                ),
            });
        }
        let check_every = given.check_every.or(file.check_every);
        let check_every = check_every.unwrap_or(CheckEvery(Some(CHECK_EVERY))).0;
        if check_every.is_some_and(|every| every < LEAST_CHECK) {
            return Err(Error::Value {
                name: "check_every",
                reason: format!("it has to be {LEAST_CHECK:?} or more, or `off`"),
            });
        }
        Ok(Self {
            policy,
            check_every,
        })
    }
}

impl fmt::Display for PruneWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl fmt::Display for CheckEvery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(every) => Length(every).fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl FromStr for PruneWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Prune::named(text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is none of `owned`, `all` and `none`"))
    }
}

impl FromStr for CheckEvery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            length => length.parse::<Length>().map(|length| Self(Some(length.0))),
        }
    }
}

impl<'de> Deserialize<'de> for PruneWord {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for CheckEvery {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
