//! `ouzel rules plan`: what would have to change so that the remote rules are as declared.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    RulesPlan,
    estimate::{Estimate, Most, of_journal},
    plan_file,
    plan_table::{as_json, as_lines},
    planned::{MadeFor, Places, Planned},
    service::{self, Service, owned, paused},
};
use crate::{
    cli::{
        check::declared,
        print::{caution, print, print_lines, say},
    },
    error::Error,
    powertrack::endpoint::RuleSetName,
    rule::{
        Rule,
        plan::{Declared, Owned, Plan, Remote},
    },
    settings::Settings,
};

/// How much of the journal is read for what is added: a plan is not to be waited for.
const LOOKED_AT: Most = Most {
    bytes: Some(64 << 20),
    lines: None,
    time: Some(Duration::from_secs(5)),
};

/// Plans, and prints the plan. It changes nothing.
///
/// # Errors
/// [`Error::Changes`] if something would change.
pub(super) fn plan(arguments: &RulesPlan) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let service = Service::new(&settings, &RuleSetName::default())?;
    let wanted = Wanted::of_script(&settings)?.without_paused(&settings, &service)?;
    let remote = service.list(service::BRIEFLY)?;
    let owned = owned(&settings, &service.endpoint)?;
    let mut planned = wanted.plan(&settings, &service, &remote, &owned);
    let added = estimated(&settings, &planned.plan.add);
    planned.added = added.map(|added| added.with_cap(arguments.cap));
    if let Some(file) = &arguments.out {
        plan_file::save(file, &planned)?;
    }
    show(&planned, arguments.json)?;
    if let Some(file) = &arguments.out {
        let force = match planned.plan.guard.refuses() {
            true => " --force",
            false => "",
        };
        say(&format!(
            "saved; `ouzel rules apply{force} {}` carries it out\n",
            file.display()
        ));
    }
    match planned.plan.is_noop() {
        true => Ok(()),
        false => Err(Error::Changes),
    }
}

/// What rules come to, by the journal. A plan is worth showing without it too.
fn estimated(settings: &Settings, added: &[Declared]) -> Option<Estimate> {
    if added.is_empty() {
        return None;
    }
    let rules = added
        .iter()
        .map(|rule| Rule::accept(&rule.value).ok().map(Arc::new));
    of_journal(&settings.data_dir, rules, &LOOKED_AT).unwrap_or_else(|error| {
        caution(&format!("what the new rules cost is not known: {error}\n"));
        None
    })
}

pub(super) fn show(planned: &Planned, as_json_text: bool) -> Result<(), Error> {
    match as_json_text {
        true => print(&as_json(planned)),
        false => print_lines(as_lines(planned, false)),
    }
}

/// The rules that a set should have.
pub(super) struct Wanted {
    pub(super) rules: Vec<Declared>,
    pub(super) places: Places,
    /// The tags of those that it is not to have for now.
    paused: BTreeSet<String>,
}

impl Wanted {
    /// The rules that the script declares.
    pub(super) fn of_script(settings: &Settings) -> Result<Self, Error> {
        let declared = declared(&settings.script, &settings.script_limits)?.rules;
        let place = |file: &str, line: usize| format!("{file}:{line}");
        Ok(Self {
            paused: BTreeSet::new(),
            places: declared
                .iter()
                .map(|rule| (rule.value.clone(), place(&rule.file, rule.line)))
                .collect(),
            rules: declared
                .into_iter()
                .map(|rule| Declared {
                    value: rule.value,
                    tag: rule.tag,
                })
                .collect(),
        })
    }

    /// The same, and what the breaker has paused is left out.
    pub(super) fn without_paused(
        self,
        settings: &Settings,
        service: &Service,
    ) -> Result<Self, Error> {
        let paused = paused(settings, &service.endpoint)?.into_iter();
        Ok(Self {
            paused: paused.map(|paused| paused.tag).collect(),
            ..self
        })
    }

    /// The rules of another set, which has this name.
    pub(super) fn of_set(rules: Vec<Remote>, name: &str) -> Self {
        Self {
            paused: BTreeSet::new(),
            places: rules
                .iter()
                .map(|rule| (rule.value.clone(), name.to_owned()))
                .collect(),
            rules: rules
                .into_iter()
                .map(|rule| Declared {
                    value: rule.value,
                    tag: rule.tag,
                })
                .collect(),
        }
    }

    /// What has to change.
    pub(super) fn plan(
        &self,
        settings: &Settings,
        service: &Service,
        remote: &[Remote],
        owned: &[Owned],
    ) -> Planned {
        let policy = settings.rules.policy;
        let plan = Plan::pausing(&self.rules, &self.paused, remote, owned, policy);
        let retags = plan.retag.iter().map(|retag| &retag.declared);
        let changed = plan.add.iter().chain(retags).chain(&plan.paused);
        let places = changed.filter_map(|rule| {
            let place = self.places.get(&rule.value)?;
            Some((rule.value.clone(), place.clone()))
        });
        Planned {
            endpoint: service.endpoint.clone(),
            made_for: MadeFor::of(settings),
            places: places.collect(),
            plan,
            added: None,
        }
    }
}
