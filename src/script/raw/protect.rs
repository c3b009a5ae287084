//! Keeps panics of Rust code from unwinding through Lua's frames.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use mlua::{Error, IntoLuaMulti, Lua, Result, ffi, lua_State};

/// Runs `body` with `arguments` on the Lua stack. The arguments are alive as long as `body` leaves them there.
///
/// If `body` panics, the panic continues after Lua's frames have been left.
///
/// # Errors
/// Only when Lua has no memory left.
///
/// # Safety
/// `body` must call only functions of Lua that cannot raise.
pub(super) unsafe fn unraising<R>(
    lua: &Lua,
    arguments: impl IntoLuaMulti,
    body: impl FnOnce(*mut lua_State) -> R,
) -> Result<R> {
    let mut ran = None;
    // SAFETY: nothing in the closure raises, so nothing that it owns can leak.
    unsafe {
        lua.exec_raw::<()>(arguments, |state| {
            ran = Some(catch_unwind(AssertUnwindSafe(|| body(state))));
            ffi::lua_settop(state, 0);
        })?;
    }
    match ran {
        Some(Ok(result)) => Ok(result),
        Some(Err(panic)) => resume_unwind(panic),
        None => Err(Error::runtime("Lua did not run what it was given")),
    }
}

/// Runs code that calls no function of Lua that can raise. Gives `None` if the code panics.
pub(super) fn contained<R>(body: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(body)).ok()
}

#[cfg(test)]
mod tests {
    use std::panic;

    use super::*;

    #[test]
    fn a_panic_goes_around_lua_which_stays_usable() {
        let lua = Lua::new();
        let caught = panic::catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: the closure calls nothing of Lua.
            let ran: Result<()> = unsafe { unraising(&lua, "x", |_| panic!("here")) };
            ran.unwrap();
        }));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"here"));
        // If the jump buffer were dangling, this error would jump into a frame that is gone.
        assert!(lua.load("error('after')").exec().is_err());
        assert_eq!(lua.load("return 1").eval::<i64>().unwrap(), 1);
        assert_eq!(contained(|| panic!("there")), None::<()>);
    }
}
