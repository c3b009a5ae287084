//! `ouzel.json`: turns JSON text into Lua values and back.

use std::rc::Rc;

use mlua::{LightUserData, Lua, Result, Table, Value};

use super::{Host, internal, plain_table, text};
use crate::{
    script::{
        error::Misuse,
        lua::strict,
        raw::{mark_array, to_json},
        reference::json::{ARRAY, DECODE, ENCODE},
        value::from_json,
    },
    text::json,
};

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let json = lua.create_table()?;
    host.add(lua, &json, &ENCODE, |_, lua, arguments| {
        let value = arguments.front().unwrap_or(&Value::Nil);
        let mut out = Vec::new();
        to_json(lua, value, &mut out).map_err(|error| Misuse::new(error.to_string()))?;
        lua.create_string(&out).map_err(internal)
    })?;
    host.add(lua, &json, &DECODE, |_, lua, arguments| {
        let source = arguments.front().cloned().unwrap_or(Value::Nil);
        let source = text(&source, "what `ouzel.json.decode` takes")?;
        // Only a wrong argument raises. Wrong text is an expected failure.
        let decoded = match json::read_any(source.as_bytes()) {
            Ok(value) => from_json(lua, &value, 0).map_err(|error| internal(error).message),
            Err(error) => Err(error.to_string()),
        };
        Ok(match decoded {
            Ok(value) => (value, None),
            Err(problem) => {
                let first = problem.lines().next().unwrap_or_default().to_owned();
                (Value::Nil, Some(first))
            }
        })
    })?;
    host.add(lua, &json, &ARRAY, |_, lua, arguments| {
        let list = arguments.front().cloned().unwrap_or(Value::Nil);
        if list.is_nil() {
            let list = lua.create_table().map_err(internal)?;
            mark_array(lua, &list).map_err(internal)?;
            return Ok(list);
        }
        let list = plain_table(&list, "what `ouzel.json.array` takes")?;
        mark_array(lua, list).map_err(internal)?;
        Ok(list.clone())
    })?;
    json.raw_set("null", Value::NULL)?;
    // All light userdata share one metatable, and `ouzel.json.null` is the only light userdata there is.
    let null = lua.create_table()?;
    null.raw_set("__tostring", lua.create_function(|_, ()| Ok("null"))?)?;
    null.raw_set("__metatable", false)?;
    lua.set_type_metatable::<LightUserData>(Some(null));
    ouzel.raw_set("json", strict(lua, "ouzel.json", "`ouzel.json`", json)?)
}
