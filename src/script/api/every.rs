//! `ouzel.every`: functions that run from time to time, between two Tweets.

use std::{cell::Cell, rc::Rc, time::Duration};

use mlua::{Function, Lua, Result, Table, Value};

use super::{Host, text, type_name};
use crate::{
    script::{error::Misuse, reference::handlers::EVERY},
    text::units::Length,
};

/// The shortest time between two calls. Each call is a commit of its own.
const SHORTEST: Duration = Duration::from_millis(100);

/// The most timers of a script.
const MOST: usize = 100;

/// A function, and how often it runs.
pub(in crate::script) struct Timer {
    pub(in crate::script) every: Duration,
    /// The time as the script writes it.
    text: String,
    pub(in crate::script) function: Function,
    /// How many times in a row it has broken its budget.
    pub(in crate::script) breaches: Cell<u32>,
}

impl Timer {
    /// The timer's name in messages.
    pub(in crate::script) fn name(&self) -> String {
        format!("every \"{}\"", self.text)
    }
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    host.add(lua, ouzel, &EVERY, |host, _, arguments| {
        let written = text(
            arguments.front().unwrap_or(&Value::Nil),
            "the time that `ouzel.every` takes first",
        )
        .map_err(|misuse| {
            misuse.hint("write it with its unit, such as \"30s\", \"1m\" or \"2h\"")
        })?;
        let Length(every) = written.parse().map_err(Misuse::new)?;
        if every < SHORTEST {
            return Err(Misuse::new(format!(
                "`ouzel.every` takes `100ms` or more, not `{written}`"
            )));
        }
        let function = match arguments.get(1) {
            Some(Value::Function(function)) => function.clone(),
            other => {
                return Err(Misuse::new(format!(
                    "what `ouzel.every` calls has to be a function, not {}",
                    type_name(other.unwrap_or(&Value::Nil))
                )));
            }
        };
        host.declaring("ouzel.every", |loading| {
            if loading.timers.len() >= MOST {
                return Err(Misuse::new(format!(
                    "a script can have {MOST} timers, and this is one more"
                )));
            }
            loading.timers.push(Timer {
                every,
                text: written,
                function,
                breaches: Cell::new(0),
            });
            Ok(())
        })
    })
}
