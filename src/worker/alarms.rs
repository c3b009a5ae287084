//! Tells the script of alarms, between two Tweets.

use std::collections::VecDeque;

use tracing::warn;

use super::{Error, Worker, inbox::Inbox};
use crate::{script::Call, volume::Alarm};

/// How many alarms may wait for the script. There are that many only while a handler hangs or the database is locked.
const MOST: usize = 1_000;

/// Alarms that the script has not heard of yet.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    waiting: VecDeque<Alarm>,
    /// How many functions have heard of the first one.
    heard: usize,
}

impl Alarms {
    /// From now on another generation hears of them. It has other functions, so the first one begins anew.
    pub(super) fn begin_anew(&mut self) {
        self.heard = 0;
    }
}

impl Worker<'_> {
    /// An alarm was raised. If too many wait already, it is dropped.
    pub(super) fn note_alarm(&mut self, alarm: &Alarm) {
        if self.alarms.waiting.len() < MOST {
            self.alarms.waiting.push_back(alarm.clone());
        } else {
            warn!("too many alarms wait for the script, so it does not hear of this one");
        }
    }

    /// Whether a function of the script is to be called now.
    pub(super) fn has_alarms(&self) -> bool {
        !self.alarms.waiting.is_empty() && self.generation.is_some() && !self.is_ending()
    }

    /// Tells one function of the first alarm that waits. Tweets and controls come between two of them.
    pub(super) fn tell_alarm(&mut self, inbox: &mut dyn Inbox) -> Result<(), Error> {
        if !self.has_alarms() {
            return Ok(());
        }
        let functions = self
            .generation
            .as_ref()
            .map_or(0, |one| one.alarm_functions());
        let number = self.alarms.heard;
        if number < functions
            && let Some(alarm) = self.alarms.waiting.front().cloned()
        {
            let alarm = &alarm;
            self.call(Call::Alarm { number, alarm }, Some(inbox))?;
        }
        // If the database failed, this is not reached, and the same function hears of it again.
        self.alarms.heard += 1;
        if self.alarms.heard >= functions {
            self.alarms.waiting.pop_front();
            self.alarms.heard = 0;
        }
        Ok(())
    }
}
