//! What follows when a script breaks its budget: the failure that people read, and handlers that are switched off.

use std::cell::Cell;

use mlua::Function;
use tracing::error;

use super::{
    api::{Step, is_silent},
    budget::{self, Breach, Broken, Work},
    calls::Called,
    dispatch::Failure,
    error::Fault,
    generation::Generation,
    raw::watch,
};

impl Generation {
    /// Describes the breach of a handler, and counts it. Without a number, no handler ran yet.
    pub(super) fn step_breach(&self, number: Option<usize>, broken: Broken) -> Failure {
        let Some(step) = number.and_then(|number| self.steps.get(number)) else {
            let mut fault = self.host.breach(broken);
            fault.hint = self.hint_of_kept().or(fault.hint);
            return Failure {
                handler: "loading the Tweet".to_owned(),
                fault: Box::new(fault),
            };
        };
        let failure = self.breach(step.kind.name(), &step.function, broken);
        if let Some(times) = self.count_breach(&step.breaches) {
            let handler = &failure.handler;
            let hint = "its Tweets go to quarantine without it; mend the script and save it, then `ouzel quarantine retry`";
            error!(
                handler,
                times,
                hint,
                "a handler is switched off until the next save: it has broken its budget again and again"
            );
        }
        failure
    }

    /// Describes the breach of a function that belongs to no Tweet, and counts it.
    pub(super) fn call_breach(&self, called: &Called<'_>, broken: Broken) -> Failure {
        let failure = self.breach(called.name.clone(), called.function, broken);
        if let Some(times) = self.count_breach(called.breaches) {
            let (name, hint) = (&failure.handler, "mend the script and save it");
            match called.work {
                Work::Alarm => error!(
                    function = name,
                    times,
                    hint,
                    "a function hears of no more alarms until the next save: it has broken its budget again and again"
                ),
                _ => error!(
                    timer = name,
                    times,
                    hint,
                    "a timer is switched off until the next save: it has broken its budget again and again"
                ),
            }
        }
        failure
    }

    /// Counts a breach. Gives the number if it was one too many, and if people are to hear of it.
    fn count_breach(&self, breaches: &Cell<u32>) -> Option<u32> {
        breaches.set(breaches.get().saturating_add(1));
        (self.is_off(breaches) && !is_silent()).then_some(breaches.get())
    }

    /// Describes the breach of one of the script's functions.
    fn breach(&self, handler: String, function: &Function, broken: Broken) -> Failure {
        // After a breach the hook is stricter.
        let _ = watch(&self.lua);
        let is_of_memory = matches!(broken.0, Breach::Memory { .. });
        let mut fault = self.host.breach(broken);
        // What it has just left behind is not kept.
        if is_of_memory && self.lua.gc_collect().is_ok() {
            fault.hint = self.hint_of_kept().or(fault.hint);
        }
        if fault.place.is_none() {
            self.place_at(function, &mut fault, None);
        }
        Failure {
            handler,
            fault: Box::new(fault),
        }
    }

    /// What to do when the script holds most of its memory even while nothing of it runs.
    fn hint_of_kept(&self) -> Option<String> {
        let kept = self.taken();
        (kept > self.limits.memory / 2).then(|| {
            format!(
                "the script keeps {} MiB of it from Tweet to Tweet: look for a table that only grows, and for Tweets that are kept; rows of \
                 the database take no memory",
                kept >> 20
            )
        })
    }

    /// The memory of the Lua state, with the Tweets that it holds, in bytes.
    pub(crate) fn taken(&self) -> usize {
        let held = self.held.bytes.get();
        held.saturating_add(self.lua.used_memory())
    }

    /// Whether a function has broken its budget so often in a row that it does not run any more.
    pub(super) fn is_off(&self, breaches: &Cell<u32>) -> bool {
        let most = self.limits.breaches;
        most > 0 && breaches.get() >= most
    }

    /// The failure of a Tweet that a handler is not given, because it is switched off.
    pub(super) fn off(&self, step: &Step) -> Failure {
        let times = step.breaches.get();
        let mut fault = Fault::unplaced(format!(
            "the handler is switched off: it has broken its budget {times} times in a row"
        ));
        fault.hint = Some("mend the script and save it".to_owned());
        self.place_at(&step.function, &mut fault, None);
        Failure {
            handler: step.kind.name(),
            fault: Box::new(fault),
        }
    }

    /// Makes sure that there is room for one more Tweet.
    pub(super) fn make_room(&self) -> Result<(), Failure> {
        let is_little = self.held.bytes.get() <= self.limits.memory / 2;
        if is_little || self.taken() <= self.limits.memory {
            return Ok(());
        }
        // To look for garbage takes long, and there is none as long as nothing of the script has run.
        let collected = self.is_full.get() || self.lua.gc_collect().is_ok();
        if collected && self.taken() <= self.limits.memory {
            return Ok(());
        }
        self.is_full.set(true);
        if !self.was_full.replace(true) {
            let kept = format!("{} MiB", self.taken() >> 20);
            let hint = "its Tweets go to quarantine; mend the script and save it, then `ouzel quarantine retry`";
            error!(
                kept,
                hint, "the script keeps so many Tweets that there is no room for another one"
            );
        }
        budget::out_of_memory();
        Err(Failure {
            handler: "loading the Tweet".to_owned(),
            fault: Box::new(Fault::unplaced("there is no room".to_owned())),
        })
    }

    /// Gives a fault the place where one of the script's functions begins.
    pub(super) fn place_at(&self, function: &Function, fault: &mut Fault, word: Option<&str>) {
        let info = function.info();
        let file = info.short_src.unwrap_or_default();
        let begins = info.line_defined.unwrap_or(1);
        self.host.place(fault, file, begins, word);
    }
}
