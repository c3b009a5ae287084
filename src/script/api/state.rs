//! `ouzel.state`: what a script keeps from Tweet to Tweet, over reloads and restarts; and `ouzel.state_version`.

use std::rc::Rc;

use mlua::{Function, Lua, Result, Table, Value, Variadic};

use super::{Answer, Host, counted, internal, own_name, type_name};
use crate::{
    script::{
        error::Misuse,
        lua::own,
        raw::{held, is_node, push_state, to_json},
        reference::state::STATE_VERSION,
        value::from_json,
    },
    state::{Draft, Key, MOST_DEEP, State, TableId, Unkept, Value as Kept},
    text::json,
};

/// Calls the migration, if the state has an older version than the script. `...` are a function that returns that
/// version, one that sets the version, and the state.
const MIGRATE: &str = r#"
local older, set, state = ...
local error = error
return function(version, migrate, ...)
  local ok, old = older(version, migrate, ...)
  if not ok then error(old, 2) end
  if old then migrate(state, old) end
  set(version)
end
"#;

pub(super) fn install(lua: &Lua, host: &Rc<Host>, ouzel: &Table) -> Result<()> {
    let shared = Rc::clone(host);
    let assign = lua.create_function(move |lua, (table, key, value): (Value, Value, Value)| {
        let Err(misuse) = assign(&shared, lua, &table, &key, &value) else {
            return Ok(None);
        };
        let message = misuse.message.clone();
        shared.misuse.replace(Some(misuse));
        Ok(Some(message))
    })?;
    let state = push_state(lua, &host.state, assign)?;
    let shared = Rc::clone(host);
    let older = lua.create_function(
        move |lua, (version, migrate, more): (Value, Value, Variadic<Value>)| {
            // Lua has made nil of what was not given.
            let count = counted(&STATE_VERSION, 2 + more.len(), || {
                STATE_VERSION.path().to_owned()
            });
            shared.answer(lua, count.and_then(|()| older(&shared, &version, &migrate)))
        },
    )?;
    let shared = Rc::clone(host);
    let set = lua.create_function(move |_, version: i64| {
        let set = shared.state.borrow_mut().set_version(version);
        set.map_err(|error| mlua::Error::runtime(error.to_string()))
    })?;
    let version: Function = own(lua, MIGRATE)?.call((older, set, &state))?;
    ouzel.raw_set("state", state)?;
    ouzel.raw_set(STATE_VERSION.name(), version)
}

/// Writes a value that is not plain, or says why a value cannot be written.
fn assign(host: &Host, lua: &Lua, table: &Value, key: &Value, value: &Value) -> Answer<()> {
    let Some(table) = held(lua, table) else {
        return Err(Misuse::new("this is no table of `ouzel.state`"));
    };
    let key = match as_key(key) {
        Some(key) => key,
        None => return Err(wrong_key(key)),
    };
    let path = host.state.borrow().path(table, key.name());
    let new = match value {
        Value::Nil => None,
        value => {
            let mut copy = Copy {
                host,
                lua,
                base: path.len(),
                path: path.clone(),
                size: 0,
            };
            Some(copy.draft(value, 0)?)
        }
    };
    let set = host.state.borrow_mut().set(table, key.name(), new);
    set.map_err(|unkept| refused(&path, unkept))
}

fn as_key(key: &Value) -> Option<Key> {
    match key {
        Value::String(text) => Some(Key::Text((&*text.as_bytes()).into())),
        Value::Integer(number) => Some(Key::Integer(*number)),
        Value::Number(number) => whole(*number).map(Key::Integer),
        _ => None,
    }
}

/// The integer that equals this number, as Lua sees it.
fn whole(number: f64) -> Option<i64> {
    // Below -2^63 and from 2^63 on there is no such integer; the limits themselves are exact.
    let range = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    (number.fract() == 0.0 && range.contains(&number)).then_some(number as i64)
}

fn wrong_key(key: &Value) -> Misuse {
    let found = match key {
        Value::Number(number) => format!("{number}"),
        other => type_name(other).into_owned(),
    };
    Misuse::new(format!(
        "a key in `ouzel.state` is a string or an integer, not {found}"
    ))
    .hint("`tostring` makes a key of a boolean or a number")
}

fn refused(path: &str, unkept: Unkept) -> Misuse {
    let hint = match unkept {
        Unkept::Gone(_) | Unkept::Closed => return Misuse::new(unkept.to_string()),
        Unkept::Full => "take out what is old, or keep it in a table of the database",
        Unkept::Deep => "a table that contains itself cannot be kept either",
        Unkept::Replaced => {
            "write once what is written again and again, or spread it over several Tweets"
        }
    };
    Misuse::new(format!("`{path}` {unkept}")).hint(hint)
}

/// Copies a Lua value for the state.
struct Copy<'a> {
    host: &'a Host,
    lua: &'a Lua,
    /// What is being copied, as the script writes it.
    path: String,
    /// The length of the path of the whole value.
    base: usize,
    /// What has been copied so far counts this much.
    size: usize,
}

