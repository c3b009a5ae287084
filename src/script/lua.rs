//! A Lua state for scripts: the safe part of the standard library, and nothing that reaches outside.

use mlua::{
    Function, Lua, LuaOptions, Result, StdLib, Table, Value,
    state::{GcGenParams, GcMode},
};

use super::{
    error::Misuse,
    raw::{is_node, mark_view},
};

/// What is taken away or replaced in the standard library. `...` is a function that logs, and one that knows Tweets.
///
/// * `load` compiles text only: bytecode can crash the interpreter.
/// * `pcall` and `xpcall` hand on error messages as text, also those that come from ouzel's own functions.
/// * `print` goes to the log, since stdout is for what `ouzel.emit` writes.
const PRELUDE: &str = include_str!("prelude.lua");

/// Turns the answer of a native function into a result or an error at the caller's line.
///
/// The tail call leaves just one frame between `error` and the caller, hence level 2.
const RAISING: &str = r#"
local native, error = ..., error
local function check(ok, ...)
  if ok then return ... end
  error((...), 2)
end
return function(...) return check(native(...)) end
"#;

/// Makes a fresh state. `log` takes the text of a `print`.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn new_state(log: impl FnOnce(&Lua) -> Result<Function>) -> Result<Lua> {
    let lua = Lua::new_with(
        StdLib::TABLE
            | StdLib::STRING
            | StdLib::UTF8
            | StdLib::MATH
            | StdLib::COROUTINE
            | StdLib::OS,
        LuaOptions::default(),
    )?;
    // Nearly everything that a Tweet leaves behind is garbage at once: what the generational mode is made for.
    lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
    let log = log(&lua)?;
    let is_tweet = lua.create_function(|lua, value: Value| Ok(is_node(lua, &value)))?;
    lua.load(PRELUDE)
        .set_name("=ouzel")
        .call::<()>((log, is_tweet))?;
    Ok(lua)
}

/// Wraps a native function that answers `true, results` or `false, message`.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn raising(lua: &Lua, native: Function) -> Result<Function> {
    lua.load(RAISING).set_name("=ouzel").call(native)
}

/// A view of an API table in which a misspelt field is an error that names the nearest one, and nothing can be set.
///
/// A field that exists is found by Lua itself, without a call. `kind` is what messages call the whole.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn strict(lua: &Lua, name: &str, kind: &str, fields: Table) -> Result<Table> {
    const STRICT: &str = r#"
local name, kind, fields, explain = ...
setmetatable(fields, {
  __index = function(_, key) error(explain(name, tostring(key)), 2) end,
})
return setmetatable({}, {
  __index = fields,
  __newindex = function(_, key) error("`" .. name .. "." .. tostring(key) .. "` cannot be set", 2) end,
  __pairs = function() return next, fields, nil end,
  __metatable = false,
  __name = kind,
})
"#;
    let known: Vec<String> = fields
        .pairs::<String, mlua::Value>()
        .map(|pair| pair.map(|(key, _)| key))
        .collect::<Result<_>>()?;
    let explain = lua.create_function(move |_, (name, key): (String, String)| {
        let message = format!("there is no `{name}.{key}`");
        let misuse = Misuse::unknown(message, &key, known.iter().map(String::as_str));
        Ok(match misuse.hint {
            Some(hint) => format!("{}; {hint}", misuse.message),
            None => misuse.message,
        })
    })?;
    let front: Table = lua
        .load(STRICT)
        .set_name("=ouzel")
        .call((name, kind, &fields, explain))?;
    mark_view(lua, &front, &fields)?;
    Ok(front)
}
