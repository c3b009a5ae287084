//! What goes wrong on purpose.

mod board;
mod kind;
mod lines;
mod spec;
#[cfg(test)]
mod tests;

pub(super) use self::{
    board::{Board, Dice, Firing},
    kind::Scope,
    lines::{DELIMITER, Damage},
};
pub use self::{kind::Kind, spec::Fault};
