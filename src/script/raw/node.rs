//! A Tweet, or a part of one, as a Lua value that reads like a table: fields are looked up in the parsed line when a
//! handler asks for them, and what a handler assigns lies beside the line.
//!
//! Each container that is touched becomes one userdata block (`Node`) with two user values:
//! 1. the table of its writes, once there are any; in an object a deleted field is marked by [`tombstone`],
//!    an array is copied whole at its first write;
//! 2. in the root: the table that keeps every touched part, by the address of its parsed value; in a part: the root.
//!
//! So a part keeps its root alive, the root keeps its parts and the line, and touching a part twice gives the same value.

use std::{
    cell::Cell,
    ffi::{c_int, c_void},
    ptr,
    rc::Rc,
};

use mlua::{Lua, Result, Value as LuaValue, ffi, lua_State};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value};

use crate::tweet::Tweet;

/// What the parsed line holds in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::script) enum NodeKind {
    Object,
    Array,
}

/// The line behind a Tweet's nodes.
pub(super) struct Document {
    pub(super) tweet: Tweet,
    /// How many documents of this Lua state are alive, for the collector's sake.
    live: Rc<Cell<usize>>,
}

impl Drop for Document {
    fn drop(&mut self) {
        self.live.set(self.live.get().saturating_sub(1));
    }
}

/// The payload of a userdata block. Plain data: only the root's finalizer frees anything.
pub(super) struct Node {
    /// Null once the finalizer has run, which a script's own finalizers can live to see.
    document: *mut Document,
    pub(super) value: *const Value,
    pub(super) root: *mut Node,
    /// Null for the root. Kept alive by the root's table of parts.
    pub(super) parent: *const Node,
    /// Where it stands in its parent.
    pub(super) position: u32,
    pub(super) kind: NodeKind,
    /// Whether the first user value holds writes.
    pub(super) written: bool,
    /// In the root: whether any part has been written.
    pub(super) dirty: bool,
}

static ROOT_METATABLE: u8 = 0;
static PART_METATABLE: u8 = 1;
static TOMBSTONE: u8 = 2;

/// The address under which a field that a handler has deleted is marked in the table of writes.
pub(super) fn tombstone() -> *mut c_void {
    ptr::from_ref(&TOMBSTONE).cast_mut().cast()
}

impl Node {
    /// The parsed value, or nothing after the root's finalizer.
    ///
    /// # Safety
    /// `self` must lie in a userdata block that Lua keeps alive.
    pub(super) unsafe fn value(&self) -> Option<&Value> {
        // SAFETY: a part keeps its root's block alive; the value lives in the document.
        unsafe {
            if (*self.root).document.is_null() {
                None
            } else {
                Some(&*self.value)
            }
        }
    }

    /// The Tweet's line, or nothing after the root's finalizer.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn tweet(&self) -> Option<&Tweet> {
        // SAFETY: as above; the document lives until the root's finalizer.
        unsafe {
            (*self.root)
                .document
                .as_ref()
                .map(|document| &document.tweet)
        }
    }
}

/// Hands a Tweet to Lua.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn push_tweet(
    lua: &Lua,
    tweet: Tweet,
    live: &Rc<Cell<usize>>,
) -> Result<LuaValue> {
    live.set(live.get() + 1);
    let document = Box::into_raw(Box::new(Document {
        tweet,
        live: Rc::clone(live),
    }));
    // SAFETY: the closure owns nothing; should Lua raise, the document is leaked, not freed twice.
    unsafe {
        lua.exec_raw((), |state| {
            let node = new_node(state);
            ptr::write(
                node,
                Node {
                    document,
                    value: (*document).tweet.root(),
                    root: node,
                    parent: ptr::null(),
                    position: 0,
                    kind: NodeKind::Object,
                    written: false,
                    dirty: false,
                },
            );
            ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(true));
            ffi::lua_setmetatable(state, -2);
        })
    }
}

/// Reads the parsed value of a Tweet, or of a part of one, that Lua holds; `None` where the value is neither.
///
/// What a handler has written is not in there.
pub(in crate::script) fn tweet_value<R>(
    lua: &Lua,
    value: &LuaValue,
    read: impl FnOnce(&Value) -> R,
) -> Option<R> {
    let mut result = None;
    // SAFETY: nothing here can raise. The Lua value on the stack keeps the node alive while it is read.
    unsafe {
        lua.exec_raw::<()>(value, |state| {
            result = as_node(state, 1).and_then(|node| node.value()).map(read);
            ffi::lua_settop(state, 0);
        })
        .ok()?;
    }
    result
}

