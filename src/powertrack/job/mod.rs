//! Asks the service for the Tweets of a past time, job by job, beside the live stream.

pub(crate) mod end;
mod turns;
mod window;

use std::{collections::VecDeque, future::Future, time::Duration};

use bytes::Bytes;
use hyper::Uri;
use jiff::Timestamp;
use tokio::{io::AsyncBufRead, sync::SemaphorePermit, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{
    end::{joined, remaining},
    turns::Turns,
    window::{aligned, query, ready_at, windows},
};
use crate::powertrack::{
    body::Body,
    connection::{Reader, StreamOptions},
    deliver::{Connection, Deliver, Feed, Refused},
    endpoint::with_query,
    error::{Error, Recovery},
    http::Http,
    line::Dropped,
    outage::{
        Product,
        clock::{Moment, asleep},
        continuity::Continuity,
        lateness::made_at,
        span::Span,
    },
    reconnect::{Delay, Ladders},
    status::StreamStatus,
};
use crate::{text::lines::Lines, tweet::Tweet};

/// How often a window is asked for. What has not come by then will hardly come the next time.
const MOST_ATTEMPTS: u32 = 6;

/// While waiting for a time on the wall clock, look at it again after this long, because somebody may set it.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Opens a job: one request for a past time.
pub(crate) trait AskPast: Send + Sync {
    /// The compressed bytes.
    type Body: AsyncBufRead + Unpin + Send;

    /// Makes one attempt, bounded in time.
    fn ask(
        &self,
        product: Product,
        window: Span,
    ) -> impl Future<Output = Result<Self::Body, Error>> + Send;
}

/// Asks the service for the past over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct HttpPast {
    http: Http,
    stream: Uri,
    replay: Option<Uri>,
}

impl HttpPast {
    /// Asks for Recovery at the stream's URL, and for Replay at its own URL.
    pub(crate) fn new(http: Http, stream: Uri, replay: Option<Uri>) -> Self {
        Self {
            http,
            stream,
            replay,
        }
    }
}

impl AskPast for HttpPast {
    type Body = Body;

    async fn ask(&self, product: Product, window: Span) -> Result<Body, Error> {
        let (option, uri) = match product {
            Product::Recovery => ("url", &self.stream),
            Product::Replay => {
                let uri = self.replay.as_ref().ok_or_else(|| Error::Setting {
                    option: "replay_url",
                    reason: "it is not set".to_owned(),
                })?;
                ("replay_url", uri)
            }
        };
        let uri = with_query(option, uri, &query(product, window))?;
        self.http.open(&uri).await
    }
}

/// The result of asking for a span again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    /// The parts that are still missing.
    pub missing: Vec<Span>,
    /// Lines that have come.
    pub lines: u64,
    /// Lines that have come, but were too long.
    pub over_long: u64,
    /// Requests made.
    pub requests: u32,
    /// Why something is missing.
    pub trouble: Option<String>,
    /// Whether the run ended before the work was done. A later run can go on with it.
    pub is_interrupted: bool,
}

/// What all jobs of a run share.
#[derive(Debug)]
pub(crate) struct Jobs<A> {
    past: A,
    options: StreamOptions,
    turns: Turns,
    status: StreamStatus,
    shutdown: CancellationToken,
}

