//! The language as a whole: what is valid, what it matches, and that nothing breaks it.

mod activity;
mod depth;
pub(crate) mod made;
mod matching;
mod messages;
mod normals;
mod payloads;
mod properties;
mod sets;
mod unicode;
pub(crate) mod validity;
