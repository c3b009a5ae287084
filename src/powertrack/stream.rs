//! Keeping the stream connected: connect, decode, hand on, wait, again.

use std::{future::Future, time::Duration};

use hyper::Uri;
use jiff::Timestamp;
use tokio::{
    io::AsyncBufRead,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    body::Body,
    clock::{Moment, asleep},
    connection::Reader,
    continuity::Continuity,
    endpoint::with_query,
    error::{Error, Recovery},
    http::Http,
    line::MAX_LINE,
    outage::{MOST_BACKFILL, Outage, Product, Span},
    reconnect::{Delay, Ladders},
    status::{Cause, StreamStatus},
};
pub(crate) use super::{continuity::Complete, line::Dropped};
use crate::text::lines::Lines;

/// Three missed heartbeats and some slack: one late heartbeat must not cost a reconnect
/// [reference 2.4: over 30 s].
const READ_TIMEOUT: Duration = Duration::from_secs(35);

/// What somebody who reads a log can do about a stream that somebody else holds.
const TAKEN: &str = "another client reads this stream, perhaps another ouzel or one that was not stopped; stop it, or use \
                     a label of its own for this one";

/// So many connections in a row that end in order and soon, without a word, are hardly the service's doing.
const SUSPICIOUS: u32 = 5;

/// How the stream is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOptions {
    /// Silence longer than this is a stall.
    pub read_timeout: Duration,
    /// Longer lines are dropped.
    pub max_line: usize,
    /// The most minutes to ask for again after an outage; 0 where the account has no backfill.
    pub backfill_minutes: u8,
    /// Up to when everything was received before this process: being away is an outage too.
    pub last_received: Option<Timestamp>,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            read_timeout: READ_TIMEOUT,
            max_line: MAX_LINE,
            backfill_minutes: MOST_BACKFILL,
            last_received: None,
        }
    }
}

/// Opens the stream.
pub(crate) trait Connect: Send {
    /// The compressed bytes.
    type Body: AsyncBufRead + Unpin + Send;

    /// Waits until it makes sense to connect, however long that is.
    fn ready(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// One attempt, bounded in time, that asks for so many minutes again; for none with 0.
    fn connect(
        &mut self,
        backfill_minutes: u8,
    ) -> impl Future<Output = Result<Self::Body, Error>> + Send;
}

/// Asks the service for the stream.
#[derive(Debug, Clone)]
pub(crate) struct HttpConnect {
    http: Http,
    uri: Uri,
}

impl HttpConnect {
    /// A connector for the stream at `uri`.
    pub(crate) fn new(http: Http, uri: Uri) -> Self {
        Self { http, uri }
    }
}

impl Connect for HttpConnect {
    type Body = Body;

    async fn connect(&mut self, backfill_minutes: u8) -> Result<Body, Error> {
        if backfill_minutes == 0 {
            return self.http.open(&self.uri).await;
        }
        let query = format!("backfillMinutes={backfill_minutes}");
        self.http.open(&with_query("url", &self.uri, &query)?).await
    }
}

/// Why no more lines can be handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Whoever should have taken the lines is gone.
    Closed,
    /// These lines are taken, but no more for a while: rather than leave the service with a full buffer, which backfill
    /// does not repair, the connection is given up.
    Full,
}

/// What comes over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    /// The stream.
    Live,
    /// A past time again.
    Past(Product),
}

/// A connection over which something has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Greater than those of all connections before, in this process.
    pub number: u64,
    /// What comes over it.
    pub feed: Feed,
    /// The minutes that were asked for again.
    pub backfill_minutes: u8,
    /// What was before it. One with the number of an earlier outage takes its place.
    pub outage: Option<Outage>,
}

/// Up to when everything has been received that the stream had to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// That time.
    pub until: Timestamp,
    /// Not as long as what was asked for again may still be on its way: then `until` is the time before that, and lines may
    /// have come that are younger.
    pub is_settled: bool,
}

/// Takes the lines. As long as it does not return, nothing more is read.
pub(crate) trait Deliver: Send {
    /// A connection has begun: its first bytes have come, and the lines from now on are its lines.
    fn begin(&mut self, _: Connection) {}

