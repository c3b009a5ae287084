//! What a save has to pass before it is swapped in, on a thread of its own, so that the running generation goes on
//! meanwhile: it loads, its tests pass, and its shadow run is told.

use std::{
    cell::Cell,
    collections::VecDeque,
    path::PathBuf,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use tracing::{debug, info, warn};

use super::{
    inbox::Refuse,
    rehearsal::{Rehearsal, Scene, Stage},
    shadow::{Differences, NewFailure, NoShadow, Shadow, stand_in},
};
use crate::{
    doing::{give_up_at, is_ending},
    journal::{self, Newest, Read, Reader},
    script::{
        self, Code, Declared, Fault, Files, Limits, Shelf, Subject, TestFile, TestOptions, Trouble,
        silently, test_files,
    },
    store,
    text::plain,
};

/// How many differences of one kind are logged one by one.
const TOLD: usize = 10;

/// The most bytes of Tweets that a shadow run goes over.
const MOST_BYTES: usize = 32 << 20;

/// The nice value of the thread: a third of the processor's time that others get, if they want it all.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 5;

/// How far back the last Tweets are looked for: first not far, because there may be many. In milliseconds.
const WINDOWS: [i64; 5] = [10_000, 600_000, 3_600_000, 86_400_000, i64::MAX];

/// What a save has to pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    /// Whether the script's tests have to pass.
    pub(crate) test: bool,
    /// Over how many of the last Tweets the shadow run goes; 0 for none.
    pub(crate) shadow: usize,
    /// Whether a handler that fails in it, where the running one does not, refuses the save.
    pub(crate) shadow_refuses: bool,
}

/// A save, and what it is compared with.
#[derive(Debug)]
pub(crate) struct Vetting {
    pub(crate) script: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) steps: Steps,
    pub(crate) database: PathBuf,
    /// The journal's folder, and what is in it.
    pub(crate) journal: PathBuf,
    pub(crate) newest: Newest,
    /// The running generation; `None` before the first load.
    pub(crate) running: Option<(Code, Arc<Declared>)>,
    pub(crate) shared: Arc<Shared>,
}

/// What both sides of a vetting see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    is_unwanted: Arc<AtomicBool>,
    /// What the vetting is about, once that is read.
    files: Mutex<Option<Files>>,
}

/// What came of a vetting.
#[derive(Debug)]
pub(crate) enum Vetted {
    /// These files may be loaded.
    Good(Code, Files),
    /// It takes the real database to tell.
    Unsure,
    /// They are not to be loaded.
    Refused(Box<Refuse>),
    /// It was stopped.
    Stopped,
}

impl Shared {
    /// Makes the vetting end soon, whatever comes of it.
    pub(crate) fn stop(&self) {
        self.is_unwanted.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_unwanted.load(Ordering::Relaxed)
    }

    /// Whether the files have changed since they were read. `None` if they are not read yet.
    pub(crate) fn has_changed(&self) -> Option<bool> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.as_ref().map(Files::changed)
    }

    fn put(&self, files: &Files) {
        let mut slot = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(files.clone());
    }
}

impl Steps {
    /// Whether there is anything to pass before the first load.
    pub(crate) fn at_start(self) -> bool {
        self.test
    }
}

impl Vetting {
    /// Goes through the steps. It is called on a thread of its own.
    pub(crate) fn run(&self) -> Vetted {
        step_aside();
        give_up_at(Arc::clone(&self.shared.is_unwanted));
        let (loaded, mut files) = match self.load() {
            Ok(loaded) => loaded,
            Err(error) => {
                debug!(%error, "the script is not vetted: its database cannot be read");
                return Vetted::Unsure;
            }
        };
        self.shared.put(&files);
        if !self.is_wanted() {
            return Vetted::Stopped;
        }
        match loaded {
            Ok(()) => {}
            // It must not take as long once more where Tweets wait for it.
            Err(Trouble::Load(error @ script::Error::Breach { .. })) => {
                return refused(error, files);
            }
            Err(trouble) => {
                debug!(
                    ?trouble,
                    "the script is not vetted: it cannot be loaded, or not without the database"
                );
                return Vetted::Unsure;
            }
        }
        if self.steps.test {
            let paths = self.tests();
            files = files.and(&paths);
            self.shared.put(&files);
            let (failed, read) = silently(|| self.test(files.code(), &paths));
            files = files.and(&read);
            self.shared.put(&files);
            if let Some(error) = failed {
                return refused(error, files);
            }
        }
        if !self.is_wanted() {
            return Vetted::Stopped;
        }
        match self.shadow(files.code()) {
            Ok(None) => Vetted::Good(files.code().clone(), files),
            Ok(Some(error)) => refused(error, files),
            Err(_) if !self.is_wanted() => Vetted::Stopped,
            Err(reason) => {
                info!(%reason, "no shadow run: one of the generations cannot do without the real database");
                Vetted::Good(files.code().clone(), files)
            }
        }
    }

