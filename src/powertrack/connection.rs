//! Reads one connection to its end.

use std::time::Duration;

use bytes::BytesMut;
use jiff::Timestamp;
use tokio::{
    io::AsyncBufRead,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    decode::{DecodeStats, Decoder, Progress},
    deliver::{Connection, Deliver, Feed, Refused},
    error::Error,
    job::end::JobEnd,
    line::{Dropped, MAX_LINE},
    message::{Disconnect, Level, Message, SystemMessage},
    outage::{
        MOST_BACKFILL, Outage,
        cause::Cause,
        clock::{Moment, asleep},
        continuity::Continuity,
        span::Span,
    },
    status::StreamStatus,
};
use crate::text::lines::Lines;

/// Three missed heartbeats and some slack: one late heartbeat must not cost a reconnect
/// [reference 2.4: over 30 s].
const READ_TIMEOUT: Duration = Duration::from_secs(35);

/// How long a shutdown waits for decoded lines to be taken.
const DELIVERY_GRACE: Duration = Duration::from_secs(1);

/// If lines are not taken for this long, more lines wait in the service's buffer, which may then be full
/// [reference 2.8].
const SLOW: Duration = Duration::from_secs(5);

/// Bytes that arrive this long after the last ones were handled did not wait for their turn: everything before them had
/// been read.
const WAITED: Duration = Duration::from_secs(1);

/// If a connection ends this soon after its lines were taken too slowly, the slowness may be why.
const SUSPECT: Duration = Duration::from_secs(60);

/// If no whole line arrives for this long, the other side is no stream, but only sends a byte now and then. Even the
/// longest line takes less time over a slow modem.
const DRIPPING: Duration = Duration::from_secs(5 * 60);

/// How the stream is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOptions {
    /// Silence longer than this is a stall.
    pub read_timeout: Duration,
    /// Lines with more bytes than this are dropped.
    pub max_line: usize,
    /// The most minutes that backfill is asked for after an outage; 0 if the account has no backfill.
    pub backfill_minutes: u8,
    /// Up to when earlier processes received everything. The time without a process is an outage too.
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

