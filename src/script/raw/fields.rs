//! Reads the fields of a row from a Lua table without copying them.

use std::ffi::c_int;

use mlua::{Error, Lua, Result, Table, ffi, lua_State};

use super::{encode::view, node::string_at, protect::unraising};
use crate::row::Cell;

/// A field's name and its cell. If the value cannot be a cell, the error is the name of its Lua type.
pub(in crate::script) type Field<'a> = (&'a [u8], std::result::Result<Cell<'a>, &'static str>);

/// The most fields that are read. No row has so many columns, so a table with more is refused anyway.
const MAX_FIELDS: usize = 1_000;

/// Calls `with` once with all fields of a table, while they lie on the Lua stack. If the table is a front, its fields
/// are those of the table behind it.
///
/// `with` may use Lua freely. If it panics, the panic continues after Lua's frames have been left.
///
/// # Errors
/// When there is no memory left.
pub(in crate::script) fn with_fields<R>(
    lua: &Lua,
    table: &Table,
    with: impl FnOnce(&[Field<'_>]) -> R,
) -> Result<R> {
    // SAFETY: nothing here raises: `lua_next` gets only keys that it returned itself, and nothing changes the table
    // meanwhile. Each key and value stays on the stack until `with` has returned, so each text stays alive.
    let done = unsafe {
        unraising(lua, table, |state| {
            let mut fields: Vec<Field<'_>> = Vec::with_capacity(16);
            let table = view(state, 1);
            if ffi::lua_checkstack(state, 1) == 0 {
                return None;
            }
            ffi::lua_pushnil(state);
            while fields.len() <= MAX_FIELDS {
                // The key is pushed once more, because `lua_next` pops it.
                if ffi::lua_checkstack(state, 3) == 0 {
                    return None;
                }
                ffi::lua_pushvalue(state, -1);
                if ffi::lua_next(state, table) == 0 {
                    break;
                }
                // A key that is not a string must not be turned into one in place, because that would confuse
                // `lua_next`.
                let name = if ffi::lua_type(state, -2) == ffi::LUA_TSTRING {
                    string_at(state, -2)
                } else {
                    b"?"
                };
                fields.push((name, cell_at(state, -1)));
                // The value moves below its key. The key on top is for the next turn.
                ffi::lua_insert(state, -2);
            }
            Some(with(&fields))
        })
    }?;
    done.ok_or_else(|| Error::runtime("there is no room left on the Lua stack"))
}

/// The cell of the value at an index.
///
/// # Safety
/// The value must stay on the stack while the cell is used. This raises nothing.
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
