//! Tests of the language as a whole: which rules are valid, what they match, and that no input breaks it.

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
