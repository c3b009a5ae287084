//! The global `ouzel`: everything that a script can ask for. Each topic has one file.

mod column;
mod data;
mod db;
mod emit;
mod every;
mod json;
mod log;
mod metric;
mod on_alarm;
mod regex;
mod require;
mod rule_places;
mod rules;
mod state;
mod steps;
mod table;
mod table_options;
mod text;
mod time;
mod tweet;

use std::{borrow::Cow, cell::RefCell, collections::HashMap, rc::Rc};

use jiff::Timestamp;
use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Result, Table, Value};

pub(super) use self::{
    emit::Emitted,
    every::Timer,
    log::{is_silent, print},
    metric::Counting,
    on_alarm::{OnAlarm, table as alarm_table},
    steps::{Step, StepKind},
};
pub(crate) use self::{
    log::silently,
    tweet::{Brief, brief, is_method},
};
use super::{
    Database, budget,
    declared::Declared,
    error::Misuse,
    loader::Sources,
    lua::{is_memory, raising, strict},
    raw, reference,
};
use crate::state::Shared;

/// The state that the functions of one generation share.
pub(super) struct Host {
    pub(super) database: Rc<dyn Database>,
    pub(super) sources: RefCell<Sources>,
    /// What `ouzel.state` holds.
    pub(super) state: Shared,
    /// What the script has declared so far; `None` after it has loaded.
    pub(super) loading: RefCell<Option<Loading>>,
    /// Whether the load fails if the service would refuse a rule.
    pub(super) refuses_rules: bool,
    /// Lines of JSON that wait to be written.
    pub(super) emitted: RefCell<Emitted>,
    pub(super) counting: RefCell<Counting>,
    /// The hint and the place of the last wrong call. They are used if the error of that call ends the script.
    pub(super) misuse: RefCell<Option<Misuse>>,
    /// The time now, for all that asks for it here.
    pub(super) clock: Box<dyn Fn() -> Timestamp>,
}

/// What a loading script has declared so far.
#[derive(Default)]
pub(super) struct Loading {
    pub(super) declared: Declared,
    /// The place of each rule in `declared`, by its value.
    pub(super) rules: HashMap<String, usize>,
    pub(super) steps: Vec<Step>,
    pub(super) timers: Vec<Timer>,
    pub(super) on_alarm: Vec<OnAlarm>,
}

pub(in crate::script) type Answer<R> = std::result::Result<R, Misuse>;

/// Installs `ouzel`, `require` and the methods of Tweets in a Lua state.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    raw::install(lua, tweet::methods(lua)?, tweet::suggest(lua)?)?;
    let ouzel = lua.create_table()?;
    rules::install(lua, host, &ouzel)?;
    steps::install(lua, host, &ouzel)?;
    every::install(lua, host, &ouzel)?;
    on_alarm::install(lua, host, &ouzel)?;
    table::install(lua, host, &ouzel)?;
    db::install(lua, host, &ouzel)?;
    emit::install(lua, host, &ouzel)?;
    log::install(lua, host, &ouzel)?;
    json::install(lua, host, &ouzel)?;
    state::install(lua, host, &ouzel)?;
    regex::install(lua, host, &ouzel)?;
    text::install(lua, host, &ouzel)?;
    time::install(lua, host, &ouzel)?;
    data::install(lua, host, &ouzel)?;
    metric::install(lua, host, &ouzel)?;
    ouzel.raw_set("null", Value::NULL)?;
    ouzel.raw_set("version", env!("CARGO_PKG_VERSION"))?;
    lua.globals()
        .raw_set("ouzel", strict(lua, "ouzel", "`ouzel`", ouzel)?)?;
    require::install(lua, host)
}

/// A place that is not the script, in messages about what belongs to the script.
pub(super) struct Apart {
    pub(super) place: &'static str,
    pub(super) hint: &'static str,
}

/// Installs what a file of tests or an expression has: `require`, the methods of Tweets, and of `ouzel` what touches no
/// data.
///
/// # Errors
/// Only when there is no memory left.
pub(super) fn install_apart(lua: &Lua, host: &Rc<Host>, apart: &Apart) -> Result<()> {
    let Apart { place, hint } = *apart;
    raw::install(lua, tweet::methods(lua)?, tweet::suggest(lua)?)?;
    let ouzel = lua.create_table()?;
    log::install(lua, host, &ouzel)?;
    json::install(lua, host, &ouzel)?;
    regex::install(lua, host, &ouzel)?;
    text::install(lua, host, &ouzel)?;
    time::install(lua, host, &ouzel)?;
    ouzel.raw_set("null", Value::NULL)?;
    // The other functions belong to the script alone, so others who ask for one are told where to look.
    for described in reference::of_ouzel() {
        let name = described.name();
        if ouzel.contains_key(name)? {
            continue;
        }
        let refuse = host.function(lua, move |_, _, _| -> Answer<()> {
            let message = format!("`ouzel.{name}` belongs to the script, not to {place}");
            Err(Misuse::new(message).hint(hint))
        })?;
        ouzel.raw_set(name, refuse)?;
    }
    ouzel.raw_set("version", env!("CARGO_PKG_VERSION"))?;
    lua.globals()
        .raw_set("ouzel", strict(lua, "ouzel", "`ouzel`", ouzel)?)?;
    require::install(lua, host)
}

