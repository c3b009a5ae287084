//! Lua values as JSON. A part of a Tweet that no handler has changed is written byte for byte as it came in.

use std::{
    ffi::{c_int, c_void},
    ptr,
};

use mlua::{Lua, Table, Value as LuaValue, ffi, lua_State};
use sonic_rs::{JsonContainerTrait, Value};

use super::node::{Node, NodeKind, as_node, push_string, string_at, tombstone};

/// Deeper values are taken for a table that contains itself.
const DEPTH: u32 = 100;

/// Why a value has no JSON.
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
    #[error("the value is too large")]
    Stack,
    #[error("this Tweet has been collected already")]
    Gone,
}

type Encoded = Result<(), Unencodable>;

/// A field's name and its JSON, which is empty for a field that has been deleted.
type EncodedField<'a> = (&'a [u8], Vec<u8>);

static ARRAY_METATABLE: u8 = 0;
static VIEW: u8 = 1;

fn view_key() -> *const c_void {
    ptr::from_ref(&VIEW).cast()
}

fn array_key() -> *const c_void {
    ptr::from_ref(&ARRAY_METATABLE).cast()
}

/// Marks a table as a list, so that it is written as one even when it is empty.
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

/// Says that a table, which has a metatable, is an empty front for `fields`: that is what is written as JSON.
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
/// [`Unencodable`], with `out` cut back to what it was.
pub(in crate::script) fn to_json(lua: &Lua, value: &LuaValue, out: &mut Vec<u8>) -> Encoded {
    let start = out.len();
    let mut encoded = Err(Unencodable::Stack);
    // SAFETY: `encode` raises nothing, so `out` cannot be lost.
    let ran: mlua::Result<()> = unsafe {
        lua.exec_raw(value, |state| {
            encoded = encode(state, 1, out, 0);
            ffi::lua_settop(state, 0);
        })
    };
    if ran.is_err() {
        encoded = Err(Unencodable::Stack);
    }
    if encoded.is_err() {
        out.truncate(start);
    }
    encoded
}

/// Pushes the JSON of the node at 1, for `tostring`.
///
/// # Safety
/// The value at 1 must be a node. Can raise, for lack of memory, while it owns the text: then the text is leaked.
pub(super) unsafe fn encode_for_tostring(state: *mut lua_State) -> c_int {
    // SAFETY: `encode` raises nothing.
    unsafe {
        let mut text = Vec::new();
        if encode(state, 1, &mut text, 0).is_err() {
            text = b"Tweet".to_vec();
        }
        push_string(state, &text);
    }
    1
}

/// # Safety
/// `index` must be absolute. Calls only functions that cannot raise; leaves the stack as it was.
unsafe fn encode(state: *mut lua_State, index: c_int, out: &mut Vec<u8>, depth: u32) -> Encoded {
    if depth > DEPTH {
        return Err(Unencodable::Depth);
    }
    // SAFETY: see above; room for what one level pushes is asked for first.
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
                let encoded = encode_table(state, index, out, depth);
                ffi::lua_settop(state, top);
                encoded?;
            }
            ffi::LUA_TUSERDATA => match as_node(state, index) {
                Some(node) => encode_node(state, index, node, out, depth)?,
                None => return Err(Unencodable::Type("value of this kind")),
            },
            ffi::LUA_TFUNCTION => return Err(Unencodable::Type("function")),
            ffi::LUA_TTHREAD => return Err(Unencodable::Type("coroutine")),
            _ => return Err(Unencodable::Type("value of this kind")),
        }
    }
    Ok(())
}

