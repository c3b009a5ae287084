//! The metatables of a Tweet's nodes: which function Lua calls for which operator.

use mlua::{ffi, lua_State};

use super::{
    access::{index, len, newindex},
    next::pairs,
    node::{finalize, metatable_key},
};

/// Makes the metatables of a state. At 1 is the table of methods, at 2 the function that makes text of a node.
///
/// # Safety
/// `state` must be a live Lua state. Can raise for lack of memory; owns nothing.
pub(super) unsafe fn make_metatables(state: *mut lua_State) {
    // SAFETY: plain pushes and sets, balanced.
    unsafe {
        for root in [true, false] {
            ffi::lua_createtable(state, 0, 10);
            ffi::lua_pushvalue(state, 1);
            ffi::lua_pushcclosure(state, index, 1);
            ffi::lua_setfield(state, -2, c"__index".as_ptr());
            for (name, function) in [
                (c"__newindex", newindex as ffi::lua_CFunction),
                (c"__len", len),
                (c"__pairs", pairs),
            ] {
                ffi::lua_pushcclosure(state, function, 0);
                ffi::lua_setfield(state, -2, name.as_ptr());
            }
            ffi::lua_pushvalue(state, 2);
            ffi::lua_setfield(state, -2, c"__tostring".as_ptr());
            if root {
                ffi::lua_pushcclosure(state, finalize, 0);
                ffi::lua_setfield(state, -2, c"__gc".as_ptr());
            }
            // What `getmetatable` gives to a script instead of the metatable.
            ffi::lua_pushboolean(state, 0);
            ffi::lua_setfield(state, -2, c"__metatable".as_ptr());
            ffi::lua_pushstring(state, c"Tweet".as_ptr());
            ffi::lua_setfield(state, -2, c"__name".as_ptr());
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(root));
        }
    }
}
