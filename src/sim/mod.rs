//! The service, seen from inside.

mod answer;
mod corpus;
mod delivery;
mod error;
mod feed;
pub mod generator;
mod gzip;
mod json_text;
mod options;
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
mod subject;
#[cfg(test)]
mod tests;
mod tls;
mod tweet_file;
mod tweet_text;

pub use self::{
    corpus::corpus,
    error::Error,
    options::SimOptions,
    server::{Running, start},
    stats::{Connections, Counts, Tweets},
    subject::AboutError,
};