impl Host {
    /// Makes a Lua function of `native`. An error that `native` returns is raised at the caller's line.
    pub(in crate::script) fn function<R: IntoLuaMulti>(
        self: &Rc<Self>,
        lua: &Lua,
        native: impl Fn(&Self, &Lua, MultiValue) -> Answer<R> + 'static,
    ) -> Result<Function> {
        let host = Rc::clone(self);
        let function = lua.create_function(move |lua, arguments: MultiValue| {
            host.answer(lua, native(&host, lua, arguments))
        })?;
        raising(lua, function)
    }

    /// Puts a function of the API into a table, under its name in the reference. A call with too few or too many
    /// arguments is an error.
    pub(in crate::script) fn add<R: IntoLuaMulti>(
        self: &Rc<Self>,
        lua: &Lua,
        table: &Table,
        described: &'static reference::Function,
        native: impl Fn(&Self, &Lua, MultiValue) -> Answer<R> + 'static,
    ) -> Result<()> {
        let function = self.function(lua, move |host, lua, arguments| {
            counted(described, arguments.len(), || described.path().to_owned())?;
            native(host, lua, arguments)
        })?;
        table.raw_set(described.name(), function)
    }

    /// Turns an answer into the values that [`raising`] expects: `true` and the results, or `false` and the message.
    fn answer<R: IntoLuaMulti>(&self, lua: &Lua, answer: Answer<R>) -> Result<MultiValue> {
        match answer {
            Ok(results) => {
                let mut values = results.into_lua_multi(lua)?;
                values.push_front(Value::Boolean(true));
                Ok(values)
            }
            Err(misuse) => {
                let message = lua.create_string(&misuse.message)?;
                self.misuse.replace(Some(misuse));
                Ok(MultiValue::from_iter([
                    Value::Boolean(false),
                    Value::String(message),
                ]))
            }
        }
    }

    /// Runs `declare` on what the script has declared so far. Gives an error if the script has loaded already.
    fn declaring<R>(
        &self,
        function: &str,
        declare: impl FnOnce(&mut Loading) -> Answer<R>,
    ) -> Answer<R> {
        match self.loading.borrow_mut().as_mut() {
            Some(loading) => declare(loading),
            None => Err(Misuse::new(format!(
                "`{function}` can only be called while the script loads, not from a handler"
            ))),
        }
    }
}

/// Gives an error if a function is called with too few or too many arguments. `called` says how the script calls it.
pub(in crate::script) fn counted(
    described: &reference::Function,
    count: usize,
    called: impl FnOnce() -> String,
) -> Answer<()> {
    match described.takes(count) {
        true => Ok(()),
        false => {
            let called = called();
            let misuse = Misuse::new(described.wrong_count(&called, count));
            // `text:gsub` gives two values, of which people forget the second.
            Err(match described.has_one_too_many(count) {
                true => misuse.hint(format!(
                    "parentheses keep the first value of a call: `{called}((text:gsub(…)))`"
                )),
                false => misuse,
            })
        }
    }
}

/// The file and line of the script that called the native function.
fn caller(lua: &Lua) -> (String, usize) {
    // Level 0 is the native function, level 1 is the wrapper that `raising` makes.
    lua.inspect_stack(2, |frame| {
        let file = frame
            .source()
            .short_src
            .map(|name| name.into_owned())
            .unwrap_or_default();
        (file, frame.current_line().unwrap_or(0))
    })
    .unwrap_or_default()
}

/// How messages name a value: by its Lua type, or by its name if it is one of ouzel's own things.
pub(in crate::script) fn type_name(value: &Value) -> Cow<'static, str> {
    Cow::Borrowed(match value {
        Value::Nil => "nil",
        Value::Boolean(_) => "a boolean",
        Value::Integer(_) | Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Table(table) => match own_name(table) {
            Some(name) => return Cow::Owned(name),
            None => "a table",
        },
        Value::UserData(data) if data.is::<emit::Sink>() => "a sink",
        Value::UserData(data) if data.type_name().is_ok_and(|name| name == "ouzel.state") => {
            "a table of `ouzel.state`"
        }
        // A script can get hold of no other userdata; the rows of a query are behind their iterator.
        Value::UserData(_) => "a Tweet or a part of one",
        Value::LightUserData(_) => "`ouzel.json.null`",
        Value::Function(_) => "a function",
        Value::Thread(_) => "a coroutine",
        Value::Error(_) => "an error",
        _ => "a value of another kind",
    })
}

/// The name of one of ouzel's own tables. Such a table has a metatable that contains the name and that scripts cannot
/// reach.
fn own_name(table: &Table) -> Option<String> {
    let metatable = table.metatable()?;
    let hidden: Value = metatable.raw_get("__metatable").ok()?;
    let name: Option<String> = metatable.raw_get("__name").ok()?;
    name.filter(|_| hidden == Value::Boolean(false))
}

/// The text of an argument that has to be a string.
pub(in crate::script) fn text(value: &Value, what: &str) -> Answer<String> {
    match value {
        Value::String(text) => match text.to_str() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Misuse::new(format!("{what} is not UTF-8 text"))),
        },
        other => Err(Misuse::new(format!(
            "{what} has to be a string, not {}",
            type_name(other)
        ))),
    }
}

/// The error for a failure of Lua itself inside a native function. If there is no memory, the budget is broken: the text
/// does not tell that any more.
pub(in crate::script) fn internal(error: mlua::Error) -> Misuse {
    if is_memory(&error) {
        budget::out_of_memory();
    }
    Misuse::new(error.to_string())
}

/// The table of an argument that has to be a plain table.
fn plain_table<'v>(value: &'v Value, what: &str) -> Answer<&'v Table> {
    match value {
        Value::Table(table) => Ok(table),
        other => Err(Misuse::new(format!(
            "{what} has to be a table, not {}",
            type_name(other)
        ))),
    }
}
