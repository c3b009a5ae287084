//! Runs the tests of a file `*_test.lua`, each with a fresh generation of the script over an empty database.
//!
//! The tests have a Lua state of their own. What they send to the script crosses as JSON, as it does on the stream, and
//! what the script has done with it is asked for by the trait [`Subject`]. The worker implements it with its generation
//! and the store.

mod alarms;
mod checks;
mod compare;
mod context;
mod entities;
mod methods;
mod snapshots;
mod tweets;

use std::{
    cell::{Cell, RefCell},
    fs, io,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use mlua::{Function, Lua, Table, Value};

use self::context::Context;
use super::{
    Declared, Error, Failure, Fault, Limits, Verdict,
    api::{self, Host, counted},
    budget::{self, Work},
    error::Misuse,
    generation::clock_of,
    loader::Sources,
    lua::{freeze_clock, is_memory, new_state},
    no_database::NoDatabase,
    raw::{watch, watch_lines},
    reference::test::TEST,
};
use crate::{
    row::{Cell as RowCell, EachRow, Refused},
    state::Shared,
    tweet::Tweet,
    volume::Alarm,
};

/// How the name of a file of tests ends.
pub(crate) const TEST_ENDING: &str = "_test.lua";

/// How many tests a file may have. Whoever has more has written a loop that does not end.
const MOST_TESTS: usize = 100_000;

/// The script that is tested. What it does for one test is gone with the next [`Subject::begin`].
pub(crate) trait Subject {
    /// Loads the script afresh, over an empty database, at the beginning of time.
    ///
    /// # Errors
    /// [`Trouble`] if the script cannot be loaded.
    fn begin(&self) -> Result<(), Trouble>;

    /// Runs the handlers on a Tweet, and commits what they write.
    ///
    /// # Errors
    /// [`Trouble`] if a handler or the database fails.
    fn send(&self, tweet: Tweet) -> Result<Verdict, Trouble>;

    /// Lets time pass.
    ///
    /// # Errors
    /// [`Trouble`] if what runs by the clock fails.
    fn advance(&self, time: Duration) -> Result<(), Trouble>;

    /// Tells the script of an alarm.
    ///
    /// # Errors
    /// [`Trouble`] if a function that hears of it fails.
    fn alarm(&self, alarm: &Alarm) -> Result<(), Trouble>;

    /// The clock, in milliseconds since 1970.
    fn now(&self) -> &Rc<Cell<i64>>;

    /// What the script declares.
    fn declared(&self) -> Rc<Declared>;

    /// Which of the declared rules a Tweet matches, by their numbers.
    fn matching(&self, tweet: &Tweet) -> Vec<usize>;

    /// The same Tweet as if the stream had delivered it for the rules with these numbers.
    fn matched(&self, tweet: Tweet, numbers: &[usize]) -> Tweet;

    /// The lines that the script has emitted to a sink, or to stdout. `None` if there is no such sink.
    fn emitted(&self, sink: Option<&str>) -> Option<Bytes>;

    /// The names of the sinks.
    fn sinks(&self) -> Vec<String>;

    /// What `ouzel.state` holds.
    fn state(&self) -> Shared;

    /// How many Tweets a filter has dropped.
    fn dropped(&self) -> u64;

    /// Passes at most `limit` rows of a query to `each`.
    ///
    /// # Errors
    /// [`Refused`] with the database's reason.
    fn select(
        &self,
        sql: &str,
        parameters: &[RowCell<'_>],
        limit: usize,
        each: &mut EachRow<'_>,
    ) -> Result<(), Refused>;
}

/// Why the script could not do what a test asked for.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It could not be loaded.
    Load(Error),
    /// A handler failed.
    Handler(Failure),
    /// The database failed.
    Database(String),
}

/// How to run tests.
#[derive(Debug, Clone)]
pub(crate) struct TestOptions {
    /// How much one test may take.
    pub(crate) limits: Limits,
    /// Whether snapshots are written.
    pub(crate) update: bool,
}

/// A file of tests that has been loaded.
pub(crate) struct TestFile {
    limits: Limits,
    tests: Vec<Test>,
    context: Rc<Context>,
    /// What a test gets as `t`.
    t: Table,
    // This field is last, because the fields above refer to it.
    lua: Lua,
}

struct Test {
    name: String,
    function: Function,
}

/// The files of tests in a folder, by name.
///
/// # Errors
/// What the system says when the folder cannot be read.
pub(crate) fn test_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy());
        if name.is_some_and(|name| name.ends_with(TEST_ENDING)) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl TestFile {
    /// Loads a file of tests, and runs none of them.
    ///
    /// # Errors
    /// [`Error`], ready to be shown to the author.
    pub(crate) fn load(
        path: &Path,
        subject: &Rc<dyn Subject>,
        options: &TestOptions,
    ) -> Result<Self, Error> {
        let host = Rc::new(Host {
            database: Rc::new(NoDatabase),
            state: Shared::default(),
            sources: RefCell::new(Sources::of(path)),
            refuses_rules: true,
            loading: RefCell::new(None),
            emitted: RefCell::default(),
            counting: RefCell::default(),
            misuse: RefCell::default(),
            clock: clock_of(subject.now()),
        });
        let limits = options.limits;
        let (loaded, broken) = budget::within(&limits, Work::Load, || {
            Self::load_into(path, &host, subject, options)
        });
        match broken {
            Some((breach, place)) => {
                // The library's functions run without the hook that notes the place.
                let raised_at = || match loaded {
                    Err(Error::Broken { fault, .. } | Error::Breach { fault, .. }) => fault.place,
                    _ => None,
                };
                Err(Error::Breach {
                    script: file_name(path),
                    fault: Box::new(host.breach((breach, place.or_else(raised_at)))),
                })
            }
            None => loaded,
        }
    }

    fn load_into(
        path: &Path,
        host: &Rc<Host>,
        subject: &Rc<dyn Subject>,
        options: &TestOptions,
    ) -> Result<Self, Error> {
        let name = file_name(path);
        let source = host.sources.borrow_mut().read(&name).map(str::to_owned);
        let source = source.map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
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
        api::install_apart(&lua, host, &api::Apart {
            place: "a test",
            hint: "a test sends Tweets with `t:send`, and looks at what came of them with `t:rows` and `t:emitted`",
        })
        .map_err(|error| broken(&error))?;
        let context = Rc::new(Context::new(
            path,
            host,
            subject,
            options.update,
            options.limits.memory,
        ));
        let tests = Rc::new(RefCell::new(Some(Vec::new())));
        let ready = freeze_clock(&lua, subject.now())
            .and_then(|()| install_test(&lua, host, &tests))
            .and_then(|()| methods::install(&lua, &context))
            .and_then(|t| lua.set_memory_limit(options.limits.memory).map(|_| t))
            .and_then(|t| watch_lines(&lua).map(|()| t));
        let t = ready.map_err(|error| broken(&error))?;
        lua.load(&source)
            .set_name(format!("@{name}"))
            .set_mode(mlua::chunk::ChunkMode::Text)
            .exec()
            .map_err(|error| {
                if is_memory(&error) {
                    budget::out_of_memory();
                }
                let mut fault = host.fault(&error);
                host.explain(&lua, &mut fault, None);
                Error::Broken {
                    script: name.clone(),
                    fault: Box::new(fault),
                }
            })?;
        watch(&lua).map_err(|error| broken(&error))?;
        // From now on `test` adds nothing any more.
        let tests = tests.take().unwrap_or_default();
        Ok(Self {
            limits: options.limits,
            tests,
            context,
            t,
            lua,
        })
    }

    /// The files that the tests have read so far: modules, and fixtures.
    pub(crate) fn reads(&self) -> Vec<PathBuf> {
        let folder = &self.context.folder;
        let sources = self.context.host.sources.borrow();
        let fixtures = self.context.fixtures.borrow();
        let names = sources.names().chain(fixtures.keys().map(String::as_str));
        names.map(|name| folder.join(name)).collect()
    }

    /// The names of the tests, in the order in which they run.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().map(|test| test.name.as_str())
    }

    /// Runs the test with this number.
    ///
    /// # Errors
    /// [`Fault`] if it fails.
    pub(crate) fn run(&self, number: usize) -> Result<(), Box<Fault>> {
        let Some(test) = self.tests.get(number) else {
            return Ok(());
        };
        let (ran, broken) = budget::within(&self.limits, Work::Test, || self.run_within(test));
        let failed = match (ran, broken) {
            (ran, None) => ran,
            (_, Some(broken)) => {
                // After a breach the hook is stricter. What the test has built is garbage, and the next test needs
                // the room.
                let _ = watch(&self.lua);
                let _ = self.lua.gc_collect();
                Err(Box::new(self.context.host.breach(broken)))
            }
        };
        failed.map_err(|mut fault| {
            // That the test has called what failed is no news.
            fault.traceback = fault.traceback.filter(|calls| calls.lines().count() > 1);
            if fault.place.is_none() {
                let info = test.function.info();
                let file = info.short_src.unwrap_or_default();
                let line = info.line_defined.unwrap_or(1);
                self.context.host.place(&mut fault, file, line, None);
            }
            fault
        })
    }

    fn run_within(&self, test: &Test) -> Result<(), Box<Fault>> {
        self.context
            .begin()
            .map_err(|trouble| Box::new(context::misuse_of(trouble).into_fault()))?;
        test.function.call::<()>(&self.t).map_err(|error| {
            if is_memory(&error) {
                budget::out_of_memory();
            }
            let mut fault = self.context.host.fault(&error);
            self.context.host.explain(&self.lua, &mut fault, None);
            Box::new(fault)
        })
    }
}