/// The node at a stack index, if the value there is one.
///
/// # Safety
/// `state` must be a live Lua state and `index` valid. Raises nothing.
pub(super) unsafe fn as_node<'a>(state: *mut lua_State, index: c_int) -> Option<&'a mut Node> {
    // SAFETY: the metatables are ours alone (scripts cannot reach them), so a block that has one is a node.
    unsafe {
        if ffi::lua_type(state, index) != ffi::LUA_TUSERDATA
            || ffi::lua_getmetatable(state, index) == 0
        {
            return None;
        }
        let found = ffi::lua_topointer(state, -1);
        ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(true));
        ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(false));
        let ours = ptr::eq(found, ffi::lua_topointer(state, -1))
            || ptr::eq(found, ffi::lua_topointer(state, -2));
        ffi::lua_pop(state, 3);
        if ours {
            ffi::lua_touserdata(state, index).cast::<Node>().as_mut()
        } else {
            None
        }
    }
}

fn metatable_key(root: bool) -> *const c_void {
    ptr::from_ref(if root {
        &ROOT_METATABLE
    } else {
        &PART_METATABLE
    })
    .cast()
}

/// # Safety
/// Can raise for lack of memory.
unsafe fn new_node(state: *mut lua_State) -> *mut Node {
    // SAFETY: two user values, as the module says.
    unsafe { ffi::lua_newuserdatauv(state, size_of::<Node>(), 2).cast() }
}

/// Makes the metatables of a state. The value on top of the stack, which stays, is the table of methods.
///
/// # Safety
/// `state` must be a live Lua state. Can raise for lack of memory; owns nothing.
pub(super) unsafe fn make_metatables(state: *mut lua_State, to_string: ffi::lua_CFunction) {
    // SAFETY: plain pushes and sets, balanced.
    unsafe {
        for root in [true, false] {
            ffi::lua_createtable(state, 0, 10);
            ffi::lua_pushvalue(state, -2);
            ffi::lua_pushcclosure(state, index, 1);
            ffi::lua_setfield(state, -2, c"__index".as_ptr());
            for (name, function) in [
                (c"__newindex", newindex as ffi::lua_CFunction),
                (c"__len", len),
                (c"__pairs", pairs),
                (c"__tostring", to_string),
            ] {
                ffi::lua_pushcclosure(state, function, 0);
                ffi::lua_setfield(state, -2, name.as_ptr());
            }
            if root {
                ffi::lua_pushcclosure(state, finalize, 0);
                ffi::lua_setfield(state, -2, c"__gc".as_ptr());
            }
            // What `getmetatable` gives to a script instead of the metatable.
            ffi::lua_pushboolean(state, 0);
            ffi::lua_setfield(state, -2, c"__metatable".as_ptr());
            ffi::lua_pushstring(state, c"Tweet".as_ptr());
            ffi::lua_setfield(state, -2, c"__name".as_ptr());
            ffi::lua_rawsetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(root));
        }
    }
}

unsafe extern "C-unwind" fn finalize(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls this once, with the root's block. The document was boxed by `push_tweet`.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        let document = ptr::replace(&raw mut (*node).document, ptr::null_mut());
        if !document.is_null() {
            drop(Box::from_raw(document));
        }
    }
    0
}

unsafe extern "C-unwind" fn index(state: *mut lua_State) -> c_int {
    // SAFETY: only Lua itself calls metamethods of this metatable, always with a node first. Owns nothing.
    unsafe { get(state, true) }
}

/// Pushes field 2 of node 1. With `methods`, a name that is no field may be a method.
///
/// # Safety
/// The value at 1 must be a node; the first upvalue must be the methods if they are asked for. Can raise; owns nothing.
pub(super) unsafe fn get(state: *mut lua_State, methods: bool) -> c_int {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        if (*node).written {
            ffi::lua_getiuservalue(state, 1, 1);
            ffi::lua_pushvalue(state, 2);
            let kind = ffi::lua_rawget(state, -2);
            if kind == ffi::LUA_TLIGHTUSERDATA && ffi::lua_touserdata(state, -1) == tombstone() {
                ffi::lua_pushnil(state);
                return 1;
            }
            // An array that has been written is wholly in its table of writes.
            if kind != ffi::LUA_TNIL || (*node).kind == NodeKind::Array {
                return 1;
            }
            ffi::lua_settop(state, 2);
        }
        let Some(value) = (*node).value() else {
            return gone(state);
        };
        match (*node).kind {
            NodeKind::Object => {
                if ffi::lua_type(state, 2) == ffi::LUA_TSTRING {
                    let key = string_at(state, 2);
                    if let Some((position, found)) = field(value, key) {
                        push_value(state, node, found, position);
                        return 1;
                    }
                    if methods && is_tweet(value) {
                        ffi::lua_pushvalue(state, 2);
                        ffi::lua_rawget(state, ffi::lua_upvalueindex(1));
                        return 1;
                    }
                }
            }
            NodeKind::Array => {
                if ffi::lua_isinteger(state, 2) != 0 {
                    let position = ffi::lua_tointegerx(state, 2, ptr::null_mut()).wrapping_sub(1);
                    let found = usize::try_from(position)
                        .ok()
                        .and_then(|position| value.as_array()?.get(position));
                    if let Some(found) = found {
                        push_value(state, node, found, position as u32);
                        return 1;
                    }
                }
            }
        }
        ffi::lua_pushnil(state);
        1
    }
}

