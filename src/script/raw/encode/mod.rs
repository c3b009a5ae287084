//! Writes Lua values as JSON.

pub(super) mod node;
mod state;

use std::{
    ffi::{c_int, c_void},
    ptr,
};

use mlua::{Lua, Table, Value as LuaValue, ffi, lua_State};

use self::{node::encode_node, state::encode_state};
use super::{
    access::place_at,
    node::{as_node, string_at, tombstone},
    protect::unraising,
    state::as_held,
};

/// Values nested deeper than this are taken for a table that contains itself.
const DEPTH: u32 = 100;

/// The most bytes of JSON for one value. Tables that contain each other twice on each level would otherwise fill the
/// memory.
const MOST: usize = 32 << 20;

/// Why a value cannot be written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::script) enum Unencodable {
    #[error("a {0} has no JSON")]
    Type(&'static str),
    #[error("a number that is not finite has no JSON")]
    NotFinite,
    #[error("a string that is not UTF-8 has no JSON")]
    NotUtf8,
    #[error("a table with both list items and named fields has no JSON")]
    Mixed,
    #[error("a list with holes has no JSON; put `ouzel.json.null` into them")]
    Holes,
    #[error("the value is nested too deeply, or contains itself")]
    Depth,
    #[error("the value is too large: its JSON would have more than {MOST} bytes")]
    Large,
    #[error("Lua has no memory left for this value")]
    Stack,
    #[error("this Tweet has been collected already")]
    Gone,
}

pub(super) type Encoded = Result<(), Unencodable>;

/// The name of a field and its JSON. The JSON is empty if the field has been deleted.
type EncodedField<'a> = (&'a [u8], Vec<u8>);

static ARRAY_METATABLE: u8 = 0;
static VIEW: u8 = 1;

fn view_key() -> *const c_void {
    ptr::from_ref(&VIEW).cast()
}

fn array_key() -> *const c_void {
    ptr::from_ref(&ARRAY_METATABLE).cast()
}

/// Marks a table as a list, so that it is written as a list even if it is empty.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn mark_array(lua: &Lua, table: &Table) -> mlua::Result<()> {
    // SAFETY: the closure owns nothing.
    unsafe {
        lua.exec_raw(table, |state| {
            if ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, array_key()) == ffi::LUA_TNIL {
                ffi::lua_pop(state, 1);
                ffi::lua_createtable(state, 0, 0);
                ffi::lua_pushvalue(state, -1);
                ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, array_key());
            }
            ffi::lua_setmetatable(state, 1);
            ffi::lua_settop(state, 0);
        })
    }
}

/// Marks a table as a front for `fields`. The front is empty itself and has a metatable; `fields` is written as its
/// JSON.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn mark_view(lua: &Lua, front: &Table, fields: &Table) -> mlua::Result<()> {
    // SAFETY: the closure owns nothing.
    unsafe {
        lua.exec_raw((front, fields), |state| {
            if ffi::lua_getmetatable(state, 1) != 0 {
                ffi::lua_pushvalue(state, 2);
                ffi::lua_rawsetp(state, -2, view_key());
            }
            ffi::lua_settop(state, 0);
        })
    }
}

/// Appends a Lua value to `out` as JSON.
///
/// # Errors
/// [`Unencodable`] when the value has no JSON. Then `out` is cut back to what it was.
pub(in crate::script) fn to_json(lua: &Lua, value: &LuaValue, out: &mut Vec<u8>) -> Encoded {
    let start = out.len();
    // SAFETY: `encode` raises nothing. If it panics, the caller that catches the panic cuts off what it has written.
    let encoded = unsafe { unraising(lua, value, |state| encode(state, 1, out, 0)) };
    let encoded = encoded.unwrap_or(Err(Unencodable::Stack));
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded
}

