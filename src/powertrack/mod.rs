//! The service, seen from a client. Takes an endpoint and an account, gives lines, outages and answers about rules, and never
//! knows of the journal, the script or the database.

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
mod clock;
mod compressed;
mod connection;
mod continuity;
mod credentials;
pub mod decode;
pub mod endpoint;
mod error;
mod http;
pub mod job;
mod job_end;
mod job_turns;
mod job_window;
pub mod lateness;
pub mod line;
pub mod message;
pub mod outage;
pub mod reconcile;
pub mod reconnect;
mod replay_rules;
pub mod rules;
mod rules_json;
mod status;
pub mod stream;

pub use body::Body;
pub use credentials::Credentials;
pub use error::{Error, Recovery, RejectedRule, Service};
pub use http::Http;
pub use replay_rules::copy as copy_replay_rules;
pub use status::{Cause, Counts, State, StreamStatus};
