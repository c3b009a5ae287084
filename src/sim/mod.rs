//! The service, seen from inside.

mod answer;
mod error;
mod feed;
pub mod generator;
mod gzip;
mod json_text;
mod pace;
mod rule_answer;
mod rule_request;
mod rule_set;
mod rules;
mod server;
mod service;
mod snowflake;
mod stats;
mod stream;
mod tls;
mod tweet_file;
mod tweet_text;

pub use self::{
    error::Error,
    server::{Running, SimOptions, start},
    stats::{Connections, Counts, Tweets},
};
