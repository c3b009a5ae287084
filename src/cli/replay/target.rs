//! Chooses the database of a replay. It never takes the database of a run, nor one that somebody still wants.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use super::Replay;
use crate::{cli::folder::sinks_of, error::Error, settings::Settings, store::ReadOnly};

/// The name of the database in the data folder, if the arguments give no other.
const NAME: &str = "replay.db";

/// The database file. What was in its place before is kept until the new one is complete.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    /// What to do with the new database if the replay comes to nothing.
    otherwise: Otherwise,
}

#[derive(Debug)]
enum Otherwise {
    /// The new database stays as it is.
    Stay,
    /// There was none before, so the new one is removed.
    Remove,
    /// The new one is removed, and the old one comes back from this path.
    Restore(PathBuf),
}

impl Target {
    /// The database that the arguments name, ready to be opened.
    pub(super) fn choose(arguments: &Replay, settings: &Settings) -> Result<Self, Error> {
        let path = match &arguments.db {
            Some(path) => path.clone(),
            None => settings.data_dir.join(NAME),
        };
        if is_same(&path, &settings.database()) {
            return Err(Error::Usage(format!(
                "`{}` is the database of `ouzel run`; a replay writes to one of its own\n\
                 hint: without `--db` it is `{}`",
                path.display(),
                settings.data_dir.join(NAME).display()
            )));
        }
        if !path.exists() && !sinks_of(&path).exists() {
            return Ok(Self {
                path,
                otherwise: Otherwise::Remove,
            });
        }
        // `mktemp` makes an empty file.
        let is_empty = fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() == 0);
        let is_there = path.exists() && !is_empty;
        if is_there && !ReadOnly::open(&path)?.has_table("_ouzel_replay")? {
            return Err(Error::Usage(format!(
                "`{}` was not made by a replay, so it is left as it is\nhint: give another file with `--db`",
                path.display()
            )));
        }
        if arguments.append || is_empty {
            return Ok(Self {
                path,
                otherwise: Otherwise::Stay,
            });
        }
        if !arguments.fresh {
            return Err(Error::Usage(format!(
                "`{}` is there already\nhint: `--fresh` begins anew, `--append` adds to it, `--db` takes another",
                path.display()
            )));
        }
        let aside = with_suffix(&path, ".before");
        remove(&aside)?;
        rename(&path, &aside)?;
        Ok(Self {
            path,
            otherwise: Otherwise::Restore(aside),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the new database, which is complete. What was in its place before is removed for good.
    pub(super) fn keep(mut self) -> Result<PathBuf, Error> {
        if let Otherwise::Restore(aside) = std::mem::replace(&mut self.otherwise, Otherwise::Stay) {
            remove(&aside)?;
        }
        Ok(self.path.clone())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let undone = match &self.otherwise {
            Otherwise::Stay => Ok(()),
            Otherwise::Remove => remove(&self.path),
            Otherwise::Restore(aside) => {
                remove(&self.path).and_then(|()| rename(aside, &self.path))
            }
        };
        if let Err(error) = undone {
            tracing::warn!(%error, "the database of the replay could not be put back");
        }
    }
}

/// Whether two paths lead to the same file, even through links, and even if it does not exist yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
            Some(folder.join(path.file_name()?))
        })
    };
    one == other || whole(one).is_some_and(|one| Some(one) == whole(other))
}

/// The suffixes of what belongs to a database: up to three files, and the folder that the script has emitted into.
const PARTS: [&str; 4] = ["", "-wal", "-shm", ".sinks"];

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<(), Error> {
    for part in PARTS {
        let path = with_suffix(path, part);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        absent(removed).map_err(Error::system(format!("cannot remove `{}`", path.display())))?;
    }
    Ok(())
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    for part in PARTS {
        let (from, to) = (with_suffix(from, part), with_suffix(to, part));
        absent(fs::rename(&from, &to))
            .map_err(Error::system(format!("cannot rename `{}`", from.display())))?;
    }
    Ok(())
}

/// If there is no such file, nothing needs to be done.
fn absent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
