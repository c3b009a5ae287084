//! A Tweet or a part of one, as a Lua value that reads like a table. A field is looked up in the parsed line when a
//! handler asks for it. What a handler assigns is kept beside the line.
//!
//! Each container that a handler touches becomes one userdata block (`Node`) with three user values:
//! 1. [`CHANGES`]: the table of the values assigned to fields of the line; it is made at the first assignment. In an
//!    object, [`tombstone`] marks a deleted field. An array is copied whole at its first write.
//! 2. [`PARTS`] in the root: the table that keeps every touched part, by the address of its parsed value. [`ROOT`] in a
//!    part: the root.
//! 3. [`EXTRAS`] in an object: the table of the fields that the line does not have. They are kept apart, so that an
//!    assignment to a field of the line does not disturb a loop over the other fields.
//!
//! So a part keeps its root alive, and the root keeps its parts and the line alive. Touching a part twice gives the
//! same value.

use std::{
    cell::{Cell, RefCell},
    ffi::{c_int, c_void},
    ptr,
    rc::Rc,
};

use mlua::{Lua, Result, Value as LuaValue, ffi, lua_State};
use sonic_rs::{JsonContainerTrait, Value};

use super::{
    order::{Found, Order},
    protect::{contained, unraising},
};
use crate::tweet::Tweet;

/// The user value that holds the values assigned to fields of the line.
pub(super) const CHANGES: c_int = 1;
/// The user value of a root that holds its parts.
pub(super) const PARTS: c_int = 2;
/// The user value of a part that holds its root.
pub(super) const ROOT: c_int = 2;
/// The user value that holds the fields that the line does not have.
pub(super) const EXTRAS: c_int = 3;

/// The most fields of an object whose fields are searched one by one. In an object with more fields, a name is looked
/// up in an [`Order`]. Tweets have about forty.
const FEW_FIELDS: usize = 64;

/// The kind of container that the parsed line has in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    Object,
    Array,
}

/// The parsed line that a Tweet's nodes refer to.
pub(super) struct Document {
    pub(super) tweet: Tweet,
    /// The orders of the objects that have one. Nodes point to them.
    pub(super) orders: RefCell<Vec<*mut Order>>,
    /// Where it is counted.
    pub(super) held: Rc<Held>,
    /// How much it is counted for.
    pub(super) bytes: usize,
}

/// What the documents that a Lua state holds take together. Lua's collector does not see it.
#[derive(Debug, Default)]
pub(in crate::script) struct Held {
    /// How many documents there are. This number decides when the collector is called.
    pub(in crate::script) tweets: Cell<usize>,
    /// About how many bytes they have.
    pub(in crate::script) bytes: Cell<usize>,
}

/// A parsed line takes about this many times the bytes of the line: 23 KB for one of 5.4 KB, when Tweets are kept.
const PARSED: usize = 5;

impl Drop for Document {
    fn drop(&mut self) {
        for order in self.orders.take() {
            // SAFETY: `Node::order` boxed it, and nodes follow their pointer only while the document exists.
            drop(unsafe { Box::from_raw(order) });
        }
        let Held { tweets, bytes } = &*self.held;
        tweets.set(tweets.get().saturating_sub(1));
        bytes.set(bytes.get().saturating_sub(self.bytes));
    }
}

/// The content of a userdata block. It is plain data: only the root's finalizer frees anything.
pub(super) struct Node {
    /// Null in a part. Null in a root too after its finalizer has run; a script's own finalizers can still see such a
    /// root.
    document: Cell<*mut Document>,
    value: *const Value,
    pub(super) root: *const Node,
    /// Null for the root. The root's table of parts keeps the parent alive.
    pub(super) parent: *const Node,
    order: Cell<*const Order>,
    /// The place of the field that `next` gave last.
    pub(super) cursor: Cell<u32>,
    pub(super) kind: NodeKind,
    /// Whether the node has a table of [`CHANGES`].
    pub(super) changed: Cell<bool>,
    /// Whether the node has a table of [`EXTRAS`].
    pub(super) extended: Cell<bool>,
    /// Only used in the root: whether a handler has written to any part.
    pub(super) dirty: Cell<bool>,
}

static ROOT_METATABLE: u8 = 0;
static PART_METATABLE: u8 = 1;
static TOMBSTONE: u8 = 2;

/// The address that marks a field as deleted in the table of changes.
pub(super) fn tombstone() -> *mut c_void {
    ptr::from_ref(&TOMBSTONE).cast_mut().cast()
}

