//! What happens when a script reads or writes a part of a Tweet: the metamethods of its nodes.

use std::{
    ffi::{c_int, c_void},
    ptr,
};

use mlua::{ffi, lua_State};
use sonic_rs::{JsonType, JsonValueTrait, Value};

use super::{
    node::{
        CHANGES, EXTRAS, Node, NodeKind, PARTS, ROOT, push_node, push_string, string_at, tombstone,
    },
    protect::contained,
};

pub(super) unsafe extern "C-unwind" fn index(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua itself calls metamethods of this metatable, always with a node first. Owns nothing.
    unsafe { get(state, true) }
}

/// Pushes field 2 of node 1. With `methods`, a name that is no field may be a method.
///
/// # Safety
/// The value at 1 must be a node; the first upvalue must be the methods if they are asked for. Can raise; owns nothing.
pub(super) unsafe fn get(state: *mut lua_State, methods: bool) -> c_int {
    // SAFETY: see above. What is found in the line is a pointer, which `push_value` follows before it allocates.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>().cast_const();
        if (*node).is_gone() {
            return gone(state);
        }
        match (*node).kind {
            NodeKind::Object => {
                if ffi::lua_type(state, 2) == ffi::LUA_TSTRING
                    && let Some(found) = (*node).field(string_at(state, 2))
                {
                    if (*node).changed.get() {
                        push_written(state, CHANGES, 2);
                        if ffi::lua_touserdata(state, -1) == tombstone() {
                            ffi::lua_pushnil(state);
                            return 1;
                        }
                        if ffi::lua_isnil(state, -1) == 0 {
                            return 1;
                        }
                        ffi::lua_settop(state, 2);
                    }
                    push_value(state, node, found);
                    return 1;
                }
                if (*node).extended.get() {
                    push_written(state, EXTRAS, 2);
                    if ffi::lua_isnil(state, -1) == 0 {
                        return 1;
                    }
                }
                if methods && ffi::lua_type(state, 2) == ffi::LUA_TSTRING && is_tweet(node) {
                    ffi::lua_pushvalue(state, 2);
                    ffi::lua_rawget(state, ffi::lua_upvalueindex(1));
                    return 1;
                }
            }
            // An array that has been written is wholly in its table of changes.
            NodeKind::Array if (*node).changed.get() => {
                push_written(state, CHANGES, 2);
                return 1;
            }
            NodeKind::Array => {
                let place = place_at(state, 2);
                if let Some(found) = place.and_then(|place| (*node).element(place)) {
                    push_value(state, node, found);
                    return 1;
                }
            }
        }
        ffi::lua_pushnil(state);
        1
    }
}

/// The place from 0 on that the number at an index stands for, as it does in a table: 1.0 is 1.
///
/// # Safety
/// The index must be valid. Raises nothing.
pub(super) unsafe fn place_at(state: *mut lua_State, index: c_int) -> Option<usize> {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_type(state, index) != ffi::LUA_TNUMBER {
            return None;
        }
        let mut exact = 0;
        let number = ffi::lua_tointegerx(state, index, &raw mut exact);
        let place = number.checked_sub(1).filter(|_| exact != 0)?;
        usize::try_from(place).ok()
    }
}

/// Pushes what the table in a user value of node 1 holds under the key at an index, nil included.
///
/// # Safety
/// The node must have that table, and `key` be positive. Raises nothing.
pub(super) unsafe fn push_written(state: *mut lua_State, slot: c_int, key: c_int) {
    // SAFETY: see above.
    unsafe {
        ffi::lua_getiuservalue(state, 1, slot);
        ffi::lua_pushvalue(state, key);
        ffi::lua_rawget(state, -2);
        ffi::lua_remove(state, -2);
    }
}

pub(super) unsafe extern "C-unwind" fn newindex(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe { set(state) }
}

/// Sets field 2 of node 1 to the value at 3.
///
/// # Safety
/// The value at 1 must be a node. Can raise, and then nothing has changed; owns nothing.
pub(super) unsafe fn set(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>().cast_const();
        if (*node).is_gone() {
            return gone(state);
        }
        let is_object = (*node).kind == NodeKind::Object;
        let in_line = !is_object
            || (ffi::lua_type(state, 2) == ffi::LUA_TSTRING
                && (*node).field(string_at(state, 2)).is_some());
        let (slot, has_table) = if in_line {
            (CHANGES, &(*node).changed)
        } else {
            (EXTRAS, &(*node).extended)
        };
        if !has_table.get() {
            if is_object {
                ffi::lua_createtable(state, 0, 4);
            } else {
                push_elements(state, node);
            }
            // A finalizer of the script's may have written meanwhile.
            if !has_table.get() {
                ffi::lua_setiuservalue(state, 1, slot);
                has_table.set(true);
            }
            ffi::lua_settop(state, 3);
        }
        ffi::lua_getiuservalue(state, 1, slot);
        ffi::lua_pushvalue(state, 2);
        if is_object && in_line && ffi::lua_isnil(state, 3) != 0 {
            ffi::lua_pushlightuserdata(state, tombstone());
        } else {
            ffi::lua_pushvalue(state, 3);
        }
        ffi::lua_rawset(state, -3);
        (*(*node).root).dirty.set(true);
        0
    }
}

