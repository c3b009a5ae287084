//! `table.insert`, `remove`, `move`, `concat` and `unpack`: ports of `ltablib.c` that count the elements.

use std::{
    ffi::{CStr, c_int},
    mem::MaybeUninit,
};

use mlua::{ffi, lua_State};

use super::meter::meter;

/// What a list has to be able to do. Anything with the metamethods for that counts as a list.
const READ: u8 = 1;
const WRITE: u8 = 2;
const LENGTH: u8 = 4;

/// Raises if an argument is no list.
///
/// # Safety
/// This can raise, so the caller must own nothing.
unsafe fn check(state: *mut lua_State, argument: c_int, what: u8) {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_type(state, argument) == ffi::LUA_TTABLE {
            return;
        }
        let mut pushed = 1;
        let mut has = |bit: u8, name: &CStr| {
            if what & bit == 0 {
                return true;
            }
            pushed += 1;
            ffi::lua_pushstring(state, name.as_ptr());
            ffi::lua_rawget(state, -pushed) != ffi::LUA_TNIL
        };
        if ffi::lua_getmetatable(state, argument) != 0
            && has(READ, c"__index")
            && has(WRITE, c"__newindex")
            && has(LENGTH, c"__len")
        {
            ffi::lua_pop(state, pushed);
        } else {
            ffi::luaL_checktype(state, argument, ffi::LUA_TTABLE);
        }
    }
}

/// The length of the list that is the first argument.
///
/// # Safety
/// As for [`check`].
pub(super) unsafe fn length(state: *mut lua_State, writes: bool) -> ffi::lua_Integer {
    // SAFETY: see above.
    unsafe {
        let what = if writes { READ | WRITE } else { READ };
        check(state, 1, what | LENGTH);
        ffi::luaL_len(state, 1)
    }
}

/// Raises if a position is not from 1 to `most`. As in C, both are taken as unsigned.
///
/// # Safety
/// As for [`check`].
unsafe fn check_position(state: *mut lua_State, position: ffi::lua_Integer, most: u64) {
    if position.wrapping_sub(1).cast_unsigned() >= most {
        // SAFETY: see above.
        unsafe { ffi::luaL_argerror(state, 2, c"position out of bounds".as_ptr()) };
    }
}

pub(super) unsafe extern "C-unwind" fn insert(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua calls this, as it calls a function in C. It owns nothing.
    unsafe {
        let meter = meter(state);
        let end = length(state, true).wrapping_add(1);
        let position = match ffi::lua_gettop(state) {
            2 => end,
            3 => {
                let position = ffi::luaL_checkinteger(state, 2);
                check_position(state, position, end.cast_unsigned());
                let mut at = end;
                while at > position {
                    meter.charge(state, 1);
                    ffi::lua_geti(state, 1, at - 1);
                    ffi::lua_seti(state, 1, at);
                    at -= 1;
                }
                position
            }
            _ => {
                let message = c"wrong number of arguments to 'insert'";
                return ffi::luaL_error(state, message.as_ptr());
            }
        };
        ffi::lua_seti(state, 1, position);
        0
    }
}

pub(super) unsafe extern "C-unwind" fn remove(state: *mut lua_State) -> c_int {
    // SAFETY: as for `insert`.
    unsafe {
        let meter = meter(state);
        let size = length(state, true);
        let mut position = ffi::luaL_optinteger(state, 2, size);
        if position != size {
            check_position(state, position, size.cast_unsigned().wrapping_add(1));
        }
        ffi::lua_geti(state, 1, position);
        while position < size {
            meter.charge(state, 1);
            ffi::lua_geti(state, 1, position + 1);
            ffi::lua_seti(state, 1, position);
            position += 1;
        }
        ffi::lua_pushnil(state);
        ffi::lua_seti(state, 1, position);
        1
    }
}

pub(super) unsafe extern "C-unwind" fn moved(state: *mut lua_State) -> c_int {
    // SAFETY: as for `insert`.
    unsafe {
        let meter = meter(state);
        let first = ffi::luaL_checkinteger(state, 2);
        let last = ffi::luaL_checkinteger(state, 3);
        let to = ffi::luaL_checkinteger(state, 4);
        let target = if ffi::lua_isnoneornil(state, 5) == 0 {
            5
        } else {
            1
        };
        check(state, 1, READ);
        check(state, target, WRITE);
        if last >= first {
            // Otherwise the number of elements is no integer.
            if first <= 0 && last >= ffi::lua_Integer::MAX + first {
                ffi::luaL_argerror(state, 3, c"too many elements to move".as_ptr());
            }
            let count = last - first + 1;
            if to > ffi::lua_Integer::MAX - count + 1 {
                ffi::luaL_argerror(state, 4, c"destination wrap around".as_ptr());
            }
            let upwards = to > last
                || to <= first
                || (target != 1 && ffi::lua_compare(state, 1, target, ffi::LUA_OPEQ) == 0);
            for step in 0..count {
                meter.charge(state, 1);
                let at = if upwards { step } else { count - 1 - step };
                ffi::lua_geti(state, 1, first + at);
                ffi::lua_seti(state, target, to + at);
            }
        }
        ffi::lua_pushvalue(state, target);
        1
    }
}

pub(super) unsafe extern "C-unwind" fn concat(state: *mut lua_State) -> c_int {
    // SAFETY: as for `insert`. The buffer is plain data.
    unsafe {
        let meter = meter(state);
        let size = length(state, false);
        let mut separator_length = 0;
        let separator = ffi::luaL_optlstring(state, 2, c"".as_ptr(), &raw mut separator_length);
        let first = ffi::luaL_optinteger(state, 3, 1);
        let last = ffi::luaL_optinteger(state, 4, size);
        let mut buffer = MaybeUninit::uninit();
        let buffer = buffer.as_mut_ptr();
        ffi::luaL_buffinit(state, buffer);
        let mut at = first;
        while at <= last {
            ffi::lua_geti(state, 1, at);
            if ffi::lua_isstring(state, -1) == 0 {
                let name = ffi::luaL_typename(state, -1);
                let message = c"invalid value (%s) at index %I in table for 'concat'";
                return ffi::luaL_error(state, message.as_ptr(), name, at);
            }
            let bytes = ffi::lua_rawlen(state, -1) + separator_length;
            meter.charge(state, 1 + bytes / 16);
            ffi::luaL_addvalue(buffer);
            if at == last {
                break;
            }
            ffi::luaL_addlstring(buffer, separator, separator_length);
            at += 1;
        }
        ffi::luaL_pushresult(buffer);
        1
    }
}

pub(super) unsafe extern "C-unwind" fn unpack(state: *mut lua_State) -> c_int {
    // SAFETY: as for `insert`.
    unsafe {
        let meter = meter(state);
        let first = ffi::luaL_optinteger(state, 2, 1);
        let last = if ffi::lua_isnoneornil(state, 3) == 0 {
            ffi::luaL_checkinteger(state, 3)
        } else {
            ffi::luaL_len(state, 1)
        };
        if first > last {
            return 0;
        }
        let count = last.wrapping_sub(first).cast_unsigned();
        let count = c_int::try_from(count).ok().and_then(|n| n.checked_add(1));
        let count = count.filter(|count| ffi::lua_checkstack(state, *count) != 0);
        let Some(count) = count else {
            return ffi::luaL_error(state, c"too many results to unpack".as_ptr());
        };
        meter.charge(state, count.unsigned_abs() as usize);
        for step in 0..count {
            ffi::lua_geti(state, 1, first + ffi::lua_Integer::from(step));
        }
        count
    }
}