unsafe extern "C-unwind" fn newindex(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe { set(state) }
}

/// Sets field 2 of node 1 to the value at 3.
///
/// # Safety
/// The value at 1 must be a node. Can raise; owns nothing.
pub(super) unsafe fn set(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        if (*node).value().is_none() {
            return gone(state);
        }
        if !(*node).written {
            ffi::lua_createtable(state, 0, 4);
            if (*node).kind == NodeKind::Array {
                copy_fields(state, node);
            }
            ffi::lua_setiuservalue(state, 1, 1);
            (*node).written = true;
            (*(*node).root).dirty = true;
        }
        ffi::lua_getiuservalue(state, 1, 1);
        ffi::lua_pushvalue(state, 2);
        if (*node).kind == NodeKind::Object && ffi::lua_isnil(state, 3) != 0 {
            ffi::lua_pushlightuserdata(state, tombstone());
        } else {
            ffi::lua_pushvalue(state, 3);
        }
        ffi::lua_rawset(state, -3);
        0
    }
}

unsafe extern "C-unwind" fn len(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        push_len(state, node);
        1
    }
}

/// Pushes the length of the node at 1.
///
/// # Safety
/// `node` must be the block at index 1. Can raise; owns nothing.
pub(super) unsafe fn push_len(state: *mut lua_State, node: *const Node) {
    // SAFETY: see above.
    unsafe {
        let length = if (*node).written {
            ffi::lua_getiuservalue(state, 1, 1);
            ffi::lua_rawlen(state, -1)
        } else {
            match (*node).value() {
                Some(value) => value.as_array().map_or(0, |array| array.len()),
                None => 0,
            }
        };
        ffi::lua_pushinteger(state, length as ffi::lua_Integer);
    }
}

unsafe extern "C-unwind" fn pairs(state: *mut lua_State) -> c_int {
    // SAFETY: as for `index`.
    unsafe {
        ffi::lua_settop(state, 1);
        ffi::lua_pushcclosure(state, next, 0);
        push_snapshot(state);
        ffi::lua_pushnil(state);
        3
    }
}

/// `next` for a snapshot: a plain table that no script has seen.
unsafe extern "C-unwind" fn next(state: *mut lua_State) -> c_int {
    // SAFETY: `lua_next` raises for a key that is not in the table; nothing is owned.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        ffi::lua_settop(state, 2);
        if ffi::lua_next(state, 1) != 0 {
            2
        } else {
            ffi::lua_pushnil(state);
            1
        }
    }
}

/// Pushes a plain table with the present fields of the node at 1.
///
/// # Safety
/// The value at 1 must be a node. Can raise; owns nothing.
pub(super) unsafe fn push_snapshot(state: *mut lua_State) {
    // SAFETY: see above. Each step leaves just the snapshot on top.
    unsafe {
        let node = ffi::lua_touserdata(state, 1).cast::<Node>();
        if (*node).value().is_none() {
            gone(state);
        }
        ffi::lua_createtable(state, 0, 0);
        let snapshot = ffi::lua_gettop(state);
        if !((*node).written && (*node).kind == NodeKind::Array) {
            copy_fields(state, node);
        }
        if (*node).written {
            ffi::lua_getiuservalue(state, 1, 1);
            ffi::lua_pushnil(state);
            while ffi::lua_next(state, -2) != 0 {
                ffi::lua_pushvalue(state, -2);
                if ffi::lua_touserdata(state, -2) == tombstone() {
                    ffi::lua_pushnil(state);
                } else {
                    ffi::lua_pushvalue(state, -2);
                }
                ffi::lua_rawset(state, snapshot);
                ffi::lua_pop(state, 1);
            }
            ffi::lua_pop(state, 1);
        }
    }
}

/// Copies what the line has for the node at 1 into the table on top.
///
/// # Safety
/// The value at 1 must be a node whose document is there. Can raise; owns nothing.
unsafe fn copy_fields(state: *mut lua_State, node: *mut Node) {
    // SAFETY: see above; the iterators over the parsed value own nothing.
    unsafe {
        let Some(value) = (*node).value() else { return };
        if let Some(object) = value.as_object() {
            for (position, (key, field)) in object.iter().enumerate() {
                push_string(state, key.as_bytes());
                ffi::lua_pushvalue(state, -1);
                // Of a name that occurs twice the first counts, as it does for `field`.
                if ffi::lua_rawget(state, -3) == ffi::LUA_TNIL {
                    ffi::lua_pop(state, 1);
                    push_value(state, node, field, position as u32);
                    ffi::lua_rawset(state, -3);
                } else {
                    ffi::lua_pop(state, 2);
                }
            }
        } else if let Some(array) = value.as_array() {
            for (position, element) in array.iter().enumerate() {
                push_value(state, node, element, position as u32);
                ffi::lua_rawseti(state, -2, position as ffi::lua_Integer + 1);
            }
        }
    }
}

