//! `ouzel.rules`: the rules that the stream shall have.

use std::rc::Rc;

use mlua::{Lua, Result, Table, Value};

use super::{Answer, Host, caller, internal, plain_table, text, type_name};
use crate::script::{declared::DeclaredRule, error::Misuse};

const FIELDS: [&str; 2] = ["value", "tag"];

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let rules = host.function(lua, |host, lua, arguments| {
        let list = arguments.front().cloned().unwrap_or(Value::Nil);
        let list = plain_table(&list, "what `ouzel.rules` takes")?;
        let (file, line) = caller(lua);
        let rules = read(host, list, &file, line)?;
        host.declaring("ouzel.rules", |loading| {
            loading.declared.rules.extend(rules);
            Ok(())
        })
    })?;
    ouzel.raw_set("rules", rules)
}

fn read(host: &Host, list: &Table, file: &str, line: usize) -> Answer<Vec<DeclaredRule>> {
    let mut rules = Vec::new();
    // A call's line is where it begins; each rule is looked for from the one before on.
    let mut from = line;
    for number in 1..=list.raw_len() {
        let entry: Value = list.raw_get(number).map_err(internal)?;
        let rule = read_rule(&entry, number)?;
        if let Some(found) = place(host, file, from, &rule) {
            from = found;
        }
        if let Some(twin) = rules.iter().find(|other| is_retag(other, &rule)) {
            return Err(Misuse::new(format!(
                "the rule `{}` is declared twice with different tags; a rule has one tag",
                twin.value
            )));
        }
        rules.push(DeclaredRule {
            file: file.to_owned(),
            line: from,
            ..rule
        });
    }
    for pair in list.pairs::<Value, Value>() {
        let (key, _) = pair.map_err(internal)?;
        if let Value::String(name) = &key {
            let name = name.to_string_lossy();
            let known = FIELDS.contains(&name.as_str());
            let misuse =
                Misuse::new(format!("unknown field `{name}` in the list of rules")).at_word(&*name);
            return Err(if known {
                misuse.hint("each rule is a table of its own: `{ { value = …, tag = … } }`")
            } else {
                misuse
            });
        }
    }
    Ok(rules)
}

/// Whether two rules are one for the service, but for their tags.
fn is_retag(one: &DeclaredRule, other: &DeclaredRule) -> bool {
    one.value == other.value && one.tag != other.tag
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
            other => format!("{other:?}"),
        };
        if !FIELDS.contains(&name.as_str()) {
            return Err(Misuse::unknown(
                format!("unknown field `{name}` in a rule"),
                &name,
                FIELDS.into_iter(),
            ));
        }
    }
    let value: Value = entry.raw_get("value").map_err(internal)?;
    let tag: Value = entry.raw_get("tag").map_err(internal)?;
    if value.is_nil() {
        return Err(Misuse::new(format!("rule {number} has no `value`")));
    }
    Ok(DeclaredRule {
        value: text(&value, &format!("the `value` of rule {number}"))?,
        tag: match tag {
            Value::Nil => None,
            tag => Some(text(&tag, &format!("the `tag` of rule {number}"))?),
        },
        file: String::new(),
        line: 0,
    })
}

/// The line that a rule is written on, found by its text.
fn place(host: &Host, file: &str, from: usize, rule: &DeclaredRule) -> Option<usize> {
    let sources = host.sources.borrow();
    // In the source the quotes may stand escaped.
    let escaped = rule.value.replace('"', "\\\"");
    [rule.value.as_str(), &escaped]
        .into_iter()
        .filter(|text| !text.is_empty())
        .find_map(|text| sources.find_text(file, from, text))
}
