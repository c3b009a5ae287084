//! The history of the script in the database: which loads there were, what became of them, and the way back to an earlier
//! generation.

use std::path::Path;

use jiff::Timestamp;
use tracing::warn;

use super::{Error, Worker};
use crate::{
    script::{self, Change, Code, OnDisk},
    store::{Before, Kept, Load, LoadResult, Rollback, Store},
};

/// An earlier generation that runs, or is about to, instead of the files on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    /// Its number.
    pub(crate) number: u64,
    /// When it was loaded first, in RFC 3339.
    pub(crate) at: String,
    /// The hash of its files.
    pub(crate) hash: String,
    pub(crate) code: Code,
    /// What the disk holds meanwhile. When that changes, it is loaded.
    pub(crate) disk: OnDisk,
}

/// The name under which the database knows a script: its path, from wherever ouzel is started.
pub(crate) fn name_of(script: &Path) -> String {
    let path = std::path::absolute(script);
    let path = path.as_deref().unwrap_or(script);
    path.to_string_lossy().into_owned()
}

/// The rollback of a script that goes on, if the files on disk have not changed since.
///
/// # Errors
/// If the database fails.
pub(crate) fn going_on(store: &Store, script: &Path) -> Result<Option<Back>, crate::store::Error> {
    let Some(rollback) = store.rollback(&name_of(script))? else {
        return Ok(None);
    };
    let disk = OnDisk::from_text(&rollback.disk);
    if disk.is_stale(script) {
        return Ok(None);
    }
    let Some(code) = code_of(store, &rollback.hash)? else {
        let generation = rollback.back_to;
        warn!(
            generation,
            "the files of the generation that was rolled back to are not kept any more; those on disk are loaded"
        );
        return Ok(None);
    };
    Ok(Some(Back {
        number: rollback.back_to,
        at: String::new(),
        hash: rollback.hash,
        code,
        disk,
    }))
}

/// The generation before another one; `None` if there is none. `disk` is what the files on disk hold.
///
/// # Errors
/// If the database fails.
pub(crate) fn step_back(
    store: &Store,
    before: &Before<'_>,
    disk: OnDisk,
) -> Result<Option<Back>, crate::store::Error> {
    let Some(Kept { number, at, hash }) = store.kept_before(before)? else {
        return Ok(None);
    };
    let code = code_of(store, &hash)?;
    Ok(code.map(|code| Back {
        number,
        at,
        hash,
        code,
        disk,
    }))
}

/// What a rollback is about where no ouzel runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    /// The generation that the next run would begin with; `None` for files on disk that no generation has had.
    pub(crate) from: Option<(u64, String)>,
    /// What it begins with instead; `None` if there is nothing before.
    pub(crate) back: Option<Back>,
}

/// Where a rollback goes if it is asked for before the next run.
///
/// # Errors
/// If the database fails.
pub(crate) fn plan(store: &Store, script: &Path) -> Result<Planned, crate::store::Error> {
    let name = name_of(script);
    let (number, hash, disk) = match going_on(store, script)? {
        Some(back) => (back.number, back.hash, back.disk),
        None => {
            let last = store.last_kept(&name)?;
            let code = match &last {
                Some(last) => code_of(store, &last.hash)?,
                None => None,
            };
            let Some((Kept { number, at, hash }, code)) = last.zip(code) else {
                return Ok(Planned {
                    from: None,
                    back: None,
                });
            };
            let disk = OnDisk::of(script, &code);
            if disk != code.on_disk() {
                // The files on disk have never become a generation. So the last one is what was before them.
                let back = Back {
                    number,
                    at,
                    hash,
                    code,
                    disk,
                };
                return Ok(Planned {
                    from: None,
                    back: Some(back),
                });
            }
            (number, hash, disk)
        }
    };
    let before = Before {
        script: &name,
        number,
        hash: &hash,
    };
    Ok(Planned {
        back: step_back(store, &before, disk)?,
        from: Some((number, hash)),
    })
}

/// The files of a generation, if they are kept.
pub(crate) fn code_of(store: &Store, hash: &str) -> Result<Option<Code>, crate::store::Error> {
    let files = store.sources(hash)?;
    Ok(files.map(|files| {
        let files = files.iter();
        Code::of(files.map(|(name, text)| (name.as_str(), text.as_deref())))
    }))
}

impl Back {
    /// What makes it go on, also over a restart.
    pub(crate) fn to_rollback(&self) -> Rollback {
        Rollback {
            back_to: self.number,
            hash: self.hash.clone(),
            disk: self.disk.to_text(),
        }
    }
}

impl Worker<'_> {
    /// Notes that a script has become the generation with this number, and keeps its files.
    pub(super) fn note_loaded(
        &self,
        number: u64,
        code: &Code,
        hash: &str,
        change: &Change,
        back: Option<&Back>,
    ) -> Result<(), Error> {
        let is_kept = self.store.keep_sources(hash, code.files())?;
        if !is_kept && self.progress.is_some() {
            let bytes = code.bytes();
            let hint =
                "move data out of the script into files that `ouzel.lines` and `ouzel.csv` read";
            warn!(
                bytes,
                hint,
                "the script is too large to be kept: `ouzel rollback` cannot go back to this generation"
            );
        }
        let script = name_of(&self.script);
        let counts = [change.rules, change.handlers, change.tables];
        let [rules, handlers, tables] =
            counts.map(|count| [count.added as u64, count.removed as u64]);
        self.store.put_load(&Load {
            at: Timestamp::now().to_string(),
            result: LoadResult::Loaded {
                number,
                back_to: back.map(|back| back.number),
                changes: [
                    rules[0],
                    rules[1],
                    handlers[0],
                    handlers[1],
                    tables[0],
                    tables[1],
                ],
            },
            hash: hash.to_owned(),
            script: script.clone(),
        })?;
        let rollback = back.map(Back::to_rollback);
        self.store.put_rollback(&script, rollback.as_ref())?;
        Ok(())
    }

    /// Notes that a load was refused.
    pub(super) fn note_refused(
        &self,
        error: &script::Error,
        code: &Code,
        step: &str,
    ) -> Result<(), Error> {
        let place = error.fault().and_then(|fault| fault.place.clone());
        self.store.put_load(&Load {
            at: Timestamp::now().to_string(),
            result: LoadResult::Refused {
                step: step.to_owned(),
                error: error.brief(),
                place,
            },
            hash: code.hash(),
            script: name_of(&self.script),
        })?;
        self.store.commit()?;
        Ok(())
    }
}
