//! `ouzel.rules`: declares the rules that the stream should have.

use std::{collections::HashMap, rc::Rc};

use mlua::{Lua, Result, Table, Value};

use super::{
    Answer, Host, Loading, caller, internal, plain_table,
    rule_places::{Place, Places},
    text, type_name,
};
use crate::{
    rule::{Diagnosis, Rule, validate_tag},
    script::{
        declared::DeclaredRule,
        error::Misuse,
        reference::handlers::{NEW_RULE_TYPE, RULES},
    },
};

/// So many rules that are not valid are explained. Nobody reads thousands, and each takes a while.
const EXPLAINED: usize = 100;

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    host.add(lua, ouzel, &RULES, |host, lua, arguments| {
        let list = arguments.front().cloned().unwrap_or(Value::Nil);
        let list = plain_table(&list, "what `ouzel.rules` takes")?;
        let (file, line) = caller(lua);
        let rules = read(host, list, &file, line)?;
        host.declaring("ouzel.rules", |loading| {
            rules
                .into_iter()
                .try_for_each(|rule| declare(loading, rule))
        })
    })
}

/// Adds a rule. The service identifies a rule by its value, so one value can have only one tag.
fn declare(loading: &mut Loading, rule: DeclaredRule) -> Answer<()> {
    let rules = &mut loading.declared.rules;
    match loading.rules.get(&rule.value).and_then(|at| rules.get(*at)) {
        None => {
            loading.rules.insert(rule.value.clone(), rules.len());
            rules.push(rule);
        }
        Some(other) if other.tag == rule.tag => {}
        Some(other) => {
            return Err(Misuse::new(format!(
                "the rule `{}` is declared twice with different tags, first in {}:{}",
                rule.value, other.file, other.line
            ))
            .at_place(rule.file, rule.line)
            .hint("a rule has one tag; two handlers can share it: `ouzel.on(\"TAG\", …)` twice"));
        }
    }
    Ok(())
}

fn read(host: &Host, list: &Table, file: &str, line: usize) -> Answer<Vec<DeclaredRule>> {
    let sources = host.sources.borrow();
    let places = Places::of(&sources, file, line, list.raw_len());
    let mut rules: Vec<DeclaredRule> = Vec::new();
    let mut by_value: HashMap<String, usize> = HashMap::new();
    // The line of the call is where it begins. The search for each rule starts where the one before was found.
    let mut from = line;
    for number in 1..=list.raw_len() {
        let entry: Value = list.raw_get(number).map_err(internal)?;
        let rule = read_rule(&entry, number).map_err(|misuse| {
            let value = value_of(&entry);
            places.aim(misuse, number, value.as_deref())
        })?;
        let place = places.of_rule(number, &rule.value, from);
        if place.file == file {
            from = place.line;
        }
        let first = *by_value.entry(rule.value.clone()).or_insert(rules.len());
        // The first one of a value has its tag: with another tag the second one is refused.
        if let Some(twin) = rules.get(first)
            && twin.tag != rule.tag
        {
            let misuse = Misuse::new(format!(
                "the rule `{}` is declared twice with different tags; a rule has one tag",
                twin.value
            ));
            return Err(misuse.at_place(place.file, place.line));
        }
        rules.push(DeclaredRule {
            file: place.file,
            line: place.line,
            ..rule
        });
    }
    let mut names = Vec::new();
    for pair in list.pairs::<Value, Value>() {
        if let (Value::String(name), _) = pair.map_err(internal)? {
            names.push(name.to_string_lossy());
        }
    }
    // The largest name is taken, because Lua's order of fields differs from run to run.
    if let Some(name) = names.iter().max() {
        let misuse =
            Misuse::new(format!("unknown field `{name}` in the list of rules")).at_word(name);
        return Err(if NEW_RULE_TYPE.names().any(|field| field == name) {
            misuse.hint("each rule is a table of its own: `{ { value = …, tag = … } }`")
        } else {
            misuse
        });
    }
    match refusal(&rules, &places).filter(|_| host.refuses_rules) {
        Some(misuse) => Err(misuse),
        None => Ok(rules),
    }
}

