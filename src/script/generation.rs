//! One successful load of the script: a Lua state of its own, and what the script declared in it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    rc::Rc,
};

use jiff::Timestamp;
use mlua::{Lua, Value};

use super::{
    Database, Error, Limits,
    api::{self, Host, Loading, OnAlarm, Step, Timer},
    budget::{self, Broken, Work},
    code::{Code, OnDisk},
    declared::Declared,
    error::Fault,
    explain::{Scene, State, explain, may_explain},
    loader::{Fingerprint, Shelf, Sources, on_disk_now},
    lua::{freeze_clock, is_memory, new_state},
    raw::{Held, to_json, watch, watch_lines},
    rule_tables::RuleTables,
    timing::Timing,
};
use crate::{
    metric::{Change, Metrics, Series, Times},
    text::json,
};

/// A loaded script that is ready to handle Tweets. Dropping it frees everything of its generation.
pub(crate) struct Generation {
    pub(super) steps: Vec<Step>,
    pub(super) timers: Vec<Timer>,
    /// What hears of alarms.
    pub(super) on_alarm: Vec<OnAlarm>,
    pub(super) rules: RuleTables,
    pub(super) host: Rc<Host>,
    pub(super) limits: Limits,
    /// What the Tweets that this Lua state holds take.
    pub(super) held: Rc<Held>,
    /// How many Tweets it held after the collector was last called.
    pub(super) kept: Cell<usize>,
    /// Whether it holds more than it may, and nothing has run since that was seen.
    pub(super) is_full: Cell<bool>,
    /// Whether that has ever been so.
    pub(super) was_full: Cell<bool>,
    /// How long the steps take.
    pub(super) timing: Timing,
    declared: Declared,
    // This field is last, because the fields above refer to it.
    pub(super) lua: Lua,
}

/// Gives the time.
pub(super) type Clock = Box<dyn Fn() -> Timestamp>;

