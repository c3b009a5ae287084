//! Warns when processing stands still, because a handler that hangs cannot report it itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::{
    doing::{Doing, Hanging, Look},
    status::short,
};

/// How often to look.
const EVERY: Duration = Duration::from_secs(1);

/// A handler that takes this long is worth a warning. The next warning comes when it has taken twice as long.
const WORTH_A_WORD: Duration = Duration::from_secs(4);

/// At the end of a run the first warning comes sooner, because people wait for the end.
const WORTH_A_WORD_AT_THE_END: Duration = Duration::from_secs(1);

/// Watches what the worker is doing.
pub(super) struct Standstill {
    doing: Arc<Doing>,
    look: Look,
    ticks: Interval,
    next_word: Duration,
    is_told: bool,
    /// Whether a saved script waits for the worker.
    pub(super) save_waits: bool,
    is_ending: bool,
}

impl Standstill {
    pub(super) fn new(doing: Arc<Doing>) -> Self {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            doing,
            look: Look::new(Instant::now()),
            ticks,
            next_word: WORTH_A_WORD,
            is_told: false,
            save_waits: false,
            is_ending: false,
        }
    }

    /// Notes that the run is about to end.
    pub(super) fn is_ending(&mut self) {
        self.is_ending = true;
        self.next_word = WORTH_A_WORD_AT_THE_END;
    }

    /// Waits until it is time to look, and looks once. Cancelling this loses nothing.
    pub(super) async fn watch(&mut self) {
        self.ticks.tick().await;
        let Some((hanging, lasts)) = self.look.look(&self.doing, Instant::now()) else {
            if std::mem::take(&mut self.is_told) {
                info!("handling goes on");
            }
            self.save_waits = false;
            self.next_word = WORTH_A_WORD;
            return;
        };
        if lasts < self.next_word {
            return;
        }
        self.next_word = lasts * 2;
        self.is_told = true;
        let lasts = short(lasts);
        let hint = if self.is_ending {
            "the run waits for this; another signal ends it at once, and what is not committed comes again at the next start"
        } else if self.save_waits {
            "a save waits for this; nothing is lost, and what arrives is kept in the journal; `kill -9` ends it"
        } else {
            "nothing is lost: what arrives is kept in the journal; a handler that never ends has to be mended, and ouzel killed"
        };
        match hanging {
            Hanging::Handler { handler, tweet } => {
                let tweet = tweet.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
                warn!(tweet, handler, lasts, hint, "a handler does not end");
            }
            Hanging::Load => warn!(lasts, hint, "the script does not end while it is loaded"),
            Hanging::Output if self.is_ending => {
                let hint = "the run ends in a few seconds; what is not committed comes again at the next start";
                warn!(lasts, hint, "nobody reads standard output");
            }
            Hanging::Output => {
                let hint = "nothing is lost: what arrives is kept in the journal; let the program behind the pipe read, or end it";
                warn!(lasts, hint, "nobody reads standard output");
            }
        }
    }
}
