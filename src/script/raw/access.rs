//! What happens when a script reads or writes a part of a Tweet: the metamethods of its nodes.

use std::{
    ffi::{c_int, c_void},
    ptr,
};

use mlua::{ffi, lua_State};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value};

use super::node::{
    Node, NodeKind, finalize, metatable_key, push_part, push_string, string_at, tombstone,
};

/// Makes the metatables of a state. The value on top of the stack, which stays, is the table of methods.
///
/// # Safety
/// `state` must be a live Lua state. Can raise for lack of memory; owns nothing.
pub(super) unsafe fn make_metatables(state: *mut lua_State, to_string: ffi::lua_CFunction) {
    // SAFETY: plain pushes and sets, balanced.
    unsafe {
        for root in [true, false] {
            ffi::lua_createtable(state, 0, 10);
            ffi::lua_pushvalue(state, -2);
            ffi::lua_pushcclosure(state, index, 1);
            ffi::lua_setfield(state, -2, c"__index".as_ptr());
            for (name, function) in [
                (c"__newindex", newindex as ffi::lua_CFunction),
                (c"__len", len),
                (c"__pairs", pairs),
                (c"__tostring", to_string),
            ] {
                ffi::lua_pushcclosure(state, function, 0);
                ffi::lua_setfield(state, -2, name.as_ptr());
            }
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

unsafe extern "C-unwind" fn index(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua itself calls metamethods of this metatable, always with a node first. Owns nothing.
    unsafe { get(state, true) }
}

/// Pushes field 2 of node 1. With `methods`, a name that is no field may be a method.
///
/// # Safety
/// The value at 1 must be a node; the first upvalue must be the methods if they are asked for. Can raise; owns nothing.
pub(super) unsafe fn get(state: *mut lua_State, methods: bool) -> c_int {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        if (*node).written {
            ffi::lua_getiuservalue(state, 1, 1);
            ffi::lua_pushvalue(state, 2);
            let kind = ffi::lua_rawget(state, -2);
            if kind == ffi::LUA_TLIGHTUSERDATA && ffi::lua_touserdata(state, -1) == tombstone() {
                ffi::lua_pushnil(state);
                return 1;
            }
            // An array that has been written is wholly in its table of writes.
            if kind != ffi::LUA_TNIL || (*node).kind == NodeKind::Array {
                return 1;
            }
            ffi::lua_settop(state, 2);
        }
        let Some(value) = (*node).value() else {
            return gone(state);
        };
        match (*node).kind {
            NodeKind::Object => {
                if ffi::lua_type(state, 2) == ffi::LUA_TSTRING {
                    let key = string_at(state, 2);
                    if let Some((position, found)) = field(value, key) {
                        push_value(state, node, found, position);
                        return 1;
                    }
                    if methods && is_tweet(value) {
                        ffi::lua_pushvalue(state, 2);
                        ffi::lua_rawget(state, ffi::lua_upvalueindex(1));
                        return 1;
                    }
                }
            }
            NodeKind::Array => {
                if ffi::lua_isinteger(state, 2) != 0 {
                    let position = ffi::lua_tointegerx(state, 2, ptr::null_mut()).wrapping_sub(1);
                    let found = usize::try_from(position)
                        .ok()
                        .and_then(|position| value.as_array()?.get(position));
                    if let Some(found) = found {
                        push_value(state, node, found, position as u32);
                        return 1;
                    }
                }
            }
        }
        ffi::lua_pushnil(state);
        1
    }
}

unsafe extern "C-unwind" fn newindex(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe { set(state) }
}

/// Sets field 2 of node 1 to the value at 3.
///
/// # Safety
/// The value at 1 must be a node. Can raise; owns nothing.
pub(super) unsafe fn set(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        if (*node).value().is_none() {
            return gone(state);
        }
        if !(*node).written {
            ffi::lua_createtable(state, 0, 4);
            if (*node).kind == NodeKind::Array {
                copy_fields(state, node);
            }
            ffi::lua_setiuservalue(state, 1, 1);
            (*node).written = true;
            (*(*node).root).dirty = true;
        }
        ffi::lua_getiuservalue(state, 1, 1);
        ffi::lua_pushvalue(state, 2);
        if (*node).kind == NodeKind::Object && ffi::lua_isnil(state, 3) != 0 {
            ffi::lua_pushlightuserdata(state, tombstone());
        } else {
            ffi::lua_pushvalue(state, 3);
        }
        ffi::lua_rawset(state, -3);
        0
    }
}

unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        push_len(state, node);
        1
    }
}

/// Pushes the length of the node at 1.
///
/// # Safety
/// `node` must be the block at index 1. Can raise; owns nothing.
pub(super) unsafe fn push_len(state: *mut lua_State, node: *const Node) {
    // SAFETY: see above.
    unsafe {
        let length = if (*node).written {
            ffi::lua_getiuservalue(state, 1, 1);
            ffi::lua_rawlen(state, -1)
        } else {
            match (*node).value() {
                Some(value) => value.as_array().map_or(0, |array| array.len()),
                None => 0,
            }
        };
        ffi::lua_pushinteger(state, length as ffi::lua_Integer);
    }
}

unsafe extern "C-unwind" fn pairs(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe {
        ffi::lua_settop(state, 1);
        ffi::lua_pushcclosure(state, next, 0);
        push_snapshot(state);
        ffi::lua_pushnil(state);
        3
    }
}

/// `next` for a snapshot: a plain table that no script has seen.
unsafe extern "C-unwind" fn next(state: *mut lua_State) -> c_int {
    // SAFETY: `lua_next` raises for a key that is not in the table; nothing is owned.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        ffi::lua_settop(state, 2);
        if ffi::lua_next(state, 1) != 0 {
            2
        } else {
            ffi::lua_pushnil(state);
            1
        }
    }
}

