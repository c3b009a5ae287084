//! The fields of a row that a handler hands over, read without building anything.

use std::ffi::c_int;

use mlua::{Lua, Result, Table, ffi, lua_State};

use super::node::string_at;
use crate::row::Cell;

/// A field's name, and its cell; for a value that is no cell, the name of its Lua type.
pub(in crate::script) type Field<'a> = (&'a [u8], std::result::Result<Cell<'a>, &'static str>);

/// More fields than any row has columns; the rest would be refused anyway.
const MAX_FIELDS: usize = 1_000;

/// Calls `with` once with all fields of a plain table, while they lie on the Lua stack.
///
/// # Errors
/// When there is no memory left.
pub(in crate::script) fn with_fields(
    lua: &Lua,
    table: &Table,
    with: impl FnOnce(&[Field<'_>]),
) -> Result<()> {
    // SAFETY: `lua_next` cannot raise for a key that it gave itself, and nothing else here can, so `fields` and what
    // `with` owns cannot be lost. Text is borrowed from strings that the table keeps alive, and nothing runs in between
    // that could change the table.
    unsafe {
        lua.exec_raw::<()>(table, |state| {
            let mut fields: Vec<Field<'_>> = Vec::with_capacity(16);
            ffi::lua_pushnil(state);
            while ffi::lua_next(state, 1) != 0 {
                // A key that is no string must not be turned into one in place: that would confuse `lua_next`.
                let name = if ffi::lua_type(state, -2) == ffi::LUA_TSTRING {
                    string_at(state, -2)
                } else {
                    b"?"
                };
                fields.push((name, cell_at(state, -1)));
                ffi::lua_settop(state, -2);
                if fields.len() > MAX_FIELDS {
                    break;
                }
            }
            with(&fields);
            ffi::lua_settop(state, 0);
        })
    }
}

/// # Safety
/// The value must stay on the stack while the cell is used. Raises nothing.
unsafe fn cell_at<'a>(
    state: *mut lua_State,
    index: c_int,
) -> std::result::Result<Cell<'a>, &'static str> {
    // SAFETY: see above.
    unsafe {
        match ffi::lua_type(state, index) {
            ffi::LUA_TNIL => Ok(Cell::Null),
            ffi::LUA_TBOOLEAN => Ok(Cell::Integer(ffi::lua_toboolean(state, index).into())),
            ffi::LUA_TNUMBER if ffi::lua_isinteger(state, index) != 0 => Ok(Cell::Integer(
                ffi::lua_tointegerx(state, index, std::ptr::null_mut()),
            )),
            ffi::LUA_TNUMBER => Ok(Cell::Real(ffi::lua_tonumberx(
                state,
                index,
                std::ptr::null_mut(),
            ))),
            ffi::LUA_TSTRING => {
                let bytes = string_at(state, index);
                Ok(match std::str::from_utf8(bytes) {
                    Ok(text) => Cell::Text(text),
                    Err(_) => Cell::Blob(bytes),
                })
            }
            ffi::LUA_TLIGHTUSERDATA if ffi::lua_touserdata(state, index).is_null() => {
                Ok(Cell::Null)
            }
            ffi::LUA_TTABLE | ffi::LUA_TUSERDATA => Err("table"),
            ffi::LUA_TFUNCTION => Err("function"),
            ffi::LUA_TTHREAD => Err("coroutine"),
            _ => Err("value of this kind"),
        }
    }
}
