//! The metatables of a Tweet's nodes: which function Lua calls for which operator.

use mlua::{ffi, lua_State};

use super::{
    access::{index, len, newindex},
    next::pairs,
    node::{finalize, metatable_key},
};

/// Makes the metatables of a state. Index 1 has the function that turns a node into text.
///
/// # Safety
/// `state` must be a live Lua state. This can raise for lack of memory, and it owns nothing.
pub(super) unsafe fn make_metatables(state: *mut lua_State) {
    // SAFETY: these are plain pushes and sets, and they are balanced.
    unsafe {
        for root in [true, false] {
            ffi::lua_createtable(state, 0, 10);
            for (name, function) in [
                (c"__index", index as ffi::lua_CFunction),
                (c"__newindex", newindex),
                (c"__len", len),
                (c"__pairs", pairs),
            ] {
                ffi::lua_pushcclosure(state, function, 0);
                ffi::lua_setfield(state, -2, name.as_ptr());
            }
            ffi::lua_pushvalue(state, 1);
            ffi::lua_setfield(state, -2, c"__tostring".as_ptr());
            if root {
                ffi::lua_pushcclosure(state, finalize, 0);
                ffi::lua_setfield(state, -2, c"__gc".as_ptr());
            }
            // A script that calls `getmetatable` gets this value instead of the metatable.
            ffi::lua_pushboolean(state, 0);
            ffi::lua_setfield(state, -2, c"__metatable".as_ptr());
            ffi::lua_pushstring(state, c"Tweet".as_ptr());
            ffi::lua_setfield(state, -2, c"__name".as_ptr());
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(root));
        }
    }
}
