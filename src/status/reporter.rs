//! Reports how a run is going: in the status line if there is one, else in the log from time to time.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::info;

use super::{Progress, Snapshot, StatusLine};
use crate::tally::Tally;

/// How often the status line is updated.
const STATUS_EVERY: Duration = Duration::from_millis(500);

/// How often the numbers are logged if there is no status line.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Reports on one run.
#[derive(Debug)]
pub(crate) struct Reporter {
    tally: Arc<Tally>,
    progress: Progress,
    line: StatusLine,
    ticks: Interval,
}

impl Reporter {
    /// Starts the clock of a run. It has to be called inside a runtime.
    pub(crate) fn new(tally: Arc<Tally>, line: StatusLine) -> Self {
        let every = if line.is_shown() {
            STATUS_EVERY
        } else {
            LOG_EVERY
        };
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        Self {
            tally,
            progress: Progress::new(),
            line,
            ticks,
        }
    }

    /// Waits until the next report is due. Cancelling this loses nothing.
    pub(crate) async fn due(&mut self) {
        self.ticks.tick().await;
    }

    /// Reports the numbers now. `stream` is the state of the stream, in words.
    pub(crate) fn report(&mut self, stream: String) {
        let snapshot = self.progress.snapshot(&self.tally, stream);
        if self.line.is_shown() {
            self.line.show(snapshot.line());
        } else {
            log(&snapshot);
        }
    }

    /// The numbers now on one line, as in the status line.
    pub(crate) fn in_words(&mut self, stream: String) -> String {
        self.progress.snapshot(&self.tally, stream).line()
    }

    /// Removes the status line. Gives the last numbers and how long the run took.
    pub(crate) fn finish(mut self) -> (Snapshot, Duration) {
        self.line.clear();
        let last = self.progress.snapshot(&self.tally, "stopped".to_owned());
        (last, self.progress.elapsed())
    }
}

fn log(snapshot: &Snapshot) {
    info!(
        stream = snapshot.stream,
        per_second = snapshot.rate.round(),
        tweets = snapshot.tweets,
        kept = snapshot.kept,
        filtered = snapshot.filtered,
        failed = snapshot.failed,
        rejected = snapshot.rejected,
        rows = snapshot.rows,
        duplicates = snapshot.duplicates,
        quarantined = snapshot.quarantined,
        journaled = snapshot.journaled,
        waiting = snapshot.waiting,
        lag = ?snapshot.lag,
        tags = snapshot.tag_list(),
        "running"
    );
}
