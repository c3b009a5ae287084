//! Keeping the stream connected: connect, decode, hand on, wait, again.

use std::{future::Future, time::Duration};

use bytes::{Bytes, BytesMut};
use hyper::Uri;
use tokio::{
    io::AsyncBufRead,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    body::Body,
    decode::{DecodeStats, Decoder, Progress},
    error::{Error, Recovery},
    http::Http,
    line::MAX_LINE,
    message::{Disconnect, Level, Message, SystemMessage},
    reconnect::Ladders,
    status::{Cause, StreamStatus},
};
use crate::lines::Lines;

/// Three missed heartbeats and some slack: one late heartbeat must not cost a reconnect
/// [reference 2.4: over 30 s].
const READ_TIMEOUT: Duration = Duration::from_secs(35);

/// How long a shutdown waits for lines that are already decoded to be taken.
const DELIVERY_GRACE: Duration = Duration::from_secs(1);

/// A connection lost sooner than this starts no ladder anew, even if data arrived: else a server
/// that says a word and closes would be asked for the stream without end, and 60 requests a
/// minute is what it allows [reference 2.1, inferred].
const BRIEF: Duration = Duration::from_secs(1);

/// How the stream is read.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions {
    /// Silence longer than this is a stall.
    pub read_timeout: Duration,
    /// Longer lines are dropped.
    pub max_line: usize,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            read_timeout: READ_TIMEOUT,
            max_line: MAX_LINE,
        }
    }
}

/// Opens the stream.
pub trait Connect: Send {
    /// The compressed bytes.
    type Body: AsyncBufRead + Unpin + Send;

    /// One attempt, bounded in time.
    fn connect(&mut self) -> impl Future<Output = Result<Self::Body, Error>> + Send;
}

/// Asks the service for the stream.
#[derive(Debug, Clone)]
pub struct HttpConnect {
    http: Http,
    uri: Uri,
}

impl HttpConnect {
    /// A connector for the stream at `uri`.
    #[must_use]
    pub fn new(http: Http, uri: Uri) -> Self {
        Self { http, uri }
    }
}

impl Connect for HttpConnect {
    type Body = Body;

    async fn connect(&mut self) -> Result<Body, Error> {
        self.http.open(&self.uri).await
    }
}

/// Whoever should have taken the lines is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// Takes the lines. As long as it does not return, nothing more is read.
pub trait Deliver: Send {
    /// Takes a run of payload lines.
    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Closed>> + Send;
}

/// Follows the stream until `shutdown`, or until a job on a Replay URL is complete. What is
/// decoded when the shutdown comes has been delivered, unless delivery is stuck.
///
/// # Errors
/// If trying again cannot help, or if nobody takes the lines any more.
pub async fn follow<C: Connect, D: Deliver>(
    connect: C,
    options: StreamOptions,
    deliver: D,
    status: &StreamStatus,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    follow_with(
        Ladders::random(),
        connect,
        options,
        deliver,
        status,
        shutdown,
    )
    .await
}

async fn follow_with<J: FnMut() -> f64, C: Connect, D: Deliver>(
    mut ladders: Ladders<J>,
    mut connect: C,
    options: StreamOptions,
    deliver: D,
    status: &StreamStatus,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    let mut reader = Reader {
        options,
        deliver,
        status,
        shutdown,
        announced: None,
        proven: false,
    };
    let mut attempt = 0_u32;
    let outcome = loop {
        attempt += 1;
        status.attempt();
        let answer = tokio::select! {
            biased;
            () = shutdown.cancelled() => break Ok(()),
            answer = connect.connect() => answer,
        };
        let connected = answer.is_ok();
        let error = match answer {
            Err(error) => error,
            Ok(body) => {
                status.connected();
                info!(attempt, "stream connected");
                let since = Instant::now();
                let read = reader.read(body).await;
                if reader.proven && since.elapsed() >= BRIEF {
                    ladders.reset();
                    attempt = 0;
                }
                match read {
                    Ok(()) => break Ok(()),
                    Err(error) => error,
                }
            }
        };
        let Recovery::Retry(delay) = error.recovery() else {
            break Err(error);
        };
        let cause = Cause::of(&error, reader.announced.take());
        let wait = ladders.next(delay);
        status.lost(cause, wait.delay);
        let (cause, delay) = (cause.name(), wait.delay);
        if wait.longest {
            error!(%error, cause, attempt, ?delay, "the stream stays away");
        } else if connected {
            warn!(%error, cause, attempt, ?delay, "connection lost");
        } else {
            warn!(%error, cause, attempt, ?delay, "connecting failed");
        }
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break Ok(()),
            () = sleep(wait.delay) => {}
        }
    };
    status.stopped();
    outcome
}

