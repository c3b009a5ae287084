//! The functions that only need a check before or a count after the original.

use std::{ffi::c_int, mem::MaybeUninit};

use mlua::{ffi, lua_State};

use super::{
    super::node::{push_string, string_at},
    meter::{meter, original, push_message, raise},
};

/// The longest text that `load` takes, as long as the longest file of a script.
const LONGEST_CHUNK: usize = 16 << 20;

const TOO_LONG: &str = "`load` takes at most 16 MiB of text";

/// The shortest text whose work is counted. For less, the call itself is what takes long, and Lua counts that.
const COUNTED: usize = 256;

/// A function that looks at each byte of its first argument.
pub(super) unsafe extern "C-unwind" fn by_text(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua calls this, as it calls a function in C. It owns nothing.
    unsafe {
        let bytes = ffi::lua_rawlen(state, 1);
        let results = original(state);
        if bytes >= COUNTED {
            meter(state).charge(state, bytes);
        }
        results
    }
}

/// A function whose work is in proportion to its results. It may be called for each place of a long text.
pub(super) unsafe extern "C-unwind" fn by_results(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        let results = original(state);
        let bytes = ffi::lua_rawlen(state, -1);
        if results > 1 || bytes >= COUNTED {
            let count = usize::try_from(results).unwrap_or_default();
            meter(state).charge(state, count + bytes / 16);
        }
        results
    }
}

/// `utf8.len`, whose last result is how many characters it has passed, or the place where it has stopped.
pub(super) unsafe extern "C-unwind" fn utf8_len(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        let results = original(state);
        let passed = ffi::lua_tointeger(state, -1);
        meter(state).charge(state, usize::try_from(passed).unwrap_or_default());
        results
    }
}

/// `utf8.offset`, which passes as many characters as it is told to, but not more than there are.
pub(super) unsafe extern "C-unwind" fn utf8_offset(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        let results = original(state);
        let told = ffi::lua_tointeger(state, 2).unsigned_abs();
        let told = usize::try_from(told).unwrap_or(usize::MAX);
        let most = ffi::lua_rawlen(state, 1);
        meter(state).charge(state, told.min(most));
        results
    }
}

/// A function whose work is in proportion to the length of all its texts.
pub(super) unsafe extern "C-unwind" fn by_texts(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        let mut bytes = 0;
        for argument in 1..=ffi::lua_gettop(state) {
            if ffi::lua_type(state, argument) == ffi::LUA_TSTRING {
                bytes += ffi::lua_rawlen(state, argument);
            }
        }
        let results = original(state);
        if bytes >= COUNTED {
            meter(state).charge(state, bytes / 16);
        }
        results
    }
}

/// `string.rep`: nothing, many times, is nothing.
pub(super) unsafe extern "C-unwind" fn rep(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        if ffi::lua_type(state, 1) == ffi::LUA_TSTRING && ffi::lua_rawlen(state, 1) == 0 {
            let mut separator = 0;
            ffi::luaL_checkinteger(state, 2);
            ffi::luaL_optlstring(state, 3, c"".as_ptr(), &raw mut separator);
            if separator == 0 {
                push_string(state, b"");
                return 1;
            }
        }
        let results = original(state);
        let bytes = ffi::lua_rawlen(state, -1);
        if bytes >= COUNTED {
            // The number is no larger than the length now.
            let times = usize::try_from(ffi::lua_tointeger(state, 2)).unwrap_or_default();
            meter(state).charge(state, times + bytes / 16);
        }
        results
    }
}

/// `collectgarbage`, whose work grows with the memory in use.
pub(super) unsafe extern "C-unwind" fn collect(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        let is_step = ffi::lua_type(state, 1) == ffi::LUA_TSTRING && string_at(state, 1) == b"step";
        let results = original(state);
        if is_step {
            let kilobytes = ffi::lua_gc(state, ffi::LUA_GCCOUNT);
            meter(state).charge(state, 16 * usize::try_from(kilobytes).unwrap_or_default());
        }
        results
    }
}

