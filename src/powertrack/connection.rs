//! Reading one connection to its end.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::AsyncBufRead,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    decode::{DecodeStats, Decoder, Progress},
    error::Error,
    message::{Disconnect, Level, Message, SystemMessage},
    status::StreamStatus,
    stream::{Deliver, Refused, StreamOptions},
};
use crate::lines::Lines;

/// How long a shutdown waits for lines that are already decoded to be taken.
const DELIVERY_GRACE: Duration = Duration::from_secs(1);

/// Reads one connection after the other.
pub(super) struct Reader<'a, D> {
    options: StreamOptions,
    deliver: D,
    status: &'a StreamStatus,
    shutdown: &'a CancellationToken,
    announced: Option<Disconnect>,
    proven: bool,
}

impl<'a, D: Deliver> Reader<'a, D> {
    pub(super) fn new(
        options: StreamOptions,
        deliver: D,
        status: &'a StreamStatus,
        shutdown: &'a CancellationToken,
    ) -> Self {
        Self {
            options,
            deliver,
            status,
            shutdown,
            announced: None,
            proven: false,
        }
    }

    /// Whether data or a heartbeat has come over the last connection.
    pub(super) fn is_proven(&self) -> bool {
        self.proven
    }

    /// What the service said about ending the last connection.
    pub(super) fn take_announced(&mut self) -> Option<Disconnect> {
        self.announced.take()
    }

    /// Reads a connection to its end, which is an error unless it was meant.
    pub(super) async fn read(&mut self, body: impl AsyncBufRead + Unpin) -> Result<(), Error> {
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
            delivered = delivery => delivered.map_err(|refused| match refused {
                Refused::Closed => Error::Closed,
                Refused::Full => Error::Full,
            }),
            () = shutdown_and_grace => {
                // The next read sees the shutdown and stops.
                warn!(lines = count, "delivery is stuck, so lines were lost in the shutdown");
                Ok(())
            }
        }
    }
}
