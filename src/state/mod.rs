//! `ouzel.state`: a tree of tables that a script keeps from Tweet to Tweet, over reloads and restarts.
//!
//! The tree lies outside of Lua, so it outlives a generation, its size is known exactly, and nothing that ends a handler
//! can leave it half changed. It knows neither Lua nor SQLite: `script/` reads and writes it, `store/` keeps it, and
//! `worker/` says when a Tweet or a batch is taken back or committed.

mod change;
mod commit;
mod tree;
#[cfg(test)]
mod tree_tests;
mod value;

use std::{cell::RefCell, rc::Rc};

pub(crate) use self::{
    change::Saved,
    tree::{MOST_DEEP, State, Unkept},
    value::{Draft, Key, Name, TableId, Value},
};

/// The state as a generation and the worker share it.
pub(crate) type Shared = Rc<RefCell<State>>;
