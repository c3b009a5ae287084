//! The control socket of a run: a Unix socket in the data folder, by which other commands of the same user ask the
//! running ouzel for something. Takes HTTP requests, passes to the pipeline's loop what only that can answer, gives live
//! Tweets to whoever listens, and never handles a Tweet itself.
//!
//! To add a request that the loop answers: a variant of [`Request`] with a reply, an arm in `pipeline/`, a route in
//! `server.rs` that calls `ask` there, and a function beside `client::tags` for the command.

pub(crate) mod client;
mod error;
pub(crate) mod feed;
mod peer;
pub(crate) mod record;
mod request;
pub(crate) mod resume;
pub(crate) mod rollback;
mod server;
mod socket;

pub(crate) use self::{error::Error, request::Request, server::Control};
