//! The language as a whole: what is valid, what it matches, and that nothing breaks it.

mod activity;
mod depth;
mod made;
mod made_rules;
mod matching;
mod messages;
mod normals;
mod payloads;
mod properties;
mod reference;
mod sets;
mod unicode;
mod validity;
