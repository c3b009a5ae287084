//! Keeping the stream connected: connect, decode, hand on, wait, again.

use std::{future::Future, time::Duration};

use hyper::Uri;
use tokio::{
    io::AsyncBufRead,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    body::Body,
    connection::Reader,
    error::{Error, Recovery},
    http::Http,
    line::MAX_LINE,
    reconnect::Ladders,
    status::{Cause, StreamStatus},
};
use crate::lines::Lines;

/// Three missed heartbeats and some slack: one late heartbeat must not cost a reconnect
/// [reference 2.4: over 30 s].
const READ_TIMEOUT: Duration = Duration::from_secs(35);

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

/// Why no more lines can be handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Whoever should have taken the lines is gone.
    Closed,
    /// These lines are taken, but no more for a while: rather than leave the service with a full buffer, which backfill
    /// does not repair, the connection is given up.
    Full,
}

/// Takes the lines. As long as it does not return, nothing more is read.
pub trait Deliver: Send {
    /// Takes a run of payload lines.
    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Refused>> + Send;
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
    let mut reader = Reader::new(options, deliver, status, shutdown);
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
                if reader.is_proven() && since.elapsed() >= BRIEF {
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
        let cause = Cause::of(&error, reader.take_announced());
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

#[cfg(test)]
#[path = "stream_fakes.rs"]
mod fakes;
#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
