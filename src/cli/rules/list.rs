//! `ouzel rules list`: the rules that the stream has.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    RulesList,
    list_table::{Declared, Listed, as_json, as_lines},
    service::{self, Owners, Service, owned, paused},
};
use crate::{
    cli::{
        check::declared,
        print::{caution, print, print_lines},
    },
    error::Error,
    powertrack::{endpoint::RuleSetName, outage::lateness::made_at},
    rule::plan::same_tag,
    script::DeclaredRule,
    settings::Settings,
};

/// Lists the remote rules.
///
/// # Errors
/// If the service cannot be asked, or the script that was named cannot be loaded.
pub(super) fn list(arguments: &RulesList) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let set = RuleSetName {
        label: None,
        is_replay: arguments.replay,
    };
    let service = Service::new(&settings, &set)?;
    let declared = rules_of_script(&settings, arguments.names_script())?;
    let rules = service.list(service::BRIEFLY)?;
    let owned = owned(&settings, &service.endpoint)?;
    let owners = Owners::of(&owned);
    let by_value: Option<HashMap<&str, &DeclaredRule>> = declared.as_ref().map(|rules| {
        let by_value = rules.iter().map(|rule| (rule.value.as_str(), rule));
        by_value.collect()
    });
    let now = Timestamp::now();
    let listed: Vec<Listed<'_>> = rules
        .iter()
        .map(|rule| Listed {
            rule,
            created: created(rule.id, now),
            is_own: owners.own(rule),
            declared: by_value
                .as_ref()
                .map(|declared| match declared.get(rule.value.as_str()) {
                    None => Declared::No,
                    Some(one) if same_tag(one.tag.as_deref(), rule.tag.as_deref()) => Declared::Yes,
                    Some(one) => Declared::OtherTag(one.tag.as_deref()),
                }),
        })
        .collect();
    let paused = match arguments.replay {
        // The breaker knows the stream's rules only.
        true => Vec::new(),
        false => paused(&settings, &service.endpoint)?,
    };
    if arguments.json {
        print(&as_json(&service.endpoint, &listed, &paused, now))
    } else {
        print_lines(as_lines(&listed, &paused, now))
    }
}

/// The rules that the script declares; `None` if that cannot be known. A script that nobody named need not be there.
fn rules_of_script(
    settings: &Settings,
    is_named: bool,
) -> Result<Option<Vec<DeclaredRule>>, Error> {
    match declared(&settings.script, &settings.script_limits) {
        Ok(declared) => Ok(Some(declared.rules)),
        Err(error) if is_named => Err(error),
        Err(error) => {
            let error = error.to_string();
            let first = error.lines().next().unwrap_or_default();
            caution(&format!("which rules are declared is not known: {first}\n"));
            Ok(None)
        }
    }
}

/// When a rule was added, by its id [reference 3.2]. An id that gives a time before the first such ids were given, or a
/// time that is to come, says nothing: a proxy may have ids of its own.
fn created(id: i64, now: Timestamp) -> Option<Timestamp> {
    /// PowerTrack 2.0 is from 2016.
    const FIRST: i64 = 1_420_070_400_000;
    /// The clocks of two machines differ.
    const AHEAD: i64 = 600_000;
    let made = made_at(u64::try_from(id).ok()?)?;
    let likely = FIRST..=now.as_millisecond().saturating_add(AHEAD);
    likely.contains(&made.as_millisecond()).then_some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_the_rule_was_added() {
        let now: Timestamp = "2026-11-27T00:00:00Z".parse().expect("a time");
        let text = |id| created(id, now).map(|time| time.to_string());
        // The recorded ids of the reference.
        assert_eq!(
            text(961_664_522_481_119_232).as_deref(),
            Some("2018-02-08T18:14:23.679Z")
        );
        assert_eq!(
            text(734_938_587_381_145_604).as_deref(),
            Some("2016-05-24T02:46:28.387Z")
        );
        for odd in [0, 1, -1, i64::MIN, i64::MAX, 4_000_000_000_000_000_000] {
            assert_eq!(text(odd), None, "{odd}");
        }
    }
}
