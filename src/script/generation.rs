//! One successful load of the script: a Lua state of its own, and what the script declared in it.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    rc::Rc,
};

use mlua::Lua;

use super::{
    Database, Error, Limits,
    api::{self, Host, Loading, Step},
    budget::{self, Broken, Work},
    declared::Declared,
    error::Fault,
    loader::{Fingerprint, Shelf, Sources},
    lua::{freeze_clock, is_memory, new_state},
    raw::Held,
    rule_tables::RuleTables,
};

/// A loaded script that is ready to handle Tweets. Dropping it frees everything of its generation.
pub(crate) struct Generation {
    pub(super) steps: Vec<Step>,
    pub(super) rules: RuleTables,
    pub(super) host: Rc<Host>,
    pub(super) limits: Limits,
    /// What the Tweets that this Lua state holds take.
    pub(super) held: Rc<Held>,
    /// How many Tweets it held after the collector was last called.
    pub(super) kept: Cell<usize>,
    declared: Declared,
    // This field is last, because the fields above refer to it.
    pub(super) lua: Lua,
}

/// What the watch has to know about a load, whether the load succeeded or not.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The folders of the script and of everything that it requires.
    pub folders: Vec<PathBuf>,
    fingerprint: Fingerprint,
}

impl Files {
    /// Whether loading again now would read other contents.
    pub fn changed(&self) -> bool {
        self.fingerprint.is_stale()
    }
}

impl Generation {
    /// Loads a script. Its tables are declared to `database`, which takes everything back if the load fails.
    ///
    /// The files are returned even if the load fails, because a broken script is loaded again when one of its files
    /// changes.
    ///
    /// # Errors
    /// [`Error`], ready to be shown to the script's author.
    pub(crate) fn load(
        script: &Path,
        database: Rc<dyn Database>,
        limits: &Limits,
    ) -> (Result<Self, Error>, Files) {
        Self::load_from(script, Sources::of(script), database, limits, |_| Ok(()))
    }

    /// The same for a test: each file is read once, and `now` is the clock, in milliseconds since 1970.
    ///
    /// # Errors
    /// As for [`Generation::load`].
    pub(crate) fn load_for_test(
        script: &Path,
        shelf: &Shelf,
        database: Rc<dyn Database>,
        limits: &Limits,
        now: &Rc<Cell<i64>>,
    ) -> Result<Self, Error> {
        let sources = Sources::of(script).from_shelf(shelf);
        let prepare = |lua: &Lua| freeze_clock(lua, now);
        Self::load_from(script, sources, database, limits, prepare).0
    }

    fn load_from(
        script: &Path,
        sources: Sources,
        database: Rc<dyn Database>,
        limits: &Limits,
        prepare: impl FnOnce(&Lua) -> mlua::Result<()>,
    ) -> (Result<Self, Error>, Files) {
        let host = Rc::new(Host {
            database,
            sources: RefCell::new(sources),
            loading: RefCell::new(Some(Loading::default())),
            emitted: RefCell::default(),
            misuse: RefCell::default(),
        });
        let (loaded, broken) = budget::within(limits, Work::Load, || {
            Self::load_into(script, &host, limits, prepare)
        });
        let loaded = match broken {
            Some(broken) => Err(Error::Broken {
                script: name_of(script),
                fault: Box::new(host.breach(broken)),
            }),
            None => loaded,
        };
        let sources = host.sources.borrow();
        let files = Files {
            folders: sources.folders(),
            fingerprint: sources.fingerprint(),
        };
        drop(sources);
        (loaded, files)
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
            .map_err(|error| broken(&error))?;
        lua.load(&source)
            .set_name(format!("@{name}"))
            .set_mode(mlua::chunk::ChunkMode::Text)
            .exec()
            .map_err(|error| broken(&error))?;
        let Loading { declared, steps } = host.loading.take().unwrap_or_default();
        Ok(Self {
            steps,
            rules,
            host: Rc::clone(host),
            limits: *limits,
            held: Rc::default(),
            kept: Cell::new(0),
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

    /// Gives a fault a place. If `word` is known, the line is the first one with that word from `line` on.
    pub(super) fn place(&self, fault: &mut Fault, file: String, line: usize, word: Option<&str>) {
        let sources = self.sources.borrow();
        let exact = word.and_then(|word| sources.find_word(&file, line, word));
        let line = exact.map_or(line, |(line, _)| line);
        fault.code = sources.line(&file, line);
        fault.place = Some((file, line));
    }
}
