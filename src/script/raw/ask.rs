//! Answers ouzel's own questions about a Tweet. The answer comes from the line if no handler has changed that part,
//! else from the Tweet as handlers have changed it.

use std::ptr;

use mlua::{Lua, Result, Value as LuaValue, ffi, lua_State};
use sonic_rs::Value;

use super::{
    access::{get, push_written},
    node::{CHANGES, EXTRAS, Node, NodeKind, PARTS, ROOT, as_node, string_at, tombstone},
    protect::unraising,
};

/// Where the answer to a question about a Tweet comes from.
pub(in crate::script) enum Asked<R> {
    /// From the line as it came in: no handler has written what the question is about.
    Line(R),
    /// From the Tweet as it is now; the caller has to read it.
    Written,
}

/// Asks the line of a Tweet or of a part of one. It does so only if no handler has written to these fields or into any
/// part of the Tweet. `None` if the value is neither a Tweet nor a part of one.
pub(in crate::script) fn ask<R>(
    lua: &Lua,
    value: &LuaValue,
    fields: &[&str],
    read: fn(&Value) -> R,
) -> Option<Asked<R>> {
    // SAFETY: nothing here raises. `read` captures nothing, so it cannot make Lua allocate. The Lua value on the stack
    // keeps the node alive while the node is read.
    let asked = unsafe {
        unraising(lua, value, |state| {
            let node = as_node(state, 1)?;
            let value = (*node).value()?;
            if (*(*node).root).dirty.get() && is_written(state, node, fields) {
                return Some(Asked::Written);
            }
            Some(Asked::Line(read(value)))
        })
    };
    asked.ok().flatten()
}

/// Whether a handler has written to one of these fields of the node at 1, or into another part of its Tweet.
///
/// # Safety
/// `node` must be the block at index 1. This raises nothing, because `lua_next` gets only keys that it returned itself.
unsafe fn is_written(state: *mut lua_State, node: *const Node, fields: &[&str]) -> bool {
    // SAFETY: see above. Nothing else is on the stack.
    unsafe {
        for slot in [CHANGES, EXTRAS] {
            if ffi::lua_getiuservalue(state, 1, slot) == ffi::LUA_TTABLE {
                ffi::lua_pushnil(state);
                while ffi::lua_next(state, 2) != 0 {
                    if ffi::lua_type(state, 3) == ffi::LUA_TSTRING {
                        let name = string_at(state, 3);
                        if fields.iter().any(|field| field.as_bytes() == name) {
                            return true;
                        }
                    }
                    ffi::lua_settop(state, 3);
                }
            }
            ffi::lua_settop(state, 1);
        }
        if !ptr::eq((*node).root, node) {
            ffi::lua_getiuservalue(state, 1, ROOT);
            ffi::lua_replace(state, 1);
        }
        if ffi::lua_getiuservalue(state, 1, PARTS) == ffi::LUA_TTABLE {
            ffi::lua_pushnil(state);
            while ffi::lua_next(state, 2) != 0 {
                let part = ffi::lua_touserdata(state, 4).cast::<Node>().cast_const();
                let written = (*part).changed.get() || (*part).extended.get();
                if written && !ptr::eq(part, node) {
                    return true;
                }
                ffi::lua_settop(state, 3);
            }
        }
        false
    }
}

/// The present value of a field, and whether a handler has written it. The value is nil if `value` is neither a part of
/// a Tweet nor a table.
///
/// # Errors
/// When there is no memory left, or the Tweet is gone.
pub(in crate::script) fn field_now(
    lua: &Lua,
    value: &LuaValue,
    name: &str,
) -> Result<(LuaValue, bool)> {
    // SAFETY: the closure owns nothing.
    unsafe {
        lua.exec_raw((value, name), |state| {
            let written = match as_node(state, 1) {
                Some(node) => {
                    let slot = if (*node).field(string_at(state, 2)).is_some() {
                        CHANGES
                    } else {
                        EXTRAS
                    };
                    let mut written = false;
                    if ffi::lua_getiuservalue(state, 1, slot) == ffi::LUA_TTABLE {
                        ffi::lua_settop(state, 2);
                        push_written(state, slot, 2);
                        written = ffi::lua_isnil(state, 3) == 0
                            && ffi::lua_touserdata(state, 3) != tombstone();
                    }
                    ffi::lua_settop(state, 2);
                    get(state);
                    written
                }
                None if ffi::lua_type(state, 1) == ffi::LUA_TTABLE => {
                    ffi::lua_rawget(state, 1);
                    true
                }
                None => {
                    ffi::lua_pushnil(state);
                    false
                }
            };
            // The field is on top of the stack.
            ffi::lua_replace(state, 1);
            ffi::lua_settop(state, 1);
            ffi::lua_pushboolean(state, written.into());
        })
    }
}

/// The present element of a list, counted from 1. It is nil behind the end, and if `value` is no list.
///
/// # Errors
/// When there is no memory left, or the Tweet is gone.
pub(in crate::script) fn element_now(
    lua: &Lua,
    value: &LuaValue,
    place: usize,
) -> Result<LuaValue> {
    // SAFETY: the closure owns nothing.
    unsafe {
        lua.exec_raw((value, place), |state| {
            if as_node(state, 1).is_some() {
                get(state);
            } else if ffi::lua_type(state, 1) == ffi::LUA_TTABLE {
                ffi::lua_rawget(state, 1);
            } else {
                ffi::lua_pushnil(state);
            }
            ffi::lua_replace(state, 1);
            ffi::lua_settop(state, 1);
        })
    }
}

/// Whether a value is an object: an object of a Tweet, or a table.
pub(in crate::script) fn is_object(lua: &Lua, value: &LuaValue) -> bool {
    // SAFETY: nothing here raises.
    let found = unsafe {
        unraising(lua, value, |state| match as_node(state, 1) {
            Some(node) => (*node).kind == NodeKind::Object,
            None => ffi::lua_type(state, 1) == ffi::LUA_TTABLE,
        })
    };
    found.unwrap_or(false)
}
