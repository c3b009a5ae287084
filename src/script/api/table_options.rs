//! What `ouzel.table` takes third: the primary key, the indices, and whether the table is strict.

use mlua::{LuaString, Table, Value};

use super::{Answer, internal, plain_table, text, type_name};
use crate::{
    row::{IndexSpec, TableSpec, declares_primary_key},
    script::{
        error::Misuse,
        reference::table::{TABLE_INDEX_TYPE, TABLE_OPTIONS_TYPE},
    },
};

/// The most indices of a table. Each of them makes each insert slower.
const MAX_INDICES: usize = 64;

/// Reads whether the table is strict, which decides what its columns may be.
pub(super) fn read_strict(table: &str, options: &Value) -> Answer<bool> {
    let Some(options) = fields(table, options)? else {
        return Ok(true);
    };
    for pair in options.pairs::<Value, Value>() {
        let (name, _) = pair.map_err(internal)?;
        let known = |name: &LuaString| TABLE_OPTIONS_TYPE.names().any(|known| name == known);
        match &name {
            Value::String(name) if known(name) => {}
            Value::String(name) => {
                let name = name.to_string_lossy();
                return Err(Misuse::unknown(
                    format!("unknown option `{name}` of table `{table}`"),
                    &name,
                    TABLE_OPTIONS_TYPE.names(),
                ));
            }
            _ => {
                return Err(Misuse::new(format!(
                    "the options of table `{table}` are named fields: {{ primary_key = {{ \"tag\", \"id\" }} }}"
                )));
            }
        }
    }
    flag(
        options,
        "strict",
        &format!("`strict` of table `{table}`"),
        true,
    )
}

/// Reads the primary key and the indices into a table whose columns are read.
pub(super) fn read_keys(spec: &mut TableSpec, options: &Value) -> Answer<()> {
    let declared: Vec<_> = (spec.columns.iter())
        .filter(|(_, kind)| declares_primary_key(kind))
        .map(|(name, _)| name.clone())
        .collect();
    if let [first, second, ..] = &declared[..] {
        return Err(Misuse::new(format!(
            "table `{}` has two primary keys, `{first}` and `{second}`",
            spec.name
        ))
        .hint(format!(
            "a key of several columns is an option: `ouzel.table(name, columns, {{ primary_key = {{ \"{first}\", \"{second}\" }} }})`"
        ))
        .at_word(second));
    }
    spec.primary_key = declared;
    let Some(options) = fields(&spec.name, options)? else {
        return Ok(());
    };
    let key: Value = options.raw_get("primary_key").map_err(internal)?;
    if !key.is_nil() {
        if let Some(column) = spec.primary_key.first() {
            return Err(Misuse::new(format!(
                "table `{}` has two primary keys: column `{column}`, and the option `primary_key`",
                spec.name
            ))
            .at_word("primary_key"));
        }
        let what = format!("`primary_key` of table `{}`", spec.name);
        let list = plain_table(&key, &format!("{what}, such as {{ \"tag\", \"id\" }},"))
            .map_err(|misuse| misuse.at_word("primary_key"))?;
        spec.primary_key = columns(spec, list, &what, &[])?;
    }
    let indices: Value = options.raw_get("indices").map_err(internal)?;
    if !indices.is_nil() {
        spec.indices = read_indices(spec, &indices)?;
    }
    Ok(())
}

fn read_indices(spec: &TableSpec, indices: &Value) -> Answer<Vec<IndexSpec>> {
    let what = format!("`indices` of table `{}`", spec.name);
    let example =
        format!("{what}, such as {{ {{ \"tag\", \"at\" }}, {{ \"author\", unique = true }} }},");
    let list = plain_table(indices, &example).map_err(|misuse| misuse.at_word("indices"))?;
    let entries = items(list, &what, &[])?;
    if entries.len() > MAX_INDICES {
        return Err(Misuse::new(format!(
            "table `{}` has {} indices; at most {MAX_INDICES} are possible",
            spec.name,
            entries.len()
        ))
        .at_word("indices"));
    }
    let fields: Vec<_> = TABLE_INDEX_TYPE.names().collect();
    let mut read: Vec<IndexSpec> = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let what = format!("index {} of table `{}`", number + 1, spec.name);
        let list = plain_table(entry, &what).map_err(|misuse| misuse.at_word("indices"))?;
        let index = IndexSpec {
            columns: columns(spec, list, &what, &fields)?,
            is_unique: flag(list, "unique", &format!("`unique` of {what}"), false)?,
        };
        if read.iter().any(|other| other.columns == index.columns) {
            return Err(Misuse::new(format!(
                "{what} has the same columns as another one: {}",
                index.columns.join(", ")
            ))
            .at_word("indices"));
        }
        read.push(index);
    }
    Ok(read)
}

/// The names of columns in a list, of which each is there once.
fn columns(spec: &TableSpec, list: &Table, what: &str, fields: &[&str]) -> Answer<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for item in items(list, what, fields)? {
        let name = text(&item, &format!("a column in {what}"))?;
        let known = || spec.columns.iter().map(|(column, _)| column.as_str());
        if !known().any(|column| column == name) {
            return Err(Misuse::unknown(
                format!("{what}: the table has no column `{name}`"),
                &name,
                known(),
            ));
        }
        if names.contains(&name) {
            return Err(Misuse::new(format!("{what} has column `{name}` twice")).at_word(name));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(Misuse::new(format!("{what} names no column")));
    }
    Ok(names)
}

/// The items of a list that has no other fields than these.
fn items(list: &Table, what: &str, fields: &[&str]) -> Answer<Vec<Value>> {
    let length = list.raw_len();
    for pair in list.pairs::<Value, Value>() {
        let (key, _) = pair.map_err(internal)?;
        match &key {
            Value::Integer(number)
                if usize::try_from(*number).is_ok_and(|n| (1..=length).contains(&n)) => {}
            Value::String(name) if fields.iter().any(|field| name == *field) => {}
            Value::String(name) => {
                let name = name.to_string_lossy();
                return Err(Misuse::unknown(
                    format!("{what} has an unknown field `{name}`"),
                    &name,
                    fields.iter().copied(),
                ));
            }
            _ => return Err(Misuse::new(format!("{what} is no list: it has holes"))),
        }
    }
    (1..=length)
        .map(|number| list.raw_get(number).map_err(internal))
        .collect()
}

fn fields<'v>(table: &str, options: &'v Value) -> Answer<Option<&'v Table>> {
    match options {
        Value::Nil => Ok(None),
        options => plain_table(
            options,
            &format!("what `ouzel.table(\"{table}\", …)` takes third"),
        )
        .map(Some),
    }
}

fn flag(table: &Table, name: &str, what: &str, default: bool) -> Answer<bool> {
    match table.raw_get(name).map_err(internal)? {
        Value::Nil => Ok(default),
        Value::Boolean(flag) => Ok(flag),
        other => Err(Misuse::new(format!(
            "{what} has to be true or false, not {}",
            type_name(&other)
        ))
        .at_word(name)),
    }
}
