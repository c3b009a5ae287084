//! The service, seen from a client.

mod body;
pub mod decode;
pub mod endpoint;
mod error;
mod http;
pub use http::Http;
mod inflate;
pub mod line;
pub mod message;
pub mod reconnect;

pub use body::Body;
pub use error::{Error, Recovery, RejectedRule, Service};
