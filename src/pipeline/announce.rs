//! Tells the service manager how the run is going: that it is ready once the stream is connected, that a reload goes on, and
//! that the worker is not stuck. Where there is no manager it does nothing.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{
    doing::Doing,
    host::manager::{Manager, Word},
};

/// How often to look, at the least.
const EVERY: Duration = Duration::from_millis(250);

/// How often the manager is told what the run does, in words.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// What goes on longer than a manager allows asks for so much more time, as long as the worker is not stuck.
const LONGER: Duration = Duration::from_secs(30);

/// Well before that has passed, it asks again.
const LONGER_EVERY: Duration = Duration::from_secs(10);

/// What the run looks like at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The stream is connected.
    pub(super) is_connected: bool,
    /// A save is being vetted.
    pub(super) is_vetting: bool,
    /// Nothing that was to be loaded waits any more.
    pub(super) is_settled: bool,
}

/// Tells the manager what the loop sees.
pub(super) struct Announcer(Option<Telling>);

struct Telling {
    manager: Manager,
    watchdog: Option<Duration>,
    ticks: Interval,
    phase: Phase,
    doing: Arc<Doing>,
    /// How many rounds the worker had made when it last moved, and when that was.
    rounds: u64,
    moved: Instant,
    status: Paced,
    longer: Paced,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Starting,
    Running,
    Reloading,
    Stopping,
}

impl Announcer {
    pub(super) fn new(doing: &Arc<Doing>) -> Self {
        Self(Manager::of_this_process().map(|manager| {
            let watchdog = Manager::watchdog();
            let every = watchdog.map_or(EVERY, |within| EVERY.min(within / 4));
            let mut ticks = interval(every.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            Telling {
                manager,
                watchdog,
                ticks,
                phase: Phase::Starting,
                doing: Arc::clone(doing),
                rounds: 0,
                moved: Instant::now(),
                status: Paced::every(STATUS_EVERY),
                longer: Paced::every(LONGER_EVERY),
            }
        }))
    }

    /// Waits until it is time to look. Cancelling this loses nothing.
    pub(super) async fn due(&mut self) {
        match &mut self.0 {
            Some(telling) => {
                telling.ticks.tick().await;
            }
            None => pending().await,
        }
    }

    /// Looks once, and tells what is new. `status` is what the run does, in words.
    pub(super) fn look(&mut self, seen: Seen, status: impl FnOnce() -> String) {
        let Some(telling) = &mut self.0 else { return };
        let now = Instant::now();
        telling.pass_on(seen);
        telling.keep_alive(now);
        if telling.status.is_due(now) {
            let _ = telling.manager.tell(Word::Status(status()));
        }
    }

    /// Tells that somebody has asked for a reload.
    pub(super) fn reloading(&mut self) {
        if let Some(telling) = &mut self.0
            && telling.phase != Phase::Starting
        {
            telling.enter(Phase::Reloading, Word::Reloading);
        }
    }

    /// Tells that the run ends.
    pub(super) fn stopping(&mut self) {
        if let Some(telling) = &mut self.0 {
            telling.enter(Phase::Stopping, Word::Stopping);
        }
    }
}

impl Telling {
    fn pass_on(&mut self, seen: Seen) {
        match self.phase {
            Phase::Starting if seen.is_connected => self.enter(Phase::Running, Word::Ready),
            Phase::Running if seen.is_vetting => self.enter(Phase::Reloading, Word::Reloading),
            Phase::Reloading if seen.is_settled => self.enter(Phase::Running, Word::Ready),
            _ => {}
        }
    }

    /// What cannot be told now is tried again at the next look.
    fn enter(&mut self, phase: Phase, word: Word) {
        if self.manager.tell(word) {
            self.phase = phase;
            self.status.hurry();
            self.longer.hurry();
        }
    }

    /// Speaks for the worker as long as it makes its rounds, whatever the others do.
    fn keep_alive(&mut self, now: Instant) {
        let rounds = self.doing.rounds();
        if rounds != self.rounds {
            (self.rounds, self.moved) = (rounds, now);
        }
        let still = now.saturating_duration_since(self.moved);
        if self.watchdog.is_some_and(|within| still < within / 2) {
            let _ = self.manager.tell(Word::Alive);
        }
        let takes_time = self.phase != Phase::Running;
        if takes_time && still < LONGER && self.longer.is_due(now) {
            let _ = self.manager.tell(Word::Longer(LONGER));
        }
    }
}

/// Something that is done now and then.
struct Paced {
    every: Duration,
    last: Option<Instant>,
}

impl Paced {
    fn every(every: Duration) -> Self {
        Self { every, last: None }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.last.is_none_or(|last| now - last >= self.every);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }

    /// The next time is now.
    fn hurry(&mut self) {
        self.last = None;
    }
}
