//! Calls the methods of Tweets. `tweet:name()` is the method, whatever the Tweet has under that name, and `tweet.name`
//! is the field.
//!
//! To Lua, `tweet:name()` is two steps: it reads `tweet.name`, and calls what it gets with `tweet`. So what it gets has
//! to be callable: text, a number, nil, or a part of the Tweet. All of these have [`call`] as their `__call`, and Lua
//! tells it the name and that a colon stood before it. Anything else raises the error that Lua itself raises.
//!
//! Two other ways lost. If `tweet.name` were the method, `tweet.geo` would be true for each Tweet, and
//! `tweet.full_text or tweet.text` would not be text. If it were the field, as long as there is one, `tweet:full_text()`
//! would fail for each Tweet that came from the REST API.

use std::{
    ffi::{CStr, c_int},
    mem::MaybeUninit,
    ptr,
};

use mlua::{Function, Lua, Result, Table, ffi, lua_State};
use sonic_rs::Value;

use super::node::{Node, as_node, metatable_key};

/// The upvalue of [`call`] that has the methods by name.
const METHODS: c_int = 1;
/// The upvalue of [`call`] that has the function `suggest`.
const SUGGEST: c_int = 2;

/// Makes the methods callable on every Tweet, whatever its fields are. `suggest` gets the name of a method that does
/// not exist, and gives the rest of the message.
///
/// # Errors
/// Only when Lua has no memory left.
pub(super) fn install(lua: &Lua, methods: Table, suggest: Function) -> Result<()> {
    // SAFETY: the closure owns nothing. These are plain pushes and sets, and they are balanced.
    unsafe {
        lua.exec_raw((methods, suggest), |state| {
            ffi::lua_pushcclosure(state, call, 2);
            // The metatables of nodes.
            for root in [true, false] {
                ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(root));
                set_call(state);
            }
            // Text has a metatable already: that of the library `string`.
            ffi::lua_pushstring(state, c"".as_ptr());
            if ffi::lua_getmetatable(state, -1) != 0 {
                set_call(state);
            }
            ffi::lua_settop(state, 1);
            for plain in [
                ffi::LUA_TNIL,
                ffi::LUA_TBOOLEAN,
                ffi::LUA_TNUMBER,
                ffi::LUA_TLIGHTUSERDATA,
            ] {
                match plain {
                    ffi::LUA_TNIL => ffi::lua_pushnil(state),
                    ffi::LUA_TBOOLEAN => ffi::lua_pushboolean(state, 0),
                    ffi::LUA_TNUMBER => ffi::lua_pushinteger(state, 0),
                    _ => ffi::lua_pushlightuserdata(state, ptr::null_mut()),
                }
                ffi::lua_createtable(state, 0, 2);
                // A script that calls `getmetatable` gets this value instead of the metatable.
                ffi::lua_pushboolean(state, 0);
                ffi::lua_setfield(state, -2, c"__metatable".as_ptr());
                ffi::lua_pushvalue(state, -1);
                set_call(state);
                ffi::lua_setmetatable(state, -2);
                ffi::lua_settop(state, 1);
            }
            ffi::lua_settop(state, 0);
        })
    }
}

/// Gives the table on top the function at 1 as its `__call`, and pops the table.
///
/// # Safety
/// This can raise for lack of memory, and it owns nothing.
unsafe fn set_call(state: *mut lua_State) {
    // SAFETY: see above.
    unsafe {
        ffi::lua_pushvalue(state, 1);
        ffi::lua_setfield(state, -2, c"__call".as_ptr());
        ffi::lua_pop(state, 1);
    }
}