/// Pushes a value of the line; a container becomes a node, the same one each time.
///
/// # Safety
/// The value at 1 must be the node that holds it. Can raise; owns nothing.
unsafe fn push_value(state: *mut lua_State, node: *mut Node, value: &Value, position: u32) {
    // SAFETY: see above.
    unsafe {
        let kind = match value.get_type() {
            JsonType::Null if (*node).kind == NodeKind::Object => return ffi::lua_pushnil(state),
            // In an array nil would make a hole: `ouzel.json.null` keeps its place.
            JsonType::Null => return ffi::lua_pushlightuserdata(state, ptr::null_mut()),
            JsonType::Boolean => {
                return ffi::lua_pushboolean(state, c_int::from(value.is_true()));
            }
            JsonType::Number => {
                return match value.as_i64() {
                    Some(number) => ffi::lua_pushinteger(state, number),
                    None => ffi::lua_pushnumber(state, value.as_f64().unwrap_or(f64::NAN)),
                };
            }
            JsonType::String => {
                return push_string(state, value.as_str().unwrap_or_default().as_bytes());
            }
            JsonType::Object => NodeKind::Object,
            JsonType::Array => NodeKind::Array,
        };
        let root = (*node).root;
        if ptr::eq(root, node) {
            ffi::lua_pushvalue(state, 1);
        } else {
            ffi::lua_getiuservalue(state, 1, 2);
        }
        let root_index = ffi::lua_gettop(state);
        if ffi::lua_getiuservalue(state, root_index, 2) == ffi::LUA_TNIL {
            ffi::lua_pop(state, 1);
            ffi::lua_createtable(state, 0, 4);
            ffi::lua_pushvalue(state, -1);
            ffi::lua_setiuservalue(state, root_index, 2);
        }
        let key = ptr::from_ref(value).cast::<c_void>();
        if ffi::lua_rawgetp(state, -1, key) == ffi::LUA_TNIL {
            ffi::lua_pop(state, 1);
            let part = new_node(state);
            ptr::write(
                part,
                Node {
                    document: ptr::null_mut(),
                    value,
                    root,
                    parent: node,
                    position,
                    kind,
                    written: false,
                    dirty: false,
                },
            );
            ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(false));
            ffi::lua_setmetatable(state, -2);
            ffi::lua_pushvalue(state, root_index);
            ffi::lua_setiuservalue(state, -2, 2);
            ffi::lua_pushvalue(state, -1);
            ffi::lua_rawsetp(state, -3, key);
        }
        // root, parts, the node → the node
        ffi::lua_replace(state, root_index);
        ffi::lua_settop(state, root_index);
    }
}

/// # Safety
/// Raises always; the caller must own nothing.
unsafe fn gone(state: *mut lua_State) -> c_int {
    // SAFETY: see above.
    unsafe { ffi::luaL_error(state, c"this Tweet has been collected already".as_ptr()) }
}

/// Whether a part of a Tweet is one itself, such as the original of a Retweet, and so has a Tweet's methods.
fn is_tweet(value: &Value) -> bool {
    let has = |name: &[u8]| field(value, name).is_some();
    has(b"text") || has(b"full_text") || has(b"body")
}

/// A field of an object by its name, with its place.
fn field<'v>(object: &'v Value, key: &[u8]) -> Option<(u32, &'v Value)> {
    object
        .as_object()?
        .iter()
        .enumerate()
        .find(|(_, (name, _))| name.as_bytes() == key)
        .map(|(position, (_, value))| (position as u32, value))
}

/// The bytes of the string at an index, which must be a string already.
///
/// # Safety
/// The value must stay on the stack while the bytes are used. Raises nothing for a string.
pub(super) unsafe fn string_at<'a>(state: *mut lua_State, index: c_int) -> &'a [u8] {
    // SAFETY: see above.
    unsafe {
        let mut length = 0;
        let bytes = ffi::lua_tolstring(state, index, &raw mut length);
        std::slice::from_raw_parts(bytes.cast(), length)
    }
}

/// # Safety
/// Can raise for lack of memory.
pub(super) unsafe fn push_string(state: *mut lua_State, bytes: &[u8]) {
    // SAFETY: Lua copies the bytes.
    unsafe {
        ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
    }
}
