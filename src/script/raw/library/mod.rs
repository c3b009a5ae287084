//! The functions of Lua's library that loop in C, so that a budget can end them.
//!
//! A hook that counts instructions stops whatever is written in Lua. It sees nothing of a function in C, and
//! `("").rep("", 1 << 60)` is one that runs for ever. So the functions here take the place of such functions, under the
//! same names and with the same results and messages. They count their steps in a [`Meter`].
//!
//! * [`strings`] matches patterns with a port of Lua's matching.
//! * [`lists`] and [`sort`] are ports of `ltablib.c`. They ask for each element.
//! * [`others`] has what only needs a check before or a count after the original.
//!
//! They are C functions, and not Lua, because Lua then finds the caller's line and the function's name by itself, and
//! because they cost no more than the originals. The original of a function is its second upvalue. It has no upvalues of
//! its own, so it can be called as if it were the function that Lua has called.

mod lists;
mod meter;
mod others;
mod sort;
mod strings;
#[cfg(test)]
mod tests;

use mlua::{Function, Lua, Result, Table, Value, ffi};

use self::meter::Meter;
pub(in crate::script) use self::meter::Spend;

/// What is replaced, by the name of the library; the global functions have none.
const REPLACED: &[(&str, &[(&str, ffi::lua_CFunction)])] = &[
    (
        "",
        &[
            ("collectgarbage", others::collect),
            ("load", others::load),
            ("setmetatable", others::set_metatable),
            ("tonumber", others::by_text),
        ],
    ),
    (
        "string",
        &[
            ("find", strings::find),
            ("match", strings::matched),
            ("gmatch", strings::gmatch),
            ("gsub", strings::gsub),
            ("rep", others::rep),
            ("byte", others::by_results),
            ("format", others::by_texts),
            ("lower", others::by_text),
            ("pack", others::by_texts),
            ("packsize", others::by_text),
            ("reverse", others::by_text),
            ("sub", others::by_results),
            ("unpack", others::by_results),
            ("upper", others::by_text),
        ],
    ),
    (
        "table",
        &[
            ("concat", lists::concat),
            ("insert", lists::insert),
            ("move", lists::moved),
            ("remove", lists::remove),
            ("sort", sort::sort),
            ("unpack", lists::unpack),
        ],
    ),
    (
        "utf8",
        &[
            ("codepoint", others::by_results),
            ("len", others::utf8_len),
            ("offset", others::utf8_offset),
        ],
    ),
    ("os", &[("date", others::by_text)]),
];

/// Replaces the functions in a state that has the whole library. `spend` says whether they may go on.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn install(lua: &Lua, spend: Spend) -> Result<()> {
    // SAFETY: the closures own nothing.
    unsafe {
        let meter: Value = lua.exec_raw((), |state| {
            let block = ffi::lua_newuserdatauv(state, size_of::<Meter>(), 0);
            block.cast::<Meter>().write(Meter::new(spend));
        })?;
        for (library, functions) in REPLACED {
            let library: Table = match *library {
                "" => lua.globals(),
                name => lua.globals().raw_get(name)?,
            };
            for (name, function) in *functions {
                let original: Value = library.raw_get(*name)?;
                let replaced: Function = lua.exec_raw((&meter, original), |state| {
                    ffi::lua_pushcclosure(state, *function, 2);
                })?;
                library.raw_set(*name, replaced)?;
            }
        }
    }
    Ok(())
}
