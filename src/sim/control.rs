//! What the simulator has beyond the service: counters to look at, and faults to set.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{fault::Fault, service::Service};

/// What is wrong with a request.
#[derive(Serialize)]
struct Wrong {
    error: String,
}

/// `GET /_sim/stats`: the counters.
pub(super) async fn stats(State(service): State<Arc<Service>>) -> Response {
    Json(service.counts()).into_response()
}

/// `GET /_sim/faults`: the faults that are set, and how often each has happened.
pub(super) async fn faults(State(service): State<Arc<Service>>) -> Response {
    Json(service.faults.shown()).into_response()
}

/// `POST /_sim/faults`: adds one fault or an array of them; all or none.
pub(super) async fn add_faults(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    match Fault::from_json(&body) {
        Ok(faults) => {
            service.faults.add(faults);
            Json(service.faults.shown()).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(Wrong { error })).into_response(),
    }
}

/// `DELETE /_sim/faults`: takes all of them away.
pub(super) async fn clear_faults(State(service): State<Arc<Service>>) -> Response {
    service.faults.clear();
    Json(service.faults.shown()).into_response()
}
