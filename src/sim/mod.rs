//! The service, seen from inside.

pub mod generator;
mod json_text;
mod snowflake;