impl Copy<'_> {
    fn draft(&mut self, value: &Value, depth: usize) -> Answer<Draft> {
        let plain = match value {
            Value::LightUserData(_) => Kept::Null,
            Value::Boolean(yes) => Kept::Boolean(*yes),
            Value::Integer(number) => Kept::Integer(*number),
            Value::Number(number) => Kept::Float(*number),
            Value::String(text) => {
                self.count(text.as_bytes().len())?;
                Kept::Text((&*text.as_bytes()).into())
            }
            Value::Table(table) if own_name(table).is_none() => return self.table(table, depth),
            Value::UserData(_) => return self.userdata(value, depth),
            other => return Err(self.unfit(other)),
        };
        Ok(Draft::Plain(plain))
    }

    fn table(&mut self, table: &Table, depth: usize) -> Answer<Draft> {
        if depth >= MOST_DEEP {
            return Err(self.refused(Unkept::Deep));
        }
        self.count(Draft::Table(Vec::new()).size())?;
        let mut fields = Vec::new();
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair.map_err(internal)?;
            let Some(key) = as_key(&key) else {
                return Err(wrong_key(&key));
            };
            self.count(key.name().size())?;
            let before = self.path.len();
            self.path.push_str(&key.step());
            let draft = self.draft(&value, depth + 1)?;
            self.path.truncate(before);
            fields.push((key, draft));
        }
        // Lua's own order differs from run to run.
        fields.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Draft::Table(fields))
    }

    /// Copies a table of the state, or a part of a Tweet as handlers see it.
    fn userdata(&mut self, value: &Value, depth: usize) -> Answer<Draft> {
        if let Some(table) = held(self.lua, value) {
            let state: &State = &self.host.state.borrow();
            return self.held(state, table);
        }
        if !is_node(self.lua, value) {
            return Err(self.unfit(value));
        }
        let mut line = Vec::new();
        to_json(self.lua, value, &mut line).map_err(|error| Misuse::new(error.to_string()))?;
        let read = json::read_any(&line).map_err(|error| Misuse::new(error.to_string()))?;
        let plain = from_json(self.lua, &read, 0).map_err(internal)?;
        self.draft(&plain, depth)
    }

    fn held(&mut self, state: &State, table: TableId) -> Answer<Draft> {
        let copy = state
            .copy(table)
            .map_err(|gone| Misuse::new(gone.to_string()))?;
        self.count(copy.size())?;
        Ok(copy)
    }

    fn count(&mut self, size: usize) -> Answer<()> {
        self.size += size;
        match State::has_room_for(self.size) {
            true => Ok(()),
            false => Err(self.refused(Unkept::Full)),
        }
    }

    /// Here it is the whole value that is too much.
    fn refused(&self, unkept: Unkept) -> Misuse {
        refused(&self.path[..self.base], unkept)
    }

    fn unfit(&self, value: &Value) -> Misuse {
        Misuse::new(format!(
            "`{}` cannot be {}: `ouzel.state` keeps strings, numbers, booleans and tables of these",
            self.path,
            type_name(value)
        ))
    }
}

/// The version that a migration has to begin with, if there has to be one.
fn older(host: &Host, version: &Value, migrate: &Value) -> Answer<Option<i64>> {
    let version = match version {
        Value::Integer(version) if *version > 0 => *version,
        other => {
            let found = match other {
                Value::Integer(number) => number.to_string(),
                Value::Number(number) => number.to_string(),
                other => type_name(other).into_owned(),
            };
            return Err(Misuse::new(format!(
                "the version that `ouzel.state_version` takes first has to be an integer from 1, not {found}"
            )));
        }
    };
    if !matches!(migrate, Value::Nil | Value::Function(_)) {
        return Err(Misuse::new(format!(
            "the migration that `ouzel.state_version` takes has to be a function, not {}",
            type_name(migrate)
        )));
    }
    host.declaring("ouzel.state_version", |_| Ok(()))?;
    let state = host.state.borrow();
    // What was kept before the script named a version is older than any.
    let stored = match state.version() {
        None if state.was_empty() => return Ok(None),
        stored => stored.unwrap_or(0),
    };
    if stored > version {
        return Err(Misuse::new(format!(
            "`ouzel.state` has version {stored}, and the script asks for version {version}, which is older"
        ))
        .hint(format!(
            "a newer script has written it: load that one, or call `ouzel.state_version({stored})`"
        )));
    }
    if stored == version {
        return Ok(None);
    }
    if migrate.is_nil() {
        return Err(Misuse::new(format!(
            "`ouzel.state` has version {stored}, and nothing makes version {version} of it"
        ))
        .hint(
            "give `ouzel.state_version` a function as well: it gets the state and the old version",
        ));
    }
    Ok(Some(stored))
}