/// Pushes a plain table with the present fields of the node at 1.
///
/// # Safety
/// The value at 1 must be a node. Can raise; owns nothing.
pub(super) unsafe fn push_snapshot(state: *mut lua_State) {
    // SAFETY: see above. Each step leaves just the snapshot on top.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        if (*node).value().is_none() {
            gone(state);
        }
        ffi::lua_createtable(state, 0, 0);
        let snapshot = ffi::lua_gettop(state);
        if !((*node).written && (*node).kind == NodeKind::Array) {
            copy_fields(state, node);
        }
        if (*node).written {
            ffi::lua_getiuservalue(state, 1, 1);
            ffi::lua_pushnil(state);
            while ffi::lua_next(state, -2) != 0 {
                ffi::lua_pushvalue(state, -2);
                if ffi::lua_touserdata(state, -2) == tombstone() {
                    ffi::lua_pushnil(state);
                } else {
                    ffi::lua_pushvalue(state, -2);
                }
                ffi::lua_rawset(state, snapshot);
                ffi::lua_pop(state, 1);
            }
            ffi::lua_pop(state, 1);
        }
    }
}

/// Copies what the line has for the node at 1 into the table on top.
///
/// # Safety
/// The value at 1 must be a node whose document is there. Can raise; owns nothing.
unsafe fn copy_fields(state: *mut lua_State, node: *mut Node) {
    // SAFETY: see above; the iterators over the parsed value own nothing.
    unsafe {
        let Some(value) = (*node).value() else { return };
        if let Some(object) = value.as_object() {
            for (position, (key, field)) in object.iter().enumerate() {
                push_string(state, key.as_bytes());
                ffi::lua_pushvalue(state, -1);
                // Of a name that occurs twice the first counts, as it does for `field`.
                if ffi::lua_rawget(state, -3) == ffi::LUA_TNIL {
                    ffi::lua_pop(state, 1);
                    push_value(state, node, field, position as u32);
                    ffi::lua_rawset(state, -3);
                } else {
                    ffi::lua_pop(state, 2);
                }
            }
        } else if let Some(array) = value.as_array() {
            for (position, element) in array.iter().enumerate() {
                push_value(state, node, element, position as u32);
                ffi::lua_rawseti(state, -2, position as ffi::lua_Integer + 1);
            }
        }
    }
}

/// Pushes a value of the line; a container becomes a node, the same one each time.
///
/// # Safety
/// The value at 1 must be the node that holds it. Can raise; owns nothing.
unsafe fn push_value(state: *mut lua_State, node: *mut Node, value: &Value, position: u32) {
    // SAFETY: see above.
    unsafe {
        let kind = match value.get_type() {
            JsonType::Null if (*node).kind == NodeKind::Object => return ffi::lua_pushnil(state),
            // In an array nil would make a hole: `ouzel.json.null` keeps its place.
            JsonType::Null => return ffi::lua_pushlightuserdata(state, ptr::null_mut()),
            JsonType::Boolean => {
                return ffi::lua_pushboolean(state, c_int::from(value.is_true()));
            }
            JsonType::Number => {
                match value.as_i64() {
                    Some(number) => ffi::lua_pushinteger(state, number),
                    None => {
                        ffi::lua_pushnumber(state, crate::json::to_f64(value).unwrap_or(f64::NAN));
                    }
                }
                return;
            }
            JsonType::String => {
                return push_string(state, value.as_str().unwrap_or_default().as_bytes());
            }
            JsonType::Object => NodeKind::Object,
            JsonType::Array => NodeKind::Array,
        };
        let root = (*node).root;
        if ptr::eq(root, node) {
            ffi::lua_pushvalue(state, 1);
        } else {
            ffi::lua_getiuservalue(state, 1, 2);
        }
        let root_index = ffi::lua_gettop(state);
        if ffi::lua_getiuservalue(state, root_index, 2) == ffi::LUA_TNIL {
            ffi::lua_pop(state, 1);
            ffi::lua_createtable(state, 0, 4);
            ffi::lua_pushvalue(state, -1);
            ffi::lua_setiuservalue(state, root_index, 2);
        }
        let key = ptr::from_ref(value).cast::<c_void>();
        if ffi::lua_rawgetp(state, -1, key) == ffi::LUA_TNIL {
            ffi::lua_pop(state, 1);
            push_part(state, node, value, position, kind);
            ffi::lua_pushvalue(state, root_index);
            ffi::lua_setiuservalue(state, -2, 2);
            ffi::lua_pushvalue(state, -1);
            ffi::lua_rawsetp(state, -3, key);
        }
        // root, parts, the node → the node
        ffi::lua_replace(state, root_index);
        ffi::lua_settop(state, root_index);
    }
}

/// # Safety
/// Raises always; the caller must own nothing.
unsafe fn gone(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe { ffi::luaL_error(state, c"this Tweet has been collected already".as_ptr()) }
}

/// Whether a part of a Tweet is one itself, such as the original of a Retweet, and so has a Tweet's methods.
fn is_tweet(value: &Value) -> bool {
    let has = |name: &[u8]| field(value, name).is_some();
    has(b"text") || has(b"full_text") || has(b"body")
}

/// A field of an object by its name, with its place.
fn field<'v>(object: &'v Value, key: &[u8]) -> Option<(u32, &'v Value)> {
    object
        .as_object()?
        .iter()
        .enumerate()
        .find(|(_, (name, _))| name.as_bytes() == key)
        .map(|(position, (_, value))| (position as u32, value))
}
