//! The bodies of answers that are not a stream, and their status.

use std::fmt::Write as _;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;

use super::snowflake;

/// What a request without gzip on the stream gets. [seed:001]
pub(super) const NEEDS_GZIP: &str = "This connection requires compression. To enable compression, send an 'Accept-Encoding: gzip' header in your request and be ready to uncompress the stream as it is read on the client end.";

/// What any body that is not understood gets on the rules endpoint. [seed:004]
pub(super) const INVALID_JSON: &str = "Invalid JSON. The body must be in the format {\"rules\":[{\"value\":\"rule1\", \"tag\":\"tag1\"}, {\"value\":\"rule2\"}]} or {\"rule_ids\": [rule_id1, rule_id2, rule_id3, rule_id4, rule_id5]}";

/// The texts for 401, 404 and 413 are not published; these are the simulator's own. [inferred]
pub(super) const UNAUTHORIZED: &str = "Invalid user name or password.";
/// See [`UNAUTHORIZED`].
pub(super) const NOT_FOUND: &str = "No such stream. Check the account and the label.";
/// See [`UNAUTHORIZED`].
pub(super) const TOO_LARGE: &str = "The request body must not exceed 5 MB.";

/// The shape of every error body. [seed:004] [source: dev-tutorial]
#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    error: ErrorDetail<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorDetail<'a> {
    message: &'a str,
    sent: String,
}

/// An error answer.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let body = ErrorBody {
        error: ErrorDetail {
            message,
            sent: snowflake::sent_to_the_second(snowflake::now_ms()),
        },
    };
    let mut response = json(status, &body);
    if status == StatusCode::UNAUTHORIZED {
        let realm = HeaderValue::from_static("Basic realm=\"PowerTrack\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, realm);
    }
    response
}

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = sonic_rs::to_vec(body).unwrap_or_else(|error| {
        // The bodies are plain structs; should one ever not serialise, its reader sees why.
        let mut text = String::new();
        let _ = write!(text, "{error}");
        text.into_bytes()
    });
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
