//! A generation over a database in memory, with a clock of its own: what `ouzel test` tests, and what runs in the shadow
//! of the worker. A Tweet goes through it as through the worker.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;

use super::{matching::Matcher, schedule::Schedule, tables::Tables};
use crate::{
    doing::Doing,
    row::{Cell as RowCell, EachRow, Refused},
    script::{
        self, Call, Code, Declared, Failure, Generation, Limits, Read, Shelf, Subject, Trouble,
        Verdict, may_go_on,
    },
    state,
    store::Store,
    tweet::Tweet,
    volume::Alarm,
};

/// When each test begins, in milliseconds since 1970: 1 January 2026, noon. It is always the same, so that a test gives
/// the same each time.
const BEGINS: i64 = 1_767_268_800_000;

/// What a test pays for each call of a timer, in instructions, beside what the timer itself takes.
const STEPS: u32 = 1_000;

/// The most bytes that a test may emit.
const MOST_EMITTED: usize = 32 << 20;

/// A script that can be tried over and over. Its files are read once.
pub(crate) struct Rehearsal {
    script: PathBuf,
    /// What is read instead of the disk.
    code: Option<Code>,
    limits: Limits,
    shelf: Shelf,
    now: Rc<Cell<i64>>,
    stage: RefCell<Option<Stage>>,
    /// The database of the test before, emptied: to make one takes longer than to load a script.
    spare: RefCell<Option<Rc<Store>>>,
}

/// One generation, and what it has done.
pub(super) struct Stage {
    pub(super) store: Rc<Store>,
    generation: Generation,
    pub(super) declared: Rc<Declared>,
    /// The rules, once somebody has asked for what they match.
    matcher: Option<Matcher>,
    state: state::Shared,
    schedule: Schedule,
    doing: Doing,
    pub(super) stdout: Vec<u8>,
    pub(super) sinks: Vec<(String, Vec<u8>)>,
    dropped: u64,
}

/// What a stage is made of.
pub(super) struct Scene<'a> {
    pub(super) script: &'a Path,
    /// What is read instead of the disk.
    pub(super) code: Option<&'a Code>,
    /// What was read before.
    pub(super) shelf: &'a Shelf,
    pub(super) limits: &'a Limits,
    /// The clock, in milliseconds since 1970.
    pub(super) now: &'a Rc<Cell<i64>>,
    /// The database, in memory.
    pub(super) store: Rc<Store>,
}

impl Rehearsal {
    /// Nothing is loaded yet.
    pub(crate) fn new(script: &Path, limits: Limits) -> Self {
        Self {
            script: script.to_owned(),
            code: None,
            limits,
            shelf: Shelf::default(),
            now: Rc::new(Cell::new(BEGINS)),
            stage: RefCell::new(None),
            spare: RefCell::new(None),
        }
    }

    fn load(&self) -> Result<Stage, Trouble> {
        let store = match self.spare.take() {
            Some(store) => store,
            None => Rc::new(Store::in_memory_within(self.limits.memory).map_err(failed)?),
        };
        let (stage, _) = Stage::set(Scene {
            script: &self.script,
            code: self.code.as_ref(),
            shelf: &self.shelf,
            limits: &self.limits,
            now: &self.now,
            store,
        });
        stage
    }

    /// The same, and these files are tested, whatever is on disk.
    #[must_use]
    pub(crate) fn of_code(self, code: &Code) -> Self {
        Self {
            code: Some(code.clone()),
            ..self
        }
    }

    fn on_stage<R>(&self, ask: impl FnOnce(&mut Stage) -> R) -> Option<R> {
        self.stage.borrow_mut().as_mut().map(ask)
    }
}

impl Subject for Rehearsal {
    fn begin(&self) -> Result<(), Trouble> {
        // The old one goes first, so that there are never two.
        if let Some(Stage { store, .. }) = self.stage.take()
            && store.empty().is_ok_and(|is_empty| is_empty)
        {
            self.spare.replace(Some(store));
        }
        self.now.set(BEGINS);
        let stage = self.load()?;
        self.stage.replace(Some(stage));
        Ok(())
    }

