//! A simulator of the service. It takes options and the requests of any client, and gives the streams and
//! answers that the service would give. It never uses the client's code for the protocol.

mod activity;
mod answer;
mod body;
mod book;
mod bucket;
mod clock;
mod composer;
mod control;
mod corpus;
mod dates;
mod delivery;
mod error;
mod fault;
mod gate;
pub mod generator;
mod gzip;
mod json_text;
mod memory;
mod message;
mod options;
mod oracle;
mod outlet;
mod rule_answer;
mod rule_request;
mod rule_set;
mod rules;
mod sample;
mod schedule;
mod server;
mod service;
mod snowflake;
mod source;
mod start;
mod stats;
mod stream;
mod subject;
#[cfg(test)]
mod tests;
mod timeline;
mod tls;
mod tweet_file;
mod tweet_text;
mod window;
mod wire;

pub use self::{
    corpus::corpus,
    error::Error,
    fault::{Fault, Kind as FaultKind},
    options::{Format, Limits, SimOptions, Surplus},
    sample::{Sample, SampleKind, Samples},
    schedule::Profile,
    server::{Running, start},
    stats::{Connections, Counts, StreamCounts, Tweets},
    subject::AboutError,
};
