//! `ouzel.log`: writes lines to the log.

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Result, Table};

use super::{Host, internal};
use crate::script::{
    lua::strict,
    reference::log::{DEBUG, ERROR, INFO, WARN},
};

/// Longer lines are cut, because a script that logs whole Tweets in a loop must not bury everything else.
const MAX_LINE: usize = 8_192;

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let log = lua.create_table()?;
    for described in [&DEBUG, &INFO, &WARN, &ERROR] {
        host.add(lua, &log, described, move |_, _, arguments: MultiValue| {
            let words = arguments
                .iter()
                .map(mlua::Value::to_string)
                .collect::<Result<Vec<_>>>()
                .map_err(internal)?;
            write(described.name(), &words.join(" "));
            Ok(())
        })?;
    }
    ouzel.raw_set("log", strict(lua, "ouzel.log", "`ouzel.log`", log)?)
}

/// The function that `print` calls.
///
/// # Errors
/// Only when there is no memory left.
pub(in crate::script) fn print(lua: &Lua) -> Result<Function> {
    lua.create_function(|_, text: mlua::LuaString| {
        write("info", &text.to_string_lossy());
        Ok(())
    })
}

fn write(level: &str, text: &str) {
    let mut end = text.len().min(MAX_LINE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    match level {
        "debug" => tracing::debug!(target: "script", "{text}"),
        "warn" => tracing::warn!(target: "script", "{text}"),
        "error" => tracing::error!(target: "script", "{text}"),
        _ => tracing::info!(target: "script", "{text}"),
    }
}