/// `setmetatable` without finalizers: Lua runs them with hooks switched off, so nothing could stop one.
///
/// A `__gc` that comes into a metatable later does nothing, because Lua looks for it only here.
pub(super) unsafe extern "C-unwind" fn set_metatable(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        if ffi::lua_type(state, 2) == ffi::LUA_TTABLE {
            ffi::lua_pushstring(state, c"__gc".as_ptr());
            if ffi::lua_rawget(state, 2) != ffi::LUA_TNIL {
                raise(
                    state,
                    "a table cannot have `__gc` here: ouzel could not stop a finalizer that hangs; \
                     `local x <close> = …` calls `__close` at the end of its block",
                );
            }
            ffi::lua_pop(state, 1);
        }
        original(state)
    }
}

/// `load` for text only, because bytecode can crash the interpreter. A function that reads runs before the compiler does.
pub(super) unsafe extern "C-unwind" fn load(state: *mut lua_State) -> c_int {
    // SAFETY: as for `by_text`.
    unsafe {
        let is_text = match ffi::lua_type(state, 3) {
            ffi::LUA_TNONE | ffi::LUA_TNIL => true,
            ffi::LUA_TSTRING => matches!(string_at(state, 3), b"t" | b"bt"),
            _ => false,
        };
        if !is_text {
            raise(state, "`load` takes text only");
        }
        // A fourth argument counts even if it is nil, and so does a first one in messages.
        if matches!(ffi::lua_gettop(state), 1 | 2) {
            ffi::lua_settop(state, 3);
        }
        if ffi::lua_type(state, 1) == ffi::LUA_TFUNCTION {
            // The name is checked first, as in the original.
            ffi::luaL_optlstring(state, 2, c"".as_ptr(), std::ptr::null_mut());
            if !read(state) {
                ffi::lua_pushnil(state);
                ffi::lua_insert(state, -2);
                return 2;
            }
            ffi::lua_replace(state, 1);
            if ffi::lua_isnil(state, 2) != 0 {
                push_string(state, b"=(load)");
                ffi::lua_replace(state, 2);
            }
        }
        if ffi::lua_type(state, 1) == ffi::LUA_TSTRING {
            let length = ffi::lua_rawlen(state, 1);
            if length > LONGEST_CHUNK {
                ffi::lua_pushnil(state);
                push_string(state, TOO_LONG.as_bytes());
                return 2;
            }
            meter(state).charge(state, length.saturating_mul(8));
        }
        if ffi::lua_gettop(state) > 0 {
            push_string(state, b"t");
            ffi::lua_replace(state, 3);
        }
        original(state)
    }
}

/// Pushes what the function at 1 gives until it gives nothing more. Otherwise pushes what is wrong, and gives false.
///
/// # Safety
/// This runs any Lua code and raises, so the caller must own nothing.
unsafe fn read(state: *mut lua_State) -> bool {
    // SAFETY: see above. The buffer is plain data.
    unsafe {
        let mut buffer = MaybeUninit::uninit();
        let buffer = buffer.as_mut_ptr();
        ffi::luaL_buffinit(state, buffer);
        let mut length = 0;
        loop {
            ffi::lua_pushvalue(state, 1);
            if ffi::lua_pcall(state, 0, 1, 0) != ffi::LUA_OK {
                return false;
            }
            if ffi::lua_isnil(state, -1) != 0 {
                break;
            }
            if ffi::lua_isstring(state, -1) == 0 {
                push_message(state, "reader function must return a string");
                return false;
            }
            // This makes a string of a number, whose length counts too.
            let piece = string_at(state, -1).len();
            if piece == 0 {
                break;
            }
            length += piece;
            if length > LONGEST_CHUNK {
                push_string(state, TOO_LONG.as_bytes());
                return false;
            }
            meter(state).charge(state, 1 + piece / 16);
            ffi::luaL_addvalue(buffer);
        }
        ffi::lua_pop(state, 1);
        ffi::luaL_pushresult(buffer);
        true
    }
}
