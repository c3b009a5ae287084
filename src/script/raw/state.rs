//! A table of `ouzel.state` as a Lua value: a small block that names the table. What is in it lies outside of Lua, in
//! [`State`].
//!
//! Reading and writing a plain value takes no call of Lua code. What is written otherwise goes to the function that
//! [`push_state`] got.

use std::{
    cell::{Cell, RefCell},
    ffi::{c_int, c_void},
    ptr,
    rc::Rc,
};

use mlua::{Function, Lua, Result, Value as LuaValue, ffi, lua_State};

use super::{
    node::{push_string, string_at},
    protect::{contained, unraising},
};
use crate::state::{Draft, Name, Shared, State, TableId, Value};

/// The content of the block that owns a share of the state. Null after its finalizer has run; a script's own finalizers
/// can still see a [`Held`] then.
struct Anchor(Cell<*const RefCell<State>>);

/// The content of a block that stands for a table of the state. Plain data: the anchor is its user value, and so lives
/// as long.
#[derive(Clone, Copy)]
pub(super) struct Held {
    anchor: *const Anchor,
    table: TableId,
}

/// A value of the state without a borrow. The text has to be copied before anything can change the state.
enum Found {
    Nothing,
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(*const u8, usize),
    Table(TableId),
    Gone,
}

/// The keys in Lua's registry: the metatable of tables, the anchor, and the tables that Lua has at present.
static METATABLE: u8 = 0;
static ANCHOR: u8 = 1;
static HANDLES: u8 = 2;

fn key(which: &'static u8) -> *const c_void {
    ptr::from_ref(which).cast()
}

/// Makes the value of `ouzel.state`. `assign` gets a table of the state, a key and a value that is not plain, or that
/// cannot be kept; it writes it, or returns why it cannot.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn push_state(
    lua: &Lua,
    shared: &Shared,
    assign: Function,
) -> Result<LuaValue> {
    let mut share = Some(Rc::clone(shared));
    // SAFETY: the closure owns nothing. If Lua raises, the share is still outside. After the anchor has it, nothing
    // raises any more.
    unsafe {
        lua.exec_raw(assign, |state| {
            ffi::lua_createtable(state, 0, 6);
            ffi::lua_pushvalue(state, 1);
            ffi::lua_pushcclosure(state, newindex, 1);
            ffi::lua_setfield(state, -2, c"__newindex".as_ptr());
            for (name, function) in [
                (c"__index", index as ffi::lua_CFunction),
                (c"__len", len),
                (c"__pairs", pairs),
            ] {
                ffi::lua_pushcclosure(state, function, 0);
                ffi::lua_setfield(state, -2, name.as_ptr());
            }
            // A script that calls `getmetatable` gets this value instead of the metatable.
            ffi::lua_pushboolean(state, 0);
            ffi::lua_setfield(state, -2, c"__metatable".as_ptr());
            ffi::lua_pushstring(state, c"ouzel.state".as_ptr());
            ffi::lua_setfield(state, -2, c"__name".as_ptr());
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, key(&METATABLE));

            ffi::lua_createtable(state, 0, 0);
            ffi::lua_createtable(state, 0, 1);
            ffi::lua_pushstring(state, c"v".as_ptr());
            ffi::lua_setfield(state, -2, c"__mode".as_ptr());
            ffi::lua_setmetatable(state, -2);
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, key(&HANDLES));

            let anchor = ffi::lua_newuserdatauv(state, size_of::<Anchor>(), 0).cast::<Anchor>();
            ptr::write(anchor, Anchor(Cell::new(ptr::null())));
            ffi::lua_createtable(state, 0, 1);
            ffi::lua_pushcclosure(state, finalize, 0);
            ffi::lua_setfield(state, -2, c"__gc".as_ptr());
            ffi::lua_setmetatable(state, -2);
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, key(&ANCHOR));

            ffi::lua_settop(state, 0);
            push_held(state, State::ROOT);
            if let Some(share) = share.take() {
                (*anchor).0.set(Rc::into_raw(share));
            }
        })
    }
}

/// The number of a table of the state. `None` for any other value.
pub(in crate::script) fn held(lua: &Lua, value: &LuaValue) -> Option<TableId> {
    // SAFETY: `as_held` raises nothing.
    let held = unsafe { unraising(lua, value, |state| as_held(state, 1)) };
    held.ok().flatten().map(|held| held.table)
}

/// The table of the state at a stack index, if the value there is one.
///
/// # Safety
/// `state` must be a live Lua state with room for two values, and `index` must be valid. This raises nothing.
pub(super) unsafe fn as_held(state: *mut lua_State, index: c_int) -> Option<Held> {
    // SAFETY: only ouzel has this metatable, and scripts cannot reach it. So a block that has it is a `Held`.
    unsafe {
        if ffi::lua_type(state, index) != ffi::LUA_TUSERDATA
            || ffi::lua_getmetatable(state, index) == 0
        {
            return None;
        }
        ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, key(&METATABLE));
        let ours = ffi::lua_rawequal(state, -1, -2) != 0;
        ffi::lua_pop(state, 2);
        ours.then(|| *ffi::lua_touserdata(state, index).cast::<Held>())
    }
}

