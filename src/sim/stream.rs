//! The stream and Replay endpoints: let clients connect and start the response.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use tokio::time::Instant;

use super::{
    answer::{self, Refusal},
    bucket::Bucket,
    dates::{self, Asked},
    delivery::{Delivery, Feed},
    fault::Scope,
    oracle::{self, Event},
    outlet::Outlet,
    service::{Service, Stream},
    window::{Product, Window},
    wire::Wire,
};

/// `GET /stream/powertrack/accounts/{account}/publishers/twitter/{label}.json`
pub(super) async fn connect(
    State(service): State<Arc<Service>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    Path((account, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let answer = admit(&service, &headers, &account, &file).and_then(|stream| {
        let_in(&service, &stream.connects)?;
        let feed = match dates::stream(&query, service.clock.now_ms())? {
            Asked::Live { backfill_minutes } => live(&service, &stream, backfill_minutes),
            Asked::Recovery(span_ms) => {
                let permit = Arc::clone(&stream.recoveries).try_acquire_owned();
                let permit = permit.map_err(|_| Refusal::TooManyRequests)?;
                let rate = Some(service.limits.recovery_rate);
                let (product, faults) = (Product::Recovery, &service.faults);
                let window = Window::new(&stream, product, span_ms, rate, faults, Some(permit));
                past(&stream, window)
            }
        };
        Ok(open(&service, &stream, feed, wire))
    });
    service.answered("stream", answer)
}

/// `GET /replay/powertrack/accounts/{account}/publishers/twitter/{label}.json`
pub(super) async fn replay(
    State(service): State<Arc<Service>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    Path((account, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let answer = admit(&service, &headers, &account, &file).and_then(|stream| {
        let_in(&service, &stream.replays)?;
        let span_ms = dates::replay(&query, service.clock.now_ms())?;
        let (product, faults) = (Product::Replay, &service.faults);
        let window = Window::new(&stream, product, span_ms, None, faults, None);
        Ok(open(&service, &stream, past(&stream, window), wire))
    });
    service.answered("replay", answer)
}

fn admit(
    service: &Service,
    headers: &HeaderMap,
    account: &str,
    file: &str,
) -> Result<Arc<Stream>, Refusal> {
    service.authenticate(headers)?;
    if !answer::takes_gzip(headers) {
        return Err(Refusal::NeedsGzip);
    }
    service.find(account, file.strip_suffix(".json")).cloned()
}

/// Refuses a request that comes too soon after others, or that a fault refuses.
fn let_in(service: &Service, requests: &Bucket) -> Result<(), Refusal> {
    if !requests.take(Instant::now()) {
        return Err(Refusal::TooManyRequests);
    }
    match service.faults.at_request(Scope::Connect) {
        Some(fault) => Err(Refusal::Fault(fault.status.unwrap_or(503))),
        None => Ok(()),
    }
}

fn live(service: &Arc<Service>, stream: &Arc<Stream>, asked_minutes: u32) -> Feed {
    let (place, grace) = stream.gate.enter();
    if let Some(grace) = grace {
        // One more than allowed is tolerated for about a minute. [source: xd/powertrack-api]
        let (stream, stop) = (Arc::clone(stream), service.stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(grace) => stream.gate.enforce(),
                () = stop.cancelled() => {}
            }
        });
    }
    // After a full buffer, data restarts at the time of the reconnect. [source: xd/powertrack-api]
    let has_lost = stream.gate.has_lost.swap(false, Relaxed);
    let minutes = if has_lost {
        0
    } else {
        asked_minutes.min(service.limits.backfill_minutes)
    };
    let back = Duration::from_secs(u64::from(minutes) * 60);
    let cursor = stream.timeline.cursor(back, Instant::now());
    tell(stream, place.number, "live", minutes);
    Feed::Live {
        cursor,
        joined: stream.timeline.head(),
        place,
    }
}

fn past(stream: &Arc<Stream>, window: Window) -> Feed {
    let number = stream.gate.number();
    tell(stream, number, window.name(), 0);
    Feed::Window { number, window }
}

fn tell(stream: &Stream, connection: u64, feed: &str, backfill_minutes: u32) {
    if let Some(oracle) = &stream.timeline.setup.oracle {
        oracle.write(&Event::Open {
            at: oracle::now(),
            stream: stream.name(),
            connection,
            feed,
            backfill_minutes,
        });
    }
}

fn open(service: &Arc<Service>, stream: &Arc<Stream>, feed: Feed, wire: Wire) -> Response {
    let (outlet, body) = Outlet::new(wire);
    let delivery = Delivery::new(Arc::clone(service), Arc::clone(stream), feed, outlet);
    tokio::spawn(delivery.run());
    let mut response = Response::new(Body::new(body));
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "no-cache"),
        // Once the body has ended, the server closes. [source: xd/powertrack-api]
        (header::CONNECTION, "close"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
