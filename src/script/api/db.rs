//! `ouzel.db`: SQL that the script writes itself.

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Result, Table, UserDataRefMut, Value};

use super::{Answer, Host, counted, internal, text};
use crate::{
    row::{EachRow, Refused},
    script::{
        error::Misuse,
        held::{Held, Packing, Rows},
        lua::{own, strict},
        reference::{
            self,
            db::{EXEC, ONE, QUERY},
        },
        value::{Argument, row_table},
    },
};

/// Wraps `query`: it returns an iterator, or raises the error at the line of its caller.
const ITERATE: &str = r"
local query, next = ...
local error = error
return function(...)
  local ok, rows = query(...)
  if not ok then error(rows, 2) end
  return function()
    local ok, row = next(rows)
    if not ok then error(row, 2) end
    return row
  end
end
";

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let db = lua.create_table()?;
    host.add(lua, &db, &EXEC, |host, _, arguments| {
        let (sql, parameters) = statement(&arguments, &EXEC)?;
        let cells: Vec<_> = parameters.iter().map(Argument::cell).collect();
        host.database.exec(&sql, &cells).map_err(refused)
    })?;
    host.add(lua, &db, &ONE, |host, lua, arguments| {
        let mut first = Value::Nil;
        select(host, &arguments, &ONE, 1, &mut |names, cells| {
            let row =
                row_table(lua, names, cells).map_err(|error| Refused(internal(error).message))?;
            first = Value::Table(row);
            Ok(())
        })?;
        Ok(first)
    })?;
    db.raw_set(QUERY.name(), query(lua, host)?)?;
    ouzel.raw_set("db", strict(lua, "ouzel.db", "`ouzel.db`", db)?)
}

fn query(lua: &Lua, host: &Rc<Host>) -> Result<Function> {
    let held = Rc::<Held>::default();
    let shared = Rc::clone(host);
    let query = lua.create_function(move |lua, arguments: MultiValue| {
        if held.is_much() {
            lua.gc_collect()?;
        }
        let mut packing = Packing::new(&held);
        let selected = select(
            &shared,
            &arguments,
            &QUERY,
            usize::MAX,
            &mut |names, cells| packing.add(names, cells),
        );
        let rows = selected.and_then(|()| packing.finish().map_err(refused));
        shared.answer(lua, rows)
    })?;
    let shared = Rc::clone(host);
    let next = lua.create_function(move |lua, rows: UserDataRefMut<Rows>| {
        let mut rows = rows;
        shared.answer(lua, rows.next(lua).map_err(internal))
    })?;
    own(lua, ITERATE)?.call((query, next))
}

fn select(
    host: &Host,
    arguments: &MultiValue,
    function: &reference::Function,
    limit: usize,
    each: &mut EachRow<'_>,
) -> Answer<()> {
    let (sql, parameters) = statement(arguments, function)?;
    let cells: Vec<_> = parameters.iter().map(Argument::cell).collect();
    host.database
        .select(&sql, &cells, limit, each)
        .map_err(refused)
}

fn statement(
    arguments: &MultiValue,
    function: &reference::Function,
) -> Answer<(String, Vec<Argument>)> {
    let name = function.path();
    counted(function, arguments.len(), || name.to_owned())?;
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
