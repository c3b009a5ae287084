//! `ouzel.log`: writes lines to the log.

use std::{cell::Cell, rc::Rc};

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

thread_local! {
    /// Whether this thread runs a script only to see what it would do.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Runs something on this thread, and drops what scripts log meanwhile: it would read as if it happened on the stream.
///
/// This is no other subscriber of `tracing`: what is logged first under that is never logged again.
pub(crate) fn silently<R>(run: impl FnOnce() -> R) -> R {
    let before = IS_SILENT.replace(true);
    let result = run();
    IS_SILENT.set(before);
    result
}

/// Whether what scripts do on this thread is not to be told.
pub(in crate::script) fn is_silent() -> bool {
    IS_SILENT.get()
}

fn write(level: &str, text: &str) {
    if is_silent() {
        return;
    }
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