/// Reads one connection after the other.
pub(super) struct Reader<'a, D> {
    options: StreamOptions,
    deliver: D,
    status: &'a StreamStatus,
    shutdown: &'a CancellationToken,
    announced: Option<Disconnect>,
    proven: bool,
    /// When lines were last taken too slowly.
    slow_at: Option<Instant>,
    /// Since when the reader has been waiting for more bytes.
    waits_since: Instant,
    /// The outage that was reported last.
    told: Option<Outage>,
    feed: Feed,
    /// How the job ended, if the connection is for a job.
    job: Option<JobEnd>,
    /// How many over-long lines have come so far.
    over_long: u64,
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
            slow_at: None,
            waits_since: Instant::now(),
            told: None,
            feed: Feed::Live,
            job: None,
            over_long: 0,
        }
    }

    /// Says what the connections bring, if it is not the live stream.
    pub(super) fn feeding(&mut self, feed: Feed) -> &mut Self {
        self.feed = feed;
        self
    }

    /// Takes what the service said about the end of the job.
    pub(super) fn take_job(&mut self) -> Option<JobEnd> {
        self.job.take()
    }

    /// Whether the last connection has brought data or a heartbeat.
    pub(super) fn is_proven(&self) -> bool {
        self.proven
    }

    /// Why the last connection or attempt was lost, and whether the service announced the reason itself.
    ///
    /// The service sends the message about a full buffer behind everything in the buffer, so the message may never
    /// arrive. If a connection ends without a message soon after its lines were taken too slowly, a full buffer is
    /// suspected.
    pub(super) fn cause(&mut self, error: &Error) -> (Cause, bool) {
        let announced = self.announced.take();
        let cause = Cause::of(error, announced);
        let was_slow = self.slow_at.take().is_some_and(|at| at.elapsed() < SUSPECT);
        match (announced, cause) {
            (None, Cause::Ended | Cause::Broken) if was_slow => (Cause::FullBuffer, false),
            _ => (cause, announced.is_some()),
        }
    }

    /// Reports that nothing comes, and that the stream has to be connected again.
    pub(super) fn away(&mut self, outage: Outage) {
        self.deliver.away(outage);
    }

    /// Reads a connection to its end. The end is an error unless it was intended. `backfill_minutes` is what the
    /// connection was asked for.
    pub(super) async fn read(
        &mut self,
        body: impl AsyncBufRead + Unpin,
        backfill_minutes: u8,
        continuity: &mut Continuity,
    ) -> Result<(), Error> {
        self.announced = None;
        self.proven = false;
        self.slow_at = None;
        self.waits_since = Instant::now();
        let mut decoder = Decoder::new(body, self.options.max_line);
        let read = self.read_lines(&mut decoder, backfill_minutes, continuity);
        let read = read.await;
        let now = Timestamp::now();
        self.dropped(decoder.abandon(), Span { from: now, to: now });
        read
    }

    async fn read_lines(
        &mut self,
        decoder: &mut Decoder<impl AsyncBufRead + Unpin>,
        backfill_minutes: u8,
        continuity: &mut Continuity,
    ) -> Result<(), Error> {
        let asleep = asleep();
        let mut has_begun = false;
        let mut seen = DecodeStats::default();
        let mut is_whole = true;
        let mut whole_at = Moment::now(asleep);
        // Since when the reader has been waiting for a whole line. Time in which lines are taken slowly does not count,
        // because slow lines hold up those behind them.
        let mut waits_for_whole = Instant::now();
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
            let came = whole_at;
            let dropped = decoder.take_dropped();
            if now.lines + now.heartbeats + dropped.lines > seen.lines + seen.heartbeats {
                whole_at = Moment::now(asleep);
                waits_for_whole = whole_at.steady();
            }
            self.dropped(
                dropped,
                Span {
                    from: came.wall,
                    to: whole_at.wall,
                },
            );
            // The service sends a heartbeat when it has nothing else to send. But a heartbeat that waited in a buffer
            // says so of an earlier time.
            let mut is_at_end = is_whole && now.heartbeats > seen.heartbeats;
            if now.compressed > seen.compressed {
                let at = Moment::now(asleep);
                if !std::mem::replace(&mut has_begun, true) {
                    self.begin(backfill_minutes, continuity.resumed(at, backfill_minutes));
                    // A later process may find only the first lines of this connection. It must not believe that they
                    // are all that was to come.
                    if let Some(complete) = continuity.complete().filter(|now| !now.is_settled) {
                        self.deliver.received(complete);
                    }
                }
                continuity.received(at);
                let waited = at.steady().saturating_duration_since(self.waits_since);
                is_at_end &= waited >= WAITED;
                self.waits_since = at.steady();
            } else {
                is_at_end = false;
            }
            seen = now;
            is_whole = decoder.is_between_lines();
            match progress {
                Err(_) => {
                    return Err(Error::Stalled {
                        after: read_timeout,
                    });
                }
                Ok(Err(error)) => return Err(error),
                Ok(Ok(Progress::Bytes)) => {
                    let after = DRIPPING.max(read_timeout);
                    if waits_for_whole.elapsed() > after {
                        // The bytes since the last whole line count as nothing.
                        continuity.received(whole_at);
                        return Err(Error::Dripping { after });
                    }
                    if is_at_end {
                        continuity.read_to_end();
                    }
                    if is_whole {
                        self.tell(continuity);
                    }
                }
                Ok(Ok(Progress::Lines(lines))) => {
                    let are_taken = match self.payload(lines) {
                        Some(payload) => {
                            // If the taker refuses more lines, it has still taken these.
                            if let Some(last) = payload.share(payload.len() - 1) {
                                continuity.read(last);
                            }
                            self.hand_on(payload).await?
                        }
                        None => true,
                    };
                    waits_for_whole = Instant::now();
                    if are_taken && is_whole {
                        self.tell(continuity);
                    }
                }
                Ok(Ok(Progress::End)) => {
                    return match self.announced {
                        // If asked once more, the service would run the whole job again [reference 2.12].
                        Some(Disconnect::Completed | Disconnect::Incomplete) => Ok(()),
                        _ => Err(Error::Ended),
                    };
                }
            }
        }
    }

    /// Reports dropped lines: in the log the first three, and after that less and less often.
    fn dropped(&mut self, dropped: Dropped, span: Span) {
        let Dropped { lines, longest } = dropped;
        if lines == 0 {
            return;
        }
        let before = self.over_long;
        let all = before + lines;
        self.over_long = all;
        if all <= 3 || before.checked_ilog2() != all.checked_ilog2() {
            let (bytes, max_line) = (longest, self.options.max_line);
            let hint = "it may have been a Tweet; set `max_line` under `[stream]` higher";
            warn!(
                lines = all,
                bytes, max_line, hint, "a line was too long and is dropped"
            );
        }
        self.deliver.dropped(dropped, span);
    }

    fn begin(&mut self, backfill_minutes: u8, outage: Option<Outage>) {
        if let Some(outage) = &outage {
            self.status.outage(outage, self.told.as_ref());
            self.told = Some(*outage);
            let (cause, length) = (outage.cause.name(), outage.length);
            info!(?length, cause, backfill_minutes, "the stream was away");
        }
        self.deliver.begin(Connection {
            number: self.status.number(),
            feed: self.feed,
            backfill_minutes,
            outage,
        });
    }

    /// Reports up to when everything has come. The lines until then must have been handed on.
    fn tell(&mut self, continuity: &Continuity) {
        if let Some(complete) = continuity.complete() {
            self.deliver.received(complete);
        }
    }

    /// Takes the system messages out of the lines, and returns the rest, if there is any.
    fn payload(&mut self, lines: Lines) -> Option<Lines> {
        let is_system = |line| matches!(Message::of(line), Message::System(_));
        if !lines.iter().any(is_system) {
            return Some(lines);
        }
        // System messages are rare, so copying the few lines beside one costs nothing.
        let mut buffer = BytesMut::with_capacity(lines.bytes());
        let mut spans = Vec::with_capacity(lines.len());
        let offset = |at: usize| u32::try_from(at).expect("a run of lines is below 4 GiB");
        for line in lines.iter() {
            match Message::of(line) {
                Message::System(message) => self.hear(&message),
                Message::Payload => {
                    let start = offset(buffer.len());
                    buffer.extend_from_slice(line);
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
        self.job = message.job.clone().or(self.job.take());
    }

    /// Hands lines on. Returns `false` if they were lost in a shutdown.
    async fn hand_on(&mut self, lines: Lines) -> Result<bool, Error> {
        let count = lines.len();
        let since = Instant::now();
        let delivery = self.deliver.deliver(lines);
        let shutdown_and_grace = async {
            self.shutdown.cancelled().await;
            sleep(DELIVERY_GRACE).await;
        };
        let delivered = tokio::select! {
            biased;
            delivered = delivery => delivered.map(|()| true).map_err(|refused| match refused {
                Refused::Closed => Error::Closed,
                Refused::Full => Error::Full,
            }),
            () = shutdown_and_grace => {
                // The next read sees the shutdown and stops.
                warn!(lines = count, "delivery is stuck, so lines were lost in the shutdown");
                Ok(false)
            }
        };
        self.waits_since = Instant::now();
        if self.waits_since - since >= SLOW {
            self.slow_at = Some(self.waits_since);
        }
        delivered
    }
}
