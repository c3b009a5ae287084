//! `next` and `pairs` for a Tweet. They give the fields in the order of the line, then the fields that a handler has
//! added.
//!
//! Each step finds its place by the name that it gets. So a loop may change or delete the fields that it passes.

use std::ffi::c_int;

use mlua::{ffi, lua_State};

use super::{
    access::{gone, place_at, push_value, push_written},
    node::{CHANGES, EXTRAS, Node, NodeKind, as_node, push_string, string_at, tombstone},
    protect::contained,
};

/// The `__pairs` metamethod.
pub(super) unsafe extern "C-unwind" fn pairs(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua itself calls this, and with a node. It owns nothing.
    unsafe {
        ffi::lua_settop(state, 1);
        ffi::lua_pushcclosure(state, step, 0);
        ffi::lua_insert(state, 1);
        ffi::lua_pushnil(state);
        3
    }
}

/// The function that `pairs` returns. A script can call it with anything.
unsafe extern "C-unwind" fn step(state: *mut lua_State) -> c_int {
    // SAFETY: a value that is not a node has to be a table. This owns nothing.
    unsafe {
        ffi::lua_settop(state, 2);
        if as_node(state, 1).is_some() {
            return next(state);
        }
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        next_of(state, 1)
    }
}

/// Gives the key after the one at 2 in the node at 1, and its value; nil after the last key.
///
/// # Safety
/// The value at 1 must be a node, and nothing may be above 2. This can raise, and it owns nothing.
pub(super) unsafe fn next(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>().cast_const();
        if (*node).is_gone() {
            return gone(state);
        }
        match (*node).kind {
            NodeKind::Object => next_field(state, node),
            NodeKind::Array if (*node).changed.get() => next_written(state, CHANGES),
            NodeKind::Array => next_element(state, node),
        }
    }
}

/// Does this for an array that no handler has written to.
///
/// # Safety
/// As for [`next`].
unsafe fn next_element(state: *mut lua_State, node: *const Node) -> c_int {
    // SAFETY: see above.
    unsafe {
        let place = if ffi::lua_isnil(state, 2) != 0 {
            0
        } else {
            match place_at(state, 2) {
                Some(before) if before < (*node).elements() => before + 1,
                _ => return no_such_key(state),
            }
        };
        let Some(element) = (*node).element(place) else {
            ffi::lua_pushnil(state);
            return 1;
        };
        ffi::lua_pushinteger(state, place as ffi::lua_Integer + 1);
        push_value(state, node, element);
        2
    }
}

/// Does this for an object.
///
/// # Safety
/// As for [`next`].
unsafe fn next_field(state: *mut lua_State, node: *const Node) -> c_int {
    // SAFETY: see above. Pushing a name allocates, so each turn asks the node again.
    unsafe {
        let mut place = match ffi::lua_type(state, 2) {
            ffi::LUA_TNIL => 0,
            ffi::LUA_TSTRING => match (*node).find(string_at(state, 2)) {
                Some(before) => before.place + 1,
                None => return next_written(state, EXTRAS),
            },
            _ => return next_written(state, EXTRAS),
        };
        loop {
            if (*node).is_gone() {
                return gone(state);
            }
            let changed = (*node).changed.get();
            let Some(order) = (*node).order() else {
                return ffi::luaL_error(state, c"the fields cannot be ordered".as_ptr());
            };
            // A field that is null in the line may have got a value.
            let Some(found) = contained(|| order.from(place, changed)).flatten() else {
                break;
            };
            push_string(state, (*found.name).as_bytes());
            if (*node).is_gone() {
                return gone(state);
            }
            if (*node).changed.get() {
                push_written(state, CHANGES, 3);
                if ffi::lua_touserdata(state, 4) == tombstone() {
                    place = found.place + 1;
                    ffi::lua_settop(state, 2);
                    continue;
                }
                if ffi::lua_isnil(state, 4) == 0 {
                    (*node).cursor.set(found.place);
                    return 2;
                }
                ffi::lua_settop(state, 3);
            }
            if found.is_null {
                place = found.place + 1;
                ffi::lua_settop(state, 2);
                continue;
            }
            (*node).cursor.set(found.place);
            push_value(state, node, found.value);
            return 2;
        }
        ffi::lua_settop(state, 1);
        ffi::lua_pushnil(state);
        next_written(state, EXTRAS)
    }
}

/// Gives the key after the one at 2, from one of the tables of the node at 1.
///
/// # Safety
/// As for [`next`].
unsafe fn next_written(state: *mut lua_State, slot: c_int) -> c_int {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_getiuservalue(state, 1, slot) == ffi::LUA_TTABLE {
            ffi::lua_insert(state, 2);
            return next_of(state, 2);
        }
        if ffi::lua_isnil(state, 2) == 0 {
            return no_such_key(state);
        }
        ffi::lua_pushnil(state);
        1
    }
}

/// Gives the key after the one on top of the stack, from the table at an index.
///
/// # Safety
/// There must be a table at the index. This raises if the key is not in the table, and it owns nothing.
unsafe fn next_of(state: *mut lua_State, table: c_int) -> c_int {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_next(state, table) != 0 {
            return 2;
        }
        ffi::lua_pushnil(state);
        1
    }
}

/// Raises Lua's own error for a key that is not there.
///
/// # Safety
/// This always raises, so the caller must own nothing.
unsafe fn no_such_key(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        ffi::lua_pushstring(state, c"invalid key to 'next'".as_ptr());
        ffi::lua_error(state)
    }
}
