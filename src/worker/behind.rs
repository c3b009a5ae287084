//! The worker's place behind the journal: frames in order, controls before them, and segments that cannot be read.

use std::{
    collections::VecDeque,
    sync::mpsc,
    time::{Duration, Instant},
};

use tracing::{error, warn};

use super::{
    inbox::{Control, Event, Inbox},
    patience::Patience,
};
use crate::journal::{self, Follower, Next, Notifier, Position};

/// A disk that cannot read a segment this often, over some ten seconds, will not read it later either.
const ATTEMPTS: u32 = 6;

/// Where the worker takes lines from in a run.
pub struct Behind {
    follower: Follower,
    controls: mpsc::Receiver<Control>,
    /// A control that came while the worker waited for lines.
    heard: VecDeque<Control>,
    patience: Patience,
}

/// The handle that sends controls to the worker.
#[derive(Debug, Clone)]
pub struct Controls {
    controls: mpsc::Sender<Control>,
    notifier: Notifier,
}

/// The worker is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the processing thread has ended")]
pub struct Gone;

/// Joins a follower and a channel of controls: gives the worker's end and the other end.
pub fn behind(follower: Follower) -> (Controls, Behind) {
    // Controls are rare and small, so they need no bound.
    let (sender, controls) = mpsc::channel();
    let sender = Controls {
        controls: sender,
        notifier: follower.notifier(),
    };
    let behind = Behind {
        follower,
        controls,
        heard: VecDeque::new(),
        patience: Patience::default(),
    };
    (sender, behind)
}

impl Controls {
    /// Sends the worker a control. Never waits.
    pub fn send(&self, control: Control) -> Result<(), Gone> {
        self.controls.send(control).map_err(|_| Gone)?;
        self.notifier.interrupt();
        Ok(())
    }
}

impl Inbox for Behind {
    fn next(&mut self, wait: Option<Duration>) -> Result<Event, journal::Error> {
        let until = wait.map(|wait| Instant::now() + wait);
        loop {
            if let Some(control) = self.control(Some(Duration::ZERO)) {
                return Ok(Event::Control(control));
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            return Ok(match self.follower.next(left) {
                // The control that caused the interrupt may have been taken already.
                Ok(Next::Interrupted) => continue,
                Ok(Next::TimedOut) => Event::TimedOut,
                Ok(Next::Closed) => Event::Closed,
                Ok(Next::Damaged(damaged)) => Event::Damaged(damaged),
                Ok(Next::Frame(frame)) => {
                    self.patience.reset();
                    Event::Frame(frame)
                }
                Err(error) if error.may_pass() => self.try_again(&error),
                Err(error) => return Err(error),
            });
        }
    }

    fn control(&mut self, wait: Option<Duration>) -> Option<Control> {
        if let Some(control) = self.heard.pop_front() {
            return Some(control);
        }
        match wait {
            // Nobody can send a control any more, so the worker stops.
            None => Some(self.controls.recv().unwrap_or(Control::Stop)),
            Some(wait) => match self.controls.recv_timeout(wait) {
                Ok(control) => Some(control),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => Some(Control::Stop),
            },
        }
    }

    fn go_back(&mut self, to: Position) -> bool {
        self.follower.go_back(to);
        true
    }
}

impl Behind {
    /// Waits a little after an error. Gives up a segment that can be opened but not read.
    fn try_again(&mut self, error: &journal::Error) -> Event {
        let delay = self.patience.next_wait();
        let attempts = self.patience.attempts();
        if matches!(error, journal::Error::Read { .. }) && attempts >= ATTEMPTS {
            self.patience.reset();
            if let Some(damaged) = self.follower.skip_segment() {
                return Event::Damaged(damaged);
            }
        }
        if self.patience.is_worth_a_word() {
            if attempts == 1 {
                error!(%error, "the journal cannot be read; handling goes on when it can");
            } else {
                warn!(%error, attempts, "the journal still cannot be read");
            }
        }
        if let Some(control) = self.control(Some(delay)) {
            self.heard.push_back(control);
        }
        Event::Again
    }
}