/// Installs the global `test`.
fn install_test(
    lua: &Lua,
    host: &Rc<Host>,
    tests: &Rc<RefCell<Option<Vec<Test>>>>,
) -> mlua::Result<()> {
    let tests = Rc::clone(tests);
    let add = host.function(lua, move |_, _, arguments| {
        let name = arguments.front().unwrap_or(&Value::Nil);
        let name = api::text(name, "the name that `test` takes first")?;
        let Some(Value::Function(function)) = arguments.get(1) else {
            let other = arguments.get(1).unwrap_or(&Value::Nil);
            let kind = api::type_name(other);
            return Err(
                Misuse::new(format!("`test` takes a name and a function, not {kind}"))
                    .hint("write `test(\"what it shows\", function(t) … end)`"),
            );
        };
        counted(&TEST, arguments.len(), || TEST.path().to_owned())?;
        if name.trim().is_empty() {
            return Err(Misuse::new("a test needs a name"));
        }
        let mut tests = tests.borrow_mut();
        let Some(tests) = tests.as_mut() else {
            return Err(Misuse::new(
                "`test` can only be called while the file loads, not from a test",
            ));
        };
        if tests.iter().any(|test: &Test| test.name == name) {
            return Err(Misuse::new(format!("there are two tests `{name}`"))
                .hint("a name tells which test has failed, so each needs its own"));
        }
        if tests.len() >= MOST_TESTS {
            return Err(Misuse::new(format!(
                "a file has at most {MOST_TESTS} tests"
            )));
        }
        tests.push(Test {
            name,
            function: function.clone(),
        });
        Ok(())
    })?;
    lua.globals().raw_set(TEST.name(), add)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
