//! The status server: `/metrics` for Prometheus, `/healthz` for whoever restarts what is unwell.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    health::{Pulse, judge},
    metrics::render,
};
use crate::{powertrack::StreamStatus, tally::Tally};

/// How often the server looks whether processing goes on.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the status server tells about.
#[derive(Debug)]
pub struct StatusServer {
    /// What has happened.
    pub tally: Arc<Tally>,
    /// What the stream is doing.
    pub stream: Arc<StreamStatus>,
    /// Silence after which the stream gives a connection up.
    pub read_timeout: Duration,
}

#[derive(Debug)]
struct Shared {
    server: StatusServer,
    pulse: Mutex<Pulse>,
}

impl StatusServer {
    /// Serves in the background until `shutdown`. Where the address cannot be had, the run goes on without.
    pub async fn start(self, address: SocketAddr, shutdown: CancellationToken) {
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                let hint = "set `listen` in `[status]` to another address, or to `off`";
                warn!(%error, %address, hint, "no metrics are served");
                return;
            }
        };
        if let Ok(address) = listener.local_addr() {
            debug!(%address, "serving /metrics and /healthz");
        }
        let shared = Arc::new(Shared {
            pulse: Mutex::new(Pulse::new(Instant::now())),
            server: self,
        });
        let looking = Arc::clone(&shared);
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                looking.still();
            }
        }));
        let app = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(healthz))
            .with_state(shared);
        tokio::spawn(async move {
            let serving =
                axum::serve(listener, app).with_graceful_shutdown(shutdown.cancelled_owned());
            if let Err(error) = serving.await {
                warn!(%error, "metrics are no longer served");
            }
        });
    }
}

impl Shared {
    fn still(&self) -> Duration {
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        pulse.look(&self.server.tally, Instant::now())
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let StatusServer { tally, stream, .. } = &shared.server;
    let text = render(tally, stream, Timestamp::now().as_millisecond());
    let kind = (
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    );
    ([kind], text).into_response()
}

async fn healthz(State(shared): State<Arc<Shared>>) -> Response {
    let StatusServer {
        tally,
        stream,
        read_timeout,
    } = &shared.server;
    let now_ms = Timestamp::now().as_millisecond();
    let health = judge(stream, tally, shared.still(), *read_timeout, now_ms);
    let code = match health.status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(health)).into_response()
}
