//! The service, seen from a client. Takes an endpoint and an account, gives lines, outages and answers about rules, and
//! never knows of the journal, the script or the database.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::needless_pass_by_value,
        reason = "a failing test panics, and a table reads `check(input, expect![…])`"
    )
)]

mod answer;
mod body;
mod compressed;
pub(crate) mod connection;
mod credentials;
pub(crate) mod decode;
pub(crate) mod deliver;
pub(crate) mod endpoint;
mod error;
mod http;
pub(crate) mod job;
pub(crate) mod line;
pub(crate) mod message;
pub(crate) mod outage;
pub(crate) mod reconnect;
pub(crate) mod rules;
mod status;
pub(crate) mod stream;

pub(crate) use body::Body;
pub(crate) use credentials::Credentials;
pub(crate) use error::{Error, Recovery, RejectedRule};
pub(crate) use http::Http;
pub(crate) use outage::cause::Cause;
pub(crate) use rules::replay::copy as copy_replay_rules;
pub(crate) use status::{State, StreamStatus};