    fn send(&self, tweet: Tweet) -> Result<Verdict, Trouble> {
        let sent = self.on_stage(|stage| stage.send(tweet));
        sent.unwrap_or(Ok(Verdict::Kept))
    }

    fn advance(&self, time: Duration) -> Result<(), Trouble> {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let end = self.now.get().saturating_add(ms);
        let advanced = self.on_stage(|stage| stage.advance(&self.now, end, || may_go_on(STEPS)));
        advanced.unwrap_or(Ok(()))?;
        self.now.set(end);
        Ok(())
    }

    fn alarm(&self, alarm: &Alarm) -> Result<(), Trouble> {
        let told = self.on_stage(|stage| stage.tell_alarm(alarm));
        told.unwrap_or(Ok(()))
    }

    fn now(&self) -> &Rc<Cell<i64>> {
        &self.now
    }

    fn declared(&self) -> Rc<Declared> {
        self.on_stage(|stage| Rc::clone(&stage.declared))
            .unwrap_or_default()
    }

    fn matching(&self, tweet: &Tweet) -> Vec<usize> {
        self.on_stage(|stage| stage.matcher().matching(tweet))
            .unwrap_or_default()
    }

    fn matched(&self, tweet: Tweet, numbers: &[usize]) -> Tweet {
        match self.stage.borrow_mut().as_mut() {
            Some(stage) => tweet.matching(&stage.matcher().named(numbers)),
            None => tweet,
        }
    }

    fn emitted(&self, sink: Option<&str>) -> Option<Bytes> {
        self.on_stage(|stage| match sink {
            None => Some(Bytes::copy_from_slice(&stage.stdout)),
            Some(name) => {
                let mut sinks = stage.sinks.iter();
                let (_, lines) = sinks.find(|(known, _)| known == name)?;
                Some(Bytes::copy_from_slice(lines))
            }
        })?
    }

    fn sinks(&self) -> Vec<String> {
        let names = |stage: &mut Stage| stage.sinks.iter().map(|(name, _)| name.clone()).collect();
        self.on_stage(names).unwrap_or_default()
    }

    fn state(&self) -> state::Shared {
        self.on_stage(|stage| Rc::clone(&stage.state))
            .unwrap_or_default()
    }

    fn dropped(&self) -> u64 {
        self.on_stage(|stage| stage.dropped).unwrap_or(0)
    }

