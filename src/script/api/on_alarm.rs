//! `ouzel.on_alarm`: functions that hear of a rule that brings more Tweets than usual.

use std::{cell::Cell, rc::Rc};

use mlua::{Function, Lua, Result, Table, Value};

use super::{Host, type_name};
use crate::{
    script::{error::Misuse, reference::handlers::ON_ALARM},
    volume::Alarm,
};

/// The most functions of a script that hear of alarms.
const MOST: usize = 100;

/// A function that hears of alarms.
pub(in crate::script) struct OnAlarm {
    pub(in crate::script) function: Function,
    /// How many times in a row it has broken its budget.
    pub(in crate::script) breaches: Cell<u32>,
}

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    host.add(lua, ouzel, &ON_ALARM, |host, _, arguments| {
        let function = match arguments.front() {
            Some(Value::Function(function)) => function.clone(),
            other => {
                return Err(Misuse::new(format!(
                    "what `ouzel.on_alarm` calls has to be a function, not {}",
                    type_name(other.unwrap_or(&Value::Nil))
                )));
            }
        };
        host.declaring("ouzel.on_alarm", |loading| {
            if loading.on_alarm.len() >= MOST {
                return Err(Misuse::new(format!(
                    "a script can have {MOST} functions that hear of alarms, and this is one more"
                )));
            }
            loading.on_alarm.push(OnAlarm {
                function,
                breaches: Cell::new(0),
            });
            Ok(())
        })
    })
}

/// An alarm as a script gets it. Each function gets a table of its own.
pub(in crate::script) fn table(lua: &Lua, alarm: &Alarm) -> Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("tag", alarm.tag.as_str())?;
    table.raw_set("per_minute", alarm.per_minute)?;
    table.raw_set("limit", alarm.limit)?;
    table.raw_set("usual", alarm.usual)?;
    table.raw_set("per_day", alarm.per_day)?;
    table.raw_set("samples", alarm.samples.as_slice())?;
    Ok(table)
}
