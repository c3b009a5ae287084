//! The journal. Takes lines exactly as received, gives them back in order from disk or memory, and never looks into a line.
//!
//! A journal is a folder of segments. Each segment is a sequence of zstd frames, so `zstdcat *.zst` gives the lines
//! again, each with a line feed behind it. The metadata of a frame is in a skippable frame before it, which zstd's own
//! tools pass over.

mod active;
mod count;
mod damage;
mod encode;
mod error;
mod follower;
mod frame;
mod limits;
mod meta;
mod open;
mod options;
mod position;
mod reader;
mod recent;
mod retention;
mod segment;
mod shared;
mod syncer;
mod tail;
#[cfg(test)]
mod tests;
mod window;
mod writer;

pub(crate) use self::{
    damage::{Damage, Damaged},
    error::Error,
    follower::{Follower, Next, Notifier},
    frame::Frame,
    limits::FRAME_BYTES,
    meta::Meta,
    open::Opened,
    position::Position,
    reader::{Read, Reader},
    recent::Newest,
    retention::Over,
};
pub use self::{
    encode::{Batch, Effort},
    meta::Source,
    options::{Options, Sync},
    writer::Journal,
};