impl Held {
    /// Reads the state. `None` if Lua is being closed.
    ///
    /// # Safety
    /// Lua must keep the block of `self` alive, and `read` must not call Lua.
    pub(super) unsafe fn read<R>(self, read: impl FnOnce(&State, TableId) -> R) -> Option<R> {
        // SAFETY: see above; the anchor owns a share until its finalizer has run.
        let shared = unsafe { (*self.anchor).0.get().as_ref() }?;
        contained(|| Some(read(&*shared.try_borrow().ok()?, self.table))).flatten()
    }

    /// Changes the state. `None` if Lua is being closed.
    ///
    /// # Safety
    /// As for [`Held::read`].
    unsafe fn change<R>(self, change: impl FnOnce(&mut State, TableId) -> R) -> Option<R> {
        // SAFETY: as above.
        let shared = unsafe { (*self.anchor).0.get().as_ref() }?;
        contained(|| Some(change(&mut *shared.try_borrow_mut().ok()?, self.table))).flatten()
    }

    /// # Safety
    /// As for [`Held::read`]. The name must stay alive meanwhile.
    unsafe fn get(self, name: Name<'_>) -> Found {
        // SAFETY: see above.
        let found = unsafe {
            self.read(|tree, table| match tree.get(table, name) {
                Ok(value) => found(value),
                Err(_) => Found::Gone,
            })
        };
        found.unwrap_or(Found::Gone)
    }
}

fn found(value: Option<&Value>) -> Found {
    match value {
        None => Found::Nothing,
        Some(Value::Null) => Found::Null,
        Some(Value::Boolean(yes)) => Found::Boolean(*yes),
        Some(Value::Integer(number)) => Found::Integer(*number),
        Some(Value::Float(number)) => Found::Float(*number),
        Some(Value::Text(text)) => Found::Text(text.as_ptr(), text.len()),
        Some(Value::Table(id)) => Found::Table(*id),
    }
}

/// Pushes the value of a table.
///
/// # Safety
/// Nothing may have changed the state since the value was found. This can raise, and it owns nothing.
unsafe fn push(state: *mut lua_State, value: Found) {
    // SAFETY: see above. Lua copies a text before anything else can run.
    unsafe {
        match value {
            Found::Nothing => ffi::lua_pushnil(state),
            Found::Null => ffi::lua_pushlightuserdata(state, ptr::null_mut()),
            Found::Boolean(yes) => ffi::lua_pushboolean(state, yes.into()),
            Found::Integer(number) => ffi::lua_pushinteger(state, number),
            Found::Float(number) => ffi::lua_pushnumber(state, number),
            Found::Text(text, length) => {
                push_string(state, std::slice::from_raw_parts(text, length));
            }
            Found::Table(table) => push_held(state, table),
            Found::Gone => {
                gone(state);
            }
        }
    }
}

/// Pushes the value that stands for a table of the state. It is the same value as long as a script has it.
///
/// # Safety
/// This can raise for lack of memory, and it owns nothing.
unsafe fn push_held(state: *mut lua_State, table: TableId) {
    // SAFETY: see above. The metatable is set after the block has been written.
    unsafe {
        ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, key(&HANDLES));
        if ffi::lua_rawgeti(state, -1, table) == ffi::LUA_TNIL {
            ffi::lua_pop(state, 1);
            let held = ffi::lua_newuserdatauv(state, size_of::<Held>(), 1).cast::<Held>();
            ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, key(&ANCHOR));
            let anchor = ffi::lua_touserdata(state, -1).cast::<Anchor>().cast_const();
            ptr::write(held, Held { anchor, table });
            ffi::lua_setiuservalue(state, -2, 1);
            ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, key(&METATABLE));
            ffi::lua_setmetatable(state, -2);
            // Meanwhile a finalizer of the script may have asked for the same table.
            if ffi::lua_rawgeti(state, -2, table) == ffi::LUA_TNIL {
                ffi::lua_pop(state, 1);
                ffi::lua_pushvalue(state, -1);
                ffi::lua_rawseti(state, -3, table);
            } else {
                ffi::lua_remove(state, -2);
            }
        }
        ffi::lua_remove(state, -2);
    }
}

/// The key at an index. As in a table, 1.0 means the same as 1. `None` if no field can have this key.
///
/// # Safety
/// The value must stay on the stack while the key is used. This raises nothing.
unsafe fn name_at<'a>(state: *mut lua_State, index: c_int) -> Option<Name<'a>> {
    // SAFETY: see above.
    unsafe {
        match ffi::lua_type(state, index) {
            ffi::LUA_TSTRING => Some(Name::Text(string_at(state, index))),
            ffi::LUA_TNUMBER => {
                let mut exact = 0;
                let number = ffi::lua_tointegerx(state, index, &raw mut exact);
                (exact != 0).then_some(Name::Integer(number))
            }
            _ => None,
        }
    }
}

