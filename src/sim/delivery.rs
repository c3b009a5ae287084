//! What one connection is sent: Tweets that match, and heartbeats in between.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use axum::body::Bytes;
use flate2::CompressError;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    feed::{Due, Feed},
    gzip::Gzip,
    rule_set::RuleSet,
    service::Service,
    tweet_text,
};
use crate::rule::Analysis;

/// The delimiter of lines, and by itself a heartbeat. [source: dev-tutorial]
const DELIMITER: &[u8] = b"\r\n";

/// Lines that are ready together share a flush, up to this many bytes of them.
const BATCH: usize = 64 * 1024;

/// So many Tweets without a match, and others get a turn on this thread.
const PATIENCE: u64 = 256;

/// Counts a connection as open for as long as it lives.
struct Open(Arc<Service>);

impl Open {
    fn new(service: Arc<Service>) -> Self {
        service.stats.connections.fetch_add(1, Relaxed);
        service.stats.open.fetch_add(1, Relaxed);
        Self(service)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.stats.open.fetch_sub(1, Relaxed);
    }
}

/// Why a delivery ends before its reader does.
enum Ended {
    ReaderLeft,
    /// The simulator stops while the reader is not reading.
    Stopped,
    Compressor,
}

impl From<CompressError> for Ended {
    fn from(_: CompressError) -> Self {
        Self::Compressor
    }
}

/// What sends one connection its Tweets.
pub(super) struct Delivery {
    feed: Feed,
    changes: watch::Receiver<usize>,
    gzip: Gzip,
    /// Lines that have not been sent yet, and how many.
    lines: Vec<u8>,
    pending: u64,
    /// When something was last sent.
    last: Instant,
    open: Open,
    sender: mpsc::Sender<Bytes>,
}

impl Delivery {
    /// A delivery from where the Tweets are now, into a bounded queue.
    pub(super) fn new(service: Arc<Service>, sender: mpsc::Sender<Bytes>) -> Self {
        let now = Instant::now();
        Self {
            feed: service.source.join(now),
            changes: service.watch_rules(),
            gzip: Gzip::new(),
            lines: Vec::with_capacity(BATCH),
            pending: 0,
            last: now,
            open: Open::new(service),
            sender,
        }
    }

    pub(super) async fn run(mut self) {
        if let Err(Ended::Compressor) = self.deliver().await {
            tracing::error!("the compressor of a simulated connection failed");
        }
    }

    /// Sends until the reader leaves or the simulator stops; the latter ends the body in order.
    async fn deliver(&mut self) -> Result<(), Ended> {
        let stop = self.open.0.stop.clone();
        // The head of the response goes out with the first bytes of the body.
        let head = self.gzip.write(&[])?;
        self.send(head).await?;
        while !stop.is_cancelled() {
            let due = self.fill();
            let heartbeat_at = self.last + self.open.0.heartbeat;
            if !self.lines.is_empty() {
                let chunk = self.gzip.write(&self.lines)?;
                self.lines.clear();
                self.send(chunk).await?;
                self.open
                    .0
                    .stats
                    .delivered
                    .fetch_add(std::mem::take(&mut self.pending), Relaxed);
            } else if Instant::now() >= heartbeat_at {
                // Only where nothing else was sent. [inferred]
                let heartbeat = self.gzip.write(DELIMITER)?;
                self.send(heartbeat).await?;
            }
            let wake_at = match due {
                Due::Now => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Due::At(at) => at.min(self.last + self.open.0.heartbeat),
                Due::Never => self.last + self.open.0.heartbeat,
            };
            tokio::select! {
                () = tokio::time::sleep_until(wake_at) => {}
                _ = self.changes.changed() => {}
                () = self.sender.closed() => return Err(Ended::ReaderLeft),
                () = stop.cancelled() => {}
            }
        }
        let end = self.gzip.finish()?;
        // The reader may be too slow to get it, and the simulator does not wait.
        let _ = self.sender.try_send(end.into());
        Ok(())
    }

    /// Waits for room in the queue, but not for longer than the simulator lives.
    async fn send(&mut self, chunk: Vec<u8>) -> Result<(), Ended> {
        tokio::select! {
            biased;
            sent = self.sender.send(chunk.into()) => sent.map_err(|_| Ended::ReaderLeft)?,
            () = self.open.0.stop.cancelled() => return Err(Ended::Stopped),
        }
        self.last = Instant::now();
        Ok(())
    }

    /// Collects the lines that are due now, and says when to come back.
    fn fill(&mut self) -> Due {
        if *self.changes.borrow_and_update() == 0 {
            // Nobody would see a Tweet, so none is made until there is a rule.
            return Due::Never;
        }
        let service = Arc::clone(&self.open.0);
        let rules = service.rules();
        let now = Instant::now();
        let (mut made, mut matched) = (0, 0);
        let mut due = Due::Now;
        while self.lines.len() < BATCH && made < PATIENCE {
            let start = self.lines.len();
            due = self.feed.next_into(now, &mut self.lines);
            if due != Due::Now {
                break;
            }
            made += 1;
            matched += u64::from(self.keep_matching(start, &rules));
        }
        let stats = &self.open.0.stats;
        stats.made.fetch_add(made, Relaxed);
        stats.matched.fetch_add(matched, Relaxed);
        self.pending += matched;
        due
    }

    /// Completes the Tweet from `start` on as a line, or removes it if no rule matches.
    fn keep_matching(&mut self, start: usize, rules: &RuleSet) -> bool {
        let matching = match sonic_rs::from_slice::<sonic_rs::Value>(&self.lines[start..]) {
            Ok(tweet) => rules.matching(&Analysis::native(&tweet)),
            Err(_) => Vec::new(),
        };
        if matching.is_empty() {
            self.lines.truncate(start);
            return false;
        }
        tweet_text::append_matching(&mut self.lines, &matching);
        self.lines.extend_from_slice(DELIMITER);
        true
    }
}
