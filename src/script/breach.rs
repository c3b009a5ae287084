//! What follows when a script breaks its budget: the failure that people read, and handlers that are switched off.

use mlua::Function;
use tracing::error;

use super::{
    api::{Step, is_silent},
    budget::{self, Broken},
    dispatch::Failure,
    error::Fault,
    generation::Generation,
    raw::watch,
};

impl Generation {
    /// Describes the breach of a handler, and counts it. Without a number, no handler ran yet.
    pub(super) fn step_breach(&self, number: Option<usize>, broken: Broken) -> Failure {
        let Some(step) = number.and_then(|number| self.steps.get(number)) else {
            return Failure {
                handler: "loading the Tweet".to_owned(),
                fault: Box::new(self.host.breach(broken)),
            };
        };
        let failure = self.breach(step.kind.name(), &step.function, broken);
        step.breaches.set(step.breaches.get().saturating_add(1));
        if self.is_off(step) && !is_silent() {
            let (handler, times) = (&failure.handler, step.breaches.get());
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

    /// Describes the breach of one of the script's functions.
    pub(super) fn breach(&self, handler: String, function: &Function, broken: Broken) -> Failure {
        // After a breach the hook is stricter.
        let _ = watch(&self.lua);
        let mut fault = self.host.breach(broken);
        if fault.place.is_none() {
            self.place_at(function, &mut fault, None);
        }
        Failure {
            handler,
            fault: Box::new(fault),
        }
    }

    /// Whether a handler has broken its budget so often that it does not run any more.
    pub(super) fn is_off(&self, step: &Step) -> bool {
        let most = self.limits.breaches;
        most > 0 && step.breaches.get() >= most
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
        let taken = || self.held.bytes.get().saturating_add(self.lua.used_memory());
        if self.held.bytes.get() <= self.limits.memory / 2 || taken() <= self.limits.memory {
            return Ok(());
        }
        let collected = self.lua.gc_collect();
        if collected.is_err() || taken() > self.limits.memory {
            budget::out_of_memory();
            return Err(Failure {
                handler: "loading the Tweet".to_owned(),
                fault: Box::new(Fault::unplaced("there is no room".to_owned())),
            });
        }
        Ok(())
    }

    /// Gives a fault the place where one of the script's functions begins.
    pub(super) fn place_at(&self, function: &Function, fault: &mut Fault, word: Option<&str>) {
        let info = function.info();
        let file = info.short_src.unwrap_or_default();
        let begins = info.line_defined.unwrap_or(1);
        self.host.place(fault, file, begins, word);
    }
}