    fn select(
        &self,
        sql: &str,
        parameters: &[RowCell<'_>],
        limit: usize,
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused> {
        let selected = self.on_stage(|stage| stage.store.select(sql, parameters, limit, each));
        selected.unwrap_or(Ok(()))
    }
}

impl Stage {
    /// Loads a generation. What it has read is given in any case.
    ///
    /// # Errors
    /// [`Trouble`] if it cannot be loaded.
    pub(super) fn set(scene: Scene<'_>) -> (Result<Self, Trouble>, Option<Read>) {
        let store = scene.store;
        let state = state::Shared::default();
        let tables = Rc::new(Tables::over(&store).with(&state));
        let mut read = None;
        let loaded = store.load(|| {
            let (script, code, shelf) = (scene.script, scene.code, scene.shelf);
            let (limits, now) = (scene.limits, scene.now);
            let (loaded, has_read) = Generation::rehearse(script, code, shelf, tables, limits, now);
            read = Some(has_read);
            loaded
        });
        let loaded = match loaded {
            Ok(loaded) => loaded.map_err(Trouble::Load),
            Err(fault) => {
                let error = script::Error::sql(scene.script, fault.to_string());
                Err(Trouble::Load(error))
            }
        };
        let stage = loaded.and_then(|generation| {
            let declared = Rc::new(generation.declared().clone());
            state.borrow_mut().committed();
            let mut schedule = Schedule::new(generation.timers());
            // Now the timers know when they begin.
            let _ = schedule.due(scene.now.get());
            let sinks = generation.sinks().into_iter();
            let mut stage = Self {
                store,
                generation,
                declared,
                matcher: None,
                state,
                schedule,
                doing: Doing::default(),
                stdout: Vec::new(),
                sinks: sinks.map(|name| (name, Vec::new())).collect(),
                dropped: 0,
            };
            stage.take_emitted()?;
            Ok(stage)
        });
        (stage, read)
    }

    /// The steps of `Worker::try_tweet`, with a commit behind each Tweet.
    pub(super) fn send(&mut self, tweet: Tweet) -> Result<Verdict, Trouble> {
        self.store.begin_tweet();
        self.doing.begin_tweet(tweet.id());
        let ran = self.generation.run(tweet, &self.doing);
        self.doing.end();
        self.end(ran.is_ok())?;
        let verdict = ran.map_err(Trouble::Handler)?;
        self.dropped += u64::from(verdict == Verdict::Dropped);
        self.take_emitted()?;
        Ok(verdict)
    }

    /// Commits what was written, or takes it back.
    fn end(&mut self, keep: bool) -> Result<(), Trouble> {
        let ended = self.store.end_tweet(keep);
        let ended = match self.store.take_fault() {
            Some(fault) => Err(fault),
            None => ended,
        };
        let ended = ended.and_then(|()| self.store.commit());
        match ended {
            Ok(()) => self.state.borrow_mut().committed(),
            // What could not be committed must not be in the way of what the test does next.
            Err(_) => {
                let _ = self.store.roll_back();
                self.state.borrow_mut().roll_back();
            }
        }
        ended.map_err(failed)
    }

    /// Lets time pass up to its end, and runs each timer whenever it is due on the way. Asks before each whether to go
    /// on.
    pub(super) fn advance(
        &mut self,
        now: &Cell<i64>,
        end: i64,
        go_on: impl Fn() -> bool,
    ) -> Result<(), Trouble> {
        loop {
            let wait = self.schedule.wait(now.get());
            let wait = wait.and_then(|wait| i64::try_from(wait).ok());
            let next = wait.map(|wait| now.get().saturating_add(wait));
            let Some(next) = next.filter(|next| *next <= end) else {
                return Ok(());
            };
            now.set(next);
            while let Some(number) = self.schedule.due(next) {
                self.schedule.fired(number, next);
                // What a test may take ends this too, however often the timers are due.
                if !go_on() {
                    return Ok(());
                }
                let time = next.div_euclid(1_000);
                self.call(Call::Timer { number, time })?;
            }
        }
    }

    fn tell_alarm(&mut self, alarm: &Alarm) -> Result<(), Trouble> {
        let mut functions = 0..self.generation.alarm_functions();
        functions.try_for_each(|number| self.call(Call::Alarm { number, alarm }))
    }

    fn call(&mut self, call: Call<'_>) -> Result<(), Trouble> {
        self.store.begin_tweet();
        let ran = self.generation.call(call);
        self.end(ran.is_ok())?;
        ran.map_err(|failure| {
            let handler = self.generation.call_name(call);
            Trouble::Handler(Failure { handler, ..failure })
        })?;
        self.take_emitted()
    }

    fn take_emitted(&mut self) -> Result<(), Trouble> {
        self.stdout.extend(self.generation.take_emitted());
        for (name, lines) in self.generation.take_sunk() {
            match self.sinks.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) => all.extend(lines),
                None => self.sinks.push((name, lines)),
            }
        }
        let sunk = self.sinks.iter().map(|(_, lines)| lines.len());
        if self.stdout.len() + sunk.sum::<usize>() > MOST_EMITTED {
            return Err(Trouble::Database(format!(
                "the script has emitted more than {} MiB in one test",
                MOST_EMITTED >> 20
            )));
        }
        Ok(())
    }

    pub(super) fn matcher(&mut self) -> &Matcher {
        let declared = &self.declared;
        self.matcher.get_or_insert_with(|| Matcher::new(declared))
    }
}

fn failed(error: crate::store::Error) -> Trouble {
    Trouble::Database(error.to_string())
}
