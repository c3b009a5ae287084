//! The commands, one file each. Each takes its arguments, calls the library, prints what came of it, and never decides what a
//! Tweet or a rule means.

mod bench;
mod bench_folder;
mod bench_path;
mod bench_rules;
mod bench_table;
mod bench_values;
mod check;
mod gaps;
mod gaps_table;
mod quarantine;
mod quarantine_retry;
mod quarantine_text;
mod replay;
mod rules;
mod rules_estimate;
mod rules_estimate_table;
mod rules_files;
mod rules_lint;
mod run;
mod sim;
mod summary;
mod tweet_files;
mod tweet_format;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    rc::Rc,
};

use tracing::warn;

pub use bench::bench;
pub use check::check;
pub use gaps::gaps;
pub use quarantine::quarantine;
pub use replay::replay;
pub use rules::rules;
pub use run::run;
pub use sim::sim;

use crate::{
    error::Error,
    host::private,
    script::{Declared, Generation},
    store::Store,
    text::plain,
    worker::tables::Tables,
};

/// The file name of the database of a run.
const DATABASE: &str = "ouzel.db";

/// Writes a command's result to stdout, and nothing that a terminal would obey; a reader that has gone, as with `| head`, is no error.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(plain::printed(text).as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::system("cannot write the result")(error))
        }
        _ => Ok(()),
    }
}

/// Writes what a person at the terminal should know to stderr.
fn say(text: &str) {
    // Nothing can be said about a stderr that is closed.
    let _ = io::stderr().write_all(plain::lines(text).as_bytes());
}

/// Says that a data folder which is there already lets others in: what is made in it is for its user alone, but what is there
/// may not be.
fn warn_of_open_folder(folder: &Path) {
    if private::is_open_folder(folder) {
        let hint = format!("chmod -R o= {}", folder.display());
        let folder = folder.display();
        warn!(%folder, hint, "everybody on this machine can look into the data folder");
    }
}

/// What a script declares, found by loading it over an empty database in memory.
fn declared(script: &Path) -> Result<Declared, Error> {
    let store = Rc::new(Store::in_memory()?);
    let (loaded, _) = Generation::load(script, Rc::new(Tables::over(&store)));
    Ok(loaded?.declared().clone())
}

/// The folder of the files that a script emits into: of a run beside its database, of a replay with its database's name.
fn sinks_of(database: &Path) -> PathBuf {
    if database.file_name().is_some_and(|name| name == DATABASE) {
        return database.with_file_name("sinks");
    }
    let mut folder = database.as_os_str().to_owned();
    folder.push(".sinks");
    folder.into()
}

/// A runtime on this thread. One thread is enough: it reads one stream, and the worker has its own.
fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::system("cannot start the runtime"))
}
