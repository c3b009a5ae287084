//! The hook that Lua calls after every few instructions, which spends from the script's budget.

use std::ffi::{CStr, c_int};

use mlua::{Lua, Result, ffi, lua_State};

use super::protect::contained;
use crate::script::budget;

/// How many instructions pass between two calls of the hook.
const EVERY: c_int = 200;

/// How many calls of the script are looked through for the file and line that runs.
const LEVELS: c_int = 50;

/// Calls the hook from now on, in this state and in every coroutine that it makes later. Has to be called again after a
/// breach, which has made the hook stricter.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn watch(lua: &Lua) -> Result<()> {
    // SAFETY: the closure owns nothing.
    unsafe {
        lua.exec_raw::<()>((), |state| {
            ffi::lua_sethook(state, Some(hook), ffi::LUA_MASKCOUNT, EVERY);
        })
    }
}

/// The same, and notes each line that runs, so that the line is known when there is no memory left. That takes time, and
/// is for code that runs once.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn watch_lines(lua: &Lua) -> Result<()> {
    // SAFETY: the closure owns nothing.
    unsafe {
        lua.exec_raw::<()>((), |state| {
            let events = ffi::LUA_MASKCOUNT | ffi::LUA_MASKLINE;
            ffi::lua_sethook(state, Some(hook), events, EVERY);
        })
    }
}

unsafe extern "C-unwind" fn hook(state: *mut lua_State, record: *mut ffi::lua_Debug) {
    // SAFETY: Lua calls this with a state that runs, and a record of why it does.
    unsafe {
        if (*record).event == ffi::LUA_HOOKLINE {
            return note_place(state, budget::note_seen);
        }
    }
    let spent = contained(|| budget::spend_and_look(EVERY.unsigned_abs()));
    let Some(Err(_)) = spent else {
        if spent == Some(Ok(true)) {
            // SAFETY: Lua calls this with a state that runs.
            unsafe { look_at_memory(state) };
        }
        return;
    };
    // SAFETY: Lua calls this with a state that runs. Nothing is owned when the error is raised.
    unsafe {
        note_place(state, budget::note_place);
        // What a handler of errors does from now on ends at its first instruction.
        ffi::lua_sethook(state, Some(hook), ffi::LUA_MASKCOUNT, 1);
        ffi::lua_pushstring(state, budget::RAISED.as_ptr());
        ffi::lua_error(state);
    }
}

/// Notes the file and line of the script that runs, if it has taken most of its memory.
///
/// # Safety
/// `state` must be the state that runs. This raises nothing.
unsafe fn look_at_memory(state: *mut lua_State) {
    // SAFETY: see above. This only reads a counter of Lua's, in KiB.
    let taken = unsafe { ffi::lua_gc(state, ffi::LUA_GCCOUNT) };
    let bytes = usize::try_from(taken).unwrap_or(0).saturating_mul(1 << 10);
    if contained(|| budget::is_most_of_memory(bytes)) == Some(true) {
        // SAFETY: see above.
        unsafe { note_place(state, budget::note_seen) };
    }
}

/// Notes the file and line of the script that runs.
///
/// # Safety
/// `state` must be the state that runs. This raises nothing.
unsafe fn note_place(state: *mut lua_State, note: fn(&str, usize)) {
    for level in 0..LEVELS {
        // SAFETY: see above. Lua fills the record, whose texts live as long as the function that it describes, and that
        // is on the stack.
        unsafe {
            let mut record: ffi::lua_Debug = std::mem::zeroed();
            if ffi::lua_getstack(state, level, &raw mut record) == 0 {
                return;
            }
            ffi::lua_getinfo(state, c"Sl".as_ptr(), &raw mut record);
            let Ok(line) = usize::try_from(record.currentline) else {
                continue;
            };
            // ouzel's own Lua has a name that begins with `=`.
            let source = CStr::from_ptr(record.source).to_bytes();
            let Some(file) = source.strip_prefix(b"@") else {
                continue;
            };
            contained(|| note(&String::from_utf8_lossy(file), line));
            return;
        }
    }
}
