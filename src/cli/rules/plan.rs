//! `ouzel rules plan`: what would have to change so that the remote rules are as declared.

use super::{
    RulesPlan, plan_file,
    plan_table::{as_json, as_lines},
    planned::{Places, Planned},
    service::{Service, owned},
};
use crate::{
    cli::{
        check::declared,
        print::{print, print_lines, say},
    },
    error::Error,
    powertrack::endpoint::RuleSetName,
    rule::plan::{Declared, Owned, Plan, Remote},
    settings::Settings,
};

/// Plans, and prints the plan. It changes nothing.
///
/// # Errors
/// [`Error::Changes`] if something would change.
pub(super) fn plan(arguments: &RulesPlan) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let service = Service::new(&settings, &RuleSetName::default())?;
    let wanted = Wanted::of_script(&settings)?;
    let remote = service.list()?;
    let owned = owned(&settings, &service.endpoint)?;
    let planned = wanted.plan(&settings, &service, &remote, &owned);
    if let Some(file) = &arguments.out {
        plan_file::save(file, &planned)?;
    }
    show(&planned, arguments.json)?;
    if let Some(file) = &arguments.out {
        say(&format!(
            "saved; `ouzel rules apply {}` carries it out\n",
            file.display()
        ));
    }
    match planned.plan.is_noop() {
        true => Ok(()),
        false => Err(Error::Changes),
    }
}

pub(super) fn show(planned: &Planned, as_json_text: bool) -> Result<(), Error> {
    match as_json_text {
        true => print(&as_json(planned)),
        false => print_lines(as_lines(planned)),
    }
}

/// The rules that a set should have.
pub(super) struct Wanted {
    pub(super) rules: Vec<Declared>,
    pub(super) places: Places,
}

impl Wanted {
    /// The rules that the script declares.
    pub(super) fn of_script(settings: &Settings) -> Result<Self, Error> {
        let declared = declared(&settings.script, &settings.script_limits)?.rules;
        let place = |file: &str, line: usize| format!("{file}:{line}");
        Ok(Self {
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

    /// The rules of another set, which has this name.
    pub(super) fn of_set(rules: Vec<Remote>, name: &str) -> Self {
        Self {
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
        let plan = Plan::new(&self.rules, remote, owned, settings.rules.policy);
        let retags = plan.retag.iter().map(|retag| &retag.declared);
        let changed = plan.add.iter().chain(retags);
        let places = changed.filter_map(|rule| {
            let place = self.places.get(&rule.value)?;
            Some((rule.value.clone(), place.clone()))
        });
        Planned {
            endpoint: service.endpoint.clone(),
            places: places.collect(),
            plan,
        }
    }
}