    fn is_wanted(&self) -> bool {
        !self.shared.is_stopped() && !is_ending()
    }

    fn name(&self) -> String {
        let name = self.script.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Loads the script, over a database in memory. Gives what it has read in any case.
    fn load(&self) -> Result<(Result<(), Trouble>, Files), store::Error> {
        let running = self.running.as_ref().map(|(_, declared)| &**declared);
        let now = jiff::Timestamp::now().as_millisecond();
        let scene = Scene {
            script: &self.script,
            code: None,
            shelf: &Shelf::default(),
            limits: &self.limits,
            now: &Rc::new(Cell::new(now)),
            store: stand_in(&self.limits, &self.database, running)?,
        };
        // What the script logs now would read as if it happened.
        let (stage, read) = silently(|| Stage::set(scene));
        let files = read.map(|read| read.files()).unwrap_or_default();
        Ok((stage.map(drop), files))
    }

    /// The files of tests.
    fn tests(&self) -> Vec<PathBuf> {
        let folder = match self.script.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        // The script has been read from this folder, so it is there.
        test_files(&folder).unwrap_or_default()
    }

    /// Runs the tests. Gives why the script is refused, and what else the tests have read.
    fn test(&self, code: &Code, paths: &[PathBuf]) -> (Option<script::Error>, Vec<PathBuf>) {
        let mut read = Vec::new();
        let options = TestOptions {
            limits: self.limits,
            update: false,
        };
        let (mut all, mut failed, mut first) = (0, 0, None::<(String, Box<Fault>)>);
        let subject = Rehearsal::new(&self.script, self.limits).of_code(code);
        let subject: Rc<dyn Subject> = Rc::new(subject);
        for path in paths {
            let file = match TestFile::load(path, &subject, &options) {
                Ok(file) => file,
                Err(error) => {
                    let error = Box::new(error);
                    let script = self.name();
                    return (Some(script::Error::Tests { script, error }), read);
                }
            };
            for (number, name) in file.names().enumerate() {
                if !self.is_wanted() {
                    return (None, read);
                }
                all += 1;
                if let Err(fault) = file.run(number) {
                    failed += 1;
                    first.get_or_insert_with(|| (name.to_owned(), fault));
                }
            }
            read.extend(file.reads());
        }
        let error = first.map(|(test, fault)| script::Error::Test {
            script: self.name(),
            failed,
            all,
            test: plain::line(&test).into_owned(),
            fault,
        });
        (error, read)
    }

    /// Runs the new generation beside the running one, and tells how they differ. Gives why the script is refused.
    fn shadow(&self, code: &Code) -> Result<Option<script::Error>, NoShadow> {
        let Some((old, declared)) = &self.running else {
            return Ok(None);
        };
        if self.steps.shadow == 0 || old == code {
            return Ok(None);
        }
        let began = Instant::now();
        let tweets = match last_tweets(&self.newest, &self.journal, self.steps.shadow) {
            Ok(tweets) => tweets,
            Err(error) => {
                warn!(%error, "no shadow run: the journal cannot be read");
                return Ok(None);
            }
        };
        if tweets.is_empty() {
            return Ok(None);
        }
        let shadow = Shadow {
            script: &self.script,
            limits: &self.limits,
            old,
            declared,
            new: code,
            tweets: &tweets,
            database: &self.database,
            is_wanted: &|| self.is_wanted(),
        };
        let found = silently(|| shadow.run())?;
        tell(&found, began);
        let Some(NewFailure { failure, .. }) = found.failures.first() else {
            return Ok(None);
        };
        Ok(self.steps.shadow_refuses.then(|| script::Error::Shadow {
            script: self.name(),
            tweets: found.failures.iter().map(|failure| failure.tweets).sum(),
            handler: failure.handler.clone(),
            fault: failure.fault.clone(),
        }))
    }
}

/// Lets the other threads have the processor first: Tweets go on meanwhile, and a save has time.
fn step_aside() {
    // On Linux this is about the calling thread, elsewhere about the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, BEHIND) {
        debug!(%error, "the vetting runs beside Tweets and not behind them");
    }
}