/// The error for all rules of a call that the service would refuse. The service itself would name one rule per request.
fn refusal(rules: &[DeclaredRule], places: &Places<'_>) -> Option<Misuse> {
    let mut wrong: Vec<(&DeclaredRule, &str, &str, Diagnosis)> = Vec::new();
    let mut more = 0;
    for rule in rules {
        if rule.unchecked {
            continue;
        }
        if let Err(invalid) = Rule::accept(&rule.value) {
            if wrong.len() >= EXPLAINED {
                more += 1;
                continue;
            }
            wrong.push((rule, "rule", &rule.value, invalid.diagnose(&rule.value)));
        }
        if let Some(tag) = &rule.tag
            && let Err(invalid) = validate_tag(tag)
        {
            wrong.push((rule, "tag", tag, invalid.diagnose(tag)));
        }
    }
    let (first, ..) = wrong.first()?;
    if let [(rule, what, text, diagnosis)] = &wrong[..] {
        let lines = diagnosis.lines(text).join("\n");
        // The line that is shown may be the line of the call. Then the tag tells which rule is meant.
        let which = match &rule.tag {
            Some(tag) if *what == "rule" && !places.shows(&place_of(rule), tag) => {
                format!(" with the tag `{tag}`")
            }
            _ => String::new(),
        };
        let misuse = Misuse::new(format!("the {what}{which} is not valid\n{lines}"))
            .at_place(&*rule.file, rule.line);
        return Some(match &diagnosis.corrected {
            Some(corrected) => misuse.hint(format!("write `{corrected}`")),
            None => misuse,
        });
    }
    let mut message = format!("{} rules are not valid", wrong.len() + more);
    for (rule, _, text, diagnosis) in &wrong {
        let tag = match &rule.tag {
            Some(tag) if !places.shows(&place_of(rule), tag) => format!(", tag `{tag}`"),
            _ => String::new(),
        };
        message.push_str(&format!("\n{}:{}{tag}\n", rule.file, rule.line));
        message.push_str(&diagnosis.lines(text).join("\n"));
        if let Some(corrected) = &diagnosis.corrected {
            message.push_str(&format!("\nwrite `{corrected}`"));
        }
    }
    if more > 0 {
        message.push_str(&format!("\nand {more} more"));
    }
    Some(Misuse::new(message).at_place(&*first.file, first.line))
}

fn place_of(rule: &DeclaredRule) -> Place {
    Place {
        file: rule.file.clone(),
        line: rule.line,
    }
}

fn value_of(entry: &Value) -> Option<String> {
    let value: Value = entry.as_table()?.raw_get("value").ok()?;
    text(&value, "").ok()
}

fn read_rule(entry: &Value, number: usize) -> Answer<DeclaredRule> {
    let Value::Table(entry) = entry else {
        return Err(Misuse::new(format!(
            "rule {number} has to be a table such as {{ value = \"rocket\", tag = \"launch\" }}, not {}",
            type_name(entry)
        )));
    };
    for pair in entry.pairs::<Value, Value>() {
        let (key, _) = pair.map_err(internal)?;
        let name = match &key {
            Value::String(name) => name.to_string_lossy(),
            // A field without a name has a number as its key.
            _ => {
                return Err(
                    Misuse::new(format!("rule {number} has a field without a name"))
                        .hint("write `{ value = \"rocket\", tag = \"launch\" }`"),
                );
            }
        };
        if !NEW_RULE_TYPE.names().any(|field| field == name) {
            return Err(Misuse::unknown(
                format!("unknown field `{name}` in a rule"),
                &name,
                NEW_RULE_TYPE.names(),
            ));
        }
    }
    let value: Value = entry.raw_get("value").map_err(internal)?;
    let tag: Value = entry.raw_get("tag").map_err(internal)?;
    let unchecked = match entry.raw_get("unchecked").map_err(internal)? {
        Value::Nil => false,
        Value::Boolean(unchecked) => unchecked,
        other => {
            let message = format!(
                "`unchecked` of rule {number} has to be a boolean, not {}",
                type_name(&other)
            );
            return Err(Misuse::new(message).at_word("unchecked"));
        }
    };
    if value.is_nil() {
        return Err(Misuse::new(format!("rule {number} has no `value`")));
    }
    let value = text(&value, &format!("the `value` of rule {number}"))
        .map_err(|misuse| misuse.at_word("value"))?;
    if value.trim().is_empty() {
        return Err(Misuse::new(format!(
            "the `value` of rule {number} is empty"
        )));
    }
    Ok(DeclaredRule {
        value,
        tag: match tag {
            Value::Nil => None,
            tag => {
                let tag = text(&tag, &format!("the `tag` of rule {number}"));
                Some(tag.map_err(|misuse| misuse.at_word("tag"))?)
            }
        },
        unchecked,
        file: String::new(),
        line: 0,
    })
}
