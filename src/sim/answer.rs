//! The answers that are not a stream: their status and their body.

use std::io::Write;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use super::snowflake;

/// What a request without gzip on the stream gets. [seed:001]
const NEEDS_GZIP: &str = "This connection requires compression. To enable compression, send an 'Accept-Encoding: gzip' header in your request and be ready to uncompress the stream as it is read on the client end.";

/// What any body that is not understood gets on the rules endpoint. [seed:004]
const INVALID_JSON: &str = "Invalid JSON. The body must be in the format {\"rules\":[{\"value\":\"rule1\", \"tag\":\"tag1\"}, {\"value\":\"rule2\"}]} or {\"rule_ids\": [rule_id1, rule_id2, rule_id3, rule_id4, rule_id5]}";

/// What rules over the contract's limit get. [source: xd/powertrack-api]
const RULE_LIMIT: &str = "Request exceeds account’s Rule Limit. Delete rules or contact your account manager to proceed.";

/// The texts for 401, 403, 404, 405, 408, 413, 429 and 503 are not published; these are the simulator's own. [inferred]
const UNAUTHORIZED: &str = "Invalid user name or password.";
const FORBIDDEN: &str = "This account may not use this endpoint.";
const NOT_FOUND: &str = "No such stream. Check the account and the label.";
const NO_SUCH_METHOD: &str = "This endpoint does not take this method.";
const TOO_LARGE: &str = "The request body must not exceed 5 MB.";
const TOO_SLOW: &str = "The request body did not come in time.";
const TOO_MANY: &str = "Exceeded the limit on requests. Wait before you try again.";
const COLLIDES: &str = "Another request is changing the rules. Send changes one after the other.";
const UNAVAILABLE: &str = "The service is not available. Try again later.";

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

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Credentials,
    NoSuchStream,
    NoSuchMethod,
    NeedsGzip,
    InvalidJson,
    BodyTooLarge,
    BodyTooSlow,
    /// A query that cannot be carried out, and what is wrong with it.
    BadQuery(String),
    RuleLimit,
    TooManyRequests,
    /// Another request is changing the rules.
    Collides,
    /// A fault that is answered with this status.
    Fault(u16),
}

impl Refusal {
    /// The answer at this moment.
    pub(super) fn answer(&self, now_ms: i64) -> Response {
        let (status, message) = match self {
            Self::Credentials => (StatusCode::UNAUTHORIZED, UNAUTHORIZED),
            Self::NoSuchStream => (StatusCode::NOT_FOUND, NOT_FOUND),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, NO_SUCH_METHOD),
            Self::NeedsGzip => (StatusCode::NOT_ACCEPTABLE, NEEDS_GZIP),
            Self::InvalidJson => (StatusCode::BAD_REQUEST, INVALID_JSON),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, TOO_SLOW),
            // As for Replay dates. [source: xd/powertrack-api]
            Self::BadQuery(message) => (StatusCode::NOT_ACCEPTABLE, message.as_str()),
            // The status is not published. [inferred]
            Self::RuleLimit => (StatusCode::UNPROCESSABLE_ENTITY, RULE_LIMIT),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, TOO_MANY),
            Self::Collides => (StatusCode::TOO_MANY_REQUESTS, COLLIDES),
            Self::Fault(status) => fault(*status),
        };
        let sent = snowflake::sent_to_the_second(now_ms);
        let error = ErrorDetail { message, sent };
        let mut response = json(status, &ErrorBody { error });
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"PowerTrack\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}

fn fault(status: u16) -> (StatusCode, &'static str) {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let message = match status {
        StatusCode::UNAUTHORIZED => UNAUTHORIZED,
        StatusCode::BAD_REQUEST => INVALID_JSON,
        StatusCode::FORBIDDEN => FORBIDDEN,
        StatusCode::NOT_FOUND => NOT_FOUND,
        StatusCode::NOT_ACCEPTABLE => NEEDS_GZIP,
        StatusCode::PAYLOAD_TOO_LARGE => TOO_LARGE,
        StatusCode::TOO_MANY_REQUESTS => TOO_MANY,
        _ => UNAVAILABLE,
    };
    (status, message)
}

/// Whether the client takes gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight: String = weight.split_whitespace().collect();
            let is_refused = matches!(weight.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            name.trim().eq_ignore_ascii_case("gzip") && !is_refused
        })
}

/// The same answer with its body compressed.
pub(super) async fn compressed(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    // The body is in memory, so this does not wait.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    let written = gzip.write_all(&body).and_then(|()| gzip.finish());
    let body = written.expect("writing to memory does not fail");
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(head, Body::from(body))
}

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let bytes = sonic_rs::to_vec(body).expect("structs of strings and numbers are always JSON");
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