/// A clock that stands where a test has set it, in milliseconds since 1970.
pub(super) fn clock_of(now: &Rc<Cell<i64>>) -> Clock {
    let now = Rc::clone(now);
    Box::new(move || Timestamp::from_millisecond(now.get()).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// What the watch has to know about a load, whether the load succeeded or not.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The folders of the script and of everything that it requires.
    pub folders: Vec<PathBuf>,
    /// The names of the files of data that the script reads.
    pub(super) data: Vec<OsString>,
    fingerprint: Fingerprint,
    code: Code,
}

impl Files {
    /// All files of some folders.
    pub(crate) fn in_folders(folders: Vec<PathBuf>) -> Self {
        Self {
            folders,
            ..Self::default()
        }
    }

    /// Whether loading again now would read other contents.
    pub fn changed(&self) -> bool {
        self.fingerprint.is_stale()
    }

    /// Whether the files of Lua have other contents now. Files of data do not count.
    pub(crate) fn code_changed(&self) -> bool {
        self.fingerprint.is_code_stale()
    }

    /// The files of Lua as they were read.
    pub(crate) fn code(&self) -> &Code {
        &self.code
    }

    /// What the files of Lua hold on disk now.
    pub(crate) fn on_disk(&self) -> OnDisk {
        self.fingerprint.now()
    }

    /// The same files, and the files of Lua count as changed when the disk has something else than this.
    pub(crate) fn held_to(mut self, disk: OnDisk) -> Self {
        self.fingerprint = self.fingerprint.held_to(disk);
        self.folders.extend(self.fingerprint.folders());
        self.folders.sort();
        self.folders.dedup();
        self
    }

    /// The same files and these others, as they are now. A change of those counts too.
    pub(crate) fn and(mut self, others: &[PathBuf]) -> Self {
        self.fingerprint.add(others);
        let names = others.iter().filter_map(|path| path.file_name());
        self.data.extend(names.map(ToOwned::to_owned));
        let folders = others.iter().filter_map(|path| path.parent());
        self.folders.extend(folders.map(Path::to_owned));
        self.folders.sort();
        self.folders.dedup();
        self
    }
}

/// What a load has read. The files of it are put together only for those who ask: most tests never do.
pub(crate) struct Read(Rc<Host>);

impl Read {
    /// The files, as they were read.
    pub(crate) fn files(&self) -> Files {
        let sources = self.0.sources.borrow();
        Files {
            folders: sources.folders(),
            data: sources.data_names(),
            fingerprint: sources.fingerprint(),
            code: sources.code(),
        }
    }
}

impl OnDisk {
    /// What the files of a script hold now: those that a generation has read.
    pub(crate) fn of(script: &Path, code: &Code) -> Self {
        on_disk_now(script, &code.on_disk())
    }

    /// Whether the files of a script hold something else now.
    pub(crate) fn is_stale(&self, script: &Path) -> bool {
        on_disk_now(script, self) != *self
    }
}

impl Generation {
    /// Loads a script: from its files, or from `code` where that is given. Its tables are declared to `database`, which takes
    /// everything back if the load fails.
    ///
    /// The files are returned even if the load fails, because a broken script is loaded again when one of its files
    /// changes.
    ///
    /// # Errors
    /// [`Error`], ready to be shown to the script's author.
    pub(crate) fn load(
        script: &Path,
        code: Option<&Code>,
        database: Rc<dyn Database>,
        limits: &Limits,
    ) -> (Result<Self, Error>, Files) {
        let clock = Box::new(Timestamp::now);
        let sources = Sources::of(script).with_code(code);
        let (loaded, read) =
            Self::load_from(script, sources, true, database, limits, clock, |_| Ok(()));
        (loaded, read.files())
    }

    /// The same, and rules that the service would refuse do not make it fail. Such a load is for looking at the rules,
    /// not for a run.
    ///
    /// # Errors
    /// As for [`Generation::load`].
    pub(crate) fn load_with_any_rules(
        script: &Path,
        database: Rc<dyn Database>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let clock = Box::new(Timestamp::now);
        let sources = Sources::of(script);
        Self::load_from(script, sources, false, database, limits, clock, |_| Ok(())).0
    }

    /// The same where nothing lasts: each file is read once, and `now` is the clock, in milliseconds since 1970.
    ///
    /// # Errors
    /// As for [`Generation::load`].
    pub(crate) fn rehearse(
        script: &Path,
        code: Option<&Code>,
        shelf: &Shelf,
        database: Rc<dyn Database>,
        limits: &Limits,
        now: &Rc<Cell<i64>>,
    ) -> (Result<Self, Error>, Read) {
        let sources = Sources::of(script).shelved(shelf).with_code(code);
        let clock = clock_of(now);
        let prepare = |lua: &Lua| freeze_clock(lua, now);
        Self::load_from(script, sources, true, database, limits, clock, prepare)
    }

    fn load_from(
        script: &Path,
        sources: Sources,
        refuses_rules: bool,
        database: Rc<dyn Database>,
        limits: &Limits,
        clock: Clock,
        prepare: impl FnOnce(&Lua) -> mlua::Result<()>,
    ) -> (Result<Self, Error>, Read) {
        let state = database.state();
        let host = Rc::new(Host {
            database,
            state: Rc::clone(&state),
            sources: RefCell::new(sources),
            loading: RefCell::new(Some(Loading::default())),
            refuses_rules,
            emitted: RefCell::default(),
            counting: RefCell::default(),
            misuse: RefCell::default(),
            clock,
        });
        state.borrow_mut().begin();
        let (loaded, broken) = budget::within(limits, Work::Load, || {
            Self::load_into(script, &host, limits, prepare)
        });
        let loaded = match broken {
            Some((breach, place)) => {
                // The library's functions and SQL run without the hook that notes the place.
                let raised_at = || match loaded {
                    Err(Error::Broken { fault, .. }) => fault.place,
                    _ => None,
                };
                Err(Error::Breach {
                    script: name_of(script),
                    fault: Box::new(host.breach((breach, place.or_else(raised_at)))),
                })
            }
            None => loaded,
        };
        state.borrow_mut().end(loaded.is_ok());
        (loaded, Read(host))
    }

    fn load_into(
        script: &Path,
        host: &Rc<Host>,
        limits: &Limits,
        prepare: impl FnOnce(&Lua) -> mlua::Result<()>,
    ) -> Result<Self, Error> {
        let name = name_of(script);
        let source = host
            .sources
            .borrow_mut()
            .read(&name)
            .map(str::to_owned)
            .map_err(|source| Error::Unreadable {
                path: script.to_owned(),
                source,
            })?;
        // Some editors empty a file before they write it. Without this check an empty script would be loaded, and
        // nothing would handle Tweets until the next save.
        if source.trim().is_empty() {
            return Err(Error::Empty {
                path: script.to_owned(),
            });
        }
        let broken = |error: &mlua::Error| {
            if is_memory(error) {
                budget::out_of_memory();
            }
            Error::Broken {
                script: name.clone(),
                fault: Box::new(host.fault(error)),
            }
        };
        let lua = new_state(api::print).map_err(|error| broken(&error))?;
        api::install(&lua, host).map_err(|error| broken(&error))?;
        prepare(&lua).map_err(|error| broken(&error))?;
        let rules = RuleTables::new(&lua).map_err(|error| broken(&error))?;
        lua.set_memory_limit(limits.memory)
            .and_then(|_| watch_lines(&lua))
            .map_err(|error| broken(&error))?;
        lua.load(&source)
            .set_name(format!("@{name}"))
            .set_mode(mlua::chunk::ChunkMode::Text)
            .exec()
            .map_err(|error| {
                let mut fault = host.fault(&error);
                if is_memory(&error) {
                    budget::out_of_memory();
                }
                host.explain(&lua, &mut fault, None);
                Error::Broken {
                    script: name.clone(),
                    fault: Box::new(fault),
                }
            })?;
        watch(&lua).map_err(|error| broken(&error))?;
        let Loading {
            declared,
            steps,
            timers,
            on_alarm,
            rules: _,
        } = host.loading.take().unwrap_or_default();
        host.counting.borrow_mut().end_tweet(true);
        Ok(Self {
            steps,
            timers,
            on_alarm,
            rules,
            host: Rc::clone(host),
            limits: *limits,
            held: Rc::default(),
            kept: Cell::new(0),
            is_full: Cell::new(false),
            was_full: Cell::new(false),
            timing: Timing::default(),
            declared,
            lua,
        })
    }

    /// What the script declared.
    pub(crate) fn declared(&self) -> &Declared {
        &self.declared
    }

    /// Takes the lines of JSON that were emitted to stdout since the last call.
    pub(crate) fn take_emitted(&self) -> Vec<u8> {
        self.host.emitted.borrow_mut().take_stdout()
    }

    /// The names of the sinks that the script declared.
    pub(crate) fn sinks(&self) -> Vec<String> {
        self.host.emitted.borrow().sinks()
    }

    /// Hands the metrics over from the generation before: see [`Metrics::declare`].
    pub(crate) fn take_over(&self, metrics: &mut Metrics) {
        let mut counting = self.host.counting.borrow_mut();
        let changes = counting.take();
        metrics.declare(counting.declared(), changes);
        counting.know(metrics.series());
    }

    /// Takes what has happened to the metrics since the last call.
    pub(crate) fn take_counted(&self) -> BTreeMap<Series, Change> {
        self.host.counting.borrow_mut().take()
    }

    /// Takes how long the calls of handlers took since the last call, with the names of the handlers.
    pub(crate) fn take_times(&self) -> Vec<(String, Times)> {
        let name = |step: usize| self.steps[step].kind.name();
        let taken = self.timing.take().into_iter();
        taken.map(|(step, times)| (name(step), times)).collect()
    }

    /// Takes the lines of JSON that were emitted to each sink since the last call, with the sink's name.
    pub(crate) fn take_sunk(&self) -> Vec<(String, Vec<u8>)> {
        self.host.emitted.borrow_mut().take_sinks()
    }
}

fn name_of(script: &Path) -> String {
    let name = script.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

impl Host {
    /// A broken budget as text for the script's author.
    pub(super) fn breach(&self, (breach, place): Broken) -> Fault {
        self.misuse.take();
        let mut fault = Fault::unplaced(breach.to_string());
        fault.hint = breach.hint().map(str::to_owned);
        if let Some((file, line)) = place {
            self.place(&mut fault, file, line, None);
        }
        fault
    }

    /// An error of Lua as text for the script's author.
    pub(super) fn fault(&self, error: &mlua::Error) -> Fault {
        let misuse = self.misuse.take();
        Fault::read(error, &self.sources.borrow(), misuse.as_ref())
    }

    /// Adds a hint to an error of Lua itself, if the code and the Tweet say what was meant.
    pub(super) fn explain(&self, lua: &Lua, fault: &mut Fault, tweet: Option<&Value>) {
        let (None, Some((file, line))) = (&fault.hint, &fault.place) else {
            return;
        };
        if !may_explain(&fault.message) {
            return;
        }
        // A copy: Lua may run finalizers of the script below, which may load modules.
        let Some(text) = self.sources.borrow().text(file).map(str::to_owned) else {
            return;
        };
        let mut json = Vec::new();
        let tweet = tweet.filter(|tweet| to_json(lua, tweet, &mut json).is_ok());
        let tweet = tweet.and_then(|_| json::read_any(&json).ok());
        fault.hint = explain(&Scene {
            message: &fault.message,
            text: &text,
            line: *line,
            tweet: tweet.as_ref(),
            known: &State(lua),
        });
    }

    /// Gives a fault a place. If `word` is known, the line is the first one with that word from `line` on.
    pub(super) fn place(&self, fault: &mut Fault, file: String, line: usize, word: Option<&str>) {
        let sources = self.sources.borrow();
        let exact = word.and_then(|word| sources.find_word(&file, line, word));
        let line = exact.map_or(line, |(line, _)| line);
        fault.code = sources.line(&file, line);
        fault.place = Some((file, line));
    }
}