/// Appends the value at an index.
///
/// # Safety
/// `index` must be absolute. This calls only functions that cannot raise, and it leaves the stack as it was.
unsafe fn encode(state: *mut lua_State, index: c_int, out: &mut Vec<u8>, depth: u32) -> Encoded {
    if depth > DEPTH {
        return Err(Unencodable::Depth);
    }
    if out.len() > MOST {
        return Err(Unencodable::Large);
    }
    // SAFETY: see above. The stack is checked first for room for everything that one level pushes.
    unsafe {
        if ffi::lua_checkstack(state, 8) == 0 {
            return Err(Unencodable::Stack);
        }
        match ffi::lua_type(state, index) {
            ffi::LUA_TNIL => out.extend_from_slice(b"null"),
            ffi::LUA_TLIGHTUSERDATA if ffi::lua_touserdata(state, index).is_null() => {
                out.extend_from_slice(b"null");
            }
            ffi::LUA_TBOOLEAN => {
                let yes = ffi::lua_toboolean(state, index) != 0;
                out.extend_from_slice(if yes { b"true" } else { b"false" });
            }
            ffi::LUA_TNUMBER if ffi::lua_isinteger(state, index) != 0 => {
                let number = ffi::lua_tointegerx(state, index, ptr::null_mut());
                out.extend_from_slice(number.to_string().as_bytes());
            }
            ffi::LUA_TNUMBER => {
                let number = ffi::lua_tonumberx(state, index, ptr::null_mut());
                if !number.is_finite() {
                    return Err(Unencodable::NotFinite);
                }
                out.extend_from_slice(format!("{number:?}").as_bytes());
            }
            ffi::LUA_TSTRING => write_string(string_at(state, index), out)?,
            ffi::LUA_TTABLE => {
                let top = ffi::lua_gettop(state);
                let index = view(state, index);
                let is_list = is_marked(state, index);
                let encoded = encode_table(state, index, is_list, out, depth);
                ffi::lua_settop(state, top);
                encoded?;
            }
            ffi::LUA_TUSERDATA => match as_node(state, index) {
                Some(node) => encode_node(state, index, node, out, depth)?,
                None => {
                    let held = as_held(state, index);
                    let held = held.ok_or(Unencodable::Type("value of this kind"))?;
                    let encoded = held.read(|tree, table| encode_state(tree, table, out, depth));
                    encoded.unwrap_or(Err(Unencodable::Gone))?;
                }
            },
            ffi::LUA_TFUNCTION => return Err(Unencodable::Type("function")),
            ffi::LUA_TTHREAD => return Err(Unencodable::Type("coroutine")),
            _ => return Err(Unencodable::Type("value of this kind")),
        }
    }
    Ok(())
}

/// If the table at an index is a front, pushes the table behind it and gives that table's index. Else gives the same
/// index.
///
/// # Safety
/// As for [`encode`], except that this may push a table.
pub(super) unsafe fn view(state: *mut lua_State, index: c_int) -> c_int {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_getmetatable(state, index) != 0
            && ffi::lua_rawgetp(state, -1, view_key()) == ffi::LUA_TTABLE
        {
            return ffi::lua_gettop(state);
        }
        index
    }
}

pub(super) fn write_string(bytes: &[u8], out: &mut Vec<u8>) -> Encoded {
    if bytes.len() > MOST {
        return Err(Unencodable::Large);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Unencodable::NotUtf8)?;
    sonic_rs::to_writer(out, text).map_err(|_| Unencodable::NotUtf8)
}

