//! One successful load of the script: a Lua state of its own, and what the script declared in it.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    rc::Rc,
};

use mlua::Lua;

use super::{
    Database, Error,
    api::{self, Host, Loading, Step},
    declared::Declared,
    dispatch::RuleTables,
    error::Fault,
    loader::{Fingerprint, Sources},
    lua::new_state,
};

/// A loaded script, ready to handle Tweets. Everything of one generation goes when it is dropped.
pub(crate) struct Generation {
    pub(super) steps: Vec<Step>,
    pub(super) rules: RuleTables,
    pub(super) host: Rc<Host>,
    /// How many Tweets this state holds on to.
    pub(super) live: Rc<Cell<usize>>,
    /// How many it held after the last full collection, at most.
    pub(super) kept: Cell<usize>,
    declared: Declared,
    // Last: what is above refers to it.
    pub(super) lua: Lua,
}

/// What the watch has to know about a load, whether it went well or not.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The folders of the script and of everything that it requires.
    pub folders: Vec<PathBuf>,
    fingerprint: Fingerprint,
}

impl Files {
    /// Whether loading again would read something else.
    pub fn changed(&self) -> bool {
        self.fingerprint.is_stale()
    }
}

impl Generation {
    /// Loads a script; its tables are declared to `database`, which takes everything back if this fails.
    ///
    /// The files come back in any case: a broken script is loaded again when one of them changes.
    ///
    /// # Errors
    /// [`Error`], ready to be shown to the script's author.
    pub(crate) fn load(script: &Path, database: Rc<dyn Database>) -> (Result<Self, Error>, Files) {
        let host = Rc::new(Host {
            database,
            sources: RefCell::new(Sources::of(script)),
            loading: RefCell::new(Some(Loading::default())),
            emitted: RefCell::default(),
            misuse: RefCell::default(),
        });
        let loaded = Self::load_into(script, &host);
        let sources = host.sources.borrow();
        let files = Files {
            folders: sources.folders(),
            fingerprint: sources.fingerprint(),
        };
        drop(sources);
        (loaded, files)
    }

    fn load_into(script: &Path, host: &Rc<Host>) -> Result<Self, Error> {
        let name = script
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let source = host
            .sources
            .borrow_mut()
            .read(&name)
            .map(str::to_owned)
            .map_err(|source| Error::Unreadable {
                path: script.to_owned(),
                source,
            })?;
        // Some editors empty a file before they write it, and nothing would handle Tweets in between.
        if source.trim().is_empty() {
            return Err(Error::Empty {
                path: script.to_owned(),
            });
        }
        let broken = |error: &mlua::Error| Error::Broken {
            script: name.clone(),
            fault: Box::new(host.fault(error)),
        };
        let lua = new_state(api::print).map_err(|error| broken(&error))?;
        api::install(&lua, host).map_err(|error| broken(&error))?;
        let rules = RuleTables::new(&lua).map_err(|error| broken(&error))?;
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
            live: Rc::default(),
            kept: Cell::new(0),
            declared,
            lua,
        })
    }

    /// What the script declared.
    pub(crate) fn declared(&self) -> &Declared {
        &self.declared
    }

    /// The JSON Lines emitted to stdout since the last call.
    pub(crate) fn take_emitted(&self) -> Vec<u8> {
        self.host.emitted.borrow_mut().take_stdout()
    }

    /// The names of the sinks that the script declared.
    pub(crate) fn sinks(&self) -> Vec<String> {
        self.host.emitted.borrow().sinks()
    }

    /// The JSON Lines emitted to each sink since the last call, by the sink's name.
    pub(crate) fn take_sunk(&self) -> Vec<(String, Vec<u8>)> {
        self.host.emitted.borrow_mut().take_sinks()
    }
}

impl Host {
    /// An error of Lua as the script's author reads it.
    pub(super) fn fault(&self, error: &mlua::Error) -> Fault {
        let misuse = self.misuse.take();
        Fault::read(error, &self.sources.borrow(), misuse.as_ref())
    }

    /// Gives a fault a place, with the line of `word` from there on if it is known what it is about.
    pub(super) fn place(&self, fault: &mut Fault, file: String, line: usize, word: Option<&str>) {
        let sources = self.sources.borrow();
        let exact = word.and_then(|word| sources.find_word(&file, line, word));
        let line = exact.map_or(line, |(line, _)| line);
        fault.code = sources.line(&file, line);
        fault.place = Some((file, line));
    }
}
