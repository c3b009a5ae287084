//! `ouzel rollback`: goes back to an earlier generation of the script, in the run that goes on or for the next one, and
//! lists which there were.

mod arguments;
mod table;

pub(super) use self::arguments::Rollback;
use super::{
    folder::{DATABASE, simulated},
    print::print,
    runtime,
};
use crate::{
    control::{
        self, client,
        rollback::{Named, Went},
    },
    error::Error,
    host::lock::Lock,
    settings::Settings,
    store::{ReadOnly, Store},
    text::plain,
    worker::history::{self, Planned, name_of},
};

/// Goes back, or lists the loads.
///
/// # Errors
/// [`Error::Usage`] if there is no database, [`Error::Failed`] if there is nothing to go back to.
pub(crate) fn rollback(arguments: &Rollback) -> Result<(), Error> {
    let settings = Settings::read(arguments.given())?;
    let database = settings.database();
    if !database.is_file() {
        let hint = match simulated(&settings.data_dir) {
            folder if folder.join(DATABASE).is_file() => format!(
                "that of `run --sim` is elsewhere: `--data-dir {}`",
                folder.display()
            ),
            _ => "`ouzel run` makes it; `--data-dir` or `--config` says where it is".to_owned(),
        };
        return Err(Error::Usage(format!(
            "there is no database `{}`, so no generation of a script is known\nhint: {hint}",
            database.display()
        )));
    }
    if arguments.list {
        return list(arguments, &ReadOnly::open(&database)?);
    }
    match runtime()?.block_on(client::rollback(&settings.data_dir, arguments.undo)) {
        Ok(went) => tell(arguments, &went),
        Err(control::Error::NoRun { .. }) => without_run(arguments, &settings),
        Err(control::Error::Refused(reason)) => Err(Error::Failed(reason)),
        Err(error) => Err(error.into()),
    }
}

/// Prints where a rollback went.
fn tell(arguments: &Rollback, went: &Went) -> Result<(), Error> {
    if arguments.json {
        let json = sonic_rs::to_string(went).expect("text and numbers always have a JSON");
        return print(&format!("{json}\n"));
    }
    let named = |named: &Named| {
        let Named {
            generation,
            hash,
            at,
        } = named;
        match at {
            Some(at) => format!("generation {generation} ({hash}, loaded {at})"),
            None => format!("generation {generation} ({hash})"),
        }
    };
    let from = went.from.as_ref().map(named);
    let now = went.generation.unwrap_or_default();
    print(&match (&went.to, from) {
        (Some(to), Some(from)) if went.running => format!(
            "rolled back from {from} to {}, which runs as generation {now} now\n\
             it does so until the next save; `ouzel rollback --undo` loads what is on disk now\n",
            named(to)
        ),
        (None, Some(from)) if went.running => format!(
            "the rollback to {from} has ended: what is on disk runs as generation {now} now\n"
        ),
        (Some(to), from) => {
            let from = from
                .unwrap_or_else(|| "the files on disk, which have not been loaded yet".to_owned());
            format!(
                "no ouzel runs here; the next `ouzel run` begins with {}, instead of {from}\n\
                 it does so as long as the script's files stay as they are; `ouzel rollback --undo` forgets it\n",
                named(to)
            )
        }
        (None, from) => format!(
            "the rollback to {} is forgotten; the next `ouzel run` loads what is on disk\n",
            from.unwrap_or_default()
        ),
    })
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
    let to = Named {
        generation: back.number,
        hash: back.hash,
        at: Some(back.at),
    };
    let from = from.map(|(generation, hash)| Named {
        generation,
        hash,
        at: None,
    });
    tell(arguments, &planned(from, Some(to)))
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
    let from = Named {
        generation: going_on.back_to,
        hash: going_on.hash,
        at: None,
    };
    tell(arguments, &planned(Some(from), None))
}

fn planned(from: Option<Named>, to: Option<Named>) -> Went {
    Went {
        running: false,
        generation: None,
        from,
        to,
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
