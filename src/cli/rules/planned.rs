//! A plan, with what the command line has to know beside it.

use std::{collections::BTreeMap, path};

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use crate::{
    rule::plan::{Plan, Policy},
    settings::Settings,
};

/// Where rules are declared, by their values.
pub(super) type Places = BTreeMap<String, String>;

/// A plan for a rule set.
pub(super) struct Planned {
    /// The URL of the set's endpoint.
    pub(super) endpoint: String,
    /// Under which settings it is true.
    pub(super) made_for: MadeFor,
    pub(super) plan: Plan,
    /// Where the rules that it adds or retags are declared.
    pub(super) places: Places,
    /// What the rules that it adds come to, by the journal, if there is one and it was asked.
    pub(super) added: Option<Estimate>,
}

/// What a plan depends on beside the rules: which rules are ouzel's own, and what may be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MadeFor {
    /// The database that says which rules are ouzel's own.
    database: String,
    policy: Policy,
}

impl MadeFor {
    pub(super) fn of(settings: &Settings) -> Self {
        let database = settings.database();
        // The file may not be there yet, but its folder may be a link.
        let whole = database
            .canonicalize()
            .or_else(|_| path::absolute(&database))
            .unwrap_or(database);
        Self {
            database: whole.display().to_string(),
            policy: settings.rules.policy,
        }
    }

    /// Why a plan that was made for this does not hold under these settings; `None` if it does.
    pub(super) fn differs(&self, now: &Self) -> Option<String> {
        if self.database != now.database {
            return Some(format!(
                "it was made for the rules that `{}` knows as ouzel's own, and the settings mean `{}`",
                self.database, now.database
            ));
        }
        (self.policy != now.policy).then(|| {
            let words = |policy: &Policy| {
                let (prune, most) = (policy.prune.name(), policy.max_delete_percent);
                format!("`prune` being `{prune}` and `max_delete_percent` {most}")
            };
            let (then, now) = (words(&self.policy), words(&now.policy));
            format!("it was made with {then}, and the settings say {now}")
        })
    }
}
