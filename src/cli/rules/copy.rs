//! `ouzel rules copy`: the rules of one set become those of another.

use super::{
    RulesCopy,
    carry_out::{Orders, PATIENCE, carry_out},
    plan::{Wanted, show},
    service::{self, Service, hold, owned, record},
};
use crate::{
    error::Error, powertrack::rules::ownership::Ownership as _, settings::Settings,
    status::StatusLine,
};

/// Plans and applies with the rules of one set in place of those of a script.
///
/// # Errors
/// As for `apply`; [`Error::Usage`] if both are the same set.
pub(super) fn copy(arguments: &RulesCopy, line: &StatusLine) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let from = Service::new(&settings, &arguments.from)?;
    let to = Service::new(&settings, &arguments.to)?;
    if from.endpoint == to.endpoint {
        return Err(Error::Usage(format!(
            "`--from` and `--to` are the same rules, {}",
            to.endpoint
        )));
    }
    let patience = match arguments.plan {
        true => service::BRIEFLY,
        false => PATIENCE,
    };
    let wanted = Wanted::of_set(from.list(patience)?, &arguments.from.to_string());
    if arguments.plan {
        let owned = owned(&settings, &to.endpoint)?;
        let planned = wanted.plan(&settings, &to, &to.list(patience)?, &owned);
        show(&planned, arguments.json)?;
        return match planned.plan.is_noop() {
            true => Ok(()),
            false => Err(Error::Changes),
        };
    }
    let orders = Orders {
        force: arguments.force,
        json: arguments.json,
    };
    let _lock = hold(&settings)?;
    let mut record = record(&settings, &to)?;
    let planned = wanted.plan(&settings, &to, &to.list(patience)?, &record.owned());
    carry_out(&to, &planned, &mut record, orders, line, |done, owned| {
        wanted.plan(&settings, &to, &done.remote, owned).plan
    })
}
