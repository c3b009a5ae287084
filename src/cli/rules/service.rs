//! The rules endpoint that the settings mean, and what this machine knows about its rules.

use std::collections::HashSet;

use crate::{
    cli::{print::say, runtime},
    error::Error,
    powertrack::{
        self, Credentials, Http,
        endpoint::RuleSetName,
        rules::{
            Rules as _, RulesClient, batches,
            bodies::{NewRule, RemoteRule, Validated},
        },
    },
    settings::Settings,
    store::{OwnedRule, ReadOnly},
};

/// A rule set at the service.
pub(super) struct Service {
    pub(super) client: RulesClient,
    /// The URL of its endpoint, by which the database knows its rules.
    pub(super) endpoint: String,
}

impl Service {
    pub(super) fn new(settings: &Settings, set: &RuleSetName) -> Result<Self, Error> {
        let uri = set.url(&settings.addresses())?;
        let (username, password) = settings.credentials()?;
        let credentials = Credentials { username, password };
        let http = Http::new(&credentials, settings.ca_file.as_deref())?;
        Ok(Self {
            endpoint: uri.to_string(),
            client: RulesClient::new(http, uri)?,
        })
    }

    /// All rules of the set, oldest first.
    pub(super) fn list(&self) -> Result<Vec<RemoteRule>, Error> {
        let mut rules = runtime()?.block_on(self.client.list())?;
        rules.sort_by_key(|rule| rule.id);
        Ok(rules)
    }

    /// What the service would say to rules.
    pub(super) fn validate(&self, rules: &[NewRule]) -> Result<Vec<Validated>, Error> {
        let answers = runtime()?.block_on(async {
            let mut answers = Vec::new();
            for batch in batches(rules) {
                answers.extend(self.client.validate(&rules[batch]).await?);
            }
            Ok::<_, powertrack::Error>(answers)
        })?;
        Ok(answers)
    }
}

/// The rules of an endpoint that the database knows as ouzel's. It is only read, so a run may be writing it.
pub(super) fn owned(settings: &Settings, endpoint: &str) -> Result<Vec<OwnedRule>, Error> {
    let database = settings.database();
    if !database.exists() {
        say(&format!(
            "there is no database `{}`, so no rule is known to be ouzel's\n",
            database.display()
        ));
        return Ok(Vec::new());
    }
    Ok(ReadOnly::open(&database)?.owned_rules(endpoint)?)
}

/// Tells which rules are ouzel's.
pub(super) struct Owners<'o> {
    ids: HashSet<i64>,
    /// Values whose id is not known, because the answer to the addition never came.
    values: HashSet<&'o str>,
}

impl<'o> Owners<'o> {
    pub(super) fn of(owned: &'o [OwnedRule]) -> Self {
        let without_id = owned.iter().filter(|rule| rule.id.is_none());
        Self {
            ids: owned.iter().filter_map(|rule| rule.id).collect(),
            values: without_id.map(|rule| rule.value.as_str()).collect(),
        }
    }

    pub(super) fn own(&self, rule: &RemoteRule) -> bool {
        self.ids.contains(&rule.id) || self.values.contains(rule.value.as_str())
    }
}
