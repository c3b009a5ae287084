//! Values on their way between Lua, SQL and JSON.

use mlua::{Lua, Result, Table, Value};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait};

use super::raw::mark_array;
use crate::row::Cell;

/// Deeper JSON is refused: the text may be hostile, and the stack is not endless.
pub(super) const MAX_DEPTH: usize = 100;

/// A value that a script hands over for SQL.
pub(super) enum Argument {
    Null,
    Integer(i64),
    Real(f64),
    Bytes(Vec<u8>),
}

impl Argument {
    /// Reads a Lua value, or names the type that has no place in SQL.
    pub(super) fn read(value: &Value) -> std::result::Result<Self, &'static str> {
        match value {
            Value::Nil | Value::LightUserData(_) => Ok(Self::Null),
            Value::Boolean(yes) => Ok(Self::Integer(i64::from(*yes))),
            Value::Integer(number) => Ok(Self::Integer(*number)),
            Value::Number(number) => Ok(Self::Real(*number)),
            Value::String(text) => Ok(Self::Bytes(text.as_bytes().to_vec())),
            Value::Table(_) | Value::UserData(_) => Err("table"),
            Value::Function(_) => Err("function"),
            _ => Err("value of this kind"),
        }
    }

    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(number) => Cell::Integer(*number),
            Self::Real(number) => Cell::Real(*number),
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cell::Text(text),
                Err(_) => Cell::Blob(bytes),
            },
        }
    }
}

/// A row of an answer as a Lua table by column.
pub(super) fn row_table(lua: &Lua, names: &[&str], cells: &[Cell<'_>]) -> Result<Table> {
    let row = lua.create_table_with_capacity(0, names.len())?;
    for (name, cell) in names.iter().zip(cells) {
        let value = match *cell {
            Cell::Null => Value::Nil,
            Cell::Integer(number) => Value::Integer(number),
            Cell::Real(number) => Value::Number(number),
            Cell::Text(text) => Value::String(lua.create_string(text)?),
            Cell::Blob(bytes) => Value::String(lua.create_string(bytes)?),
        };
        row.raw_set(*name, value)?;
    }
    Ok(row)
}

/// A JSON value as plain Lua: null is nil in an object and `ouzel.json.null` in a list.
pub(super) fn from_json(lua: &Lua, json: &sonic_rs::Value, depth: usize) -> Result<Value> {
    if depth > MAX_DEPTH {
        return Err(mlua::Error::runtime("the JSON is nested too deeply"));
    }
    Ok(match json.get_type() {
        JsonType::Null => Value::NULL,
        JsonType::Boolean => Value::Boolean(json.is_true()),
        JsonType::Number => match json.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Number(crate::text::json::to_f64(json).unwrap_or(f64::NAN)),
        },
        JsonType::String => Value::String(lua.create_string(json.as_str().unwrap_or_default())?),
        JsonType::Array => {
            let list = lua.create_table()?;
            for (number, element) in json.as_array().into_iter().flatten().enumerate() {
                list.raw_set(number + 1, from_json(lua, element, depth + 1)?)?;
            }
            mark_array(lua, &list)?;
            Value::Table(list)
        }
        JsonType::Object => {
            let table = lua.create_table()?;
            for (key, field) in json.as_object().into_iter().flatten() {
                if !field.is_null() {
                    table.raw_set(key, from_json(lua, field, depth + 1)?)?;
                }
            }
            Value::Table(table)
        }
    })
}