impl Node {
    /// Makes a node in a block. A node without a parent is a root and has no document yet.
    ///
    /// # Safety
    /// The block must be large enough, and `parent` must be null or a node that is alive.
    pub(super) unsafe fn write(
        block: *mut Self,
        parent: *const Self,
        value: *const Value,
        kind: NodeKind,
    ) {
        // SAFETY: see above.
        unsafe {
            let root = match parent.as_ref() {
                Some(parent) => parent.root,
                None => block.cast_const(),
            };
            let node = Self {
                document: Cell::new(ptr::null_mut()),
                value,
                root,
                parent,
                order: Cell::new(ptr::null()),
                cursor: Cell::new(0),
                kind,
                changed: Cell::new(false),
                extended: Cell::new(false),
                dirty: Cell::new(false),
            };
            ptr::write(block, node);
        }
    }

    /// Gives a new root its document.
    ///
    /// # Safety
    /// Nothing may refer to the root yet.
    pub(super) unsafe fn give(root: *mut Self, document: Box<Document>) {
        let document = Box::into_raw(document);
        // SAFETY: see above; the document exists until `take`.
        unsafe {
            (*root).value = ptr::from_ref((*document).tweet.root());
            (*root).document.set(document);
        }
    }

    /// Frees a root's document, if it still exists.
    ///
    /// # Safety
    /// The root must be alive, and nothing may be borrowed from its document.
    pub(super) unsafe fn take(root: *const Self) {
        // SAFETY: `give` boxed the document, and this is the only pointer to it.
        unsafe {
            let document = (*root).document.replace(ptr::null_mut());
            if !document.is_null() {
                // A panic has been reported already where it happened, and no caller could handle it.
                let _ = contained(|| drop(Box::from_raw(document)));
            }
        }
    }

    /// The parsed value; `None` after the root's finalizer has run.
    ///
    /// # Safety
    /// `self` must lie in a userdata block that Lua keeps alive. The result must not be held while Lua allocates.
    pub(super) unsafe fn value(&self) -> Option<&Value> {
        // SAFETY: a part keeps its root's block alive, and the value lives in the document.
        unsafe { (!self.is_gone()).then(|| &*self.value) }
    }

    /// Whether the root's finalizer has run.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn is_gone(&self) -> bool {
        // SAFETY: as above.
        unsafe { (*self.root).document.get().is_null() }
    }

    /// The Tweet's line; `None` after the root's finalizer has run.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn line(&self) -> Option<&str> {
        // SAFETY: as above; a line that has been parsed is JSON in UTF-8.
        unsafe {
            let document = (*self.root).document.get().as_ref()?;
            Some(std::str::from_utf8_unchecked(document.tweet.line()))
        }
    }

    /// The element at a position of an array, as the line has it.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn element(&self, position: usize) -> Option<*const Value> {
        // SAFETY: as above.
        let value = unsafe { self.value() }?;
        contained(|| value.as_array()?.get(position).map(ptr::from_ref)).flatten()
    }

    /// How many elements an array has in the line.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn elements(&self) -> usize {
        // SAFETY: as above.
        let value = unsafe { self.value() };
        let length = |value: &Value| contained(|| value.as_array().map_or(0, |array| array.len()));
        value.and_then(length).unwrap_or(0)
    }

    /// The field of an object with this name, as the line has it.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn field(&self, name: &[u8]) -> Option<*const Value> {
        // SAFETY: as above.
        unsafe {
            let value = self.value()?;
            if self.order.get().is_null() {
                let found = contained(|| {
                    let object = value.as_object()?;
                    if object.len() > FEW_FIELDS {
                        return None;
                    }
                    // Names in the line are UTF-8, so another name is not there.
                    let name = std::str::from_utf8(name).ok();
                    Some(name.and_then(|name| object.get(&name)).map(ptr::from_ref))
                });
                if let Some(found) = found.flatten() {
                    return found;
                }
            }
            self.find(name).map(|found| found.value)
        }
    }

    /// The place of a value of the line in this container.
    ///
    /// # Safety
    /// As for [`Node::value`]. What `part` points to is only compared.
    pub(super) unsafe fn place_of(&self, part: *const Value) -> Option<usize> {
        // SAFETY: as above.
        let value = unsafe { self.value() }?;
        let is_part = |value: &Value| ptr::eq(value, part);
        let place = || match value.as_object() {
            Some(object) => object.iter().position(|(_, value)| is_part(value)),
            None => value.as_array()?.iter().position(is_part),
        };
        contained(place).flatten()
    }

    /// The place of this node in its parent.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn place(&self) -> Option<usize> {
        // SAFETY: the root keeps every part alive, so the parent is alive too.
        unsafe { self.parent.as_ref()?.place_of(self.value) }
    }

    /// The field of an object with this name, found by the order of the fields.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn find(&self, name: &[u8]) -> Option<Found> {
        // SAFETY: as above; the order lives as long as the document.
        unsafe {
            let order = self.order()?;
            contained(|| order.find(name, self.cursor.get())).flatten()
        }
    }

    /// The order of the fields of an object. It is made at the first call.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn order(&self) -> Option<&Order> {
        // SAFETY: as above; the document frees the order when it is freed itself.
        unsafe {
            let value = self.value()?;
            if self.order.get().is_null() {
                let document = &*(*self.root).document.get();
                let order = contained(|| {
                    let order = Box::into_raw(Box::new(Order::of(value)));
                    document.orders.borrow_mut().push(order);
                    order
                });
                self.order.set(order?);
            }
            Some(&*self.order.get())
        }
    }
}

