//! The messages of the service in the stream, word for word.

use super::json_text::Json;

/// [source: dev-tutorial]
pub(super) const INVALID_FROM_DATE: &str = "Invalid date format for query parameter 'fromDate'. Expected format is 'yyyyMMddHHmm'. For example, '201701012315' for January 1st, 11:15 pm 2017 UTC.\n\n";

/// [source: xd/powertrack-api]
pub(super) const TOO_SLOW: &str =
    "This stream has been disconnected because your client was unable to keep up with us.";

/// [source: xd/powertrack-api]
pub(super) const OPERATIONAL: &str = "This stream has been disconnected for operational reasons.";

/// [source: xd/powertrack-api]
pub(super) const CLOSING: &str = "X is closing for operational reasons";

/// The message when a connection is closed because there are too many. [source: dev-tutorial]
pub(super) fn too_many_connections(allowed: usize) -> String {
    format!("Forced Disconnect: Too many connections. (Allowed Connections = {allowed})")
}

/// The message when the reader was too slow. [source: dev-tutorial]
pub(super) fn full_buffer(connection: u64, size: usize) -> String {
    format!(
        "Force closing connection to connection {connection} because it reached the maximum allowed backup (buffer size is {size})."
    )
}

/// Appends a message: one object with a single key, the level. [source: dev-tutorial]
pub(super) fn write(out: &mut Vec<u8>, level: &str, message: &str, sent: &str) {
    write_with(out, level, message, sent, "");
}

/// Likewise with more members, each beginning with its comma.
pub(super) fn write_with(out: &mut Vec<u8>, level: &str, message: &str, sent: &str, more: &str) {
    Json(out)
        .raw("{\"")
        .raw(level)
        .raw("\":{\"message\":")
        .text(message)
        .raw(",\"sent\":")
        .text(sent)
        .raw(more)
        .raw("}}");
}
