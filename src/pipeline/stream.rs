//! The stream's task: what it reads goes to the journal's thread, and it connects only when there is room for what comes.

use std::{future::pending, io, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::Error;
use crate::{
    ingest::Arrived,
    lines::Lines,
    powertrack::{
        self, Body, StreamStatus,
        stream::{Connect, Deliver, HttpConnect, Refused, StreamOptions, follow},
    },
    queue::{Sender, Trouble},
};

/// The task that keeps the stream connected.
pub(super) type StreamTask = tokio::task::JoinHandle<Result<(), powertrack::Error>>;

/// Starts to follow the stream.
pub(super) fn start(
    connect: HttpConnect,
    options: StreamOptions,
    queue: Sender<Arrived>,
    status: Arc<StreamStatus>,
    shutdown: CancellationToken,
) -> StreamTask {
    let connect = WhenThereIsRoom {
        connect,
        queue: queue.clone(),
    };
    let deliver = ToJournal {
        queue,
        status: Arc::clone(&status),
        shutdown: shutdown.clone(),
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

/// Hands the stream's lines to the journal's thread.
struct ToJournal {
    queue: Sender<Arrived>,
    status: Arc<StreamStatus>,
    shutdown: CancellationToken,
}

impl Deliver for ToJournal {
    async fn deliver(&mut self, lines: Lines) -> Result<(), Refused> {
        let bytes = lines.bytes();
        let arrived = Arrived {
            lines,
            connection: self.status.counts().connections,
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

    async fn connect(&mut self) -> Result<Body, powertrack::Error> {
        self.queue.flows().await;
        self.connect.connect().await
    }
}