/// Writes a plain table. With `is_list`, an empty table is written as a list.
///
/// # Safety
/// As for [`encode`].
unsafe fn encode_table(
    state: *mut lua_State,
    index: c_int,
    is_list: bool,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    // SAFETY: see above; `lua_next` gets only keys that it returned itself.
    unsafe {
        let (mut named, mut listed, mut last) = (0_usize, 0_usize, 0_usize);
        ffi::lua_pushnil(state);
        while ffi::lua_next(state, index) != 0 {
            match ffi::lua_type(state, -2) {
                ffi::LUA_TSTRING => named += 1,
                ffi::LUA_TNUMBER => {
                    listed += 1;
                    // A key such as 0 or 1.5 is no place in a list. It counts as the last possible place, so the list
                    // gets holes.
                    let place = place_at(state, -2).map_or(usize::MAX, |place| place + 1);
                    last = last.max(place);
                }
                _ => {
                    ffi::lua_pop(state, 2);
                    return Err(Unencodable::Mixed);
                }
            }
            ffi::lua_pop(state, 1);
        }
        if listed > 0 && named > 0 {
            return Err(Unencodable::Mixed);
        }
        // The length that Lua gives for a table with holes may be anything, so the keys are counted instead.
        if listed != last {
            return Err(Unencodable::Holes);
        }
        if listed > 0 || (named == 0 && is_list) {
            return encode_list(state, index, listed, out, depth);
        }
        let mut fields = Vec::new();
        collect_fields(state, index, depth, &mut fields)?;
        // The fields are sorted, because Lua's own order differs from run to run.
        fields.sort_unstable_by_key(|(name, _)| *name);
        write_object(
            fields.iter().map(|(key, value)| (*key, value.as_slice())),
            out,
        )
    }
}

/// Whether the table at an index is marked as a list.
///
/// # Safety
/// As for [`encode`].
unsafe fn is_marked(state: *mut lua_State, index: c_int) -> bool {
    // SAFETY: see above.
    unsafe {
        if ffi::lua_getmetatable(state, index) == 0 {
            return false;
        }
        ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, array_key());
        let marked = ffi::lua_rawequal(state, -1, -2) != 0;
        ffi::lua_pop(state, 2);
        marked
    }
}

/// Writes a table as a list with this length.
///
/// # Safety
/// As for [`encode`].
unsafe fn encode_list(
    state: *mut lua_State,
    index: c_int,
    length: usize,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    out.push(b'[');
    for number in 1..=length {
        if number > 1 {
            out.push(b',');
        }
        // SAFETY: see above.
        unsafe {
            ffi::lua_rawgeti(state, index, number as ffi::lua_Integer);
            let encoded = encode(state, ffi::lua_gettop(state), out, depth + 1);
            ffi::lua_pop(state, 1);
            encoded?;
        }
    }
    out.push(b']');
    Ok(())
}

/// Appends the fields of a plain table with their JSON. A field that is marked as deleted gets empty JSON.
///
/// # Safety
/// As for [`encode`]. The names are valid as long as the table keeps them.
unsafe fn collect_fields(
    state: *mut lua_State,
    index: c_int,
    depth: u32,
    fields: &mut Vec<EncodedField<'_>>,
) -> Encoded {
    let mut held = 0;
    // SAFETY: see above.
    unsafe {
        ffi::lua_pushnil(state);
        while ffi::lua_next(state, index) != 0 {
            let mut text = Vec::new();
            let is_name = ffi::lua_type(state, -2) == ffi::LUA_TSTRING;
            let encoded = if !is_name {
                Err(Unencodable::Mixed)
            } else if ffi::lua_touserdata(state, -1) == tombstone() {
                Ok(())
            } else {
                encode(state, ffi::lua_gettop(state), &mut text, depth + 1)
            };
            held += text.len();
            let encoded = encoded.and(if held > MOST {
                Err(Unencodable::Large)
            } else {
                Ok(())
            });
            if let Err(error) = encoded {
                ffi::lua_pop(state, 2);
                return Err(error);
            }
            fields.push((string_at(state, -2), text));
            ffi::lua_pop(state, 1);
        }
    }
    Ok(())
}

fn write_object<'f>(
    fields: impl Iterator<Item = (&'f [u8], &'f [u8])>,
    out: &mut Vec<u8>,
) -> Encoded {
    out.push(b'{');
    for (number, (key, value)) in fields.enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write_string(key, out)?;
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.push(b'}');
    Ok(())
}
