//! The stream endpoint: who may connect, and what a connection is sent.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use flate2::CompressError;
use http_body::Frame;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    answer,
    feed::{Due, Feed},
    gzip::Gzip,
    rule_set::Snapshot,
    service::Service,
    tweet_text,
};
use crate::rule::Analysis;

/// The delimiter of lines, and by itself a heartbeat. [source: dev-tutorial]
const DELIMITER: &[u8] = b"\r\n";

/// Lines that are ready together share a flush, up to this many bytes of them.
const BATCH: usize = 64 * 1024;

/// So many Tweets without a match, and others get a turn on this thread.
const PATIENCE: usize = 256;

/// Compressed batches under way to a reader. When they are full, the feed waits for the reader.
const QUEUE: usize = 4;

/// `GET /stream/powertrack/accounts/{account}/publishers/twitter/{label}.json`
pub(super) async fn connect(
    State(service): State<Arc<Service>>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let refused = service
        .authenticate(&headers)
        .and_then(|()| require_gzip(&headers))
        .and_then(|()| service.find(&account, file.strip_suffix(".json")));
    let answer = match refused {
        Err(refused) => refused,
        Ok(()) => open(&service),
    };
    service.stats.answered("stream", answer)
}

fn require_gzip(headers: &HeaderMap) -> Result<(), Response> {
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
    if takes_gzip {
        Ok(())
    } else {
        Err(answer::error(
            StatusCode::NOT_ACCEPTABLE,
            answer::NEEDS_GZIP,
        ))
    }
}

fn open(service: &Arc<Service>) -> Response {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let delivery = Delivery {
        feed: service.source.join(Instant::now()),
        rules: service.watch_rules(),
        gzip: Gzip::new(),
        lines: Vec::with_capacity(BATCH),
        pending: 0,
        last: Instant::now(),
        open: Open::new(Arc::clone(service)),
        sender,
    };
    tokio::spawn(delivery.run());
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

/// Counts a connection as open for as long as it lives.
struct Open(Arc<Service>);

impl Open {
    fn new(service: Arc<Service>) -> Self {
        service.stats.connections.fetch_add(1, Relaxed);
        service.stats.open.fetch_add(1, Relaxed);
        Self(service)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.stats.open.fetch_sub(1, Relaxed);
    }
}

/// Why a delivery ends before its reader does.
enum Ended {
    ReaderLeft,
    Compressor,
}

impl From<CompressError> for Ended {
    fn from(_: CompressError) -> Self {
        Self::Compressor
    }
}

/// What sends one connection its Tweets.
struct Delivery {
    feed: Feed,
    rules: watch::Receiver<Snapshot>,
    gzip: Gzip,
    /// Lines that have not been sent yet, and how many.
    lines: Vec<u8>,
    pending: u64,
    /// When something was last sent.
    last: Instant,
    open: Open,
    sender: mpsc::Sender<Bytes>,
}

impl Delivery {
    async fn run(mut self) {
        if let Err(Ended::Compressor) = self.deliver().await {
            tracing::error!("the compressor of a simulated connection failed");
        }
    }

    /// Sends until the reader leaves or the simulator stops; the latter ends the body in order.
    async fn deliver(&mut self) -> Result<(), Ended> {
        let stop = self.open.0.stop.clone();
        // The head of the response goes out with the first bytes of the body.
        let head = self.gzip.write(&[])?;
        self.send(head).await?;
        while !stop.is_cancelled() {
            let due = self.fill();
            let heartbeat_at = self.last + self.open.0.heartbeat;
            if !self.lines.is_empty() {
                let chunk = self.gzip.write(&self.lines)?;
                self.lines.clear();
                tokio::select! {
                    sent = self.send(chunk) => sent?,
                    () = stop.cancelled() => break,
                }
                self.open
                    .0
                    .stats
                    .delivered
                    .fetch_add(std::mem::take(&mut self.pending), Relaxed);
            } else if Instant::now() >= heartbeat_at {
                // Only where nothing else was sent. [inferred]
                let heartbeat = self.gzip.write(DELIMITER)?;
                self.send(heartbeat).await?;
            }
            let wake_at = match due {
                Due::Now => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Due::At(at) => at.min(self.last + self.open.0.heartbeat),
                Due::Never => self.last + self.open.0.heartbeat,
            };
            tokio::select! {
                () = tokio::time::sleep_until(wake_at) => {}
                _ = self.rules.changed() => {}
                () = self.sender.closed() => return Err(Ended::ReaderLeft),
                () = stop.cancelled() => {}
            }
        }
        let end = self.gzip.finish()?;
        // The reader may be too slow to get it, and the simulator does not wait.
        let _ = self.sender.try_send(end.into());
        Ok(())
    }

    async fn send(&mut self, chunk: Vec<u8>) -> Result<(), Ended> {
        self.sender
            .send(chunk.into())
            .await
            .map_err(|_| Ended::ReaderLeft)?;
        self.last = Instant::now();
        Ok(())
    }

    /// Collects the lines that are due now, and says when to come back.
    fn fill(&mut self) -> Due {
        let rules = Arc::clone(&self.rules.borrow_and_update());
        if rules.is_empty() {
            // Nobody would see a Tweet, so none is made until there is a rule.
            return Due::Never;
        }
        let now = Instant::now();
        let (mut made, mut matched) = (0, 0);
        let mut due = Due::Now;
        while self.lines.len() < BATCH && made < PATIENCE as u64 {
            let start = self.lines.len();
            due = self.feed.next_into(now, &mut self.lines);
            if due != Due::Now {
                break;
            }
            made += 1;
            matched += u64::from(self.keep_matching(start, &rules));
        }
        let stats = &self.open.0.stats;
        stats.made.fetch_add(made, Relaxed);
        stats.matched.fetch_add(matched, Relaxed);
        self.pending += matched;
        due
    }

    /// Completes the Tweet from `start` on as a line, or removes it if no rule matches.
    fn keep_matching(&mut self, start: usize, rules: &Snapshot) -> bool {
        let matching: Vec<_> = match sonic_rs::from_slice::<sonic_rs::Value>(&self.lines[start..]) {
            Ok(tweet) => {
                let analysis = Analysis::native(&tweet);
                rules
                    .iter()
                    .filter(|stored| stored.rule.matches(&analysis))
                    .collect()
            }
            Err(_) => Vec::new(),
        };
        if matching.is_empty() {
            self.lines.truncate(start);
            return false;
        }
        tweet_text::append_matching(&mut self.lines, &matching);
        self.lines.extend_from_slice(DELIMITER);
        true
    }
}
