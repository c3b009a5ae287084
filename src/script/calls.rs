//! Calls the functions of a generation that belong to no Tweet: those of `ouzel.every` and `ouzel.on_alarm`.

use std::{cell::Cell, time::Duration};

use mlua::Function;

use super::{
    api::alarm_table,
    budget::{self, Work},
    dispatch::{Failure, placed, placed_by},
    generation::Generation,
};
use crate::volume::Alarm;

/// A call between two Tweets. The number counts the functions of that kind, in the order of the script.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call<'a> {
    /// A timer is due. The time is in seconds since 1970.
    Timer { number: usize, time: i64 },
    /// A rule brings too much.
    Alarm { number: usize, alarm: &'a Alarm },
}

/// What is called.
pub(super) struct Called<'g> {
    /// Its name in messages.
    pub(super) name: String,
    pub(super) function: &'g Function,
    /// How many times in a row it has broken its budget.
    pub(super) breaches: &'g Cell<u32>,
    pub(super) work: Work,
}

impl Generation {
    /// Calls a function between two Tweets.
    ///
    /// If it fails, the lines that it has emitted are taken back; the caller has to take back its rows. A function that is
    /// switched off does nothing.
    ///
    /// # Errors
    /// [`Failure`] when the function raises an error or breaks its budget.
    pub(crate) fn call(&self, call: Call<'_>) -> Result<(), Failure> {
        let Some(called) = self.called(call) else {
            return Ok(());
        };
        if self.is_off(called.breaches) {
            return Ok(());
        }
        // It may let go of what it keeps.
        self.is_full.set(false);
        self.host.emitted.borrow_mut().begin_tweet();
        self.host.state.borrow_mut().begin();
        let (ran, broken) = budget::within(&self.limits, called.work, || {
            let ran = match call {
                Call::Timer { time, .. } => called.function.call::<()>(time),
                Call::Alarm { alarm, .. } => alarm_table(&self.lua, alarm)
                    .and_then(|alarm| called.function.call::<()>(alarm)),
            };
            ran.map_err(|error| {
                self.handler_failure(called.name.clone(), called.function, &error, None)
            })
        });
        let ran = match broken {
            None => {
                called.breaches.set(0);
                ran
            }
            Some(broken) => Err(self.call_breach(&called, placed_by(broken, ran.err()))),
        };
        self.end(ran.is_ok());
        ran
    }

    fn called(&self, call: Call<'_>) -> Option<Called<'_>> {
        Some(match call {
            Call::Timer { number, .. } => {
                let timer = self.timers.get(number)?;
                Called {
                    name: timer.name(),
                    function: &timer.function,
                    breaches: &timer.breaches,
                    work: Work::Timer,
                }
            }
            Call::Alarm { number, .. } => {
                let one = self.on_alarm.get(number)?;
                Called {
                    name: "on_alarm".to_owned(),
                    function: &one.function,
                    breaches: &one.breaches,
                    work: Work::Alarm,
                }
            }
        })
    }

    /// The name of what a call calls.
    pub(crate) fn call_name(&self, call: Call<'_>) -> String {
        self.called(call)
            .map(|called| called.name)
            .unwrap_or_default()
    }

    /// The name of each function that is called between two Tweets, and the place where it begins. They count behind the
    /// steps.
    pub(crate) fn call_places(&self) -> Vec<String> {
        let timers = self.timers.iter();
        let timers = timers.map(|timer| placed(&timer.name(), &timer.function));
        let on_alarm = self.on_alarm.iter();
        let on_alarm = on_alarm.map(|one| placed("on_alarm", &one.function));
        timers.chain(on_alarm).collect()
    }

    /// The number of a call among the steps and what counts behind them.
    pub(crate) fn step_of(&self, call: Call<'_>) -> usize {
        let behind = match call {
            Call::Timer { number, .. } => number,
            Call::Alarm { number, .. } => self.timers.len() + number,
        };
        self.steps.len() + behind
    }

    /// How often each timer is due.
    pub(crate) fn timers(&self) -> impl Iterator<Item = Duration> {
        self.timers.iter().map(|timer| timer.every)
    }

    /// How many functions hear of alarms.
    pub(crate) fn alarm_functions(&self) -> usize {
        self.on_alarm.len()
    }
}