/// The index of the table behind a front, which is pushed, or that of the table itself.
///
/// # Safety
/// As for [`encode`], but for what is pushed.
unsafe fn view(state: *mut lua_State, index: c_int) -> c_int {
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

fn write_string(bytes: &[u8], out: &mut Vec<u8>) -> Encoded {
    let text = std::str::from_utf8(bytes).map_err(|_| Unencodable::NotUtf8)?;
    sonic_rs::to_writer(out, text).map_err(|_| Unencodable::NotUtf8)
}

/// # Safety
/// As for [`encode`].
unsafe fn encode_table(
    state: *mut lua_State,
    index: c_int,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    // SAFETY: see above; `lua_next` gets only keys that it gave itself.
    unsafe {
        let length = ffi::lua_rawlen(state, index);
        let (mut named, mut listed) = (0_usize, 0_usize);
        ffi::lua_pushnil(state);
        while ffi::lua_next(state, index) != 0 {
            match ffi::lua_type(state, -2) {
                ffi::LUA_TSTRING => named += 1,
                ffi::LUA_TNUMBER => listed += 1,
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
        if listed != length {
            return Err(Unencodable::Holes);
        }
        if listed > 0 || (named == 0 && is_marked(state, index)) {
            return encode_list(state, index, length, out, depth);
        }
        let fields = collect_fields(state, index, depth)?;
        write_object(
            fields.iter().map(|(key, value)| (*key, value.as_slice())),
            out,
        )
    }
}

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

/// The fields of a plain table as JSON, by name; a field marked as deleted is empty.
///
/// # Safety
/// As for [`encode`]. The names are valid while the table keeps them.
unsafe fn collect_fields<'a>(
    state: *mut lua_State,
    index: c_int,
    depth: u32,
) -> Result<Vec<EncodedField<'a>>, Unencodable> {
    let mut fields = Vec::new();
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
            if let Err(error) = encoded {
                ffi::lua_pop(state, 2);
                return Err(error);
            }
            fields.push((string_at(state, -2), text));
            ffi::lua_pop(state, 1);
        }
    }
    // Lua's own order differs from run to run.
    fields.sort_unstable_by_key(|(name, _)| *name);
    Ok(fields)
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

/// # Safety
/// As for [`encode`].
unsafe fn encode_node(
    state: *mut lua_State,
    index: c_int,
    node: &Node,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    // SAFETY: see above.
    unsafe {
        let raw = span(node).ok_or(Unencodable::Gone)?;
        if !(*node.root).dirty {
            out.extend_from_slice(raw.as_bytes());
            return Ok(());
        }
        if ptr::eq(node, node.root) {
            ffi::lua_pushvalue(state, index);
        } else {
            ffi::lua_getiuservalue(state, index, 2);
        }
        // The table of the parts that have been touched, for the whole walk.
        ffi::lua_getiuservalue(state, -1, 2);
        ffi::lua_remove(state, -2);
        let parts = ffi::lua_gettop(state);
        let encoded = match node.value() {
            Some(value) => encode_part(state, index, parts, value, raw, out, depth),
            None => Err(Unencodable::Gone),
        };
        ffi::lua_pop(state, 1);
        encoded
    }
}

