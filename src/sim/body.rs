//! The bodies of requests, read to their end within limits.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use tokio::time::timeout;

use super::answer::Refusal;

/// The limit of request bodies. [seed:003] [seed:004]
const MAX_BODY: usize = 5 * 1024 * 1024;

/// A change of rules keeps out all others while its body is read, so that has an end. [inferred]
const MAX_TIME: Duration = Duration::from_secs(30);

/// All of a body.
pub(super) async fn whole(body: Body) -> Result<Bytes, Refusal> {
    // A body that breaks off is not distinguished: its sender is no longer there to read the answer.
    let read = timeout(MAX_TIME, to_bytes(body, MAX_BODY)).await;
    read.map_err(|_| Refusal::BodyTooSlow)?
        .map_err(|_| Refusal::BodyTooLarge)
}
