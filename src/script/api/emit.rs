//! `ouzel.emit`: JSON Lines on stdout.

use std::rc::Rc;

use mlua::{Lua, Result, Table, Value};

use super::Host;
use crate::script::{error::Misuse, raw::to_json};

/// The most that one Tweet's handlers, or the load of a script, may emit.
const MAX_EMITTED: usize = 64 << 20;

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let emit = host.function(lua, |host, lua, arguments| {
        if arguments.len() != 1 {
            return Err(Misuse::new(format!(
                "`ouzel.emit` takes one value, not {}",
                arguments.len()
            )));
        }
        let value = arguments.front().unwrap_or(&Value::Nil);
        let mut out = host.emitted.borrow_mut();
        let before = out.len();
        to_json(lua, value, &mut out).map_err(|error| Misuse::new(error.to_string()))?;
        out.push(b'\n');
        if out.len() > MAX_EMITTED {
            out.truncate(before);
            return Err(Misuse::new(format!(
                "more than {MAX_EMITTED} bytes are waiting to be written"
            )));
        }
        Ok(())
    })?;
    ouzel.raw_set("emit", emit)
}