/// Pushes a plain table with the elements of the array at 1, as the line has them.
///
/// # Safety
/// `node` must be the block at index 1. Can raise; owns nothing.
unsafe fn push_elements(state: *mut lua_State, node: *const Node) {
    // SAFETY: see above. Each element is asked for anew, since allocating runs finalizers.
    unsafe {
        // Sized at once, so that `next` gives the elements in their order.
        let length = (*node).elements();
        ffi::lua_createtable(state, c_int::try_from(length).unwrap_or(c_int::MAX), 0);
        for position in 0..length {
            let Some(element) = (*node).element(position) else {
                gone(state);
                return;
            };
            push_value(state, node, element);
            ffi::lua_rawseti(state, -2, position as ffi::lua_Integer + 1);
        }
    }
}

pub(super) unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe {
        push_len(state);
        1
    }
}

/// Pushes the length of the node at 1.
///
/// # Safety
/// The value at 1 must be a node. Raises when it is gone; owns nothing.
pub(super) unsafe fn push_len(state: *mut lua_State) {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>().cast_const();
        if (*node).is_gone() {
            gone(state);
            return;
        }
        let table = match (*node).kind {
            NodeKind::Object => (*node).extended.get().then_some(EXTRAS),
            NodeKind::Array => (*node).changed.get().then_some(CHANGES),
        };
        let length = match table {
            Some(slot) => {
                ffi::lua_getiuservalue(state, 1, slot);
                ffi::lua_rawlen(state, -1)
            }
            None => (*node).elements(),
        };
        ffi::lua_pushinteger(state, length as ffi::lua_Integer);
    }
}

/// Pushes a value of the line; a container becomes a node, the same one each time.
///
/// # Safety
/// The value at 1 must be the node that holds it, and its document be there. Can raise; owns nothing.
pub(super) unsafe fn push_value(state: *mut lua_State, node: *const Node, value: *const Value) {
    // SAFETY: see above. `value` is not followed any more once something has been allocated.
    unsafe {
        let kind = match (*value).get_type() {
            JsonType::Null if (*node).kind == NodeKind::Object => return ffi::lua_pushnil(state),
            // In an array nil would make a hole: `ouzel.json.null` keeps its place.
            JsonType::Null => return ffi::lua_pushlightuserdata(state, ptr::null_mut()),
            JsonType::Boolean => {
                return ffi::lua_pushboolean(state, c_int::from((*value).is_true()));
            }
            JsonType::Number => {
                match (*value).as_i64() {
                    Some(number) => ffi::lua_pushinteger(state, number),
                    None => {
                        let number = contained(|| crate::text::json::to_f64(&*value)).flatten();
                        ffi::lua_pushnumber(state, number.unwrap_or(f64::NAN));
                    }
                }
                return;
            }
            JsonType::String => {
                return push_string(state, (*value).as_str().unwrap_or_default().as_bytes());
            }
            JsonType::Object => NodeKind::Object,
            JsonType::Array => NodeKind::Array,
        };
        if ptr::eq((*node).root, node) {
            ffi::lua_pushvalue(state, 1);
        } else {
            ffi::lua_getiuservalue(state, 1, ROOT);
        }
        let root_index = ffi::lua_gettop(state);
        if ffi::lua_getiuservalue(state, root_index, PARTS) == ffi::LUA_TNIL {
            ffi::lua_createtable(state, 0, 4);
            // A finalizer of the script's may have touched a part meanwhile; what it has is in the table that it made.
            if ffi::lua_getiuservalue(state, root_index, PARTS) == ffi::LUA_TNIL {
                ffi::lua_pushvalue(state, -2);
                ffi::lua_setiuservalue(state, root_index, PARTS);
            }
            ffi::lua_settop(state, root_index);
            ffi::lua_getiuservalue(state, root_index, PARTS);
        }
        let key = value.cast::<c_void>();
        if ffi::lua_rawgetp(state, -1, key) == ffi::LUA_TNIL {
            ffi::lua_pop(state, 1);
            push_node(state, node, value, kind);
            ffi::lua_pushvalue(state, root_index);
            ffi::lua_setiuservalue(state, -2, ROOT);
            // The same again.
            if ffi::lua_rawgetp(state, -2, key) == ffi::LUA_TNIL {
                ffi::lua_pop(state, 1);
                ffi::lua_pushvalue(state, -1);
                ffi::lua_rawsetp(state, -3, key);
            }
        }
        // root, parts, …, the node → the node
        ffi::lua_replace(state, root_index);
        ffi::lua_settop(state, root_index);
    }
}

/// # Safety
/// Raises always; the caller must own nothing.
pub(super) unsafe fn gone(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe { ffi::luaL_error(state, c"this Tweet has been collected already".as_ptr()) }
}

/// Whether a part of a Tweet is one itself, such as the original of a Retweet, and so has a Tweet's methods.
///
/// # Safety
/// The node must be alive.
unsafe fn is_tweet(node: *const Node) -> bool {
    // SAFETY: see above.
    let has = |name: &[u8]| unsafe { (*node).field(name) }.is_some();
    has(b"text") || has(b"full_text") || has(b"body")
}
