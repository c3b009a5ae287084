//! Runs one Tweet through the handlers of a generation.

use std::{cell::Cell, fmt, rc::Rc, time::Instant};

use mlua::{Function, Value};

use super::{
    api::{Step, StepKind},
    budget::{self, Broken, Work},
    error::Fault,
    generation::Generation,
    lua::is_memory,
    raw::push_tweet,
    rule_tables::Rule,
    tag_pattern::asks_for,
};
use crate::{doing::Doing, tweet::Tweet};

/// How many Tweets may wait for Lua's garbage collector before ouzel calls it. The collector does not see the memory
/// that a Tweet holds outside Lua, about 15 KB.
const WAITING: usize = 32;

/// What the handlers decided about a Tweet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All handlers have run, and no filter dropped the Tweet.
    Kept,
    /// A filter dropped it.
    Dropped,
}

/// What a step has done with a Tweet.
enum Done {
    /// Its function has run.
    Ran,
    /// Its function has run, and drops the Tweet.
    Dropped,
    /// The Tweet is not for it.
    Passed,
}

/// A failure of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The handler's name: `filter`, `enrich`, `on "TAG"`, `every "TIME"` or `on_alarm`.
    pub handler: String,
    /// What went wrong, and where.
    pub fault: Box<Fault>,
}

impl fmt::Display for Failure {
    /// The first line has the place and the reason. Further lines have the code and the calls that led there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.brief(f)
    }
}

impl Generation {
    /// Runs the handlers on a Tweet, in the order in which the script registers them.
    ///
    /// Notes in `doing` which handler runs, for other threads that look. If a handler fails, the lines emitted for this
    /// Tweet are taken back; the caller has to take back the Tweet's rows.
    ///
    /// # Errors
    /// [`Failure`] when a handler raises an error or breaks its budget.
    pub(crate) fn run(&self, tweet: Tweet, doing: &Doing) -> Result<Verdict, Failure> {
        if self.steps.is_empty() {
            return Ok(Verdict::Kept);
        }
        self.host.emitted.borrow_mut().begin_tweet();
        self.host.state.borrow_mut().begin();
        let at = Cell::new(None);
        let (ran, broken) = budget::within(&self.limits, Work::Tweet, || {
            self.make_room()?;
            self.run_steps(tweet, doing, &at)
        });
        let ran = match broken {
            None => ran,
            Some(broken) => Err(self.step_breach(at.get(), placed_by(broken, ran.err()))),
        };
        self.end(ran.is_ok());
        ran
    }

    /// Keeps or takes back what has been emitted and put into the state, by a Tweet's handlers or by a call between two
    /// Tweets.
    pub(super) fn end(&self, ran: bool) {
        self.host.state.borrow_mut().end(ran);
        self.host.counting.borrow_mut().end_tweet(ran);
        if !ran {
            self.host.emitted.borrow_mut().take_back_tweet();
        }
        self.collect();
    }

    fn run_steps(
        &self,
        tweet: Tweet,
        doing: &Doing,
        at: &Cell<Option<usize>>,
    ) -> Result<Verdict, Failure> {
        let lua_failed = |error: &mlua::Error| self.failure("loading the Tweet".to_owned(), error);
        let rules = self.matching(&tweet).map_err(|error| lua_failed(&error))?;
        let tweet = push_tweet(&self.lua, tweet, &self.held).map_err(|error| lua_failed(&error))?;
        let is_timed = self.timing.is_due();
        for (number, step) in self.steps.iter().enumerate() {
            doing.step(number);
            at.set(Some(number));
            if self.is_off(&step.breaches) {
                return Err(self.off(step));
            }
            let began = is_timed.then(Instant::now);
            let done = match &step.kind {
                StepKind::Filter => step.function.call(&tweet).map(|kept| match kept {
                    true => Done::Ran,
                    false => Done::Dropped,
                }),
                StepKind::Enrich => step.function.call(&tweet).map(|()| Done::Ran),
                StepKind::On(pattern) => act(&step.function, pattern, &tweet, &rules),
            };
            if let Some(began) = began.filter(|_| !matches!(done, Ok(Done::Passed))) {
                self.timing.note(number, began);
            }
            let done = done.map_err(|error| {
                self.handler_failure(step.kind.name(), &step.function, &error, Some(&tweet))
            })?;
            if matches!(done, Done::Dropped) {
                return Ok(Verdict::Dropped);
            }
            if step.breaches.get() > 0 && !budget::is_broken() {
                step.breaches.set(0);
            }
        }
        Ok(Verdict::Kept)
    }

    /// The name of each step, and the place where it begins.
    pub(crate) fn steps(&self) -> Vec<String> {
        let named = self.steps.iter();
        named
            .map(|step| placed(&step.kind.name(), &step.function))
            .collect()
    }

    /// The tables of the rules that the Tweet matched, if any handler needs them.
    fn matching(&self, tweet: &Tweet) -> mlua::Result<Vec<Rc<Rule>>> {
        let asked = |step: &Step| matches!(step.kind, StepKind::On(_));
        if !self.steps.iter().any(asked) {
            return Ok(Vec::new());
        }
        tweet
            .matching_rules()
            .map(|rule| self.rules.get(&self.lua, rule))
            .collect()
    }

    /// Describes the failure of a handler on this Tweet, or of a call between two Tweets. After a tail call Lua no longer
    /// knows the line that failed; then the place is where the function begins.
    pub(super) fn handler_failure(
        &self,
        name: String,
        function: &Function,
        error: &mlua::Error,
        tweet: Option<&Value>,
    ) -> Failure {
        let word = self
            .host
            .misuse
            .borrow()
            .as_ref()
            .and_then(|misuse| misuse.word.clone());
        let mut failure = self.failure(name, error);
        if failure.fault.place.is_none() {
            self.place_at(function, &mut failure.fault, word.as_deref());
        }
        self.host.explain(&self.lua, &mut failure.fault, tweet);
        failure
    }

    fn failure(&self, handler: String, error: &mlua::Error) -> Failure {
        if is_memory(error) {
            budget::out_of_memory();
        }
        Failure {
            handler,
            fault: Box::new(self.host.fault(error)),
        }
    }

    /// Lets the collector free Tweets that nothing refers to any more.
    fn collect(&self) {
        // A script may keep Tweets on purpose. Then the collector is called less often, because it would find nothing
        // each time.
        if self.held.tweets.get() > WAITING.max(2 * self.kept.get()) {
            // In the generational mode, one step collects the young objects. An error could only come from a finalizer,
            // and the finalizers of Tweets cannot fail.
            let _ = self.lua.gc_step();
            self.kept.set(self.held.tweets.get());
        }
    }
}

/// A breach with the place of the error that it has raised, if the hook has noted none: the library's functions and SQL
/// run without it.
pub(super) fn placed_by((breach, place): Broken, failure: Option<Failure>) -> Broken {
    let raised_at = || failure.and_then(|failure| failure.fault.place);
    (breach, place.or_else(raised_at))
}

pub(super) fn placed(name: &str, function: &Function) -> String {
    let info = function.info();
    let file = info.short_src.unwrap_or_default();
    let line = info.line_defined.unwrap_or(1);
    format!("{name} at {file}:{line}")
}

fn act(
    function: &Function,
    pattern: &str,
    tweet: &Value,
    rules: &[Rc<Rule>],
) -> mlua::Result<Done> {
    let mut done = Done::Passed;
    for rule in rules {
        if asks_for(pattern, rule.tag.as_deref()) {
            function.call::<()>((tweet, &rule.table))?;
            done = Done::Ran;
        }
    }
    Ok(done)
}