/// Makes a Lua value of a Tweet.
///
/// # Errors
/// Only when Lua has no memory left.
pub(in crate::script) fn push_tweet(lua: &Lua, tweet: Tweet, held: &Rc<Held>) -> Result<LuaValue> {
    let bytes = tweet.line().len() * PARSED;
    held.tweets.set(held.tweets.get() + 1);
    held.bytes.set(held.bytes.get() + bytes);
    let mut document = Some(Box::new(Document {
        tweet,
        orders: RefCell::default(),
        held: Rc::clone(held),
        bytes,
    }));
    // SAFETY: the closure owns nothing. If Lua raises, the document is still outside. After the node has the document,
    // nothing raises any more.
    unsafe {
        lua.exec_raw((), |state| {
            let node = push_node(state, ptr::null(), ptr::null(), NodeKind::Object);
            if let Some(document) = document.take() {
                Node::give(node, document);
            }
        })
    }
}

/// Whether a value is a Tweet or a part of one.
pub(in crate::script) fn is_node(lua: &Lua, value: &LuaValue) -> bool {
    // SAFETY: `as_node` raises nothing.
    let found = unsafe { unraising(lua, value, |state| as_node(state, 1).is_some()) };
    found.unwrap_or(false)
}

/// The node at a stack index, if the value there is a node. It lives as long as Lua keeps the value.
///
/// # Safety
/// `state` must be a live Lua state with room for three values, and `index` must be valid. This raises nothing.
pub(super) unsafe fn as_node(state: *mut lua_State, index: c_int) -> Option<*const Node> {
    // SAFETY: only ouzel has these metatables, and scripts cannot reach them. So a block that has one is a node.
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
        ours.then(|| {
            ffi::lua_touserdata(state, index)
                .cast::<Node>()
                .cast_const()
        })
    }
}

/// The key of a metatable in Lua's registry.
pub(super) fn metatable_key(root: bool) -> *const c_void {
    ptr::from_ref(if root {
        &ROOT_METATABLE
    } else {
        &PART_METATABLE
    })
    .cast()
}

/// Pushes a new node with its metatable. A part also needs its root as a user value; the caller has to set that.
///
/// A node without a parent is a root and has no document yet.
///
/// # Safety
/// `parent` must be null or a node that is alive. This can raise for lack of memory, and it owns nothing.
pub(super) unsafe fn push_node(
    state: *mut lua_State,
    parent: *const Node,
    value: *const Value,
    kind: NodeKind,
) -> *mut Node {
    // SAFETY: see above. The metatable brings the finalizer, so it is set only after the block has been written.
    unsafe {
        let node = ffi::lua_newuserdatauv(state, size_of::<Node>(), 3).cast::<Node>();
        Node::write(node, parent, value, kind);
        ffi::lua_rawgetp(
            state,
            ffi::LUA_REGISTRYINDEX,
            metatable_key(parent.is_null()),
        );
        ffi::lua_setmetatable(state, -2);
        node
    }
}

/// The finalizer of a root.
pub(super) unsafe extern "C-unwind" fn finalize(state: *mut lua_State) -> c_int {
    // SAFETY: Lua calls this with the root's block.
    unsafe {
        Node::take(ffi::lua_touserdata(state, 1).cast::<Node>().cast_const());
    }
    0
}

/// The bytes of the string at an index. The value there must already be a string.
///
/// # Safety
/// The value must stay on the stack while the bytes are used. This raises nothing if the value is a string.
pub(super) unsafe fn string_at<'a>(state: *mut lua_State, index: c_int) -> &'a [u8] {
    // SAFETY: see above.
    unsafe {
        let mut length = 0;
        let bytes = ffi::lua_tolstring(state, index, &raw mut length);
        std::slice::from_raw_parts(bytes.cast(), length)
    }
}

/// Pushes a copy of the bytes as a string.
///
/// # Safety
/// This can raise for lack of memory.
pub(super) unsafe fn push_string(state: *mut lua_State, bytes: &[u8]) {
    // SAFETY: Lua copies the bytes.
    unsafe {
        ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
    }
}
