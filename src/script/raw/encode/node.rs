//! Writes a Tweet or a part of one as JSON. What no handler has changed is written byte for byte as it came in.

use std::{ffi::c_int, ptr};

use mlua::{ffi, lua_State};
use sonic_rs::{JsonContainerTrait, Value};

use super::{DEPTH, Encoded, Unencodable, collect_fields, encode_table, write_string};
use crate::script::raw::node::{CHANGES, EXTRAS, Node, NodeKind, PARTS, ROOT};
use crate::text::scan::Parts;

/// Writes the node at an index.
///
/// # Safety
/// As for `encode`.
pub(super) unsafe fn encode_node(
    state: *mut lua_State,
    index: c_int,
    node: *const Node,
    out: &mut Vec<u8>,
    depth: u32,
) -> Encoded {
    // SAFETY: see above. Nothing here allocates in Lua, so no finalizer can free the document.
    unsafe {
        let raw = span(node).ok_or(Unencodable::Gone)?;
        if !(*(*node).root).dirty.get() {
            out.extend_from_slice(raw.as_bytes());
            return Ok(());
        }
        if ptr::eq(node, (*node).root) {
            ffi::lua_pushvalue(state, index);
        } else {
            ffi::lua_getiuservalue(state, index, ROOT);
        }
        // The table of touched parts stays on the stack for the whole walk.
        ffi::lua_getiuservalue(state, -1, PARTS);
        ffi::lua_remove(state, -2);
        let parts = ffi::lua_gettop(state);
        let encoded = match (*node).value() {
            Some(value) => encode_part(state, index, parts, value, raw, out, depth),
            None => Err(Unencodable::Gone),
        };
        ffi::lua_settop(state, parts - 1);
        encoded
    }
}

/// Writes a container of a Tweet that may have changes inside. `index` is the index of its node.
///
/// # Safety
/// As for `encode`; `raw` must be the JSON that `value` was parsed from.
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
        let node = ffi::lua_touserdata(state, index)
            .cast::<Node>()
            .cast_const();
        if (*node).kind == NodeKind::Array {
            if (*node).changed.get() {
                ffi::lua_getiuservalue(state, index, CHANGES);
                let writes = ffi::lua_gettop(state);
                let encoded = encode_table(state, writes, true, out, depth);
                ffi::lua_settop(state, writes - 1);
                return encoded;
            }
            out.push(b'[');
            let elements = pieces(raw).zip(value.as_array().into_iter().flatten());
            for (number, ((_, text), element)) in elements.enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                encode_inner(state, parts, element, text, out, depth)?;
            }
            out.push(b']');
            return Ok(());
        }
        let mut writes = Vec::new();
        for (slot, has_table) in [(CHANGES, &(*node).changed), (EXTRAS, &(*node).extended)] {
            if has_table.get() {
                ffi::lua_getiuservalue(state, index, slot);
                let collected = collect_fields(state, ffi::lua_gettop(state), depth, &mut writes);
                // The table may be popped: the node keeps the table alive, and the table keeps its keys alive.
                ffi::lua_pop(state, 1);
                collected?;
            }
        }
        // No name is in both tables. The writes are sorted, because Lua's own order differs from run to run.
        writes.sort_unstable_by_key(|(name, _)| *name);
        let mut written = vec![false; writes.len()];
        let mut first = true;
        out.push(b'{');
        let fields = pieces(raw).zip(value.as_object().into_iter().flatten());
        for ((name, text), (key, field)) in fields {
            let change = writes.binary_search_by_key(&key.as_bytes(), |(name, _)| *name);
            if let Ok(change) = change {
                // The field has been deleted, or its name occurs twice and has been written already.
                let again = std::mem::replace(&mut written[change], true);
                if again || writes[change].1.is_empty() {
                    continue;
                }
            }
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            match change {
                Ok(change) => out.extend_from_slice(&writes[change].1),
                Err(_) => encode_inner(state, parts, field, text, out, depth)?,
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

/// Writes a value inside a container. It is written as it came in, unless a handler has touched it.
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
    // SAFETY: see above. The address is only compared, and only with addresses in the same document.
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
/// The blocks of the node and of its parents must be alive. The result must not be held while Lua allocates.
unsafe fn span<'l>(node: *const Node) -> Option<&'l str> {
    // SAFETY: the root keeps every part alive; see `PARTS`.
    unsafe {
        if (*node).parent.is_null() {
            return (*node).line().map(str::trim);
        }
        let raw = span((*node).parent)?;
        let (_, text) = pieces(raw).nth((*node).place()?)?;
        Some(text)
    }
}

/// What is in a container, each with its name as it is written (empty in an array).
pub(in crate::script::raw) fn pieces(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    Parts::of(raw.as_bytes()).map_while(|(name, value)| Some((raw.get(name)?, raw.get(value)?)))
}
