//! Replaces the global functions that look at a table from outside, such as `type`, so that they take a Tweet, and a
//! table of `ouzel.state`, for a table.

use std::ffi::c_int;

use mlua::{Function, Lua, Result, Table, Value, ffi, lua_State};

use super::{
    access::{get, push_len, set},
    call,
    encode::to_json,
    metatable::make_metatables,
    next,
    node::as_node,
    state::{self, as_held},
};

/// Prepares a Lua state to hold Tweets. `methods` are the functions that `tweet:name()` calls, and `suggest` gives the end
/// of the message about a method that does not exist.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn install(lua: &Lua, methods: Table, suggest: Function) -> Result<()> {
    // This uses the safe bindings, because the text has an owner while Lua copies it.
    let to_string = lua.create_function(|lua, node: Value| {
        let mut text = Vec::new();
        if to_json(lua, &node, &mut text).is_err() {
            text.extend_from_slice(b"Tweet");
        }
        lua.create_string(&text)
    })?;
    // SAFETY: the closures own nothing.
    unsafe {
        lua.exec_raw::<()>(to_string, |state| {
            make_metatables(state);
            ffi::lua_settop(state, 0);
        })?;
        call::install(lua, methods, suggest)?;
        for (name, function) in [
            ("type", type_of as ffi::lua_CFunction),
            ("next", next_of),
            ("rawget", raw_get),
            ("rawset", raw_set),
            ("rawlen", raw_len),
        ] {
            // The original function is kept as an upvalue of the new one.
            let original: Value = lua.globals().raw_get(name)?;
            let replaced: Function = lua.exec_raw(original, |state| {
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
/// The first upvalue must be the original function. This raises what that function raises, and it owns nothing.
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
        if as_node(state, 1).is_none() && as_held(state, 1).is_none() {
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
            if as_held(state, 1).is_none() {
                return original(state);
            }
            ffi::lua_settop(state, 2);
            return state::next(state);
        }
        ffi::lua_settop(state, 2);
        next::next(state)
    }
}

unsafe extern "C-unwind" fn raw_get(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            if as_held(state, 1).is_none() {
                return original(state);
            }
            ffi::lua_settop(state, 2);
            return state::index(state);
        }
        ffi::lua_settop(state, 2);
        get(state)
    }
}

unsafe extern "C-unwind" fn raw_set(state: *mut lua_State) -> c_int {
    // SAFETY: as for `original`.
    unsafe {
        if as_node(state, 1).is_none() {
            if as_held(state, 1).is_none() {
                return original(state);
            }
            // Nothing gets past the state's own rules.
            ffi::lua_settop(state, 3);
            ffi::lua_settable(state, 1);
            return 1;
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
            if as_held(state, 1).is_none() {
                return original(state);
            }
            return state::len(state);
        }
        push_len(state);
        1
    }
}
