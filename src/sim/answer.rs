//! The bodies of answers that are not a stream, and their status.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::snowflake;

/// What a request without gzip on the stream gets. [seed:001]
const NEEDS_GZIP: &str = "This connection requires compression. To enable compression, send an 'Accept-Encoding: gzip' header in your request and be ready to uncompress the stream as it is read on the client end.";

/// What any body that is not understood gets on the rules endpoint. [seed:004]
const INVALID_JSON: &str = "Invalid JSON. The body must be in the format {\"rules\":[{\"value\":\"rule1\", \"tag\":\"tag1\"}, {\"value\":\"rule2\"}]} or {\"rule_ids\": [rule_id1, rule_id2, rule_id3, rule_id4, rule_id5]}";

/// The texts for 401, 404 and 413 are not published; these are the simulator's own. [inferred]
const UNAUTHORIZED: &str = "Invalid user name or password.";
const NOT_FOUND: &str = "No such stream. Check the account and the label.";
const TOO_LARGE: &str = "The request body must not exceed 5 MB.";

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Credentials,
    NoSuchStream,
    NeedsGzip,
    InvalidJson,
    BodyTooLarge,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Credentials => (StatusCode::UNAUTHORIZED, UNAUTHORIZED),
            Self::NoSuchStream => (StatusCode::NOT_FOUND, NOT_FOUND),
            Self::NeedsGzip => (StatusCode::NOT_ACCEPTABLE, NEEDS_GZIP),
            Self::InvalidJson => (StatusCode::BAD_REQUEST, INVALID_JSON),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE),
        };
        let sent = snowflake::sent_to_the_second(snowflake::now_ms());
        let error = ErrorDetail { message, sent };
        let mut response = json(status, &ErrorBody { error });
        if self == Self::Credentials {
            let realm = HeaderValue::from_static("Basic realm=\"PowerTrack\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
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
