//! `ouzel rules adopt`: rules that others have added become ouzel's own.

use serde::Serialize;

use super::{
    RulesAdopt,
    carry_out::PATIENCE,
    list_table::shown_tag,
    plan::Wanted,
    service::{Service, hold, record},
};
use crate::{
    cli::{
        columns,
        print::{Paint, print, print_lines},
        runtime,
    },
    error::Error,
    powertrack::{self, endpoint::RuleSetName, rules::ownership::Ownership as _},
    rule::plan::{Owned, Plan, Policy, Prune, Remote},
    settings::Settings,
    status::counted,
    text::plain,
};

/// What happens to an adopted rule next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Next {
    Stays,
    /// The script declares it with another tag.
    Retagged,
    /// The script does not declare it.
    Deleted,
}

/// Remembers remote rules as ouzel's own.
///
/// # Errors
/// If the service cannot be asked, or another ouzel has the data folder.
pub(super) fn adopt(arguments: &RulesAdopt) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let service = Service::new(&settings, &RuleSetName::default())?;
    let wanted = Wanted::of_script(&settings)?;
    let _lock = hold(&settings)?;
    let remote = service.list(PATIENCE)?;
    let mut record = record(&settings, &service)?;
    // Whose a rule is does not depend on what may be deleted.
    let plan = Plan::new(&wanted.rules, &remote, &record.owned(), Policy::default());
    let adopted = adoptable(&plan, arguments.all, settings.rules.policy.prune);
    let own: Vec<_> = adopted
        .iter()
        .map(|(rule, _)| Owned {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
            id: Some(rule.id),
            temporary: false,
        })
        .collect();
    runtime()?
        .block_on(record.remember(&own))
        .map_err(powertrack::Error::Ownership)?;
    match arguments.json {
        true => print(&as_json(&adopted)),
        false => print_lines(as_lines(&adopted)),
    }
}

fn adoptable(plan: &Plan, all: bool, prune: Prune) -> Vec<(&Remote, Next)> {
    let same = plan.adoptable.iter().map(|rule| (rule, Next::Stays));
    let conflicts = plan.conflicts.iter();
    let retagged = conflicts.map(|conflict| (&conflict.remote, Next::Retagged));
    let undeclared = match prune {
        Prune::None => Next::Stays,
        Prune::Owned | Prune::All => Next::Deleted,
    };
    let foreign = plan.foreign.iter().map(|rule| (rule, undeclared));
    same.chain(retagged)
        .chain(foreign.filter(|_| all))
        .collect()
}

fn as_lines(adopted: &[(&Remote, Next)]) -> Vec<(Paint, String)> {
    let rows: Vec<_> = adopted
        .iter()
        .map(|(rule, _)| {
            [
                rule.id.to_string(),
                shown_tag(rule.tag.as_deref()),
                plain::line(&rule.value).into_owned(),
            ]
        })
        .collect();
    let mut lines = columns::lines(&rows, &[]);
    lines.push(match adopted.len() {
        0 => "nothing to adopt".to_owned(),
        1 => "1 rule is ouzel's own now".to_owned(),
        many => format!("{} are ouzel's own now", counted(many as u64, "rule")),
    });
    let count = |next| adopted.iter().filter(|(_, one)| *one == next).count() as u64;
    for (next, words) in [
        (
            Next::Retagged,
            "next apply or run gives the declared tag to",
        ),
        (
            Next::Deleted,
            "next apply or run deletes what the script does not declare, which are",
        ),
    ] {
        if count(next) > 0 {
            lines.push(format!(
                "note: the {words} {}",
                counted(count(next), "rule")
            ));
        }
    }
    lines.into_iter().map(|line| (Paint::Plain, line)).collect()
}

#[derive(Serialize)]
struct Json<'a> {
    adopted: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    id: i64,
    id_str: String,
    value: &'a str,
    tag: Option<&'a str>,
    /// What the next apply or run makes of it.
    next: Next,
}

fn as_json(adopted: &[(&Remote, Next)]) -> String {
    let adopted = adopted.iter().map(|(rule, next)| JsonRule {
        id: rule.id,
        id_str: rule.id.to_string(),
        value: &rule.value,
        tag: rule.tag.as_deref(),
        next: *next,
    });
    let json = Json {
        adopted: adopted.collect(),
    };
    sonic_rs::to_string(&json).expect("text and numbers always have a JSON") + "\n"
}
