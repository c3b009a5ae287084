//! Keeps the stream connected: connect, decode, hand on, wait, and again.

use std::future::Future;

use hyper::Uri;
use tokio::{
    io::AsyncBufRead,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    body::Body,
    connection::{Reader, StreamOptions},
    deliver::Deliver,
    endpoint::with_query,
    error::{Error, Recovery},
    http::Http,
    outage::{
        cause::Cause,
        clock::{Moment, asleep},
        continuity::Continuity,
    },
    reconnect::{Delay, Ladders},
    status::StreamStatus,
};

/// What the reader of a log can do when somebody else holds the stream.
const TAKEN: &str = "another client reads this stream, perhaps another ouzel or one that was not stopped; stop it, or use \
                     a label of its own for this one";

/// If this many connections in a row end in order, soon and without a reason, the service is hardly to blame.
const SUSPICIOUS: u32 = 5;

/// Opens the stream.
pub(crate) trait Connect: Send {
    /// The compressed bytes.
    type Body: AsyncBufRead + Unpin + Send;

    /// Waits until it makes sense to connect, however long that is.
    fn ready(&mut self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Makes one attempt, bounded in time, and asks for this many minutes of backfill; 0 asks for none.
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

/// Follows the stream until `shutdown`, or until a job on a Replay URL is complete. Lines that are decoded when the
/// shutdown comes have been delivered, unless delivery is stuck.
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

/// Asks for the stream and for backfill. Returns the minutes that are sent again.
///
/// Backfill is a part of the contract, and the service refuses accounts without it. Then this asks again without
/// backfill. If that succeeds, backfill is never asked for again.
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
