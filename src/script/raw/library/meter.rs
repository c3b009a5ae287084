//! Counts the steps of the functions of the library, and raises their errors.

use std::{
    cell::Cell,
    ffi::c_int,
    fmt::{self, Display, Write as _},
};

use mlua::{ffi, lua_State};

use super::super::protect::contained;
use crate::script::{
    error::Misuse,
    pattern::{Pace, Refused},
};

/// Takes note of steps that were taken. An error ends the function that took them, at the line of its caller.
///
/// It must not call Lua.
pub(in crate::script) type Spend = fn(u32) -> Result<(), Misuse>;

/// How many steps pass between two questions whether to go on.
const STEPS: u32 = 4_000;

/// The steps of all functions of one state. It is plain data, because it lies in a userdata without a finalizer.
pub(super) struct Meter {
    /// How many steps are left until [`Self::spend`] is asked.
    left: Cell<u32>,
    spend: Spend,
    /// Why it said no.
    why: Cell<Line>,
}

impl Meter {
    pub(super) fn new(spend: Spend) -> Self {
        Self {
            left: Cell::new(STEPS),
            spend,
            why: Cell::new(Line::default()),
        }
    }

    #[cold]
    fn ask(&self, steps: u32) -> Result<(), Refused> {
        let taken = (STEPS - self.left.get()).saturating_add(steps);
        // After a refusal nothing is free.
        self.left.set(0);
        let why = match contained(|| (self.spend)(taken)) {
            Some(Ok(())) => {
                self.left.set(STEPS);
                return Ok(());
            }
            Some(Err(misuse)) => Line::of(&misuse.message),
            None => Line::of(&"the budget cannot be asked"),
        };
        self.why.set(why);
        Err(Refused)
    }

    /// Counts steps of the function that is running. One is about as much work as one instruction of Lua.
    ///
    /// # Safety
    /// This raises if there may be no further steps, so the caller must own nothing.
    #[inline]
    pub(super) unsafe fn charge(&self, state: *mut lua_State, steps: usize) {
        if self.count(steps).is_err() {
            // SAFETY: see above.
            unsafe { self.refuse(state) };
        }
    }

    /// Raises what [`Spend`] said last.
    ///
    /// # Safety
    /// This always raises, so the caller must own nothing.
    #[cold]
    pub(super) unsafe fn refuse(&self, state: *mut lua_State) -> ! {
        // SAFETY: see above.
        unsafe { raise(state, self.why.get()) }
    }
}

impl Pace for Meter {
    #[inline]
    fn count(&self, steps: usize) -> Result<(), Refused> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        match self.left.get().checked_sub(steps) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => self.ask(steps),
        }
    }
}

/// The meter of the function that is running.
///
/// # Safety
/// The function's first upvalue must be a meter, and the meter may be used as long as the function runs.
pub(super) unsafe fn meter<'m>(state: *mut lua_State) -> &'m Meter {
    // SAFETY: see above.
    unsafe { &*ffi::lua_touserdata(state, ffi::lua_upvalueindex(1)).cast::<Meter>() }
}

/// Runs the original of the function that is running, in its place.
///
/// # Safety
/// The second upvalue must be a C function that has no upvalues. This raises what that function raises, so the caller
/// must own nothing.
pub(super) unsafe fn original(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        match ffi::lua_tocfunction(state, ffi::lua_upvalueindex(2)) {
            Some(function) => function(state),
            None => ffi::luaL_error(state, c"the function is not there".as_ptr()),
        }
    }
}

/// Raises an error with this message at the line of the caller.
///
/// # Safety
/// This always raises, so the caller must own nothing. `message` must own nothing either.
#[cold]
pub(super) unsafe fn raise(state: *mut lua_State, message: impl Display + Copy) -> ! {
    // SAFETY: see above.
    unsafe {
        push_message(state, message);
        ffi::lua_error(state)
    }
}

/// Pushes a message with the line of the caller before it.
///
/// # Safety
/// This raises for lack of memory. `message` and the caller must own nothing.
pub(super) unsafe fn push_message(state: *mut lua_State, message: impl Display + Copy) {
    let line = Line::of(&message);
    // SAFETY: see above.
    unsafe {
        // The results of a function may have filled the stack.
        ffi::luaL_checkstack(state, 3, c"".as_ptr());
        ffi::luaL_where(state, 1);
        ffi::lua_pushlstring(state, line.bytes.as_ptr().cast(), line.length);
        ffi::lua_concat(state, 2);
    }
}

/// A message that owns nothing, so that Lua may jump over it. What does not fit is cut off.
#[derive(Clone, Copy)]
struct Line {
    bytes: [u8; 400],
    length: usize,
}

impl Line {
    fn of(message: &impl Display) -> Self {
        let mut line = Self::default();
        // What is too long is cut.
        let _ = write!(line, "{message}");
        line
    }
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bytes: [0; 400],
            length: 0,
        }
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let fits = text.floor_char_boundary(room.len());
        room[..fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.length += fits;
        if fits == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default())
    }
}