/// Reads one connection after the other.
struct Reader<'a, D> {
    options: StreamOptions,
    deliver: D,
    status: &'a StreamStatus,
    shutdown: &'a CancellationToken,
    /// What the service said about ending this connection.
    announced: Option<Disconnect>,
    /// Whether data or a heartbeat has come over this connection.
    proven: bool,
}

impl<D: Deliver> Reader<'_, D> {
    /// Reads a connection to its end, which is an error unless it was meant.
    async fn read(&mut self, body: impl AsyncBufRead + Unpin) -> Result<(), Error> {
        self.announced = None;
        self.proven = false;
        let mut decoder = Decoder::new(body, self.options.max_line);
        let mut seen = DecodeStats::default();
        loop {
            let read_timeout = self.options.read_timeout;
            let progress = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return Ok(()),
                progress = timeout(read_timeout, decoder.read()) => progress,
            };
            let now = decoder.stats();
            self.status.decoded(seen, now);
            self.proven |= now.lines + now.heartbeats > 0;
            seen = now;
            match progress {
                Err(_) => {
                    return Err(Error::Stalled {
                        after: read_timeout,
                    });
                }
                Ok(Err(error)) => return Err(error),
                Ok(Ok(Progress::Bytes)) => {}
                Ok(Ok(Progress::Lines(lines))) => {
                    if let Some(payload) = self.payload(lines) {
                        self.hand_on(payload).await?;
                    }
                }
                Ok(Ok(Progress::End)) => {
                    return match self.announced {
                        // Asking once more would run the whole job again [reference 2.12].
                        Some(Disconnect::Completed | Disconnect::Incomplete) => Ok(()),
                        _ => Err(Error::Ended),
                    };
                }
            }
        }
    }

    /// Takes the system messages out, if there are any.
    fn payload(&mut self, lines: Lines) -> Option<Lines> {
        let is_system = |line: &Bytes| matches!(Message::of(line), Message::System(_));
        if !lines.iter().any(|line| is_system(&line)) {
            return Some(lines);
        }
        // System messages are rare, so copying the few lines beside one costs nothing.
        let mut buffer = BytesMut::with_capacity(lines.bytes());
        let mut spans = Vec::with_capacity(lines.len());
        let offset = |at: usize| u32::try_from(at).expect("a run of lines is below 4 GiB");
        for line in lines.iter() {
            match Message::of(&line) {
                Message::System(message) => self.hear(&message),
                Message::Payload => {
                    let start = offset(buffer.len());
                    buffer.extend_from_slice(&line);
                    spans.push(start..offset(buffer.len()));
                }
            }
        }
        (!spans.is_empty()).then(|| Lines::new(buffer.freeze(), spans))
    }

    fn hear(&mut self, message: &SystemMessage) {
        self.status.system_message();
        let (text, sent) = (message.text.trim(), message.sent.as_deref());
        match message.level {
            Level::Info => info!(text, sent, "the service says"),
            Level::Warn => warn!(text, sent, "the service warns"),
            Level::Error => error!(text, sent, "the service reports an error"),
        }
        self.announced = message.disconnect().or(self.announced);
    }

    async fn hand_on(&mut self, lines: Lines) -> Result<(), Error> {
        let count = lines.len();
        let delivery = self.deliver.deliver(lines);
        let shutdown_and_grace = async {
            self.shutdown.cancelled().await;
            sleep(DELIVERY_GRACE).await;
        };
        tokio::select! {
            biased;
            delivered = delivery => delivered.map_err(|Closed| Error::Closed),
            () = shutdown_and_grace => {
                // The next read sees the shutdown and stops.
                warn!(lines = count, "delivery is stuck, so lines were lost in the shutdown");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
#[path = "stream_fakes.rs"]
mod fakes;
#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
