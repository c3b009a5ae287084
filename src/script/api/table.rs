//! `ouzel.table`: declares a table of the database. It is made when the script loads.

use std::{cell::Cell, collections::HashMap, ffi::c_void, ptr, rc::Rc};

use mlua::{Lua, Result, Table, Value};

use super::{Answer, Host, caller, internal, plain_table, text, type_name};
use crate::{
    row::{self, Refused, TableSpec, declares_primary_key},
    script::{
        error::Misuse,
        loader::Sources,
        lua::{raising, strict},
        raw::with_fields,
        value::{Argument, row_table},
    },
};

/// The most columns of a table. SQLite's own limit is 2 000, and one statement can hold more values than this.
const MAX_COLUMNS: usize = 500;

/// The name that `with_fields` gives to a field whose key is not a string. No column can have this name.
const UNNAMED: &[u8] = b"?";

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let shared = Rc::clone(host);
    let table = host.function(lua, move |host, lua, arguments| {
        let name = arguments.front().cloned().unwrap_or(Value::Nil);
        let columns = arguments.get(1).cloned().unwrap_or(Value::Nil);
        let mut spec = read(&name, &columns)?;
        let (file, line) = caller(lua);
        in_written_order(&mut spec, &host.sources.borrow(), &file, line);
        let number = host.declaring("ouzel.table", |loading| {
            let tables = &mut loading.declared.tables;
            if tables.iter().any(|table| table.name == spec.name) {
                return Err(Misuse::new(format!(
                    "table `{}` is declared twice",
                    spec.name
                )));
            }
            let number = host
                .database
                .declare(spec.clone())
                .map_err(|refused| Misuse::new(format!("table `{}`: {refused}", spec.name)))?;
            tables.push(spec.clone());
            Ok(number)
        })?;
        handle(lua, &shared, number, spec).map_err(internal)
    })?;
    ouzel.raw_set("table", table)
}

/// Sorts the columns into the order in which the call writes them, because a Lua table does not keep an order. Columns
/// that the call does not write out come last, sorted by name.
fn in_written_order(spec: &mut TableSpec, sources: &Sources, file: &str, line: usize) {
    let known = |name: &str| spec.columns.iter().any(|(column, _)| column == name);
    let written = sources.entry_names(file, line, "table", &spec.name, known);
    let written: HashMap<_, _> = (written.unwrap_or_default().into_iter())
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    spec.columns.sort_by_cached_key(|(name, _)| {
        let place = written.get(name.as_str()).copied();
        (place.unwrap_or(usize::MAX), name.clone())
    });
}

/// Whether a name can be used in SQL without quotes.
fn is_identifier(name: &str) -> bool {
    let start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= 63
        && name.starts_with(start)
        && name.chars().all(|c| start(c) || c.is_ascii_digit())
}

