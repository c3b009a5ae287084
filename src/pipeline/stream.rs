//! The stream's task. It passes lines to the journal's thread, and connects only when there is room for them.

use std::{future::pending, io, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Error;
use crate::{
    ingest::{
        Arrived,
        queue::{Sender, Trouble},
    },
    journal::Source,
    outage::Repairer,
    powertrack::{
        self, Body, StreamStatus,
        connection::StreamOptions,
        deliver::{Connection, Deliver, Feed, Refused},
        line::Dropped,
        outage::{Outage, Product, continuity::Complete, span::Span},
        stream::{Connect, HttpConnect, follow},
    },
    text::lines::Lines,
};

/// The journal's thread is told up to when everything has come, but not more often than this while nothing else
/// changes. So a quiet stream tells it with each heartbeat, and a busy stream only rarely.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// The task that keeps the stream connected.
pub(super) type StreamTask = tokio::task::JoinHandle<Result<(), powertrack::Error>>;

/// Starts to follow the stream.
pub(super) fn start(
    connect: HttpConnect,
    options: StreamOptions,
    mut deliver: ToJournal,
    status: Arc<StreamStatus>,
    shutdown: CancellationToken,
) -> StreamTask {
    let connect = WhenThereIsRoom {
        connect,
        queue: deliver.queue.clone(),
    };
    tokio::spawn(async move {
        let ended = follow(connect, options, &mut deliver, &status, &shutdown).await;
        deliver.tell_received();
        ended
    })
}

/// Waits until the stream ends; waits for ever if there is no stream. Cancelling this loses nothing.
pub(super) async fn join(stream: &mut Option<StreamTask>) -> Result<(), Error> {
    let Some(task) = stream else {
        return pending().await;
    };
    let ended = task.await;
    *stream = None;
    match ended {
        // A thread is gone. Its own error says why.
        Ok(Ok(()) | Err(powertrack::Error::Closed)) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(io::Error::other(error).into()),
    }
}

/// Passes lines to the journal's thread, and reports outages.
pub(super) struct ToJournal {
    queue: Sender<Arrived>,
    shutdown: CancellationToken,
    /// Only the live stream has one.
    repairer: Option<Repairer>,
    source: Source,
    connection: u64,
    complete: Option<Complete>,
    /// Whether an outage was reported and backfill for its end may still be on its way.
    is_repairing: bool,
    /// What the journal's thread was told last: [`Complete::at`] and whether it is settled.
    told: Option<(Timestamp, bool)>,
}

impl ToJournal {
    pub(super) fn new(
        queue: Sender<Arrived>,
        shutdown: CancellationToken,
        repairer: Option<Repairer>,
    ) -> Self {
        Self {
            queue,
            shutdown,
            repairer,
            source: Source::Live,
            connection: 0,
            complete: None,
            is_repairing: false,
            told: None,
        }
    }

    /// Tells the journal's thread up to when everything has come. The note goes behind the lines that came until then.
    fn tell_received(&mut self) {
        let Some(complete) = &self.complete else {
            return;
        };
        let told = Some((complete.at, complete.is_settled));
        if std::mem::replace(&mut self.told, told) == told {
            return;
        }
        // If the thread is gone, the run has ended already.
        let _ = self.queue.deliver_free(Arrived {
            lines: Lines::default(),
            source: self.source,
            connection: self.connection,
            at_ms: Timestamp::now().as_millisecond(),
            received: Some(complete.received()),
        });
    }
}

impl Deliver for ToJournal {
    fn begin(&mut self, connection: Connection) {
        self.connection = connection.number;
        self.source = match connection.feed {
            Feed::Live => Source::Live,
            Feed::Past(Product::Recovery) => Source::Recovery,
            Feed::Past(Product::Replay) => Source::Replay,
        };
        if let (Some(repairer), Some(outage)) = (&self.repairer, connection.outage) {
            repairer.outage(outage);
            self.is_repairing = true;
        }
    }

    fn away(&mut self, outage: Outage) {
        if let Some(repairer) = &self.repairer {
            repairer.away(outage);
        }
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        let bytes = lines.bytes();
        let arrived = Arrived {
            lines,
            source: self.source,
            connection: self.connection,
            at_ms: Timestamp::now().as_millisecond(),
            received: None,
        };
        let delivered = self.queue.deliver(arrived, bytes, &self.shutdown).await;
        delivered.map_err(|trouble| match trouble {
            Trouble::Closed => Refused::Closed,
            Trouble::Stuck => Refused::Full,
        })
    }

    fn dropped(&mut self, dropped: Dropped, span: Span) {
        if let Some(repairer) = &self.repairer {
            repairer.dropped(dropped, span);
        }
    }

    fn received(&mut self, complete: Complete) {
        if complete.is_settled
            && std::mem::take(&mut self.is_repairing)
            && let Some(repairer) = &self.repairer
        {
            repairer.settled();
        }
        let is_news = self.told.is_none_or(|(at, is_settled)| {
            let since = complete.at.duration_since(at);
            // The distance counts in both directions, because the clock may have been set back.
            is_settled != complete.is_settled || since.unsigned_abs() >= TELL_EVERY
        });
        self.complete = Some(complete);
        if is_news {
            self.tell_received();
        }
    }
}

/// Connects only when the queue has room. A stream whose Tweets cannot be kept is better not read at all.
struct WhenThereIsRoom {
    connect: HttpConnect,
    queue: Sender<Arrived>,
}

impl Connect for WhenThereIsRoom {
    type Body = Body;

    async fn ready(&mut self) {
        self.queue.flows().await;
    }

    async fn connect(&mut self, backfill_minutes: u8) -> Result<Body, powertrack::Error> {
        self.connect.connect(backfill_minutes).await
    }
}
