//! Reads the fields of a row from a Lua table without copying them.

use std::ffi::c_int;

use mlua::{Error, Lua, Result, Table, ffi, lua_State};

use super::{encode::view, node::string_at, protect::unraising};
use crate::row::Cell;

/// A field's name, and its cell; for a value that is no cell, the name of its Lua type.
pub(in crate::script) type Field<'a> = (&'a [u8], std::result::Result<Cell<'a>, &'static str>);

/// More fields than any row has columns; the rest would be refused anyway.
const MAX_FIELDS: usize = 1_000;

/// Calls `with` once with all fields of a table, or of what it is a front for, while they lie on the Lua stack.
///
/// `with` may do what it likes with Lua; a panic in it goes on behind Lua.
///
/// # Errors
/// When there is no memory left.
pub(in crate::script) fn with_fields<R>(
    lua: &Lua,
    table: &Table,
    with: impl FnOnce(&[Field<'_>]) -> R,
) -> Result<R> {
    // SAFETY: nothing here raises: `lua_next` gets only keys that it gave itself, from a table that nothing changes
    // meanwhile. Each key and value stays on the stack, and so each text alive, until `with` has come back.
    let done = unsafe {
        unraising(lua, table, |state| {
            let mut fields: Vec<Field<'_>> = Vec::with_capacity(16);
            let table = view(state, 1);
            if ffi::lua_checkstack(state, 1) == 0 {
                return None;
            }
            ffi::lua_pushnil(state);
            while fields.len() <= MAX_FIELDS {
                // The key once more: `lua_next` takes it away.
                if ffi::lua_checkstack(state, 3) == 0 {
                    return None;
                }
                ffi::lua_pushvalue(state, -1);
                if ffi::lua_next(state, table) == 0 {
                    break;
                }
                // A key that is no string must not be turned into one in place: that would confuse `lua_next`.
                let name = if ffi::lua_type(state, -2) == ffi::LUA_TSTRING {
                    string_at(state, -2)
                } else {
                    b"?"
                };
                fields.push((name, cell_at(state, -1)));
                // The value below its key, which is for the next turn.
                ffi::lua_insert(state, -2);
            }
            Some(with(&fields))
        })
    }?;
    done.ok_or_else(|| Error::runtime("there is no room left on the Lua stack"))
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
