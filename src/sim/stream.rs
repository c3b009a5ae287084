//! The stream endpoint: who may connect, and the response that goes on and on.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use http_body::Frame;
use tokio::sync::mpsc;

use super::{answer::Refusal, delivery::Delivery, service::Service};

/// Compressed batches under way to a reader. When they are full, the feed waits for the reader.
const QUEUE: usize = 4;

/// `GET /stream/powertrack/accounts/{account}/publishers/twitter/{label}.json`
pub(super) async fn connect(
    State(service): State<Arc<Service>>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let admitted = service
        .authenticate(&headers)
        .and_then(|()| require_gzip(&headers))
        .and_then(|()| service.find(&account, file.strip_suffix(".json")));
    let answer = admitted.map(|()| open(&service));
    service.stats.answered("stream", answer)
}

fn require_gzip(headers: &HeaderMap) -> Result<(), Refusal> {
    let takes_gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let weight: String = weight.split_whitespace().collect();
            let is_refused = matches!(weight.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            name.trim().eq_ignore_ascii_case("gzip") && !is_refused
        });
    takes_gzip.then_some(()).ok_or(Refusal::NeedsGzip)
}

fn open(service: &Arc<Service>) -> Response {
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::spawn(Delivery::new(Arc::clone(service), sender).run());
    let mut response = Response::new(Body::new(Chunks(receiver)));
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A response body of unknown length, so that it goes out in chunks.
struct Chunks(mpsc::Receiver<Bytes>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(context)
            .map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}
