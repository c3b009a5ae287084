//! The status server: `/metrics` for Prometheus, `/healthz` for whoever restarts what is unwell.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    health::{Pulse, Still, judge},
    metrics::render,
};
use crate::{doing::Doing, powertrack::StreamStatus, tally::Tally, text::origin::is_own};

/// How often the server looks whether processing goes on.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the status server tells about.
#[derive(Debug)]
pub(crate) struct StatusServer {
    /// What has happened.
    pub tally: Arc<Tally>,
    /// What the worker is doing.
    pub doing: Arc<Doing>,
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
    /// Takes the address, and gives what serves there until `shutdown` and ends only then. Where the address cannot be had, the
    /// run goes on without.
    pub(crate) async fn bind(
        self,
        address: SocketAddr,
        shutdown: CancellationToken,
    ) -> Option<impl Future<Output = ()> + Send + 'static> {
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) => {
                let hint = "set `listen` in `[status]` to another address, or to `off`";
                warn!(%error, %address, hint, "no metrics are served");
                return None;
            }
        };
        if !address.ip().is_loopback() {
            let hint = "anybody who can reach this machine can read them; set `listen` in `[status]` to `127.0.0.1:9464`, or put a proxy with a login before it";
            warn!(%address, hint, "metrics are served on an address that is not loopback");
        }
        if let Ok(address) = listener.local_addr() {
            debug!(%address, "serving /metrics and /healthz");
        }
        let shared = Arc::new(Shared {
            pulse: Mutex::new(Pulse::new(Instant::now(), Arc::clone(&self.doing))),
            server: self,
        });
        let looking = Arc::clone(&shared);
        let look = async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                looking.still();
            }
        };
        let app = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(healthz))
            .layer(from_fn(only_own))
            .with_state(shared);
        let serving =
            axum::serve(listener, app).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let serve = async move {
            if let Err(error) = serving.await {
                warn!(%error, "metrics are no longer served");
            }
            shutdown.cancelled_owned().await;
        };
        Some(async move {
            tokio::select! {
                () = serve => {}
                () = look => {}
            }
        })
    }
}

impl Shared {
    fn still(&self) -> Still {
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        pulse.look(&self.server.tally, Instant::now())
    }
}

/// Answers only who asks this machine by its own name, and not a page that has found its way here.
async fn only_own(request: Request, next: Next) -> Response {
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
    let why =
        "ask for this by an address or by `localhost`, and not from a page of another origin\n";
    (StatusCode::FORBIDDEN, why).into_response()
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
        ..
    } = &shared.server;
    let health = judge(stream, tally, shared.still(), *read_timeout);
    let code = match health.status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(health)).into_response()
}
