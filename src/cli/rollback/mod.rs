//! `ouzel rollback`: goes back to an earlier generation of the script, in the run that goes on or for the next one, and
//! lists which there were.

mod arguments;
mod table;

use serde::Serialize;

pub(super) use self::arguments::Rollback;
use super::print::print;
use crate::{
    error::Error,
    host::lock::Lock,
    settings::Settings,
    store::{ReadOnly, Store},
    text::plain,
    worker::history::{self, Back, Planned, name_of},
};

/// What a rollback has done, for programs.
#[derive(Debug, Serialize)]
struct Done<'a> {
    /// Whether a run goes on; otherwise it is for the next one.
    running: bool,
    /// The number under which it runs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    from: Option<Named<'a>>,
    to: Option<Named<'a>>,
}

/// A generation.
#[derive(Debug, Serialize)]
struct Named<'a> {
    generation: u64,
    hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
}

/// Goes back, or lists the loads.
///
/// # Errors
/// [`Error::Usage`] if there is no database, [`Error::Failed`] if there is nothing to go back to.
pub(crate) fn rollback(arguments: &Rollback) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let database = settings.database();
    if !database.is_file() {
        return Err(Error::Usage(format!(
            "there is no database `{}`, so no generation of a script is known\nhint: `ouzel run` makes it; `--data-dir` or `--config` says where it is",
            plain::line(&database.display().to_string())
        )));
    }
    if arguments.list {
        return list(arguments, &ReadOnly::open(&database)?);
    }
    without_run(arguments, &settings)
}

/// Plans it for the next run.
fn without_run(arguments: &Rollback, settings: &Settings) -> Result<(), Error> {
    let _lock = Lock::take(&settings.data_dir)?;
    let store = Store::open(&settings.database())?;
    let name = name_of(&settings.script);
    if arguments.undo {
        return undo(arguments, &store, &name);
    }
    let Planned { from, back } = history::plan(&store, &settings.script)?;
    let Some(back) = back else {
        return Err(nothing_before(from.as_ref(), &name));
    };
    store.put_rollback(&name, Some(&back.to_rollback()))?;
    store.commit()?;
    let to = named(&back);
    let done = Done {
        running: false,
        generation: None,
        from: from.as_ref().map(|(generation, hash)| Named {
            generation: *generation,
            hash,
            at: None,
        }),
        to: Some(to),
    };
    if arguments.json {
        return print_json(&done);
    }
    let instead = match &from {
        Some((number, hash)) => format!("instead of generation {number} ({hash})"),
        None => "instead of the files on disk, which have not been loaded yet".to_owned(),
    };
    let Back {
        number, at, hash, ..
    } = &back;
    print(&format!(
        "no ouzel runs here; the next `ouzel run` begins with generation {number} ({hash}, loaded {at}), {instead}\n\
         it does so as long as the script's files stay as they are; `ouzel rollback --undo` forgets it\n"
    ))
}

fn undo(arguments: &Rollback, store: &Store, name: &str) -> Result<(), Error> {
    let Some(going_on) = store.rollback(name)? else {
        return Err(Error::Failed(
            "nothing is rolled back: the next `ouzel run` loads what is on disk\nhint: `ouzel rollback --list` shows the generations"
                .to_owned(),
        ));
    };
    store.put_rollback(name, None)?;
    store.commit()?;
    if arguments.json {
        return print_json(&Done {
            running: false,
            generation: None,
            from: Some(Named {
                generation: going_on.back_to,
                hash: &going_on.hash,
                at: None,
            }),
            to: None,
        });
    }
    let number = going_on.back_to;
    print(&format!(
        "the rollback to generation {number} is forgotten; the next `ouzel run` loads what is on disk\n"
    ))
}

fn named(back: &Back) -> Named<'_> {
    Named {
        generation: back.number,
        hash: &back.hash,
        at: Some(&back.at),
    }
}

fn nothing_before(from: Option<&(u64, String)>, script: &str) -> Error {
    Error::Failed(match from {
        Some((number, _)) => format!(
            "there is no generation before {number} to go back to\nhint: `ouzel rollback --list` shows which there were; the files of the last 20 are kept"
        ),
        None => format!(
            "no generation of `{}` is kept, so there is none to go back to\nhint: `ouzel rollback --list` shows which there were, and of which script; `--script` says which one is meant",
            plain::line(script)
        ),
    })
}

fn print_json(done: &Done<'_>) -> Result<(), Error> {
    let json = sonic_rs::to_string(done).expect("text and numbers always have a JSON");
    print(&format!("{json}\n"))
}

fn list(arguments: &Rollback, store: &ReadOnly) -> Result<(), Error> {
    let loads = store.loads(arguments.limit)?;
    let mut listed = Vec::new();
    for load in loads {
        let is_kept = store.has_sources(&load.hash)?;
        let rollback = store.rollback(&load.script)?;
        listed.push(table::Listed {
            load,
            is_kept,
            back_to: rollback.map(|rollback| rollback.back_to),
        });
    }
    print(&match arguments.json {
        true => table::json(&listed),
        false => table::table(&listed),
    })
}