/// The `__call` metamethod. The value that was called is at 1, its arguments come after it.
unsafe extern "C-unwind" fn call(state: *mut lua_State) -> c_int {
    // SAFETY: a script can call this with anything, so everything is asked for. This owns nothing. The name and its kind
    // belong to the code that makes this call, so they live as long as the call.
    unsafe {
        let mut caller = MaybeUninit::<ffi::lua_Debug>::zeroed();
        let asked = ffi::lua_getstack(state, 0, caller.as_mut_ptr()) != 0
            && ffi::lua_getinfo(state, c"n".as_ptr(), caller.as_mut_ptr()) != 0;
        let caller = caller.assume_init();
        if !asked || caller.name.is_null() || caller.namewhat.is_null() {
            return not_callable(state, None);
        }
        let (name, kind) = (CStr::from_ptr(caller.name), CStr::from_ptr(caller.namewhat));
        let tweet = as_node(state, 2).is_some_and(|node| is_tweet(node));
        let arguments = ffi::lua_gettop(state) - 2;
        ffi::lua_pushstring(state, name.as_ptr());
        ffi::lua_rawget(state, ffi::lua_upvalueindex(METHODS));
        let known = ffi::lua_isnil(state, -1) == 0;
        match kind.to_bytes() {
            b"method" if tweet && known && arguments > 0 => ffi::luaL_error(
                state,
                c"`%s` takes no arguments: `tweet:%s()`".as_ptr(),
                name.as_ptr(),
                name.as_ptr(),
            ),
            b"method" if tweet && known => {
                ffi::lua_replace(state, 1);
                ffi::lua_call(state, 1, 1);
                1
            }
            b"method" if tweet => {
                ffi::lua_settop(state, 1);
                ffi::lua_pushvalue(state, ffi::lua_upvalueindex(SUGGEST));
                ffi::lua_pushstring(state, name.as_ptr());
                ffi::lua_call(state, 1, 1);
                not_callable(state, Some((name, kind)))
            }
            b"field" if known => {
                ffi::lua_settop(state, 1);
                ffi::lua_pushfstring(
                    state,
                    c"; methods are called with a colon: `tweet:%s()`".as_ptr(),
                    name.as_ptr(),
                );
                not_callable(state, Some((name, kind)))
            }
            _ => {
                ffi::lua_settop(state, 1);
                ffi::lua_pushstring(state, c"".as_ptr());
                not_callable(state, Some((name, kind)))
            }
        }
    }
}

/// Raises what Lua itself raises for a call of the value at 1, with the text at 2 as the end. Without a name the text is
/// not there.
///
/// # Safety
/// This always raises, so the caller must own nothing.
unsafe fn not_callable(state: *mut lua_State, name: Option<(&CStr, &CStr)>) -> c_int {
    // SAFETY: see above.
    unsafe {
        let is_node = as_node(state, 1).is_some();
        let value = if is_node {
            c"Tweet".as_ptr()
        } else {
            ffi::lua_typename(state, ffi::lua_type(state, 1))
        };
        match name {
            Some((name, kind)) => ffi::luaL_error(
                state,
                c"attempt to call a %s value (%s '%s')%s".as_ptr(),
                value,
                kind.as_ptr(),
                name.as_ptr(),
                ffi::lua_tostring(state, 2),
            ),
            None => ffi::luaL_error(state, c"attempt to call a %s value".as_ptr(), value),
        }
    }
}

/// Whether a part of a Tweet is a Tweet itself, such as the original of a Retweet. Such a part has a Tweet's methods.
///
/// # Safety
/// The node must be alive.
unsafe fn is_tweet(node: *const Node) -> bool {
    const SIGNS: [&[u8]; 5] = [b"text", b"full_text", b"body", b"user", b"actor"];
    /// Where Tweets stand in a Tweet, even if they have next to nothing.
    const INSIDE: [&[u8]; 4] = [
        b"retweeted_status",
        b"quoted_status",
        b"twitter_quoted_status",
        b"object",
    ];
    // SAFETY: see above. A part keeps its parent alive.
    unsafe {
        let Some(parent) = (*node).parent.as_ref() else {
            return true;
        };
        let is_this =
            |found: *const Value| (*node).value().is_some_and(|value| ptr::eq(value, found));
        SIGNS.iter().any(|name| (*node).field(name).is_some())
            || (INSIDE.iter()).any(|name| parent.field(name).is_some_and(is_this))
    }
}
