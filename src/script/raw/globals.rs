//! The global functions that look at a table from outside, taught that a Tweet is one.

use std::ffi::c_int;

use mlua::{Lua, Result, Table, Value, ffi, lua_State};

use super::{
    access::{get, push_len, set},
    encode::to_json,
    metatable::make_metatables,
    next,
    node::as_node,
};

/// Makes a Lua state able to hold Tweets. `methods` are what `tweet:name()` finds.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn install(lua: &Lua, methods: Table) -> Result<()> {
    // Through the safe bindings, since the text is owned while Lua copies it.
    let to_string = lua.create_function(|lua, node: Value| {
        let mut text = Vec::new();
        if to_json(lua, &node, &mut text).is_err() {
            text.extend_from_slice(b"Tweet");
        }
        lua.create_string(&text)
    })?;
    // SAFETY: the closures own nothing.
    unsafe {
        lua.exec_raw::<()>((methods, to_string), |state| {
            make_metatables(state);
            ffi::lua_settop(state, 0);
        })?;
        for (name, function) in [
            ("type", type_of as ffi::lua_CFunction),
            ("next", next_of),
            ("rawget", raw_get),
            ("rawset", raw_set),
            ("rawlen", raw_len),
        ] {
            // The original stays within reach as the upvalue.
            let original: Value = lua.globals().raw_get(name)?;
            let replaced: mlua::Function = lua.exec_raw(original, |state| {
                ffi::lua_pushcclosure(state, function, 1);
            })?;
            lua.globals().raw_set(name, replaced)?;
        }
    }
    Ok(())
}

/// Calls the original function with the same arguments.
///
/// # Safety
/// The first upvalue must be that function. Raises what it raises; owns nothing.
unsafe fn original(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        ffi::lua_call(state, ffi::lua_gettop(state) - 1, ffi::LUA_MULTRET);
        ffi::lua_gettop(state)
    }
}

unsafe extern "C-unwind" fn type_of(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            return original(state);
        }
        ffi::lua_pushstring(state, c"table".as_ptr());
        1
    }
}

unsafe extern "C-unwind" fn next_of(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            return original(state);
        }
        ffi::lua_settop(state, 2);
        next::next(state)
    }
}

unsafe extern "C-unwind" fn raw_get(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            return original(state);
        }
        ffi::lua_settop(state, 2);
        get(state, false)
    }
}

unsafe extern "C-unwind" fn raw_set(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            return original(state);
        }
        ffi::lua_settop(state, 3);
        set(state);
        ffi::lua_settop(state, 1);
        1
    }
}

unsafe extern "C-unwind" fn raw_len(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            return original(state);
        }
        push_len(state);
        1
    }
}