impl<A: AskPast> Jobs<A> {
    /// Jobs beside the stream whose status is `live`.
    pub(crate) fn new(
        past: A,
        options: StreamOptions,
        live: &StreamStatus,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            past,
            options,
            turns: Turns::default(),
            status: live.beside(),
            shutdown,
        }
    }

    /// Brings a span again and hands its lines on. This may take long: it waits until the service has the span, for its
    /// turn, and after failures. A shutdown leaves the rest missing.
    ///
    /// # Errors
    /// [`Error::Closed`] if nobody takes the lines any more. Everything else is in [`Brought`].
    pub(crate) async fn bring<D: Deliver>(
        &self,
        product: Product,
        span: Span,
        deliver: D,
    ) -> Result<Brought, Error> {
        let mut brought = Brought::default();
        let mut deliver = Watched::new(deliver);
        let mut todo: VecDeque<_> = windows(product, span).into_iter().map(|w| (w, 0)).collect();
        while let Some((window, attempts)) = todo.pop_front() {
            let tried = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => Tried::Interrupted,
                _turn = self.ready(product, window) => {
                    brought.requests += 1;
                    self.try_once(product, window, &mut deliver).await?
                }
            };
            let (rest, trouble) = match tried {
                Tried::Rest(rest, _) if rest.is_empty() => continue,
                Tried::Rest(rest, trouble) if attempts + 1 < MOST_ATTEMPTS => {
                    info!(product = product.name(), %trouble, "a part is asked for again");
                    for window in rest.into_iter().rev() {
                        todo.push_front((aligned(product, window), attempts + 1));
                    }
                    self.rest(attempts).await;
                    continue;
                }
                Tried::Later(delay, trouble) if attempts + 1 < MOST_ATTEMPTS => {
                    // Each window has a ladder of its own. It is climbed once for each attempt at the window.
                    let mut ladders = Ladders::random();
                    let wait = (0..=attempts).map(|_| ladders.next(delay).delay).last();
                    let wait = wait.unwrap_or_default();
                    warn!(product = product.name(), error = %trouble, delay = ?wait, "a job could not be started");
                    todo.push_front((window, attempts + 1));
                    self.sleep(wait).await;
                    continue;
                }
                Tried::Rest(rest, trouble) => (rest, trouble),
                Tried::Later(_, trouble) => (vec![window], trouble),
                Tried::Interrupted => {
                    brought.is_interrupted = true;
                    brought
                        .missing
                        .extend(todo.drain(..).map(|(window, _)| window));
                    (vec![window], "the run has ended".to_owned())
                }
                Tried::Over(trouble) => {
                    brought
                        .missing
                        .extend(todo.drain(..).map(|(window, _)| window));
                    (vec![window], trouble)
                }
            };
            brought.missing.extend(rest);
            brought.trouble.get_or_insert(trouble);
        }
        brought.lines = deliver.lines;
        brought.over_long = deliver.over_long;
        // Windows are a little wider than the span.
        let cut = |part: Span| Span {
            from: part.from.max(span.from),
            to: part.to.min(span.to),
        };
        brought.missing = joined(brought.missing.into_iter().map(cut).collect());
        brought.missing.retain(|part| part.from < part.to);
        Ok(brought)
    }

    /// Waits until the service has the window, and until one more job and one more request are allowed.
    async fn ready(&self, product: Product, window: Span) -> Option<SemaphorePermit<'_>> {
        let at = ready_at(product, window);
        loop {
            match Duration::try_from(at.duration_since(Timestamp::now())) {
                Ok(wait) if !wait.is_zero() => sleep(wait.min(LOOK_AGAIN)).await,
                _ => break,
            }
        }
        let job = self.turns.job().await;
        self.turns.request().await;
        job
    }

    async fn try_once<D: Deliver>(
        &self,
        product: Product,
        window: Span,
        deliver: &mut Watched<D>,
    ) -> Result<Tried, Error> {
        info!(product = product.name(), from = %window.from, to = %window.to, "asking for the past");
        deliver.last = None;
        let body = match self.past.ask(product, window).await {
            Ok(body) => body,
            Err(error) => {
                return Ok(match error.recovery() {
                    Recovery::Retry(delay) => Tried::Later(delay, error.to_string()),
                    Recovery::GiveUp => Tried::Over(error.to_string()),
                });
            }
        };
        let mut reader = Reader::new(self.options, &mut *deliver, &self.status, &self.shutdown);
        let mut continuity = Continuity::new(None, Moment::now(asleep()));
        let read = reader
            .feeding(Feed::Past(product))
            .read(body, 0, &mut continuity)
            .await;
        let end = reader.take_job();
        if let Err(Error::Closed) = read {
            return Err(Error::Closed);
        }
        let rest = remaining(window, end.as_ref(), deliver.last_tweet());
        Ok(match (read, end) {
            (Err(error), None) => Tried::Rest(rest, error.to_string()),
            (_, Some(_)) => Tried::Rest(rest, "the service could not bring all of it".to_owned()),
            // A read without an error and without a closing record was ended by a shutdown.
            (Ok(()), None) => Tried::Interrupted,
        })
    }

    async fn rest(&self, attempts: u32) {
        let mut ladders = Ladders::random();
        let wait = (0..=attempts).map(|_| ladders.next(Delay::Server).delay);
        self.sleep(wait.last().unwrap_or_default()).await;
    }

    async fn sleep(&self, wait: Duration) {
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = sleep(wait) => {}
        }
    }
}

/// The result of one request.
enum Tried {
    /// The request was answered. These spans have not come, for this reason.
    Rest(Vec<Span>, String),
    /// The request was refused, but may be accepted later.
    Later(Delay, String),
    /// The request was refused for good.
    Over(String),
    /// The run has ended.
    Interrupted,
}

/// Passes lines on, counts them, and remembers the last one.
struct Watched<D> {
    deliver: D,
    lines: u64,
    over_long: u64,
    last: Option<Bytes>,
}

impl<D> Watched<D> {
    fn new(deliver: D) -> Self {
        Self {
            deliver,
            lines: 0,
            over_long: 0,
            last: None,
        }
    }

    /// The time of the last Tweet, which its id says.
    fn last_tweet(&self) -> Option<Timestamp> {
        let id = Tweet::parse(self.last.clone()?).ok()?.id()?;
        made_at(id.try_into().ok()?)
    }
}

impl<D: Deliver> Deliver for Watched<D> {
    fn begin(&mut self, connection: Connection) {
        self.deliver.begin(connection);
    }

    fn dropped(&mut self, dropped: Dropped, span: Span) {
        self.over_long += dropped.lines;
        self.deliver.dropped(dropped, span);
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        self.lines += lines.len() as u64;
        self.last = lines.share_all().last().or(self.last.take());
        self.deliver.deliver(lines).await
    }
}

#[cfg(test)]
mod tests;
