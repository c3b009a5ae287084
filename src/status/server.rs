//! The status server: the page that shows a run and what it reads, `/metrics` for Prometheus, `/healthz` for programs that
//! restart an unwell run.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    health::{Health, Pulse, judge},
    look::{Look, Names},
    metrics::render,
    page,
};
use crate::{
    doing::Doing, powertrack::StreamStatus, script::Declared, tally::Tally, text::origin::is_own,
};

/// How often the server checks that processing makes progress, and tells those who look.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the status server reports on.
#[derive(Debug)]
pub(crate) struct StatusServer {
    /// The counters of the run.
    pub tally: Arc<Tally>,
    /// The present work of the worker.
    pub doing: Arc<Doing>,
    /// The state of the stream.
    pub stream: Arc<StreamStatus>,
    /// How long the stream may be silent before it drops the connection.
    pub read_timeout: Duration,
    /// What the script declares.
    pub declared: watch::Receiver<Arc<Declared>>,
    /// What the run is called.
    pub names: Names,
}

#[derive(Debug)]
struct Shared {
    server: StatusServer,
    look: Look,
    pulse: Mutex<Pulse>,
}

impl StatusServer {
    /// Binds the address. Gives a future that serves there until `shutdown`, and ends only then. If the address cannot
    /// be bound, it logs that and gives `None`: the run goes on without a status server.
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
        let (tally, stream) = (Arc::clone(&self.tally), Arc::clone(&self.stream));
        let shared = Arc::new(Shared {
            pulse: Mutex::new(Pulse::new(Instant::now(), Arc::clone(&self.doing))),
            look: Look::new(self.names.clone(), tally, stream, self.declared.clone()),
            server: self,
        });
        let app = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(healthz))
            .route("/status.json", get(status))
            .route("/events", get(events))
            .merge(page::routes())
            .layer(from_fn(only_own))
            .layer(map_response(page::with_headers))
            .with_state(Arc::clone(&shared));
        let serving =
            axum::serve(listener, app).with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let ended = shutdown.clone();
        let serve = async move {
            if let Err(error) = serving.await {
                warn!(%error, "metrics are no longer served");
            }
            ended.cancelled_owned().await;
        };
        Some(async move {
            tokio::join!(serve, shared.look_until(shutdown));
        })
    }
}

impl Shared {
    fn health(&self) -> Health {
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        let still = pulse.look(&self.server.tally, Instant::now());
        let StatusServer {
            tally,
            stream,
            read_timeout,
            ..
        } = &self.server;
        judge(stream, tally, still, *read_timeout)
    }

    /// Looks each second, and tells whoever listens that the run ends.
    async fn look_until(&self, shutdown: CancellationToken) {
        let look = async {
            // In the middle of a second, so that each look falls into a second of its own.
            let now = Timestamp::now().subsec_millisecond().unsigned_abs();
            let until = Duration::from_millis((1_500 - u64::from(now)) % 1_000);
            let mut ticks = interval_at(tokio::time::Instant::now() + until, LOOK_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                self.look.tick(self.health());
            }
        };
        shutdown.run_until_cancelled(look).await;
        self.look.end();
    }
}

/// Answers only requests that address this machine by an address or as `localhost`, and no requests that a web page
/// from elsewhere has caused.
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
    let health = shared.health();
    let code = match health.status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(health)).into_response()
}

async fn status(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.look.view(shared.health()).await).into_response()
}

async fn events(State(shared): State<Arc<Shared>>) -> Response {
    match shared.look.events() {
        Some(body) => ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response(),
        None => {
            let why = "too many programs listen already; close a page or an `ouzel top`\n";
            (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
        }
    }
}
