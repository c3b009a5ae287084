//! A Tweet, or a part of one, as JSON: what no handler has changed is written byte for byte as it came in.

use std::{ffi::c_int, ptr};

use mlua::{ffi, lua_State};
use sonic_rs::{JsonContainerTrait, Value};

use super::{
    encode::{DEPTH, Encoded, Unencodable, collect_fields, encode_list, write_string},
    node::{Node, NodeKind},
};

/// # Safety
/// As for `encode`.
pub(super) unsafe fn encode_node(
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