fn refused(error: script::Error, files: Files) -> Vetted {
    Vetted::Refused(Box::new(Refuse { error, files }))
}

/// The last lines of the journal, at most `most`, oldest first.
pub(crate) fn last_tweets(
    newest: &Newest,
    folder: &std::path::Path,
    most: usize,
) -> Result<Vec<Bytes>, journal::Error> {
    let now = jiff::Timestamp::now().as_millisecond();
    let wanted = most as u64;
    let mut from = None;
    for window in WINDOWS {
        let metas = newest.recent(now.saturating_sub(window)).flatten();
        let metas: Vec<_> = metas
            .map(|meta| (meta.first_ms, u64::from(meta.lines)))
            .collect();
        let mut lines = 0;
        let first = metas.iter().rev().find(|(_, count)| {
            lines += count;
            lines >= wanted
        });
        if let Some((first_ms, _)) = first {
            from = Some(*first_ms);
            break;
        }
    }
    let mut tweets: VecDeque<Bytes> = VecDeque::new();
    let mut bytes = 0;
    for read in Reader::open(folder, from, None)? {
        let Ok(Read::Frame(frame)) = read else {
            continue;
        };
        for line in frame.lines().iter() {
            bytes += line.len();
            // A copy: each line would hold the whole frame.
            tweets.push_back(Bytes::copy_from_slice(line));
            while tweets.len() > most || bytes > MOST_BYTES {
                bytes -= tweets.pop_front().map_or(0, |line| line.len());
            }
        }
    }
    Ok(tweets.into())
}

/// Logs how the new generation differs.
fn tell(found: &Differences, began: Instant) {
    let (tweets, took) = (found.tweets, began.elapsed());
    if found.is_empty() {
        info!(tweets, ?took, "shadow run: nothing differs");
        return;
    }
    info!(tweets, ?took, "shadow run: the new generation differs");
    for ((before, now), (tweets, example)) in &found.verdicts {
        let (before, now) = (before.name(), now.name());
        info!(%before, %now, tweets, example, "shadow run: another verdict");
    }
    for (table, change) in found.rows.iter().take(TOLD) {
        let (table, rows) = (
            plain::line(table),
            format!("+{} -{}", change.added, change.removed),
        );
        info!(%table, %rows, "shadow run: other rows");
    }
    more(found.rows.len(), "tables");
    for (sink, change) in found.lines.iter().take(TOLD) {
        let (sink, lines) = (
            plain::line(sink),
            format!("+{} -{}", change.added, change.removed),
        );
        info!(%sink, %lines, "shadow run: other lines");
    }
    more(found.lines.len(), "sinks");
    for (tag, (before, now)) in found.tags.iter().take(TOLD) {
        let tag = plain::line(tag);
        info!(%tag, before, now, "shadow run: another number of matches");
    }
    more(found.tags.len(), "tags");
    for new in found.failures.iter().take(TOLD) {
        let NewFailure {
            failure,
            tweets,
            example,
        } = new;
        let handler = plain::line(&failure.handler);
        warn!(%handler, tweets, example, error = %failure, "shadow run: it fails where the running generation does not");
    }
    more(found.failures.len(), "failures");
}

fn more(all: usize, what: &str) {
    if let Some(more @ 1..) = all.checked_sub(TOLD) {
        info!(more, what, "shadow run: and others");
    }
}
