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
use sonic_rs::Value;

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

/// Where the metatables lie in Lua's registry.
pub(super) fn metatable_key(root: bool) -> *const c_void {
    ptr::from_ref(if root {
        &ROOT_METATABLE
    } else {
        &PART_METATABLE
    })
    .cast()
}

/// Pushes a new node for a part of the Tweet, with its metatable; its root is for the caller to set.
///
/// # Safety
/// Can raise for lack of memory; owns nothing.
pub(super) unsafe fn push_part(
    state: *mut lua_State,
    parent: *mut Node,
    value: &Value,
    position: u32,
    kind: NodeKind,
) {
    // SAFETY: see above; the parent lives as long as its root.
    unsafe {
        let part = new_node(state);
        ptr::write(
            part,
            Node {
                document: ptr::null_mut(),
                value,
                root: (*parent).root,
                parent,
                position,
                kind,
                written: false,
                dirty: false,
            },
        );
        ffi::lua_rawgetp(state, ffi::LUA_REGISTRYINDEX, metatable_key(false));
        ffi::lua_setmetatable(state, -2);
    }
}

/// # Safety
/// Can raise for lack of memory.
unsafe fn new_node(state: *mut lua_State) -> *mut Node {
    // SAFETY: two user values, as the module says.
    unsafe { ffi::lua_newuserdatauv(state, size_of::<Node>(), 2).cast() }
}

/// The finalizer of a root.
pub(super) unsafe extern "C-unwind" fn finalize(state: *mut lua_State) -> c_int {
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
