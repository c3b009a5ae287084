//! The few places that work on the Lua stack by hand, because a Tweet's way through Lua is the hottest path there is.
//!
//! Building a whole Lua table out of a Tweet costs 13 to 24 µs, and going through the safe bindings for each
//! field that a handler reads would cost more than parsing the Tweet. What is here gives a handler something that behaves
//! as a table while only the parts it touches exist.
//!
//! # The rules that keep this sound
//!
//! 1. **Lua raises an error by jumping over Rust frames.** A function that calls a part of Lua that can raise holds nothing
//!    with a destructor meanwhile. Allocating raises: new strings, tables and userdata, a write to a table, `lua_next` with
//!    a key that a script gave.
//! 2. **A panic must not pass through Lua's frames.** Code that may panic runs in `contained`, which gives nothing back
//!    then, or in `unraising`, which carries the panic around Lua. Inside of both only such functions of Lua are called
//!    as cannot raise.
//! 3. **Allocating runs the finalizers that a script has given to its tables**, and with them any Lua code, also such as
//!    reads and writes the very same node. So what was learnt before an allocation is asked anew behind it: whether the
//!    Tweet is still there, whether a table of writes or a part exists by now. Nothing is borrowed from a node or its line
//!    over an allocation, but for the bytes that this allocation copies.
//! 4. **A node is shared**: Lua holds it, its parts point to it, and finalizers come back to it. There is never a `&mut` to
//!    one; what changes in it is a `Cell`.
//! 5. **A pointer into the line is followed only after asking the root** whether its document is still there, which is what
//!    `Node::value` does. The root is kept alive by each part, in a user value; the parents of a part by the
//!    root's table of parts, which is never replaced and loses nothing.
//! 6. **Room on the Lua stack** is what Lua gives to each C function, 20 values; where a depth or a number of fields
//!    comes from outside, `lua_checkstack` is asked first.
//!
//! `tests/` here plays random programs on hostile JSON against plain tables, with a collector that is always at work and
//! with memory that runs out; it says how to run it for long and under the address sanitizer. Miri does not run Lua; what
//! needs none, the nodes' pointers into a document, their order of fields, and the pieces of JSON, it runs:
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
mod encode;
mod encode_node;
mod fields;
mod globals;
mod next;
mod node;
mod order;
mod protect;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod without_lua;

pub(super) use ask::{Asked, ask, field_now};
pub(super) use encode::{mark_array, mark_view, to_json};
pub(super) use fields::with_fields;
pub(super) use globals::install;
pub(super) use node::{is_node, push_tweet};
