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
mod cause;
mod clock;
mod compressed;
pub(crate) mod connection;
pub(crate) mod continuity;
mod credentials;
pub(crate) mod decode;
pub(crate) mod deliver;
pub(crate) mod endpoint;
mod error;
mod http;
pub(crate) mod job;
mod job_end;
mod job_turns;
mod job_window;
pub(crate) mod lateness;
pub(crate) mod line;
pub(crate) mod message;
pub(crate) mod outage;
pub(crate) mod reconcile;
pub(crate) mod reconnect;
mod replay_rules;
pub(crate) mod rules;
pub(crate) mod rules_json;
pub(crate) mod span;
mod status;
pub(crate) mod stream;

pub(crate) use body::Body;
pub(crate) use cause::Cause;
pub(crate) use credentials::Credentials;
pub(crate) use error::{Error, Recovery};
pub(crate) use http::Http;
pub(crate) use replay_rules::copy as copy_replay_rules;
pub(crate) use status::{State, StreamStatus};
