//! What the worker does besides handling Tweets: it loads the script, and remembers rules.

use std::{cell::RefCell, ops::ControlFlow, rc::Rc, sync::Arc, time::Instant};

use tracing::warn;

use super::{Error, Loaded, Report, Worker, inbox::OwnRules, sinks::Older, tables::Tables};
use crate::{
    journal::Position,
    script::{self, Declared, Files, Generation},
    state::Shared,
    store::{self, RetagRow},
    tally::Count,
    tweet::retagged::Retagged,
};

impl Worker<'_> {
    /// Loads the script without an inbox. A report says whether it was loaded.
    pub fn load_now(&mut self) -> Result<ControlFlow<()>, Error> {
        self.load()?;
        Ok(match self.generation {
            Some(_) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        })
    }

    /// Loads the script. If a new generation runs now, reminds people of the Tweets in quarantine. A load that changes
    /// nothing tells nothing: folders are looked into more often than scripts change, and if the log is in one of the
    /// folders, each message would cause the next.
    pub(super) fn load_and_tell(&mut self) -> Result<(), Error> {
        let before = self.number;
        self.load()?;
        match self.number == before {
            true => Ok(()),
            false => {
                warn_of_tags(&self.declared);
                self.tell_quarantine()
            }
        }
    }

    /// Loads the script and, if it can be loaded, swaps the generations.
    fn load(&mut self) -> Result<(), Error> {
        if self.files.as_ref().is_some_and(|files| !files.changed()) {
            return Ok(());
        }
        let began = Instant::now();
        self.commit()?;
        let state = self.read_state()?;
        let tables = Rc::new(Tables::over(&self.store).with(&state));
        self.stop_checking_keys()?;
        let (mut files, mut broken) = (Files::default(), None);
        self.doing.begin_load();
        let loaded = self.store.load(|| {
            let (loaded, read) = Generation::load(&self.script, tables, &self.limits);
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
        if let Ok(generation) = &loaded {
            let mut older = Vec::new();
            for name in generation.sinks() {
                older.extend(self.sinks.open(&name, &self.store)?);
            }
            self.store.commit()?;
            self.warn_of_older_sinks(&older);
        }
        // If anything fails up to here, all of it is done again, as if nothing had been read.
        let owned = self.store.owned_rules(&self.rules_endpoint)?;
        let retags = self.store.retags(&self.rules_endpoint)?;
        if self.generation.is_none() {
            self.retags.put(retags.iter().map(retagged));
        }
        self.committed_rows = self.store.rows();
        self.files = Some(files.clone());
        let generation = match loaded {
            Ok(generation) => generation,
            Err(error) => {
                (self.report)(Report::LoadFailed { error, files });
                return Ok(());
            }
        };
        let declared = Arc::new(generation.declared().clone());
        let change = declared.changes_since(&self.declared);
        self.number += 1;
        self.tally.set(Count::Generation, self.number);
        self.tally.set(Count::Rows, self.committed_rows);
        let mut places = generation.steps();
        places.extend(generation.timer_places());
        self.doing.set_steps(places);
        self.timers.set(&generation);
        generation.take_over(&mut self.tally.metrics());
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
            owned,
            retags,
            pause: began.elapsed(),
        }));
        Ok(())
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
