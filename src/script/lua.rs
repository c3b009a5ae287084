//! A Lua state for scripts: only the safe part of the standard library, and nothing that reaches outside.

use std::{
    cell::{Cell, RefCell},
    ptr,
    rc::Rc,
};

use mlua::{
    Function, Lua, LuaOptions, Result, StdLib, Table, Value,
    chunk::ChunkMode,
    state::{GcGenParams, GcMode},
};

use super::{
    budget,
    error::Misuse,
    raw::{install_library, is_node, mark_view, watch},
};

/// Removes or replaces parts of the standard library. `...` are functions of ouzel's own.
///
/// * `pcall` and `xpcall` return error messages as text, also those of ouzel's own functions.
/// * What catches errors raises those of a broken budget again.
/// * `print` writes to the log, because stdout is for what `ouzel.emit` writes.
const PRELUDE: &str = include_str!("prelude.lua");

/// Turns the answer of a native function into its results, or raises an error at the caller's line.
///
/// Because of the tail call there is only one frame between `error` and the caller. That is why the level is 2.
const RAISING: &str = r#"
local native, error = ..., error
local function check(ok, ...)
  if ok then return ... end
  error((...), 2)
end
return function(...) return check(native(...)) end
"#;

/// Makes a new Lua state. `log` makes the function that gets the text of a `print`.
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
    // Nearly everything that a Tweet leaves behind becomes garbage at once. The generational mode is made for that.
    lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
    // Before the prelude, which keeps some of these functions for itself.
    install_library(&lua, |steps| {
        budget::spend(steps).map_err(|breach| Misuse::new(breach.to_string()))
    })?;
    let log = log(&lua)?;
    let is_tweet = lua.create_function(|lua, value: Value| Ok(is_node(lua, &value)))?;
    let is_broken = lua.create_function(|_, problem: Value| {
        if tells_of_memory(&problem) {
            budget::out_of_memory();
        }
        Ok(budget::is_broken())
    })?;
    let spend = lua.create_function(|_, price: u32| Ok(budget::spend(price).is_err()))?;
    own(&lua, PRELUDE)?.call::<()>((log, is_tweet, is_broken, spend))?;
    watch(&lua)?;
    Ok(lua)
}

/// Makes `now` the clock of a state, in milliseconds since 1970: what `os.time` and `os.date` take when they are given no
/// time.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn freeze_clock(lua: &Lua, now: &Rc<Cell<i64>>) -> Result<()> {
    const CLOCK: &str = r#"
local now, time, date = ..., os.time, os.date
function os.time(parts)
  if parts == nil then return now() end
  return time(parts)
end
function os.date(format, at)
  if at == nil then at = now() end
  return date(format or "%c", at)
end
"#;
    let now = Rc::clone(now);
    let now = lua.create_function(move |_, ()| Ok(now.get().div_euclid(1_000)))?;
    own(lua, CLOCK)?.call(now)
}

/// Whether a caught error says that there is no memory left.
fn tells_of_memory(problem: &Value) -> bool {
    match problem {
        Value::String(text) => text.as_bytes() == b"not enough memory",
        Value::Error(error) => is_memory(error),
        _ => false,
    }
}

/// Whether an error says that there is no memory left.
pub(super) fn is_memory(error: &mlua::Error) -> bool {
    match error {
        mlua::Error::MemoryError(_) => true,
        mlua::Error::CallbackError { cause, .. } => is_memory(cause),
        mlua::Error::RuntimeError(text) => text == "not enough memory",
        _ => false,
    }
}

/// Wraps a native function that returns `true, results` or `false, message`.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn raising(lua: &Lua, native: Function) -> Result<Function> {
    kept(lua, "ouzel.raising", RAISING)?.call(native)
}

/// What was meant by a field of the API that has another name elsewhere.
fn meant_by(name: &str, key: &str) -> Option<&'static str> {
    Some(match (name, key) {
        ("ouzel", "print") => "`print` and `ouzel.log.info` write to the log",
        ("ouzel", "test") => {
            "tests stand in files `*_test.lua` beside the script, as `test(\"name\", function(t) … end)`"
        }
        ("ouzel", "sql" | "query" | "exec") => "did you mean `ouzel.db.exec` or `ouzel.db.query`?",
        ("ouzel", "timer" | "interval") => "did you mean `ouzel.every`?",
        ("ouzel.json", "parse") => "did you mean `decode`?",
        ("ouzel.json", "stringify" | "dump" | "dumps") => "did you mean `encode`?",
        _ => return None,
    })
}

/// The function of a piece of ouzel's own Lua that a state needs many times, made once.
fn kept(lua: &Lua, name: &str, source: &'static str) -> Result<Function> {
    if let Some(known) = lua.named_registry_value(name)? {
        return Ok(known);
    }
    let function = own(lua, source)?;
    lua.set_named_registry_value(name, &function)?;
    Ok(function)
}

/// The function of a piece of ouzel's own Lua. It is compiled once for all states of a thread, because `ouzel test` makes a
/// state for each test.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn own(lua: &Lua, source: &'static str) -> Result<Function> {
    thread_local! {
        static COMPILED: RefCell<Vec<(&'static str, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
    }
    COMPILED.with_borrow_mut(|compiled| {
        let known = compiled.iter().find(|(known, _)| ptr::eq(*known, source));
        if let Some((_, code)) = known {
            let chunk = lua.load(&code[..]).set_name("=ouzel");
            return chunk.set_mode(ChunkMode::Binary).into_function();
        }
        let function = lua.load(source).set_name("=ouzel").into_function()?;
        compiled.push((source, function.dump(false)));
        Ok(function)
    })
}

/// Makes a read-only view of an API table. A misspelt field raises an error that names the nearest field.
///
/// Lua itself finds a field that exists, without a call. `kind` is the name of the whole in messages.
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
  __newindex = function(_, key)
    local set = name .. "." .. tostring(key)
    local hint = set == "ouzel.state" and "; set what is in it: `ouzel.state.count = 0`" or ""
    error("`" .. set .. "` cannot be set" .. hint, 2)
  end,
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
        if let Some(meant) = meant_by(&name, &key) {
            return Ok(format!("{message}; {meant}"));
        }
        let misuse = Misuse::unknown(message, &key, known.iter().map(String::as_str));
        Ok(match misuse.hint {
            Some(hint) => format!("{}; {hint}", misuse.message),
            None => misuse.message,
        })
    })?;
    let strict = kept(lua, "ouzel.strict", STRICT)?;
    let front: Table = strict.call((name, kind, &fields, explain))?;
    mark_view(lua, &front, &fields)?;
    Ok(front)
}
