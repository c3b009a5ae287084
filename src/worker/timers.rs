//! Runs the functions of `ouzel.every` when they are due.

use std::time::{Duration, Instant};

use super::{
    Error, Worker,
    inbox::{Inbox, Parsed},
    schedule::Schedule,
};
use crate::script::{Call, Generation};

/// The timers of the present generation, and the clock that they go by.
#[derive(Debug)]
pub(super) struct Timers {
    schedule: Schedule,
    clock: Clock,
}

#[derive(Debug)]
enum Clock {
    /// The machine's: the time since this moment. Nobody can set it back.
    Machine(Instant),
    /// The Tweets' own times, so that the same Tweets always give the same: the latest time, in milliseconds since 1970.
    Tweets(i64),
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            schedule: Schedule::default(),
            clock: Clock::Machine(Instant::now()),
        }
    }
}

impl Timers {
    /// From now on the timers are those of this generation. Their time begins anew.
    pub(super) fn set(&mut self, generation: &Generation) {
        self.schedule = Schedule::new(generation.timers());
    }
}

impl Worker<'_> {
    /// Makes the Tweets' times the clock of the timers.
    #[must_use]
    pub(crate) fn timed_by_tweets(mut self) -> Self {
        self.timers.clock = Clock::Tweets(i64::MIN);
        self
    }

    /// How long no timer is due. `None` if the time says nothing about that.
    pub(super) fn timer_wait(&self) -> Option<Duration> {
        match &self.timers.clock {
            Clock::Machine(start) if self.may_run_timers() => {
                let wait = self.timers.schedule.wait(millis(start.elapsed()));
                wait.map(Duration::from_millis)
            }
            _ => None,
        }
    }

    /// Whether there are timers, and the run goes on.
    fn may_run_timers(&self) -> bool {
        !self.timers.schedule.is_empty() && !self.is_ending()
    }

    /// Runs the timer that has been due for the longest by now, if there is one. Tweets and controls come between two of
    /// them: a hundred timers that take long must not hold up the stream or the end of the run.
    pub(super) fn run_timer(&mut self, inbox: &mut dyn Inbox) -> Result<(), Error> {
        let Clock::Machine(start) = &self.timers.clock else {
            return Ok(());
        };
        if !self.may_run_timers() {
            return Ok(());
        }
        let now = millis(start.elapsed());
        match self.timers.schedule.due(now) {
            Some(number) => {
                let time = jiff::Timestamp::now().as_second();
                self.fire(number, now, time, Some(inbox))
            }
            None => Ok(()),
        }
    }

    /// Runs the timers that are due before the Tweet of this line, if Tweets are the clock.
    pub(super) fn run_timers_before(&mut self, line: &Parsed) -> Result<(), Error> {
        let (Clock::Tweets(latest), Ok(tweet)) = (&mut self.timers.clock, line) else {
            return Ok(());
        };
        if self.timers.schedule.is_empty() {
            return Ok(());
        }
        let Some(time) = tweet.created_ms() else {
            return Ok(());
        };
        *latest = time.max(*latest);
        let now = *latest;
        while let Some(number) = self.timers.schedule.due(now) {
            if self.is_out_of_time() {
                break;
            }
            self.fire(number, now, now.div_euclid(1_000), None)?;
        }
        Ok(())
    }

    /// Runs a timer that is due.
    fn fire(
        &mut self,
        number: usize,
        now: i64,
        time: i64,
        inbox: Option<&mut dyn Inbox>,
    ) -> Result<(), Error> {
        self.call(Call::Timer { number, time }, inbox)?;
        // If the database failed, this is not reached, and the timer is due again.
        self.timers.schedule.fired(number, now);
        Ok(())
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