fn read(name: &Value, columns: &Value) -> Answer<TableSpec> {
    let name = text(name, "the name that `ouzel.table` takes first")?;
    if !is_identifier(&name) {
        return Err(Misuse::new(format!(
            "`{name}` is no table name; a name is letters, digits and `_`, and begins with no digit"
        )));
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("_ouzel_") || lower.starts_with("sqlite_") {
        return Err(Misuse::new(format!(
            "`{name}` is no table name for a script; `_ouzel_` and `sqlite_` begin the names of others"
        )));
    }
    let list = plain_table(
        columns,
        &format!("what `ouzel.table(\"{name}\", …)` takes second"),
    )?;
    let mut columns = Vec::new();
    for pair in list.pairs::<Value, Value>() {
        let (column, kind) = pair.map_err(internal)?;
        let Value::String(column) = &column else {
            return Err(Misuse::new(format!(
                "the columns of table `{name}` are named fields: {{ id = \"INTEGER PRIMARY KEY\" }}"
            )));
        };
        let column = column.to_string_lossy();
        if !is_identifier(&column) {
            return Err(Misuse::new(format!(
                "`{column}` is no column name; a name is letters, digits and `_`, and begins with no digit"
            ))
            .at_word(&*column));
        }
        let kind = text(&kind, &format!("the type of column `{column}`"))
            .map_err(|misuse| misuse.at_word(&*column))?;
        if kind.trim().is_empty() || kind.contains([';', '\0']) || kind.contains("--") {
            return Err(Misuse::new(format!(
                "`{kind}` is no type for column `{column}`; write one such as \"TEXT\" or \"INTEGER NOT NULL\""
            ))
            .at_word(&*column));
        }
        columns.push((column, kind.trim().to_owned()));
    }
    if columns.is_empty() || columns.len() > MAX_COLUMNS {
        return Err(Misuse::new(format!(
            "table `{name}` has {} columns; 1 to {MAX_COLUMNS} are possible",
            columns.len()
        )));
    }
    let keys = columns
        .iter()
        .filter(|(_, kind)| declares_primary_key(kind));
    if keys.count() > 1 {
        return Err(Misuse::new(format!(
            "table `{name}` has two primary keys; put both into one column, or use `UNIQUE` through `ouzel.db.exec`"
        )));
    }
    Ok(TableSpec { name, columns })
}

/// A declared table, and the Lua value that stands for it.
struct Handle {
    number: usize,
    spec: TableSpec,
    /// The address of that Lua value. It tells `mentions:insert(row)` from `mentions.insert(row)`.
    address: Cell<*const c_void>,
}

fn handle(lua: &Lua, host: &Rc<Host>, number: usize, spec: TableSpec) -> Result<Table> {
    let handle = Rc::new(Handle {
        number,
        spec,
        address: Cell::new(ptr::null()),
    });
    let fields = lua.create_table()?;
    for (name, replace) in [("insert", false), ("upsert", true)] {
        let (host, handle) = (Rc::clone(host), Rc::clone(&handle));
        // This does not use `Host::function`: making a list of arguments for each row would cost more than the insert.
        let write = lua.create_function(move |lua, (this, row): (Value, Value)| {
            let answer = handle
                .called(&this, name)
                .and_then(|()| handle.write(&host, lua, &row, name, replace));
            host.answer(lua, answer)
        })?;
        fields.raw_set(name, raising(lua, write)?)?;
    }
    let shared = Rc::clone(&handle);
    let get = host.function(lua, move |host, lua, arguments| {
        shared.called(arguments.front().unwrap_or(&Value::Nil), "get")?;
        shared.get(host, lua, arguments.get(1).unwrap_or(&Value::Nil))
    })?;
    fields.raw_set("get", get)?;
    let shared = Rc::clone(&handle);
    let count = host.function(lua, move |host, lua, arguments| {
        shared.called(arguments.front().unwrap_or(&Value::Nil), "count")?;
        shared.count(host, lua, arguments.get(1).unwrap_or(&Value::Nil))
    })?;
    fields.raw_set("count", count)?;
    fields.raw_set("name", handle.spec.name.as_str())?;
    let kind = format!("the table `{}` of the database", handle.spec.name);
    let table = strict(lua, &handle.spec.name, &kind, fields)?;
    handle.address.set(table.to_pointer());
    Ok(table)
}

impl Handle {
    fn called(&self, this: &Value, name: &str) -> Answer<()> {
        if matches!(this, Value::Table(table) if table.to_pointer() == self.address.get()) {
            return Ok(());
        }
        Err(Misuse::new(format!(
            "`{name}` is called with a colon: `{}:{name}(…)`",
            self.spec.name
        )))
    }

    fn write(&self, host: &Host, lua: &Lua, row: &Value, name: &str, replace: bool) -> Answer<()> {
        let spec = &self.spec;
        let Value::Table(row) = row else {
            // The text is made only if it is needed, because this runs for every row.
            plain_table(row, &format!("the row that `{}:{name}` takes", spec.name))?;
            return Ok(());
        };
        if replace && spec.primary_key().is_none() {
            return Err(Misuse::new(format!(
                "table `{}` has no primary key, so `upsert` cannot tell which row to replace",
                spec.name
            ))
            .hint(
                "declare a column as \"INTEGER PRIMARY KEY\" or \"TEXT PRIMARY KEY\", or use `insert`",
            ));
        }
        with_cells(lua, spec, row, |cells| {
            host.database.insert(self.number, cells, replace)
        })
    }

    fn get(&self, host: &Host, lua: &Lua, key: &Value) -> Answer<Value> {
        let key = Argument::read(key).map_err(|kind| {
            Misuse::new(format!(
                "the key that `{}:get` takes cannot be a {kind}",
                self.spec.name
            ))
        })?;
        let mut found = Value::Nil;
        host.database
            .get(self.number, key.cell(), &mut |names, cells| {
                let row =
                    row_table(lua, names, cells).map_err(|error| Refused(error.to_string()))?;
                found = Value::Table(row);
                Ok(())
            })
            .map_err(|refused| Misuse::new(refused.0))?;
        Ok(found)
    }

    fn count(&self, host: &Host, lua: &Lua, matching: &Value) -> Answer<i64> {
        match matching {
            Value::Nil => host
                .database
                .count(self.number, &[])
                .map_err(|refused| Misuse::new(refused.0)),
            Value::Table(matching) => with_cells(lua, &self.spec, matching, |cells| {
                host.database.count(self.number, cells)
            }),
            other => Err(Misuse::new(format!(
                "what `{}:count` takes has to be a table of columns, not {}",
                self.spec.name,
                type_name(other)
            ))),
        }
    }
}

/// Calls `act` with the cells of a row while the cells lie on the Lua stack.
fn with_cells<R>(
    lua: &Lua,
    spec: &TableSpec,
    row: &Table,
    act: impl FnOnce(&[(u16, row::Cell<'_>)]) -> std::result::Result<R, Refused>,
) -> Answer<R> {
    let mut wrong = None;
    let mut result = None;
    let mut act = Some(act);
    with_fields(lua, row, |fields| {
        let mut cells = Vec::with_capacity(fields.len());
        for (field, cell) in fields {
            match (position(spec, field), cell) {
                (Some(column), Ok(cell)) => cells.push((column, *cell)),
                (None, _) if *field == UNNAMED => {
                    wrong = Some(Misuse::new(format!(
                        "a row of table `{}` has a field without a name",
                        spec.name
                    )));
                    return;
                }
                (None, _) => {
                    let field = String::from_utf8_lossy(field);
                    wrong = Some(Misuse::unknown(
                        format!("table `{}` has no column `{field}`", spec.name),
                        &field,
                        spec.columns.iter().map(|(name, _)| name.as_str()),
                    ));
                    return;
                }
                (Some(column), Err(kind)) => {
                    let column = &spec.columns[usize::from(column)].0;
                    let misuse = Misuse::new(format!(
                        "column `{column}` of table `{}` cannot hold a {kind}",
                        spec.name
                    ))
                    .at_word(column);
                    wrong = Some(match *kind {
                        "table" => misuse.hint("`ouzel.json.encode` makes text of a table"),
                        _ => misuse,
                    });
                    return;
                }
            }
        }
        // Sorted by column, so that the same set of fields always gives the same statement.
        cells.sort_unstable_by_key(|(column, _)| *column);
        if let Some(act) = act.take() {
            result = Some(act(&cells));
        }
    })
    .map_err(internal)?;
    if let Some(misuse) = wrong {
        return Err(misuse);
    }
    match result {
        Some(Ok(result)) => Ok(result),
        Some(Err(refused)) => Err(Misuse::new(format!("table `{}`: {refused}", spec.name))),
        None => Err(Misuse::new("the row could not be read")),
    }
}

fn position(spec: &TableSpec, field: &[u8]) -> Option<u16> {
    spec.columns
        .iter()
        .position(|(name, _)| name.as_bytes() == field)
        .and_then(|position| u16::try_from(position).ok())
}
