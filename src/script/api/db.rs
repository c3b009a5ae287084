//! `ouzel.db`: SQL that the script writes itself.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Result, Table, Value};

use super::{Answer, Host, internal, text};
use crate::{
    row::{Cell, Refused},
    script::{
        error::Misuse,
        lua::strict,
        value::{Argument, row_table},
    },
};

/// The most rows of one query. All rows are read at once, so that a handler may change the table that it reads.
const MAX_ROWS: usize = 1_000_000;

/// Wraps `query`: it returns an iterator, or raises the error at the line of its caller.
const QUERY: &str = r"
local native, error = ..., error
return function(...)
  local ok, rows = native(...)
  if not ok then error(rows, 2) end
  local position = 0
  return function()
    position = position + 1
    return rows[position]
  end
end
";

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let db = lua.create_table()?;
    let exec = host.function(lua, |host, _, arguments| {
        let (sql, parameters) = statement(&arguments, "ouzel.db.exec")?;
        let cells: Vec<_> = parameters.iter().map(Argument::cell).collect();
        host.database.exec(&sql, &cells).map_err(refused)
    })?;
    db.raw_set("exec", exec)?;
    let one = host.function(lua, |host, lua, arguments| {
        let list = select(host, lua, &arguments, "ouzel.db.one", 1)?;
        list.raw_get::<Value>(1).map_err(internal)
    })?;
    db.raw_set("one", one)?;
    let native = lua.create_function({
        let host = Rc::clone(host);
        move |lua, arguments: MultiValue| {
            let rows = select(&host, lua, &arguments, "ouzel.db.query", MAX_ROWS + 1);
            let rows =
                rows.and_then(|rows| {
                    if rows.raw_len() > MAX_ROWS {
                        Err(Misuse::new(format!("the query gives more than {MAX_ROWS} rows"))
                        .hint("add `LIMIT`, or read by key: `WHERE id > ? ORDER BY id LIMIT 1000`"))
                    } else {
                        Ok(rows)
                    }
                });
            host.answer(lua, rows)
        }
    })?;
    let query = lua
        .load(QUERY)
        .set_name("=ouzel")
        .call::<mlua::Function>(native)?;
    db.raw_set("query", query)?;
    ouzel.raw_set("db", strict(lua, "ouzel.db", "`ouzel.db`", db)?)
}

fn select(
    host: &Host,
    lua: &Lua,
    arguments: &MultiValue,
    name: &str,
    limit: usize,
) -> Answer<Table> {
    let (sql, parameters) = statement(arguments, name)?;
    let cells: Vec<_> = parameters.iter().map(Argument::cell).collect();
    let rows = lua.create_table().map_err(internal)?;
    let mut number = 0;
    let mut add = |names: &[&str], cells: &[Cell<'_>]| {
        number += 1;
        row_table(lua, names, cells)
            .and_then(|row| rows.raw_set(number, row))
            .map_err(|error| Refused(error.to_string()))
    };
    host.database
        .select(&sql, &cells, limit, &mut add)
        .map_err(refused)?;
    Ok(rows)
}

fn statement(arguments: &MultiValue, name: &str) -> Answer<(String, Vec<Argument>)> {
    let sql = arguments.front().cloned().unwrap_or(Value::Nil);
    let sql = text(&sql, &format!("the SQL that `{name}` takes first"))?;
    if sql.trim().is_empty() {
        return Err(Misuse::new(format!(
            "the SQL that `{name}` takes first is empty"
        )));
    }
    let parameters = arguments
        .iter()
        .skip(1)
        .enumerate()
        .map(|(number, value)| {
            Argument::read(value).map_err(|kind| {
                Misuse::new(format!(
                    "parameter {} of `{name}` cannot be a {kind}",
                    number + 1
                ))
            })
        })
        .collect::<Answer<_>>()?;
    Ok((sql, parameters))
}

fn refused(refused: Refused) -> Misuse {
    Misuse::new(refused.0)
}
