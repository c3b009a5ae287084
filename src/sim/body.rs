//! Reads the bodies of requests, within limits.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use tokio::time::timeout;

use super::answer::Refusal;

/// The limit of request bodies. [seed:003] [seed:004]
const MAX_BODY: usize = 5 * 1024 * 1024;

/// The most time that a body may take: while it is read, no other change of rules is let in. [inferred]
const MAX_TIME: Duration = Duration::from_secs(30);

/// Reads a body to its end.
pub(super) async fn whole(body: Body) -> Result<Bytes, Refusal> {
    // A body that breaks off gets the same answer. Nobody is there to read it.
    let read = timeout(MAX_TIME, to_bytes(body, MAX_BODY)).await;
    read.map_err(|_| Refusal::BodyTooSlow)?
        .map_err(|_| Refusal::BodyTooLarge)
}
