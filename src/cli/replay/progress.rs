//! Shows how far a replay is: a bar in a terminal, otherwise a log line from time to time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing::info;

use crate::{
    status::{Progress, Snapshot, StatusLine},
    tally::Tally,
};

/// How often the bar moves.
const BAR_EVERY: Duration = Duration::from_millis(250);

/// How often the log says how far the replay is, if there is no bar.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// The progress of a replay, and where it is shown.
pub(super) struct Shown {
    line: StatusLine,
    bytes: Option<u64>,
    tally: Arc<Tally>,
    progress: Progress,
    /// How many bytes were read, before unpacking.
    pub(super) done: Arc<AtomicU64>,
}

impl Shown {
    pub(super) fn new(line: &StatusLine, bytes: Option<u64>, tally: &Arc<Tally>) -> Self {
        Self {
            line: line.clone(),
            bytes,
            tally: Arc::clone(tally),
            progress: Progress::new(),
            done: Arc::default(),
        }
    }

    /// Notes that the script has loaded: the time counts from now on.
    pub(super) fn begin(&mut self) {
        self.progress = Progress::new();
        if let Some(bytes) = self.bytes {
            self.line.measure(bytes);
        }
    }

    /// How long to wait before the progress is shown again.
    pub(super) fn every(&self) -> Duration {
        if self.line.is_shown() {
            BAR_EVERY
        } else {
            LOG_EVERY
        }
    }

    pub(super) fn show(&mut self) {
        let done = self.done.load(Ordering::Relaxed);
        let snapshot = self.progress.snapshot(&self.tally, "replaying".to_owned());
        if self.line.is_shown() {
            self.line.advance_to(done);
            self.line.show(snapshot.brief());
            return;
        }
        let percent = self
            .bytes
            .and_then(|bytes| (done.min(bytes) * 100).checked_div(bytes));
        let Snapshot {
            rate,
            tweets,
            kept,
            filtered,
            failed,
            rows,
            ..
        } = snapshot;
        let per_second = rate.round();
        info!(
            percent,
            per_second, tweets, kept, filtered, failed, rows, "replaying"
        );
    }

    /// Removes the bar. Returns the last numbers, and how long the replay took.
    pub(super) fn finish(mut self) -> (Snapshot, Duration) {
        self.line.clear();
        let took = self.progress.elapsed();
        let last = self.progress.snapshot(&self.tally, String::new());
        (last, took)
    }
}
