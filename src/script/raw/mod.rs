//! The few places that work on the Lua stack by hand, because a Tweet's way through Lua is the hottest path there is.
//!
//! Building a whole Lua table out of a Tweet costs 13 to 24 µs, and going through the safe bindings for each
//! field that a handler reads would cost more than parsing the Tweet. What is here gives a handler something that behaves
//! as a table while only the parts it touches exist.
//!
//! The rule that keeps this sound: Lua raises an error by jumping over Rust frames, so no function in this folder holds
//! anything with a destructor while it calls a Lua function that can raise. Each block says why it is within that rule.
#![allow(
    unsafe_code,
    reason = "lazy Tweets through the safe bindings cost more than parsing the Tweet"
)]

mod access;
mod encode;
mod encode_node;
mod fields;
mod globals;
mod node;

pub(super) use encode::{mark_array, mark_view, to_json};
pub(super) use fields::with_fields;
pub(super) use globals::install;
pub(super) use node::{push_tweet, tweet_value};
