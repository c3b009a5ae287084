//! `ouzel.lower`: text in small letters, whatever its alphabet.

use std::rc::Rc;

use mlua::{Lua, Result, Table, Value};

use super::{Host, text};
use crate::script::{error::Misuse, reference::text::LOWER};

/// The longest text. That of nearly all Tweets has less than 1 KB.
const MAX_TEXT: usize = 1 << 20;

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    host.add(lua, ouzel, &LOWER, |_, _, arguments| {
        let given = arguments.front().unwrap_or(&Value::Nil);
        let given = text(given, "the text that `ouzel.lower` takes")?;
        if given.len() > MAX_TEXT {
            return Err(Misuse::new(format!(
                "the text has {} bytes; `ouzel.lower` takes {MAX_TEXT} at most",
                given.len()
            )));
        }
        Ok(given.to_lowercase())
    })
}
