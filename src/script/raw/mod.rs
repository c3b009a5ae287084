//! The few places that work on the Lua stack by hand, because a Tweet's way through Lua is the hottest path there is.
//!
//! Building a whole Lua table of a Tweet costs 13 to 24 µs. Reading each field that a handler asks for through the safe
//! bindings would cost more than parsing the Tweet. So this folder gives a handler a value that behaves as a table, but
//! only the parts that the handler touches are made.
//!
//! `library` is here for another reason: only a C function of our own takes the place of one of Lua's library with the
//! same messages and at the same speed.
//!
//! # The rules that keep this sound
//!
//! 1. **Lua raises an error by jumping over Rust frames.** A function that calls a part of Lua that can raise must not
//!    hold anything with a destructor at that moment. Everything that allocates can raise: new strings, tables and
//!    userdata, a write to a table, and `lua_next` with a key that a script gave.
//! 2. **A panic must not pass through Lua's frames.** Code that may panic runs in `contained`, which gives nothing if
//!    there is a panic, or in `unraising`, which carries the panic around Lua. Inside both, only functions of Lua that
//!    cannot raise are called.
//! 3. **Allocating runs finalizers.** `setmetatable` refuses those of a script, but nothing here relies on that. They
//!    can run any Lua code, even code that reads and writes the same node. So everything known before an allocation is checked again after it: whether
//!    the Tweet still exists, and whether a table of writes or a part exists by now. Nothing stays borrowed from a node
//!    or its line during an allocation, except the bytes that this allocation copies.
//! 4. **A node is shared.** Lua holds it, its parts point to it, and finalizers come back to it. So there is never a
//!    `&mut` to a node, and everything in it that changes is a `Cell`.
//! 5. **A pointer into the line is followed only after asking the root** whether its document still exists;
//!    `Node::value` does that. Each part keeps the root alive, in a user value. The root's table of parts keeps the
//!    parents of a part alive; that table is never replaced and never loses anything.
//! 6. **Room on the Lua stack** is limited: Lua gives 20 values to each C function. If a depth or a number of fields
//!    comes from outside, `lua_checkstack` is called first.
//!
//! The tests in `tests/` run random programs on hostile JSON and compare the results with those on plain tables. The
//! collector works all the time there, and memory runs out. `tests/mod.rs` says how to run them for long and under the
//! address sanitizer. Miri cannot run Lua. It runs the parts that need no Lua: the nodes' pointers into a document,
//! their order of fields, and the pieces of JSON:
//!
//! ```text
//! cargo +nightly miri test --lib script::raw::without_lua
//! ```
#![allow(
    unsafe_code,
    reason = "lazy Tweets through the safe bindings cost more than parsing the Tweet"
)]

mod access;
mod ask;
mod call;
mod encode;
mod fields;
mod globals;
mod hook;
mod library;
mod metatable;
mod next;
mod node;
mod order;
mod protect;
mod state;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod without_lua;

pub(super) use ask::{Asked, ask, element_now, field_now, is_object};
pub(super) use encode::{mark_array, mark_view, to_json};
pub(super) use fields::with_fields;
pub(super) use globals::install;
pub(super) use hook::{watch, watch_lines};
pub(super) use library::install as install_library;
pub(super) use node::{Held, is_node, push_tweet};
pub(super) use state::{held, push_state};
