//! `ouzel rules validate`: what the service says to rules, beside what ouzel says.

use std::{collections::HashMap, rc::Rc};

use super::{
    RulesValidate,
    checked::{Answer, Checked},
    files::{FileRule, read},
    service::Service,
    validate_table::{as_json, as_lines},
    warnings,
};
use crate::{
    cli::print::{print, print_lines},
    error::Error,
    powertrack::{endpoint::RuleSetName, rules::bodies::Validated},
    rule::{Rule, plan::Declared, validate_tag},
    script::Generation,
    settings::Settings,
    status::thousands,
    store::Store,
    worker::tables::Tables,
};

/// Asks the service about the rules, and prints what it says beside what ouzel says.
///
/// # Errors
/// [`Error::Rules`] if the service would refuse one, [`Error::Failed`] if it does not say something about each.
pub(super) fn validate(arguments: &RulesValidate) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let service = Service::new(&settings, &RuleSetName::default())?;
    let rules = match &arguments.rules {
        Some(file) => read(file)?,
        None => rules_of_script(&settings)?,
    };
    let checked = check(rules, &service)?;
    if arguments.json {
        print(&as_json(&checked))?;
    } else {
        print_lines(as_lines(&checked))?;
    }
    let all = checked.len();
    let of = |what: fn(&Answer) -> bool| checked.iter().filter(|one| what(&one.answer)).count();
    let refused = of(|answer| matches!(answer, Answer::Refuses(_)));
    let unanswered = of(|answer| *answer == Answer::Nothing);
    let of_all = |number: usize| match all {
        1 => "the rule".to_owned(),
        all => format!(
            "{} of {} rules",
            thousands(number as u64),
            thousands(all as u64)
        ),
    };
    match (refused, unanswered) {
        (0, 0) => Ok(()),
        (0, missing) => Err(Error::Failed(format!(
            "the service said nothing about {}\nhint: check `rules_url` and any proxy on the way",
            of_all(missing)
        ))),
        (refused, _) => Err(Error::Rules(format!(
            "the service would refuse {}",
            of_all(refused)
        ))),
    }
}

/// The rules that the script declares, also those that would keep it from loading in a run.
fn rules_of_script(settings: &Settings) -> Result<Vec<FileRule>, Error> {
    let store = Rc::new(Store::in_memory()?);
    let tables = Rc::new(Tables::over(&store));
    let limits = &settings.script_limits;
    let generation = Generation::load_with_any_rules(&settings.script, tables, limits)?;
    let rules = generation.declared().rules.iter().map(|rule| FileRule {
        value: rule.value.clone(),
        tag: rule.tag.clone(),
        unchecked: rule.unchecked,
        place: format!("{}:{}", rule.file, rule.line),
    });
    Ok(rules.collect())
}

fn check(rules: Vec<FileRule>, service: &Service) -> Result<Vec<Checked>, Error> {
    let sent: Vec<_> = rules
        .iter()
        .map(|rule| Declared {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
        })
        .collect();
    // Without a rule there is nothing to ask, and an empty request proves nothing.
    let answers = service.validate(&sent)?;
    let answers = Answers::of(&answers);
    let parsed: Vec<_> = rules
        .iter()
        .map(|rule| Rule::accept(&rule.value).ok())
        .collect();
    let warnings = warnings(&parsed);
    let checked = rules.into_iter().zip(warnings).map(|(rule, warnings)| {
        let wrong_tag = rule.tag.as_deref().map_or(Ok(()), validate_tag).err();
        let wrong_rule = Rule::accept(&rule.value).err();
        let words = wrong_rule.iter().chain(&wrong_tag);
        let words: Vec<_> = words.map(|wrong| wrong.server_text()).collect();
        let diagnosis = wrong_rule.map(|wrong| wrong.diagnose(&rule.value));
        let why = diagnosis.as_ref().and_then(|found| found.problems.first());
        Checked {
            answer: answers.to(&rule),
            expected: (!words.is_empty()).then(|| words.concat()),
            why: why.map(|problem| problem.why.clone()),
            suggestion: diagnosis.and_then(|found| found.corrected),
            warnings,
            rule,
        }
    });
    Ok(checked.collect())
}

/// Finds the answer to a rule. The order of the answers says nothing [reference 3.8].
struct Answers<'a> {
    exact: HashMap<(&'a str, Option<&'a str>), &'a Validated>,
    by_value: HashMap<&'a str, &'a Validated>,
}

impl<'a> Answers<'a> {
    fn of(answers: &'a [Validated]) -> Self {
        let exact = answers
            .iter()
            .map(|answer| ((answer.value.as_str(), answer.tag.as_deref()), answer));
        let by_value = answers.iter().map(|answer| (answer.value.as_str(), answer));
        Self {
            exact: exact.collect(),
            by_value: by_value.collect(),
        }
    }

    /// Tags may not be repeated, so an answer with the value alone counts too.
    fn to(&self, rule: &FileRule) -> Answer {
        let exact = self.exact.get(&(rule.value.as_str(), rule.tag.as_deref()));
        match exact.or_else(|| self.by_value.get(rule.value.as_str())) {
            None => Answer::Nothing,
            Some(Validated { refusal: None, .. }) => Answer::Takes,
            Some(Validated {
                refusal: Some(words),
                ..
            }) => Answer::Refuses(words.clone()),
        }
    }
}
