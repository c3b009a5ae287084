//! A Tweet, or a part of one, as a Lua value that reads like a table: fields are looked up in the parsed line when a
//! handler asks for them, and what a handler assigns lies beside the line.
//!
//! Each container that is touched becomes one userdata block (`Node`) with three user values:
//! 1. [`CHANGES`]: the table of what was assigned to fields of the line, once there are any; in an object a deleted field is
//!    marked by [`tombstone`], an array is copied whole at its first write;
//! 2. [`PARTS`], in the root: the table that keeps every touched part, by the address of its parsed value; [`ROOT`], in a
//!    part: the root;
//! 3. [`EXTRAS`], in an object: the table of the fields that the line does not have. They lie apart, so that an assignment to
//!    a field of the line moves nothing under a loop over the rest.
//!
//! So a part keeps its root alive, the root keeps its parts and the line, and touching a part twice gives the same value.

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

/// The user value that holds what was assigned to fields of the line.
pub(super) const CHANGES: c_int = 1;
/// The user value of a root that holds its parts.
pub(super) const PARTS: c_int = 2;
/// The user value of a part that holds its root.
pub(super) const ROOT: c_int = 2;
/// The user value that holds the fields that the line does not have.
pub(super) const EXTRAS: c_int = 3;

/// In an object with more fields a name is looked up in an order of them, in others one by one. Tweets have some forty.
const FEW_FIELDS: usize = 64;

/// What the parsed line holds in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeKind {
    Object,
    Array,
}

/// The line behind a Tweet's nodes.
pub(super) struct Document {
    pub(super) tweet: Tweet,
    /// Of the objects that have one; nodes point to them.
    pub(super) orders: RefCell<Vec<*mut Order>>,
    /// How many documents of this Lua state are alive, for the collector's sake.
    pub(super) live: Rc<Cell<usize>>,
}

impl Drop for Document {
    fn drop(&mut self) {
        for order in self.orders.take() {
            // SAFETY: boxed by `Node::order`, and nodes follow their pointer only while the document is there.
            drop(unsafe { Box::from_raw(order) });
        }
        self.live.set(self.live.get().saturating_sub(1));
    }
}

/// The payload of a userdata block. Plain data: only the root's finalizer frees anything.
pub(super) struct Node {
    /// Null in a part, and in a root once the finalizer has run, which a script's own finalizers can live to see.
    document: Cell<*mut Document>,
    value: *const Value,
    pub(super) root: *const Node,
    /// Null for the root. Kept alive by the root's table of parts.
    pub(super) parent: *const Node,
    order: Cell<*const Order>,
    /// The place of the field that `next` gave last.
    pub(super) cursor: Cell<u32>,
    pub(super) kind: NodeKind,
    /// Whether there is a table of [`CHANGES`].
    pub(super) changed: Cell<bool>,
    /// Whether there is a table of [`EXTRAS`].
    pub(super) extended: Cell<bool>,
    /// In the root: whether any part has been written.
    pub(super) dirty: Cell<bool>,
}

static ROOT_METATABLE: u8 = 0;
static PART_METATABLE: u8 = 1;
static TOMBSTONE: u8 = 2;

/// The address under which a field that a handler has deleted is marked in the table of changes.
pub(super) fn tombstone() -> *mut c_void {
    ptr::from_ref(&TOMBSTONE).cast_mut().cast()
}

impl Node {
    /// Makes a node in a block; one without a parent is a root, and has no document yet.
    ///
    /// # Safety
    /// The block must be large enough, and `parent` null or a node that is alive.
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
        // SAFETY: see above; the document is there until `take`.
        unsafe {
            (*root).value = ptr::from_ref((*document).tweet.root());
            (*root).document.set(document);
        }
    }

    /// Frees a root's document, if it is still there.
    ///
    /// # Safety
    /// The root must be alive, and nothing borrowed from its document.
    pub(super) unsafe fn take(root: *const Self) {
        // SAFETY: the document was boxed by `give`, and is there only once.
        unsafe {
            let document = (*root).document.replace(ptr::null_mut());
            if !document.is_null() {
                // A panic has been reported where it was raised; there is nobody here to take it.
                let _ = contained(|| drop(Box::from_raw(document)));
            }
        }
    }

    /// The parsed value, or nothing after the root's finalizer.
    ///
    /// # Safety
    /// `self` must lie in a userdata block that Lua keeps alive. What comes back is not to be held while Lua allocates.
    pub(super) unsafe fn value(&self) -> Option<&Value> {
        // SAFETY: a part keeps its root's block alive; the value lives in the document.
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

    /// The Tweet's line, or nothing after the root's finalizer.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn line(&self) -> Option<&str> {
        // SAFETY: as above; a line that was parsed is JSON in UTF-8.
        unsafe {
            let document = (*self.root).document.get().as_ref()?;
            Some(std::str::from_utf8_unchecked(document.tweet.line()))
        }
    }

    /// An element of an array of the line.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn element(&self, position: usize) -> Option<*const Value> {
        // SAFETY: as above.
        let value = unsafe { self.value() }?;
        contained(|| value.as_array()?.get(position).map(ptr::from_ref)).flatten()
    }

    /// How many elements an array of the line has.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn elements(&self) -> usize {
        // SAFETY: as above.
        let value = unsafe { self.value() };
        let length = |value: &Value| contained(|| value.as_array().map_or(0, |array| array.len()));
        value.and_then(length).unwrap_or(0)
    }

    /// A field of an object of the line.
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
                    // Names of the line are UTF-8.
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

    /// The place that a value of the line has in this container.
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

    /// The place that this has in its parent.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn place(&self) -> Option<usize> {
        // SAFETY: the root keeps every part alive, and so the parent.
        unsafe { self.parent.as_ref()?.place_of(self.value) }
    }

    /// The same by the order of the fields.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn find(&self, name: &[u8]) -> Option<Found> {
        // SAFETY: as above, and the order lives as long as the document.
        unsafe {
            let order = self.order()?;
            contained(|| order.find(name, self.cursor.get())).flatten()
        }
    }

    /// The fields of an object of the line in their order.
    ///
    /// # Safety
    /// As for [`Node::value`].
    pub(super) unsafe fn order(&self) -> Option<&Order> {
        // SAFETY: as above; the document frees the order together with itself.
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
    let mut document = Some(Box::new(Document {
        tweet,
        orders: RefCell::default(),
        live: Rc::clone(live),
    }));
    // SAFETY: the closure owns nothing: should Lua raise, the document is still out here. Once the node has it, nothing
    // raises any more.
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

/// The node at a stack index, if the value there is one. It lives as long as Lua keeps the value.
///
/// # Safety
/// `state` must be a live Lua state with room for three values, and `index` valid. Raises nothing.
pub(super) unsafe fn as_node(state: *mut lua_State, index: c_int) -> Option<*const Node> {
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
        ours.then(|| {
            ffi::lua_touserdata(state, index)
                .cast::<Node>()
                .cast_const()
        })
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

/// Pushes a new node with its metatable. What a part needs besides, its root as a user value, is for the caller to set.
///
/// A node without a parent is a root, and has no document yet.
///
/// # Safety
/// `parent` must be null or a node that is alive. Can raise for lack of memory; owns nothing.
pub(super) unsafe fn push_node(
    state: *mut lua_State,
    parent: *const Node,
    value: *const Value,
    kind: NodeKind,
) -> *mut Node {
    // SAFETY: see above. The metatable, with which the finalizer comes, is set on a block that has been written.
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
