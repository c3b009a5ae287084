//! The requests that only the simulator has: they show its counters and set faults.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{body::whole, fault::Fault, service::Service};
use ouzel_text::origin::is_own;

/// What is wrong with a request.
#[derive(Serialize)]
struct Wrong {
    error: String,
}

/// Refuses requests that do not ask this machine by its own name. There is no login here, and a web page
/// must not set faults.
pub(super) async fn only_own(request: Request, next: Next) -> Response {
    let is_own = {
        let text = |name| {
            let value: Option<&HeaderValue> = request.headers().get(name);
            value.map(|value| value.to_str().unwrap_or_default())
        };
        is_own(text(header::HOST), text(header::ORIGIN))
    };
    if is_own {
        return next.run(request).await;
    }
    let error = "this is only for programs on this machine: ask for it by an address or by `localhost`, and not from a page of another origin";
    let error = error.to_owned();
    (StatusCode::FORBIDDEN, Json(Wrong { error })).into_response()
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
pub(super) async fn add_faults(State(service): State<Arc<Service>>, body: Body) -> Response {
    let body = match whole(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal.answer(service.clock.now_ms()),
    };
    let added = Fault::from_json(&body).and_then(|faults| service.faults.add(faults));
    match added {
        Ok(()) => Json(service.faults.shown()).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(Wrong { error })).into_response(),
    }
}

/// `DELETE /_sim/faults`: takes all of them away.
pub(super) async fn clear_faults(State(service): State<Arc<Service>>) -> Response {
    service.faults.clear();
    Json(service.faults.shown()).into_response()
}
