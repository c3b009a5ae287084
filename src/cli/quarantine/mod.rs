//! `ouzel quarantine`: Tweets whose handler failed.

mod arguments;
mod retry;
mod text;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

pub(super) use self::arguments::{Drop, List, Place, Quarantine, QuarantineCommand, Retry, Show};
use self::{
    retry::retry,
    text::{as_json, as_text, invalid_as_text, list_as_json, list_as_text},
};
use super::{
    folder::DATABASE,
    print::{print, say},
};
use crate::{
    error::Error,
    host::lock::Lock,
    settings::Settings,
    status::thousands,
    store::{ReadOnly, Store},
};

/// Looks into the quarantine, or changes it.
pub(crate) fn quarantine(arguments: &Quarantine) -> Result<(), Error> {
    match &arguments.command {
        QuarantineCommand::List(arguments) => list(arguments),
        QuarantineCommand::Show(arguments) => show(arguments),
        QuarantineCommand::Retry(arguments) => retry(arguments),
        QuarantineCommand::Drop(arguments) => drop_some(arguments),
        QuarantineCommand::Help(help) => help.print("quarantine"),
    }
}

fn list(arguments: &List) -> Result<(), Error> {
    let store = ReadOnly::open(&database(&arguments.place)?)?;
    let entries = store.quarantined(arguments.limit)?;
    // A database that is not ouzel's has no such table, and so none of these lines.
    let has_invalid = store.has_table("_ouzel_invalid")?;
    let invalid = match has_invalid {
        true => store.invalid(arguments.limit)?,
        false => Vec::new(),
    };
    if arguments.json {
        return print(&list_as_json(&entries, &invalid));
    }
    let all = store.quarantine_held()?.tweets;
    print(&list_as_text(&entries, all))?;
    if all > entries.len() as u64 {
        let (shown, all) = (thousands(entries.len() as u64), thousands(all));
        say(&format!(
            "the newest {shown} of {all}; `--limit N` shows more\n"
        ));
    }
    if !invalid.is_empty() {
        print(&invalid_as_text(&invalid, store.invalid_held()?))?;
    }
    Ok(())
}

fn show(arguments: &Show) -> Result<(), Error> {
    let store = ReadOnly::open(&database(&arguments.place)?)?;
    let Some((entry, line)) = store.quarantined_one(arguments.id)? else {
        return Err(unknown(&[arguments.id]));
    };
    print(&if arguments.json {
        as_json(&entry, &line)
    } else {
        as_text(&entry, &line)
    })
}

fn drop_some(arguments: &Drop) -> Result<(), Error> {
    let database = database(&arguments.place)?;
    let _lock = hold(&database)?;
    let store = Store::open(&database)?;
    let dropped = if arguments.all {
        store.release_all()?
    } else {
        let ids = chosen(&store, &arguments.ids)?;
        for id in &ids {
            store.release(*id)?;
        }
        ids.len() as u64
    };
    store.commit()?;
    say(&match dropped {
        1 => "1 Tweet dropped\n".to_owned(),
        many => format!("{} Tweets dropped\n", thousands(many)),
    });
    Ok(())
}

/// The database that the arguments mean. It has to exist.
fn database(place: &Place) -> Result<PathBuf, Error> {
    let database = match place.database() {
        Some(database) => database.to_owned(),
        None => Settings::read(place.folder.given())?.database(),
    };
    if database.is_file() {
        return Ok(database);
    }
    Err(Error::Usage(format!(
        "there is no database `{}`\nhint: `ouzel run` makes one; `--data-dir` or `--db` says where it is",
        database.display()
    )))
}

/// Locks the folder of a run's database, which is needed to change it. Nobody else uses the database of a replay, so it
/// needs no lock.
fn hold(database: &Path) -> Result<Option<Lock>, Error> {
    if database.file_name().is_none_or(|name| name != DATABASE) {
        return Ok(None);
    }
    let folder = match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok(Some(Lock::take(folder)?))
}

/// The given numbers, each once and oldest first. If one is wrong, this fails, and nothing is done.
fn chosen(store: &Store, ids: &[i64]) -> Result<Vec<i64>, Error> {
    let held: BTreeSet<i64> = store.quarantined_ids()?.into_iter().collect();
    let chosen: BTreeSet<i64> = ids.iter().copied().collect();
    let wrong: Vec<i64> = chosen.difference(&held).copied().collect();
    if wrong.is_empty() {
        Ok(chosen.into_iter().collect())
    } else {
        Err(unknown(&wrong))
    }
}

fn unknown(ids: &[i64]) -> Error {
    let ids: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    Error::Usage(format!(
        "not in quarantine: {}\nhint: `ouzel quarantine list` shows what is, by the number in its first column",
        ids.join(", ")
    ))
}
