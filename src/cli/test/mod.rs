//! `ouzel test`: runs the tests of a script.

mod report;
mod watch;

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use clap::Args;

use self::report::{FileReport, Outcome, Report};
use super::{ScriptLimits, set, set_path};
use crate::{
    error::Error,
    script::{Subject, TEST_ENDING, TestFile, TestOptions, Trouble, test_files},
    settings::{Given, Settings},
    worker::rehearsal::Rehearsal,
};

/// The script of a folder of tests, if the settings name none in it.
const SCRIPT: &str = "main.lua";

/// `ouzel test`.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// A file of tests, or a folder with files `*_test.lua` [default: the folder of the script].
    path: Option<PathBuf>,
    /// The script to test [default: that of the settings, or `main.lua` in the folder of the tests].
    #[arg(long, value_name = "FILE", env = "OUZEL_SCRIPT")]
    script: Option<PathBuf>,
    /// Only run tests with this text in their name.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write snapshots as they are now.
    #[arg(long)]
    update: bool,
    /// Run again whenever a file of the folder changes, until Ctrl-C.
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Read settings from this file [default: ouzel.toml, where there is one].
    #[arg(long, value_name = "FILE", env = "OUZEL_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    limits: ScriptLimits,
}

/// What is tested, and by what.
struct Plan {
    script: PathBuf,
    /// The folder, and the one file that is wanted of it.
    folder: PathBuf,
    file: Option<PathBuf>,
    options: TestOptions,
    filter: Option<String>,
}

/// Runs the tests, and prints how they went.
///
/// # Errors
/// [`Error::Tests`] if a test fails, [`Error::Script`] or [`Error::TestsBroken`] if something cannot be loaded.
pub(crate) fn test(arguments: &Test) -> Result<(), Error> {
    let plan = arguments.plan()?;
    if arguments.watch {
        return watch::watch(&plan);
    }
    plan.run(arguments.json)
}

impl Test {
    fn plan(&self) -> Result<Plan, Error> {
        let script = set_path(&self.script);
        let settings = Settings::read(Given {
            config: set_path(&self.config),
            script: script.clone(),
            script_limits: self.limits.given(),
            ..Given::default()
        })?;
        let (folder, file) = match &self.path {
            None => (folder_of(&settings.script), None),
            Some(path) if path.is_dir() => (path.clone(), None),
            Some(path) if path.is_file() => (folder_of(path), Some(path.clone())),
            Some(path) => {
                return Err(Error::Usage(format!(
                    "there is no file or folder `{}`",
                    path.display()
                )));
            }
        };
        let is_same = |other: &Path| match (folder.canonicalize(), other.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        let script = match script {
            Some(script) => script,
            None if is_same(&folder_of(&settings.script)) => settings.script,
            None => folder.join(SCRIPT),
        };
        Ok(Plan {
            script,
            folder,
            file,
            options: TestOptions {
                limits: settings.script_limits,
                update: self.update,
            },
            filter: set(&self.filter),
        })
    }
}

impl Plan {
    /// Runs everything once.
    fn run(&self, as_json: bool) -> Result<(), Error> {
        let files = self.files()?;
        let subject = Rc::new(Rehearsal::new(&self.script, self.options.limits));
        // A script that does not load fails each test, and is told once.
        match subject.begin() {
            Ok(()) => {}
            Err(Trouble::Load(error)) => return Err(error.into()),
            Err(Trouble::Handler(failure)) => return Err(Error::Failed(failure.to_string())),
            Err(Trouble::Database(message)) => return Err(Error::Failed(message)),
        }
        let subject: Rc<dyn Subject> = subject;
        let mut report = Report::new(as_json);
        for path in &files {
            let tested = self.run_file(path, &subject);
            report.add(tested)?;
        }
        report.end(self.filter.as_deref())
    }

    fn run_file(&self, path: &Path, subject: &Rc<dyn Subject>) -> FileReport {
        let name = path.display().to_string();
        let file = match TestFile::load(path, subject, &self.options) {
            Ok(file) => file,
            Err(error) => return FileReport::broken(name, &error),
        };
        let wanted = |name: &str| {
            let filter = self.filter.as_deref();
            filter.is_none_or(|filter| name.contains(filter))
        };
        let names = file.names().enumerate();
        let outcomes = names.filter(|(_, name)| wanted(name)).map(|(at, name)| {
            let failure = file.run(at).err();
            Outcome::new(name, failure.as_deref())
        });
        FileReport::of(name, outcomes.collect())
    }

    /// The files of tests, by name.
    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        if let Some(file) = &self.file {
            return Ok(vec![file.clone()]);
        }
        let failed = Error::system(format!(
            "cannot read the folder `{}`",
            self.folder.display()
        ));
        let files = test_files(&self.folder).map_err(failed)?;
        match files.is_empty() {
            false => Ok(files),
            true => Err(Error::Usage(format!(
                "there are no tests in `{}`: no file has a name such as `main{TEST_ENDING}`",
                self.folder.display()
            ))),
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