/// Writes a container of a Tweet in which something may have changed. `index` is its node.
///
/// # Safety
/// As for [`encode`]; `raw` must be the JSON that `value` was parsed from.
unsafe fn encode_part(
    state: *mut lua_State,
    index: c_int,
    parts: c_int,
    value: &Value,
    raw: &str,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    if depth > DEPTH {
        return Err(Unencodable::Depth);
    }
    // SAFETY: see above.
    unsafe {
        if ffi::lua_checkstack(state, 8) == 0 {
            return Err(Unencodable::Stack);
        }
        let node = &*ffi::lua_touserdata(state, index).cast::<Node>();
        if node.kind == NodeKind::Array {
            if node.written {
                ffi::lua_getiuservalue(state, index, 1);
                let writes = ffi::lua_gettop(state);
                let encoded =
                    encode_list(state, writes, ffi::lua_rawlen(state, writes), out, depth);
                ffi::lua_pop(state, 1);
                return encoded;
            }
            let elements = sonic_rs::to_array_iter_unchecked(raw).filter_map(Result::ok);
            out.push(b'[');
            for (number, (text, element)) in elements
                .zip(value.as_array().into_iter().flatten())
                .enumerate()
            {
                if number > 0 {
                    out.push(b',');
                }
                encode_inner(state, parts, element, text.as_raw_str(), out, depth)?;
            }
            out.push(b']');
            return Ok(());
        }
        let mut writes = Vec::new();
        if node.written {
            ffi::lua_getiuservalue(state, index, 1);
            let collected = collect_fields(state, ffi::lua_gettop(state), depth);
            // The node keeps the table, and the table its keys.
            ffi::lua_pop(state, 1);
            writes = collected?;
        }
        let mut written = vec![false; writes.len()];
        let mut first = true;
        out.push(b'{');
        let fields = sonic_rs::to_object_iter_unchecked(raw).filter_map(Result::ok);
        for ((key, text), (_, field)) in fields.zip(value.as_object().into_iter().flatten()) {
            let change = writes.binary_search_by_key(&key.as_bytes(), |(name, _)| *name);
            if let Ok(change) = change {
                // Deleted, or a name that occurs twice and has been written already.
                let again = std::mem::replace(&mut written[change], true);
                if again || writes[change].1.is_empty() {
                    continue;
                }
            }
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            write_string(key.as_bytes(), out)?;
            out.push(b':');
            match change {
                Ok(change) => out.extend_from_slice(&writes[change].1),
                Err(_) => encode_inner(state, parts, field, text.as_raw_str(), out, depth)?,
            }
        }
        let added = writes.iter().zip(&written);
        for ((key, text), _) in added.filter(|((_, text), done)| !**done && !text.is_empty()) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            write_string(key, out)?;
            out.push(b':');
            out.extend_from_slice(text);
        }
        out.push(b'}');
    }
    Ok(())
}

/// Writes a value inside a container: as it came in, unless a handler has touched it.
///
/// # Safety
/// As for [`encode_part`].
unsafe fn encode_inner(
    state: *mut lua_State,
    parts: c_int,
    value: &Value,
    raw: &str,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    // SAFETY: see above. The address is only compared, and only with those of the same document.
    unsafe {
        if ffi::lua_type(state, parts) == ffi::LUA_TTABLE {
            let touched =
                ffi::lua_rawgetp(state, parts, ptr::from_ref(value).cast()) == ffi::LUA_TUSERDATA;
            let index = ffi::lua_gettop(state);
            let encoded =
                touched.then(|| encode_part(state, index, parts, value, raw, out, depth + 1));
            ffi::lua_settop(state, index - 1);
            if let Some(encoded) = encoded {
                return encoded;
            }
        }
    }
    out.extend_from_slice(raw.as_bytes());
    Ok(())
}

/// The JSON that a node was parsed from.
///
/// # Safety
/// The node's block must be alive, and with it those of its parents.
unsafe fn span(node: &Node) -> Option<&str> {
    // SAFETY: the root keeps every part alive; the line is JSON in UTF-8, or there would be no node.
    unsafe {
        if node.parent.is_null() {
            return Some(std::str::from_utf8_unchecked(node.tweet()?.line()).trim());
        }
        let parent = &*node.parent;
        let raw = span(parent)?;
        let position = node.position as usize;
        let value = match parent.kind {
            NodeKind::Object => {
                sonic_rs::to_object_iter_unchecked(raw)
                    .nth(position)?
                    .ok()?
                    .1
            }
            NodeKind::Array => sonic_rs::to_array_iter_unchecked(raw).nth(position)?.ok()?,
        };
        // The value borrows from the line, not from the iterator.
        let text = value.as_raw_str();
        let offset = text.as_ptr().offset_from(raw.as_ptr());
        usize::try_from(offset)
            .ok()
            .and_then(|offset| raw.get(offset..offset + text.len()))
    }
}
