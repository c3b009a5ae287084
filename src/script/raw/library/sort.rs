//! `table.sort`: the quicksort of `ltablib.c`, which counts its comparisons.

use std::ffi::c_int;

use mlua::{ffi, lua_State};

use super::{
    lists::length,
    meter::{Meter, meter},
};

/// The largest part that is always split in its middle.
const SPLIT_IN_THE_MIDDLE: u32 = 100;

pub(super) unsafe extern "C-unwind" fn sort(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua calls this, as it calls a function in C. It owns nothing.
    unsafe {
        let size = length(state, true);
        if size > 1 {
            let count = u32::try_from(size).unwrap_or(u32::MAX);
            if count >= c_int::MAX.cast_unsigned() {
                ffi::luaL_argerror(state, 1, c"array too big".as_ptr());
            }
            if ffi::lua_isnoneornil(state, 2) == 0 {
                ffi::luaL_checktype(state, 2, ffi::LUA_TFUNCTION);
            }
            ffi::lua_settop(state, 2);
            sort_part(state, meter(state), 1, count, 0);
        }
        0
    }
}

/// Whether the value at `a` comes before the one at `b`.
///
/// # Safety
/// The indices must be negative, and the order, or nil, must be at 2. This runs any Lua code and raises, so the caller
/// must own nothing.
#[inline]
unsafe fn is_before(state: *mut lua_State, meter: &Meter, a: c_int, b: c_int) -> bool {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_isnil(state, 2) != 0 {
            let is_text = |index| ffi::lua_type(state, index) == ffi::LUA_TSTRING;
            let mut steps = 1;
            // Long texts with the same beginning take long to compare.
            if is_text(a) && is_text(b) {
                steps += ffi::lua_rawlen(state, a).min(ffi::lua_rawlen(state, b)) / 8;
            }
            meter.charge(state, steps);
            return ffi::lua_compare(state, a, b, ffi::LUA_OPLT) != 0;
        }
        meter.charge(state, 1);
        ffi::lua_pushvalue(state, 2);
        ffi::lua_pushvalue(state, a - 1);
        ffi::lua_pushvalue(state, b - 2);
        ffi::lua_call(state, 2, 1);
        let is_before = ffi::lua_toboolean(state, -1) != 0;
        ffi::lua_pop(state, 1);
        is_before
    }
}

/// Sets two elements to the two values on top of the stack, and pops these.
///
/// # Safety
/// As for [`is_before`].
#[inline]
unsafe fn set_two(state: *mut lua_State, top: u32, below: u32) {
    // SAFETY: see above.
    unsafe {
        ffi::lua_seti(state, 1, top.into());
        ffi::lua_seti(state, 1, below.into());
    }
}

/// Pushes an element.
///
/// # Safety
/// As for [`is_before`].
#[inline]
unsafe fn get(state: *mut lua_State, at: u32) {
    // SAFETY: see above.
    unsafe {
        ffi::lua_geti(state, 1, at.into());
    }
}

/// Exchanges two elements if the second has to come before the first. Gives whether it had to.
///
/// # Safety
/// As for [`is_before`].
unsafe fn put_in_order(state: *mut lua_State, meter: &Meter, first: u32, second: u32) -> bool {
    // SAFETY: see above.
    unsafe {
        get(state, first);
        get(state, second);
        let is_wrong = is_before(state, meter, -1, -2);
        exchange(state, first, second, is_wrong)
    }
}

/// Sets two elements to each other's values, which are on top of the stack; or only pops these.
///
/// # Safety
/// As for [`is_before`].
#[inline]
unsafe fn exchange(state: *mut lua_State, top: u32, below: u32, is_wrong: bool) -> bool {
    // SAFETY: see above.
    unsafe {
        if is_wrong {
            set_two(state, top, below);
        } else {
            ffi::lua_pop(state, 2);
        }
        is_wrong
    }
}

/// Splits a part into what is before and what is after the pivot, which is on top of the stack and is the last element
/// but one. Gives the place of the pivot.
///
/// # Safety
/// As for [`is_before`].
unsafe fn partition(state: *mut lua_State, meter: &Meter, low: u32, high: u32) -> u32 {
    // SAFETY: see above.
    unsafe {
        let (mut i, mut j) = (low, high - 1);
        loop {
            loop {
                i += 1;
                get(state, i);
                if !is_before(state, meter, -1, -2) {
                    break;
                }
                if i == high - 1 {
                    invalid_order(state);
                }
                ffi::lua_pop(state, 1);
            }
            loop {
                j -= 1;
                get(state, j);
                if !is_before(state, meter, -3, -1) {
                    break;
                }
                if j < i {
                    invalid_order(state);
                }
                ffi::lua_pop(state, 1);
            }
            if j < i {
                ffi::lua_pop(state, 1);
                set_two(state, high - 1, i);
                return i;
            }
            set_two(state, i, j);
        }
    }
}

/// # Safety
/// This always raises, so the caller must own nothing.
unsafe fn invalid_order(state: *mut lua_State) {
    // SAFETY: see above.
    unsafe {
        ffi::luaL_error(state, c"invalid order function for sorting".as_ptr());
    }
}

/// Sorts the elements from `low` to `high`. It calls itself only for the smaller half, so it is never more than 32 calls
/// deep.
///
/// # Safety
/// As for [`is_before`].
unsafe fn sort_part(
    state: *mut lua_State,
    meter: &Meter,
    mut low: u32,
    mut high: u32,
    mut random: u32,
) {
    // SAFETY: see above.
    unsafe {
        while low < high {
            put_in_order(state, meter, low, high);
            if high - low == 1 {
                return;
            }
            let mut pivot = if high - low < SPLIT_IN_THE_MIDDLE || random == 0 {
                u32::midpoint(low, high)
            } else {
                let quarter = (high - low) / 4;
                random % (quarter * 2) + low + quarter
            };
            // As in C, the pivot is read first.
            get(state, pivot);
            get(state, low);
            let is_wrong = is_before(state, meter, -2, -1);
            if !exchange(state, pivot, low, is_wrong) {
                put_in_order(state, meter, pivot, high);
            }
            if high - low == 2 {
                return;
            }
            get(state, pivot);
            ffi::lua_pushvalue(state, -1);
            get(state, high - 1);
            set_two(state, pivot, high - 1);
            pivot = partition(state, meter, low, high);
            let smaller = if pivot - low < high - pivot {
                sort_part(state, meter, low, pivot - 1, random);
                let smaller = pivot - low;
                low = pivot + 1;
                smaller
            } else {
                sort_part(state, meter, pivot + 1, high, random);
                let smaller = high - pivot;
                high = pivot - 1;
                smaller
            };
            if high.saturating_sub(low) / 128 > smaller {
                // The halves are far from equal. Lua takes the clock here; the same order each time is worth more.
                random = random.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
            }
        }
    }
}