/// Reads the field that is named at 2 from the table at 1.
pub(super) unsafe extern "C-unwind" fn index(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua itself and `globals.rs` call this, and with a table of the state. It owns nothing.
    unsafe {
        let held = *ffi::lua_touserdata(state, 1).cast::<Held>();
        let value = match name_at(state, 2) {
            Some(name) => held.get(name),
            None => Found::Nothing,
        };
        push(state, value);
        1
    }
}

unsafe extern "C-unwind" fn newindex(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`. What may be freed lies inside of `change`, which calls nothing of Lua.
    unsafe {
        let held = *ffi::lua_touserdata(state, 1).cast::<Held>();
        if let Some(name) = name_at(state, 2)
            && set_plain(state, held, name)
        {
            return 0;
        }
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        ffi::lua_call(state, 3, 1);
        if ffi::lua_isnil(state, -1) != 0 {
            return 0;
        }
        ffi::luaL_where(state, 1);
        ffi::lua_insert(state, -2);
        ffi::lua_concat(state, 2);
        ffi::lua_error(state)
    }
}

/// Writes the value at 3, if it is no table that has to be copied, and if it can be kept.
///
/// # Safety
/// There must be three values on the stack. This raises nothing.
unsafe fn set_plain(state: *mut lua_State, held: Held, name: Name<'_>) -> bool {
    // SAFETY: see above.
    unsafe {
        let value = match ffi::lua_type(state, 3) {
            ffi::LUA_TNIL => None,
            ffi::LUA_TBOOLEAN => Some(Value::Boolean(ffi::lua_toboolean(state, 3) != 0)),
            ffi::LUA_TNUMBER if ffi::lua_isinteger(state, 3) != 0 => Some(Value::Integer(
                ffi::lua_tointegerx(state, 3, ptr::null_mut()),
            )),
            ffi::LUA_TNUMBER => Some(Value::Float(ffi::lua_tonumberx(state, 3, ptr::null_mut()))),
            ffi::LUA_TSTRING => {
                let text = string_at(state, 3);
                let set = held.change(|tree, table| {
                    let value = Draft::Plain(Value::Text(text.into()));
                    tree.set(table, name, Some(value)).is_ok()
                });
                return set == Some(true);
            }
            // Often a script writes what is there: `state.seen = state.seen or {}`.
            ffi::LUA_TUSERDATA => {
                let Some(inner) = as_held(state, 3) else {
                    return false;
                };
                let is_there = held.read(|tree, table| tree.has(table, name, inner.table));
                return is_there == Some(true);
            }
            _ => return false,
        };
        let set = held.change(|tree, table| tree.set(table, name, value.map(Draft::Plain)).is_ok());
        set == Some(true)
    }
}

pub(super) unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe {
        let held = *ffi::lua_touserdata(state, 1).cast::<Held>();
        let length = held.read(|tree, table| tree.length(table).ok()).flatten();
        match length {
            Some(length) => ffi::lua_pushinteger(state, length),
            None => return gone(state),
        }
        1
    }
}

unsafe extern "C-unwind" fn pairs(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
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
    // SAFETY: as for `index`.
    unsafe {
        ffi::lua_settop(state, 2);
        if as_held(state, 1).is_none() {
            return ffi::luaL_error(
                state,
                c"this `next` takes a table of `ouzel.state`".as_ptr(),
            );
        }
        next(state)
    }
}

/// Gives the key after the one at 2 in the table at 1, and its value; nil after the last key.
///
/// # Safety
/// The value at 1 must be a table of the state, and nothing may be above 2. This can raise, and it owns nothing.
pub(super) unsafe extern "C-unwind" fn next(state: *mut lua_State) -> c_int {
    // SAFETY: see above. The value is looked up after the key has been pushed, because that allocates.
    unsafe {
        let held = *ffi::lua_touserdata(state, 1).cast::<Held>();
        let after = name_at(state, 2);
        if after.is_none() && ffi::lua_isnil(state, 2) == 0 {
            return ffi::luaL_error(state, c"invalid key to 'next'".as_ptr());
        }
        let name = held.read(|tree, table| match tree.next(table, after) {
            Ok(None) => Found::Nothing,
            Ok(Some((Name::Integer(number), _))) => Found::Integer(number),
            Ok(Some((Name::Text(text), _))) => Found::Text(text.as_ptr(), text.len()),
            Err(_) => Found::Gone,
        });
        push(state, name.unwrap_or(Found::Gone));
        let Some(name) = name_at(state, 3) else {
            return 1;
        };
        push(state, held.get(name));
        2
    }
}

/// Raises the error for a table that is no part of the state any more.
///
/// # Safety
/// This always raises, so the caller must own nothing.
unsafe fn gone(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        ffi::luaL_error(
            state,
            c"this table has been taken out of `ouzel.state`; read it from there again".as_ptr(),
        )
    }
}

unsafe extern "C-unwind" fn finalize(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls this with the anchor's block, and `push_state` has made the share.
    unsafe {
        let anchor = ffi::lua_touserdata(state, 1).cast::<Anchor>().cast_const();
        let share = (*anchor).0.replace(ptr::null());
        if !share.is_null() {
            let _ = contained(|| drop(Rc::from_raw(share)));
        }
    }
    0
}
