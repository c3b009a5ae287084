//! The rules endpoint that the settings mean, and what this machine knows about its rules.

use std::{collections::HashSet, time::Duration};

use jiff::Timestamp;

use crate::{
    cli::{folder::warn_of_open_folder, print::caution, runtime},
    error::Error,
    host::lock::{self, Lock},
    pipeline::ownership::Record,
    powertrack::{
        self, Credentials, Http,
        endpoint::RuleSetName,
        rules::{
            RulesClient,
            bodies::{NewRule, Validated},
            persist::{again, list},
        },
    },
    rule::plan::{Declared, Owned, Remote, batches},
    settings::Settings,
    store::{OwnedRule, PausedTag, ReadOnly, Store},
};

/// So long a command that changes nothing asks again: somebody waits for it at a prompt.
pub(super) const BRIEFLY: Duration = Duration::from_secs(10);

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

    /// All rules of the set, oldest first. It may fail for so long in ways that may pass.
    pub(super) fn list(&self, patience: Duration) -> Result<Vec<Remote>, Error> {
        let mut rules = runtime()?.block_on(again(patience, || list(&self.client)))?;
        rules.sort_by_key(|rule| rule.id);
        Ok(rules)
    }

    /// What the service would say to rules.
    pub(super) fn validate(&self, rules: &[Declared]) -> Result<Vec<Validated>, Error> {
        let answers = runtime()?.block_on(async {
            let mut answers = Vec::new();
            for batch in batches(rules) {
                let sent: Vec<_> = rules[batch].iter().map(NewRule::from).collect();
                answers.extend(again(BRIEFLY, || self.client.validate(&sent)).await?);
            }
            Ok::<_, powertrack::Error>(answers)
        })?;
        Ok(answers)
    }
}

/// The record of ouzel's own rules of one endpoint, in the database.
pub(super) type RulesRecord = Record<Store>;

/// Opens the record, to change it. The data folder has to be held.
pub(super) fn record(settings: &Settings, service: &Service) -> Result<RulesRecord, Error> {
    let store = Store::open(&settings.database())?;
    Ok(Record::read(service.endpoint.clone(), store)?)
}

/// The rules of an endpoint that the database knows as ouzel's. It is only read, so a run may be writing it.
pub(super) fn owned(settings: &Settings, endpoint: &str) -> Result<Vec<Owned>, Error> {
    let database = settings.database();
    if !database.exists() {
        caution(&format!(
            "there is no database `{}`, so no rule is known to be ouzel's\n",
            database.display()
        ));
        return Ok(Vec::new());
    }
    let database = ReadOnly::open(&database)?;
    let now = Timestamp::now().as_millisecond();
    let late = database.overdue_rules(endpoint)?.into_iter();
    let late = late.filter(|rule| rule.may_come(now)).map(OwnedRule::from);
    let owned = late.chain(database.owned_rules(endpoint)?).map(|rule| {
        let OwnedRule {
            value,
            tag,
            id,
            temporary,
        } = rule;
        Owned {
            value,
            tag,
            id,
            temporary,
        }
    });
    Ok(owned.collect())
}

/// The tags whose rules are paused. The database is only read, so a run may be writing it.
pub(super) fn paused(settings: &Settings, endpoint: &str) -> Result<Vec<PausedTag>, Error> {
    let database = settings.database();
    if !database.exists() {
        return Ok(Vec::new());
    }
    Ok(ReadOnly::open(&database)?.paused(endpoint)?)
}

/// Takes the data folder, which is needed to change what it says of rules.
///
/// # Errors
/// [`Error::Usage`] if another ouzel has it.
pub(super) fn hold(settings: &Settings) -> Result<Lock, Error> {
    let lock = Lock::take(&settings.data_dir).map_err(|error| match error {
        lock::Error::Held { folder, process } => Error::Usage(format!(
            "the data folder `{}` is in use by another ouzel{}\nhint: an `ouzel run` changes the rules by itself: save the script, or stop the run",
            folder.display(),
            process.map_or_else(String::new, |process| format!(", process {process}"))
        )),
        other => other.into(),
    })?;
    warn_of_open_folder(&settings.data_dir);
    Ok(lock)
}

/// Tells which rules are ouzel's.
pub(super) struct Owners<'o> {
    ids: HashSet<i64>,
    /// Rules whose id is not known, because the answer to the addition never came.
    intents: HashSet<(&'o str, &'o str)>,
}

impl<'o> Owners<'o> {
    pub(super) fn of(owned: &'o [Owned]) -> Self {
        let without_id = owned.iter().filter(|rule| rule.id.is_none());
        Self {
            ids: owned.iter().filter_map(|rule| rule.id).collect(),
            intents: without_id
                .map(|rule| (rule.value.as_str(), rule.tag.as_deref().unwrap_or_default()))
                .collect(),
        }
    }

    pub(super) fn own(&self, rule: &Remote) -> bool {
        let tag = rule.tag.as_deref().unwrap_or_default();
        self.ids.contains(&rule.id) || self.intents.contains(&(rule.value.as_str(), tag))
    }
}
