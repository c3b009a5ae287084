//! Serves the control socket while a run lasts. Everything that comes from a client is bounded: how many there are, how
//! long the head of a request takes, and how large it is.

use std::{
    convert::Infallible,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request as HttpRequest, State},
    http::{HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body::Frame;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    feed::{Feed, Listening, Wishes},
    peer::is_own,
    request::{Reply, Request, WAITING},
    resume::AskResume,
    rollback::Asked,
    socket::Socket,
};
use crate::text::json;

/// How many clients may be connected. As many more are told so, and others are let go without a word.
const CLIENTS: usize = 32;

/// How long a client may take to send the head of a request, and its body.
const WITHIN: Duration = Duration::from_secs(10);

/// How many bytes the head of a request may have, and how many wait to be sent to one client.
const BUFFER: usize = 64 << 10;

/// How many bytes the body of a request may have.
const LONGEST_BODY: usize = 64 << 10;

/// How long the end of the run waits for clients that still read what has been told.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long to wait after accepting a connection failed, for example because there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// What a client reads that is one too many.
const TOO_MANY: &str = "too many clients are connected to it; end one of them to make room";

/// How the answers name the server.
const SERVER: &str = concat!("ouzel/", env!("CARGO_PKG_VERSION"));

/// The control socket of a run. When this is dropped, the socket is removed.
#[derive(Debug)]
pub(crate) struct Control {
    feed: Arc<Feed>,
    serving: Option<Serving>,
}

#[derive(Debug)]
struct Serving {
    stop: CancellationToken,
    task: JoinHandle<()>,
    socket: Option<Socket>,
}

#[derive(Debug, Clone)]
struct Shared {
    feed: Arc<Feed>,
    requests: mpsc::Sender<Request>,
}

impl Control {
    /// Makes the socket in the data folder, and serves on it. The caller holds the folder's lock, and answers the
    /// requests. If there can be no socket, this logs why, and the run goes on without one.
    pub(crate) fn open(folder: &Path, feed: Arc<Feed>) -> (Self, mpsc::Receiver<Request>) {
        let (requests, to_answer) = mpsc::channel(WAITING);
        let serving = match Socket::make(folder) {
            Ok((socket, listener)) => {
                let stop = CancellationToken::new();
                let shared = Shared {
                    feed: Arc::clone(&feed),
                    requests,
                };
                Some(Serving {
                    task: tokio::spawn(serve(listener, shared, stop.clone())),
                    stop,
                    socket: Some(socket),
                })
            }
            Err(error) => {
                let folder = folder.display();
                let hint = "a data folder on a local disk can hold one; until then `ouzel tail` cannot reach this run";
                warn!(%error, %folder, hint, "there is no control socket");
                None
            }
        };
        (Self { feed, serving }, to_answer)
    }

    /// Tells clients that the run has ended, and gives them a moment to read it. The socket is gone afterwards.
    pub(crate) async fn end(self) {
        let Some(mut serving) = self.serving else {
            self.feed.end();
            return;
        };
        // First of all, so that who is told of the end and looks for the next run does not find this one again.
        drop(serving.socket.take());
        self.feed.end();
        serving.stop.cancel();
        if timeout(FAREWELL, &mut serving.task).await.is_err() {
            debug!("a client does not read what it was told");
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections until it is told to stop. Then ends when the clients have gone.
async fn serve(listener: UnixListener, shared: Shared, stop: CancellationToken) {
    let app = Router::new()
        .route("/tags", get(tags))
        .route("/tail", post(tail))
        .route("/rollback", post(rollback))
        .route("/resume", post(resume))
        .fallback(unknown)
        .layer(map_response(name))
        .with_state(shared);
    let full = Router::new().fallback(too_many).layer(map_response(name));
    let room = Arc::new(Semaphore::new(CLIENTS));
    let door = Arc::new(Semaphore::new(CLIENTS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            // Takes those that have ended out of the set.
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted.map(|(stream, _)| stream) {
            Ok(stream) if !is_own(&stream) => debug!("a client of another user is refused"),
            Ok(stream) => {
                let places = [(&room, &app), (&door, &full)];
                let place = places.into_iter().find_map(|(places, app)| {
                    let permit = Arc::clone(places).try_acquire_owned();
                    permit.ok().map(|permit| (permit, app.clone()))
                });
                if let Some((permit, app)) = place {
                    connections.spawn(connection(stream, app, stop.clone(), permit));
                }
            }
            Err(error) => {
                debug!(%error, "a client cannot be accepted");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Serves one client: one request, and its answer.
async fn connection(
    stream: UnixStream,
    app: Router,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
) {
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(WITHIN)
        .max_buf_size(BUFFER)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    tokio::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        debug!(%error, "a client has gone");
    }
}

/// Says in each answer which version gives it.
async fn name(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static(SERVER));
    response
}

async fn unknown() -> StatusCode {
    StatusCode::NOT_FOUND
}

async fn too_many() -> (StatusCode, &'static str) {
    (StatusCode::SERVICE_UNAVAILABLE, TOO_MANY)
}

/// Why a request is refused, in words for the person who made it.
type Refusal = (StatusCode, String);

/// Has the pipeline's loop answer a request.
async fn ask<T>(shared: &Shared, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, Refusal> {
    let ending = || {
        let words = "the run is ending".to_owned();
        (StatusCode::SERVICE_UNAVAILABLE, words)
    };
    let (reply, answer) = oneshot::channel();
    let sent = shared.requests.send(request(reply)).await;
    sent.map_err(|_| ending())?;
    answer.await.map_err(|_| ending())
}

/// Reads the body of a request, which has to come soon and to be short.
async fn body(request: HttpRequest) -> Result<Bytes, Refusal> {
    let body = to_bytes(request.into_body(), LONGEST_BODY);
    match timeout(WITHIN, body).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, error.to_string())),
        Err(_) => {
            let words = "the request does not end".to_owned();
            Err((StatusCode::REQUEST_TIMEOUT, words))
        }
    }
}

async fn tags(State(shared): State<Shared>) -> Result<Response, Refusal> {
    let tags = ask(&shared, Request::Tags).await?;
    Ok(Json(tags).into_response())
}

async fn rollback(State(shared): State<Shared>, request: HttpRequest) -> Result<Response, Refusal> {
    let body = body(request).await?;
    let Asked { undo } =
        json::read(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    let went = ask(&shared, |reply| Request::Rollback { undo, reply }).await?;
    let went = went.map_err(|reason| (StatusCode::CONFLICT, reason))?;
    Ok(Json(went).into_response())
}

async fn resume(State(shared): State<Shared>, request: HttpRequest) -> Result<Response, Refusal> {
    let body = body(request).await?;
    let AskResume { tag } =
        json::read(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    let resumed = ask(&shared, |reply| Request::Resume { tag, reply }).await?;
    let resumed = resumed.map_err(|reason| (StatusCode::CONFLICT, reason))?;
    Ok(Json(resumed).into_response())
}

async fn tail(State(shared): State<Shared>, request: HttpRequest) -> Result<Response, Refusal> {
    let body = body(request).await?;
    let wishes: Wishes =
        json::read(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    let kind = (header::CONTENT_TYPE, "application/octet-stream");
    let body = Body::new(Records(shared.feed.listen(wishes)));
    Ok(([kind], body).into_response())
}

/// The body of an answer that goes on as long as the run and the client.
struct Records(Listening);

impl http_body::Body for Records {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let record = ready!(self.0.poll_next(context));
        Poll::Ready(record.map(|record| Ok(Frame::data(record))))
    }
}
