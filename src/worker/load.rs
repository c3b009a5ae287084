//! What the worker does besides handling Tweets: it loads the script, goes back to an earlier generation, and remembers
//! rules.

use std::{cell::RefCell, ops::ControlFlow, rc::Rc, sync::Arc, time::Instant};

use tracing::warn;

use super::{
    Error, Loaded, Report, Worker,
    history::{self, Back, name_of},
    inbox::OwnRules,
    sinks::Older,
    tables::Tables,
    told::{RolledBack, Unchanged, Undone},
};
use crate::{
    journal::Position,
    script::{self, Code, Declared, Files, Generation},
    state::Shared,
    store::{self, Before, RetagRow},
    tally::{Count, Running},
    tweet::retagged::Retagged,
};

/// Where a load takes the files of Lua from.
enum From<'a> {
    /// The disk, or the earlier generation that goes on until the disk changes.
    Disk,
    /// These files, which have been on disk just now.
    Code(&'a Code),
    /// An earlier generation.
    Back(Back),
}

/// What a load reads instead of the disk, and the earlier generation that this is of.
type Chosen = (Option<Code>, Option<Back>);

/// What came of a load.
enum Came {
    /// Nothing was different.
    Nothing,
    /// A new generation runs.
    New,
    /// It failed, for this reason.
    Refused(String),
}

