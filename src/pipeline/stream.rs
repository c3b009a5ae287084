//! The stream's task: what it reads goes to the journal's thread, and it connects only when there is room for what comes.

use std::{future::pending, io, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::Error;
use crate::{
    ingest::Arrived,
    journal::Source,
    lines::Lines,
    powertrack::{
        self, Body, StreamStatus,
        outage::Product,
        stream::{Connect, Connection, Deliver, Feed, HttpConnect, Refused, StreamOptions, follow},
    },
    queue::{Sender, Trouble},
    repair::Repairer,
};

/// The task that keeps the stream connected.
pub(super) type StreamTask = tokio::task::JoinHandle<Result<(), powertrack::Error>>;

/// Starts to follow the stream.
pub(super) fn start(
    connect: HttpConnect,
    options: StreamOptions,
    deliver: ToJournal,
    status: Arc<StreamStatus>,
    shutdown: CancellationToken,
) -> StreamTask {
    let connect = WhenThereIsRoom {
        connect,
        queue: deliver.queue.clone(),
    };
    tokio::spawn(async move { follow(connect, options, deliver, &status, &shutdown).await })
}

/// Waits for the stream's end; for ever where there is no stream. Cancelling this loses nothing.
pub(super) async fn join(stream: &mut Option<StreamTask>) -> Result<(), Error> {
    let Some(task) = stream else {
        return pending().await;
    };
    let ended = task.await;
    *stream = None;
    match ended {
        // A thread is gone: its own error says why.
        Ok(Ok(()) | Err(powertrack::Error::Closed)) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(io::Error::other(error).into()),
    }
}

/// Hands lines to the journal's thread, and tells of outages.
pub(super) struct ToJournal {
    queue: Sender<Arrived>,
    shutdown: CancellationToken,
    /// Of the live stream only.
    repairer: Option<Repairer>,
    source: Source,
    connection: u64,
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
        }
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
        }
    }

    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        let bytes = lines.bytes();
        let arrived = Arrived {
            lines,
            source: self.source,
            connection: self.connection,
            at_ms: jiff::Timestamp::now().as_millisecond(),
        };
        let delivered = self.queue.deliver(arrived, bytes, &self.shutdown).await;
        delivered.map_err(|trouble| match trouble {
            Trouble::Closed => Refused::Closed,
            Trouble::Stuck => Refused::Full,
        })
    }
}

/// Connects only once there is room: a stream whose Tweets cannot be kept is better not read at all.
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
