//! Reading and writing a part of a Tweet from a script: the metamethods of nodes.

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
    // SAFETY: only Lua itself calls metamethods of this metatable, and the first argument is always a node. This owns
    // nothing.
    unsafe { get(state) }
}

/// Pushes the field of node 1 that is named at 2.
///
/// # Safety
/// The value at 1 must be a node. This can raise, and it owns nothing.
pub(super) unsafe fn get(state: *mut lua_State) -> c_int {
    // SAFETY: see above. A value found in the line is a pointer, and `push_value` follows it before it allocates.
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
            }
            // After the first write to an array, the whole array lies in its table of changes.
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

/// The place, counted from 0, for the number at an index. As in a table, 1.0 means the same as 1.
///
/// # Safety
/// The index must be valid. This raises nothing.
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

/// Pushes the value under the key at an index, from the table in a user value of node 1. The value may be nil.
///
/// # Safety
/// The node must have that table, and `key` must be positive. This raises nothing.
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

/// Sets the field of node 1 that is named at 2 to the value at 3.
///
/// # Safety
/// The value at 1 must be a node. This can raise, and then nothing has changed. It owns nothing.
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
            // Meanwhile a finalizer of the script may have written to the node.
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

/// Pushes a plain table with the elements of the array at 1, as they are in the line.
///
/// # Safety
/// `node` must be the block at index 1. This can raise, and it owns nothing.
unsafe fn push_elements(state: *mut lua_State, node: *const Node) {
    // SAFETY: see above. Each element is looked up again, because allocating runs finalizers.
    unsafe {
        // The table gets its final size at once, so that `next` gives the elements in their order.
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
/// The value at 1 must be a node. This raises if the node's Tweet is gone, and it owns nothing.
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

/// Pushes a value of the line. A container becomes a node, and it is the same node each time.
///
/// # Safety
/// The value at 1 must be the node that contains the value, and its document must still exist. This can raise, and it
/// owns nothing.
pub(super) unsafe fn push_value(state: *mut lua_State, node: *const Node, value: *const Value) {
    // SAFETY: see above. `value` is not followed any more after something has been allocated.
    unsafe {
        let kind = match (*value).get_type() {
            JsonType::Null if (*node).kind == NodeKind::Object => return ffi::lua_pushnil(state),
            // In an array, nil would make a hole. `ouzel.json.null` keeps the place.
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
            // Meanwhile a finalizer of the script may have touched a part and made this table. Then that table holds
            // the part, and is kept.
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
            // Again, a finalizer may have made this node meanwhile.
            if ffi::lua_rawgetp(state, -2, key) == ffi::LUA_TNIL {
                ffi::lua_pop(state, 1);
                ffi::lua_pushvalue(state, -1);
                ffi::lua_rawsetp(state, -3, key);
            }
        }
        // The stack goes from `root, parts, …, node` to `node`.
        ffi::lua_replace(state, root_index);
        ffi::lua_settop(state, root_index);
    }
}

/// Raises the error for a Tweet that is gone.
///
/// # Safety
/// This always raises, so the caller must own nothing.
pub(super) unsafe fn gone(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe { ffi::luaL_error(state, c"this Tweet has been collected already".as_ptr()) }
}
