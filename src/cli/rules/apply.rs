//! `ouzel rules apply`: carries out a plan, and reads the rules back.

use std::collections::HashSet;

use super::{
    RulesApply,
    carry_out::{Orders, PATIENCE, carry_out},
    plan::Wanted,
    plan_file,
    planned::MadeFor,
    service::{Service, hold, record},
};
use crate::{
    error::Error,
    powertrack::{endpoint::RuleSetName, rules::ownership::Ownership as _},
    rule::plan::{Plan, Remote, fingerprint},
    settings::Settings,
    status::{StatusLine, thousands},
};

/// Changes the remote rules as the script or a saved plan says.
///
/// # Errors
/// [`Error::Rules`] if the service refuses a rule, [`Error::Failed`] if the plan is refused or the rules are not as they
/// should be afterwards.
pub(super) fn apply(arguments: &RulesApply, line: &StatusLine) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let orders = Orders {
        force: arguments.force,
        json: arguments.json,
    };
    if plan_file::is_plan(&settings.script) {
        return apply_saved(&settings, orders, line);
    }
    let service = Service::new(&settings, &RuleSetName::default())?;
    let wanted = Wanted::of_script(&settings)?;
    let _lock = hold(&settings)?;
    let wanted = wanted.without_paused(&settings, &service)?;
    let mut record = record(&settings, &service)?;
    let remote = service.list(PATIENCE)?;
    let planned = wanted.plan(&settings, &service, &remote, &record.owned());
    carry_out(
        &service,
        &planned,
        &mut record,
        orders,
        line,
        |done, owned| wanted.plan(&settings, &service, &done.remote, owned).plan,
    )
}

fn apply_saved(settings: &Settings, orders: Orders, line: &StatusLine) -> Result<(), Error> {
    let file = &settings.script;
    let planned = plan_file::read(file)?;
    let service = Service::new(settings, &RuleSetName::default())?;
    let refused = |reason: String| {
        Err(Error::Failed(format!(
            "the plan in `{}` is not carried out: {reason}\nhint: make it again with `ouzel rules plan --out FILE`",
            file.display()
        )))
    };
    if planned.endpoint != service.endpoint {
        return refused(format!(
            "it is for {}, and the settings mean {}",
            planned.endpoint, service.endpoint
        ));
    }
    if let Some(reason) = planned.made_for.differs(&MadeFor::of(settings))
        && !orders.force
    {
        return Err(Error::Failed(format!(
            "the plan in `{}` is not carried out: {reason}\nhint: give `apply` the data folder and the settings that `plan` had, or make it again with `ouzel rules plan --out FILE`; if it is meant so, `--force` carries it out",
            file.display()
        )));
    }
    let _lock = hold(settings)?;
    let mut record = record(settings, &service)?;
    let remote = service.list(PATIENCE)?;
    if fingerprint(&remote) != planned.plan.fingerprint {
        return refused(changed(&planned.plan, &remote));
    }
    carry_out(&service, &planned, &mut record, orders, line, |done, _| {
        let mut left = done.left.clone();
        left.conflicts.clone_from(&planned.plan.conflicts);
        left
    })
}

/// How the rules have changed since the plan was made, as far as the plan tells.
fn changed(plan: &Plan, remote: &[Remote]) -> String {
    let there: HashSet<i64> = remote.iter().map(|rule| rule.id).collect();
    let retagged = plan.retag.iter().map(|retag| &retag.from);
    let named = plan.delete.iter().chain(&plan.leftover).chain(retagged);
    let gone = named.filter(|rule| !there.contains(&rule.id)).count();
    let [before, now] = [plan.remote, remote.len()].map(|count| thousands(count as u64));
    let mut reason = format!(
        "the rules on the service have changed since it was made; there were {before}, and there are {now}"
    );
    if gone > 0 {
        reason += &format!(
            "; of those that it changes, {} gone",
            match gone {
                1 => "1 is".to_owned(),
                many => format!("{} are", thousands(many as u64)),
            }
        );
    }
    reason
}
