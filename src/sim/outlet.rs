//! Sends the bytes of a connection: compressed, in chunks, and slowly or torn if a fault says so.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Bytes;
use flate2::CompressError;
use http_body::Frame;
use tokio::{sync::mpsc, time::Instant};

use super::{gzip::Gzip, wire::Wire};

/// How many compressed batches may wait for a reader. When there are so many, the feed waits.
const QUEUE: usize = 4;

/// Slow bytes come in pieces at these intervals.
const SLOW_TICK: Duration = Duration::from_millis(100);

/// Why nothing more can go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocked {
    ReaderLeft,
    Compressor,
}

impl From<CompressError> for Blocked {
    fn from(_: CompressError) -> Self {
        Self::Compressor
    }
}

/// The way out of a connection.
#[derive(Debug)]
pub(super) struct Outlet {
    gzip: Gzip,
    sender: mpsc::Sender<Bytes>,
    wire: Wire,
    slow: Option<Slow>,
    /// How many bytes still go out one by one.
    single: u64,
}

/// How slowly bytes go out, and until when.
#[derive(Debug, Clone, Copy)]
struct Slow {
    until: Instant,
    bytes_per_tick: usize,
}

/// A response body of unknown length, so that it goes out in chunks.
#[derive(Debug)]
pub(super) struct Chunks {
    pub(super) receiver: mpsc::Receiver<Bytes>,
}

impl Outlet {
    /// A way out, and the body at the end of it.
    pub(super) fn new(wire: Wire) -> (Self, Chunks) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let outlet = Self {
            gzip: Gzip::new(),
            sender,
            wire,
            slow: None,
            single: 0,
        };
        (outlet, Chunks { receiver })
    }

    /// Compresses lines and sends them, so that the reader can decode all of them; waits for room.
    pub(super) async fn send(&mut self, lines: &[u8]) -> Result<(), Blocked> {
        let chunk = self.gzip.write(lines)?;
        self.send_compressed(chunk).await
    }

    /// Ends the gzip member in order, and begins another one.
    pub(super) async fn begin_member(&mut self) -> Result<(), Blocked> {
        let end = self.gzip.finish()?;
        self.gzip = Gzip::new();
        self.send_compressed(end).await
    }

    /// Compresses lines and sends the first half of what comes out.
    pub(super) async fn tear(&mut self, lines: &[u8]) -> Result<(), Blocked> {
        let mut chunk = self.gzip.write(lines)?;
        chunk.truncate(chunk.len() / 2);
        self.send_compressed(chunk).await
    }

    /// Ends the gzip member in order; the body ends when this is dropped.
    pub(super) async fn finish(&mut self) -> Result<(), Blocked> {
        let end = self.gzip.finish()?;
        self.send_compressed(end).await
    }

    /// The same without waiting for the reader.
    pub(super) fn try_finish(&mut self) {
        if let Ok(end) = self.gzip.finish() {
            // The reader may be too slow to get it, and the simulator does not wait.
            let _ = self.sender.try_send(end.into());
        }
    }

    /// Resets the connection.
    pub(super) fn reset(&self) {
        self.wire.reset();
    }

    /// Lets only so many bytes a second go out for a while.
    pub(super) fn slow_down(&mut self, bytes_per_second: u64, lasts: Duration) {
        let ticks = 1000 / SLOW_TICK.as_millis() as u64;
        self.slow = Some(Slow {
            until: Instant::now() + lasts,
            bytes_per_tick: usize::try_from(bytes_per_second / ticks)
                .unwrap_or(usize::MAX)
                .max(1),
        });
    }

    /// The next bytes go out one by one.
    pub(super) fn send_singly(&mut self, bytes: u64) {
        self.single = bytes;
    }

    /// Waits until the reader is gone.
    pub(super) async fn closed(&self) {
        self.sender.closed().await;
    }

    async fn send_compressed(&mut self, chunk: Vec<u8>) -> Result<(), Blocked> {
        let mut rest = Bytes::from(chunk);
        while !rest.is_empty() {
            let slow = self.slow.filter(|slow| Instant::now() < slow.until);
            let size = match slow {
                _ if self.single > 0 => 1,
                Some(slow) => slow.bytes_per_tick.min(rest.len()),
                None => rest.len(),
            };
            self.single = self.single.saturating_sub(1);
            let piece = rest.split_to(size);
            let sent = self.sender.send(piece).await;
            sent.map_err(|_| Blocked::ReaderLeft)?;
            if slow.is_some() {
                tokio::time::sleep(SLOW_TICK).await;
            }
        }
        Ok(())
    }
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.receiver
            .poll_recv(context)
            .map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}