    /// A connection or an attempt was lost, and nothing comes since this outage began; the next connection tells it again.
    fn away(&mut self, _: Outage) {}

    /// Takes a run of payload lines.
    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Refused>> + Send;

    /// Lines came between these times that were longer than any may be. What was in them is gone.
    fn dropped(&mut self, _: Dropped, _: Span) {}

    /// All lines until then have been taken. Told with each piece that comes, heartbeats included, so it must cost nothing.
    fn received(&mut self, _: Complete) {}
}

impl<D: Deliver> Deliver for &mut D {
    fn begin(&mut self, connection: Connection) {
        (**self).begin(connection);
    }

    fn away(&mut self, outage: Outage) {
        (**self).away(outage);
    }

    fn deliver(&mut self, lines: Lines) -> impl Future<Output = Result<(), Refused>> + Send {
        (**self).deliver(lines)
    }

    fn dropped(&mut self, dropped: Dropped, span: Span) {
        (**self).dropped(dropped, span);
    }

    fn received(&mut self, complete: Complete) {
        (**self).received(complete);
    }
}

/// Follows the stream until `shutdown`, or until a job on a Replay URL is complete. What is
/// decoded when the shutdown comes has been delivered, unless delivery is stuck.
///
/// # Errors
/// If trying again cannot help, or if nobody takes the lines any more.
pub(crate) async fn follow<C: Connect, D: Deliver>(
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
    let mut continuity = Continuity::new(options.last_received, Moment::now(asleep()));
    let mut reader = Reader::new(options, deliver, status, shutdown);
    let mut most_minutes = options.backfill_minutes;
    let mut attempt = 0_u32;
    let outcome = loop {
        attempt += 1;
        status.attempt();
        let answer = tokio::select! {
            biased;
            () = shutdown.cancelled() => break Ok(()),
            answer = ask(&mut connect, &continuity, &mut most_minutes) => answer,
        };
        let connected = answer.is_ok();
        let error = match answer {
            Err(error) => error,
            Ok((body, minutes)) => {
                status.connected();
                info!(attempt, backfill_minutes = minutes, "stream connected");
                let since = Instant::now();
                let read = reader.read(body, minutes, &mut continuity).await;
                if reader.is_proven() && ladders.lasted(since.elapsed()) {
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
        let (cause, is_announced) = reader.cause(&error);
        continuity.lost(cause, is_announced);
        if let Some(outage) = continuity.away(Moment::now(asleep())) {
            reader.away(outage);
        }
        let is_taken = cause == Cause::TooManyConnections;
        let wait = ladders.next(if is_taken { Delay::Taken } else { delay });
        status.lost(cause, wait.delay);
        let is_suspicious = connected && cause == Cause::Ended && attempt == SUSPICIOUS;
        let (cause, delay) = (cause.name(), wait.delay);
        if is_taken {
            warn!(%error, cause, attempt, ?delay, hint = TAKEN, "somebody else holds the stream");
        } else if is_suspicious {
            warn!(%error, cause, attempt, ?delay, hint = TAKEN, "connections end again and again; somebody else may hold the stream");
        } else if wait.longest {
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

/// Asks for the stream, and for what was missed; gives the minutes that are sent again.
///
/// Backfill is a part of the contract, and accounts without it are refused. Then the same is asked without, and if that is
/// granted, so ever after.
async fn ask<C: Connect>(
    connect: &mut C,
    continuity: &Continuity,
    most_minutes: &mut u8,
) -> Result<(C::Body, u8), Error> {
    connect.ready().await;
    let minutes = continuity.to_ask(Moment::now(asleep()), *most_minutes);
    let refused = match connect.connect(minutes).await {
        Ok(body) => return Ok((body, minutes)),
        Err(error) if minutes > 0 && error.may_refuse_backfill() => error,
        Err(error) => return Err(error),
    };
    let body = connect.connect(0).await?;
    *most_minutes = 0;
    let hint = "set `backfill_minutes = 0` under `[stream]`";
    warn!(error = %refused, hint, "the account has no backfill, so nothing is asked for again after an outage");
    Ok((body, 0))
}

#[cfg(test)]
#[path = "stream_fakes.rs"]
mod fakes;
#[cfg(test)]
#[path = "stream_outage_tests.rs"]
mod outage_tests;
#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