impl Worker<'_> {
    /// Loads the script without an inbox. A report says whether it was loaded.
    pub fn load_now(&mut self) -> Result<ControlFlow<()>, Error> {
        self.load(From::Disk)?;
        Ok(match self.generation {
            Some(_) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        })
    }

    /// Loads the script: these files, or those on disk. If a new generation runs now, reminds people of the Tweets in
    /// quarantine. A load that changes nothing tells people nothing: folders are looked into more often than scripts change, and
    /// if the log is in one of the folders, each message would cause the next.
    pub(super) fn load_and_tell(&mut self, code: Option<&Code>) -> Result<(), Error> {
        let came = self.load(code.map_or(From::Disk, From::Code))?;
        match came {
            Came::New => self.tell_new(),
            Came::Nothing => {
                (self.report)(Report::Unchanged);
                Ok(())
            }
            Came::Refused(_) => Ok(()),
        }
    }

    fn tell_new(&mut self) -> Result<(), Error> {
        warn_of_tags(&self.declared);
        self.tell_quarantine()
    }

    /// Notes and tells that a script is not loaded, although it could be.
    pub(super) fn refuse(&mut self, error: &script::Error, files: &Files) -> Result<(), Error> {
        self.commit()?;
        self.note_refused(error, files.code(), error.step())?;
        self.files = Some(files.clone());
        self.tally.add(Count::Refused, 1);
        Ok(())
    }

    /// Goes back to the generation before the running one, until the files on disk change. Gives what people are told.
    ///
    /// # Errors
    /// If the database fails. That there is no way back is no error of the worker.
    pub(super) fn roll_back_generation(&mut self) -> Result<Result<RolledBack, Unchanged>, Error> {
        let Some(disk) = self.files.as_ref().map(Files::on_disk) else {
            return Ok(Err(Unchanged::NoGeneration));
        };
        self.commit()?;
        let (number, hash) = match &self.back {
            Some(back) => (back.number, back.hash.clone()),
            None => (self.number, self.hash.clone()),
        };
        let script = name_of(&self.script);
        let before = Before {
            script: &script,
            number,
            hash: &hash,
        };
        let back = history::step_back(&self.store, &before, disk)?;
        let Some(back) = back else {
            return Ok(Err(Unchanged::NothingBefore { number }));
        };
        let (back_to, at, to_hash) = (back.number, back.at.clone(), back.hash.clone());
        match self.load(From::Back(back))? {
            Came::New => {
                self.tell_new()?;
                Ok(Ok(RolledBack {
                    number: self.number,
                    from: number,
                    from_hash: hash,
                    to: back_to,
                    to_hash,
                    at,
                }))
            }
            Came::Refused(reason) => Ok(Err(Unchanged::Refused {
                to: back_to,
                reason,
            })),
            Came::Nothing => Ok(Err(Unchanged::NothingBefore { number })),
        }
    }

    /// Ends a rollback: loads what is on disk.
    ///
    /// # Errors
    /// If the database fails.
    pub(super) fn undo_rollback(&mut self) -> Result<Result<Undone, Unchanged>, Error> {
        let back = self.back.take();
        let Some((from, from_hash)) = back.as_ref().map(|back| (back.number, back.hash.clone()))
        else {
            return Ok(Err(Unchanged::NotBack));
        };
        self.files = None;
        let loaded = self.load(From::Disk);
        if !matches!(loaded, Ok(Came::New)) {
            self.back = back;
        }
        match loaded? {
            Came::New => {
                self.tell_new()?;
                Ok(Ok(Undone {
                    number: self.number,
                    from,
                    from_hash,
                }))
            }
            Came::Refused(reason) => Ok(Err(Unchanged::Broken { reason })),
            Came::Nothing => Ok(Err(Unchanged::NotBack)),
        }
    }

    /// Which files a load reads, and the earlier generation that they are of; `None` if nothing is different.
    fn choose(&mut self, from: From<'_>) -> Result<Option<Chosen>, Error> {
        // At the first load, an earlier ouzel may have left a rollback.
        if self.files.is_none() && self.generation.is_none() && matches!(from, From::Disk) {
            self.number = self.store.last_generation()?;
            self.back = history::going_on(&self.store, &self.script)?;
        }
        let is_same = self.files.as_ref().is_some_and(|files| !files.changed());
        Ok(match from {
            From::Disk if is_same => None,
            From::Disk => {
                let back = self.back.take_if(|back| !back.disk.is_stale(&self.script));
                let code = back.as_ref().map(|back| back.code.clone());
                Some((code, back))
            }
            From::Code(code) => Some((Some(code.clone()), None)),
            From::Back(back) => Some((Some(back.code.clone()), Some(back))),
        })
    }

    /// Loads the script and, if it can be loaded, swaps the generations.
    fn load(&mut self, from: From<'_>) -> Result<Came, Error> {
        let is_rollback = matches!(from, From::Back(_));
        let before = self.back.clone();
        let Some((code, back)) = self.choose(from)? else {
            return Ok(Came::Nothing);
        };
        // Until the new generation runs, what was before holds.
        self.back = before;
        let began = Instant::now();
        self.commit()?;
        let state = self.read_state()?;
        let tables = Rc::new(Tables::over(&self.store).with(&state));
        self.stop_checking_keys()?;
        let (mut files, mut broken) = (Files::default(), None);
        self.doing.begin_load();
        let loaded = self.store.load(|| {
            let (loaded, read) =
                Generation::load(&self.script, code.as_ref(), tables, &self.limits);
            files = read;
            let generation = loaded.map_err(|error| broken = Some(error))?;
            if let Err(fault) = self.store.put_state(&state.borrow()) {
                self.store.note_fault(fault);
            }
            Ok(generation)
        });
        self.doing.end();
        match &loaded {
            Ok(Ok(_)) => state.borrow_mut().committed(),
            _ => state.borrow_mut().roll_back(),
        }
        let why = match loaded {
            Ok(Ok(generation)) => Ok(generation),
            Ok(Err(())) => Err("it could not be loaded".to_owned()),
            Err(fault) if self.is_of_script(&fault) => Err(fault.to_string()),
            Err(fault) => return Err(fault.into()),
        };
        let loaded =
            why.map_err(|why| broken.unwrap_or_else(|| script::Error::sql(&self.script, why)));
        let code = files.code().clone();
        if let Some(back) = &back {
            files = files.held_to(back.disk.clone());
        }
        let generation = match loaded {
            Ok(generation) => generation,
            Err(error) => return self.could_not_load(error, files, &code, is_rollback),
        };
        let declared = Arc::new(generation.declared().clone());
        let change = declared.changes_since(&self.declared);
        let mut older = Vec::new();
        for name in generation.sinks() {
            older.extend(self.sinks.open(&name, &self.store)?);
        }
        let hash = code.hash();
        self.note_loaded(self.number + 1, &code, &hash, &change, back.as_ref())?;
        self.store.commit()?;
        self.warn_of_older_sinks(&older);
        // If anything fails up to here, all of it is done again, as if nothing had been read.
        let owned = self.store.owned_rules(&self.rules_endpoint)?;
        let retags = self.store.retags(&self.rules_endpoint)?;
        let overdue = self.store.overdue_rules(&self.rules_endpoint)?;
        let paused = self.store.paused(&self.rules_endpoint)?;
        if self.generation.is_none() {
            self.retags.put(retags.iter().map(retagged));
        }
        self.committed_rows = self.store.rows();
        self.files = Some(files.clone());
        self.number += 1;
        self.hash = hash;
        self.back = back;
        self.tally.set(Count::Generation, self.number);
        let back_to = self.back.as_ref().map(|back| back.number);
        self.tally.run(Running {
            hash: self.hash.clone(),
            back_to,
        });
        self.tally.add(Count::Loads, 1);
        self.tally.add(Count::Rollbacks, u64::from(is_rollback));
        self.tally.set(Count::Rows, self.committed_rows);
        let mut places = generation.steps();
        places.extend(generation.call_places());
        self.doing.set_steps(places);
        self.timers.set(&generation);
        self.alarms.begin_anew();
        generation.take_over(&mut self.tally.metrics());
        self.tally.set(Count::LuaMemory, generation.taken() as u64);
        let most = self.limits.memory as u64;
        self.tally.set(Count::LuaMemoryLimit, most);
        self.generation = Some(generation);
        self.declared = Arc::clone(&declared);
        self.matcher = None;
        self.failures.clear();
        self.write_output()?;
        (self.report)(Report::Loaded(Loaded {
            number: self.number,
            declared,
            change,
            files,
            code,
            hash: self.hash.clone(),
            back_to,
            owned,
            retags,
            overdue,
            paused,
            pause: began.elapsed(),
        }));
        Ok(Came::New)
    }

    /// Notes and tells that the script could not be loaded.
    fn could_not_load(
        &mut self,
        error: script::Error,
        files: Files,
        code: &Code,
        is_rollback: bool,
    ) -> Result<Came, Error> {
        let step = if is_rollback {
            "rollback"
        } else {
            error.step()
        };
        self.note_refused(&error, code, step)?;
        self.committed_rows = self.store.rows();
        self.tally.add(Count::Refused, 1);
        let reason = error.to_string();
        // A rollback that fails changes nothing, and who has asked for it is told.
        if !is_rollback {
            self.files = Some(files.clone());
            (self.report)(Report::LoadFailed { error, files });
        }
        Ok(Came::Refused(reason))
    }

    /// What the script keeps. It is read from the database once; from then on the memory and the database change
    /// together.
    fn read_state(&mut self) -> Result<Shared, Error> {
        if let Some(state) = &self.state {
            return Ok(Rc::clone(state));
        }
        let (state, odd) = self.store.state()?;
        if odd > 0 {
            let hint = "something other than ouzel has changed the table `_ouzel_state`";
            warn!(rows = odd, hint, "a part of `ouzel.state` cannot be read");
        }
        let state = Rc::new(RefCell::new(state));
        self.state = Some(Rc::clone(&state));
        Ok(state)
    }

    /// Warns about files with lines of Tweets that will be handled again, because the database that knew about the
    /// files is gone.
    fn warn_of_older_sinks(&self, older: &[Older]) {
        let run = self.progress.as_ref().zip(self.journal.as_ref());
        let begins_anew = run.is_some_and(|(progress, journal)| {
            progress.committed() == Position::START && journal.end() > Position::START
        });
        for Older { path, bytes } in older.iter().filter(|_| begins_anew) {
            let path = path.display();
            let hint = "what the journal holds is handled from its beginning, and its lines are there twice then; stop ouzel and move \
                 the database and this file away to have each once";
            warn!(%path, bytes, hint, "the sink is older than the database, and is appended to");
        }
    }

    /// Whether a load failed because of the script's SQL, and not because nothing can be written.
    fn is_of_script(&self, fault: &store::Error) -> bool {
        match fault {
            store::Error::Torn(_) | store::Error::Stopped | store::Error::Commit(_) => true,
            store::Error::Statement(_) => self.store.can_write(),
            _ => false,
        }
    }

    pub(super) fn own(&mut self, rules: &OwnRules) -> Result<(), Error> {
        self.commit()?;
        self.store.change_rules(&rules.endpoint, &rules.change)?;
        if !rules.change.retags.is_empty() {
            self.retags.put(rules.change.retags.iter().map(retagged));
        }
        Ok(())
    }
}

/// A change of a tag, as Tweets are looked at.
fn retagged(row: &RetagRow) -> Retagged {
    Retagged {
        value: row.value.clone(),
        tag: row.tag.clone(),
        old: row.old,
        wrapped: row.wrapped_id,
        plain: row.plain_id,
        newest: row.newest,
        ended_ms: row.ended_ms,
    }
}

/// How many tags that do not fit are logged one by one.
const TAGS_TOLD: usize = 10;

/// Says at each load which handlers no rule of the script can call, and which rules no handler asks for: such a mistake
/// shows in nothing else but missing rows.
fn warn_of_tags(declared: &Declared) {
    let warnings = declared.tag_warnings();
    for warning in warnings.iter().take(TAGS_TOLD) {
        let place = format!("{}:{}", warning.place.file, warning.place.line);
        let (message, hint) = (
            &warning.message,
            warning.hint.as_deref().unwrap_or_default(),
        );
        warn!(place, reason = message, hint, "tags do not fit");
    }
    if let Some(more @ 1..) = warnings.len().checked_sub(TAGS_TOLD) {
        warn!(more, hint = "`ouzel check` lists all", "tags do not fit");
    }
}
