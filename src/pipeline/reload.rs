//! When a save is looked at, and the way that it takes to the worker: once its files are quiet, through the steps that it
//! has to pass, one save at a time and never an older one after a newer one.

use std::{future::pending, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{Plan, threads::spawn};
use crate::{
    control::rollback::{Named, Went},
    journal::{Newest, Position},
    script::{Code, Declared, Files, Limits},
    status::short,
    worker::{
        Loaded, RolledBack, Undone,
        behind::Controls,
        inbox::{AskRollback, Control},
        vetting::{Shared, Steps, Vetted, Vetting},
    },
};

/// If an editor saves again and again, the load waits at most this many times the debounce.
const LONGEST_DEBOUNCE: u32 = 5;

/// A load or a test may take seconds. A vetting that takes this long is worth a warning, and again when it has taken twice
/// as long.
const WORTH_A_WORD: Duration = Duration::from_secs(15);

/// The saves of a run.
pub(super) struct Reload {
    debounce: Duration,
    due: Option<Instant>,
    at_the_latest: Option<Instant>,
    /// The next look is for somebody who has asked for it.
    is_asked: bool,
    steps: Steps,
    script: PathBuf,
    limits: Limits,
    database: PathBuf,
    journal: PathBuf,
    newest: Newest,
    controls: Controls,
    /// What the last load or vetting has read.
    files: Option<Files>,
    /// Whether that was refused.
    is_refused: bool,
    /// Whether an earlier generation runs instead of the files on disk.
    is_back: bool,
    /// The generation that runs.
    running: Option<(Code, Arc<Declared>)>,
    under_way: Option<UnderWay>,
    /// How many loads the worker has not reported on yet.
    unanswered: usize,
    /// Notified when something else has failed for which a save was given up.
    again: Arc<Notify>,
}

/// What is to do for a save.
pub(super) enum Next {
    /// [`Reload::look`].
    Look,
    /// [`Reload::vetted`].
    Vetted(Option<Vetted>),
}

/// A vetting on its thread.
struct UnderWay {
    shared: Arc<Shared>,
    result: oneshot::Receiver<Vetted>,
    /// Somebody has saved since, or asked to look again.
    again: bool,
    /// Its result does not matter any more, and nothing follows.
    is_void: bool,
    since: Instant,
    /// After how long people are told that it goes on.
    worth_a_word: Duration,
}

impl UnderWay {
    /// Waits for the result, and says now and then that it takes long. Cancelling this loses nothing.
    async fn ends(&mut self) -> Result<Vetted, oneshot::error::RecvError> {
        loop {
            tokio::select! {
                vetted = &mut self.result => return vetted,
                () = sleep_until(self.since + self.worth_a_word) => {
                    let lasts = short(self.worth_a_word);
                    let hint = "what ran before goes on; look for a loop that does not end, and save again";
                    warn!(lasts, hint, "a save is still being vetted");
                    self.worth_a_word *= 2;
                }
            }
        }
    }
}

impl Reload {
    pub(super) fn new(plan: &Plan, newest: Newest, controls: Controls) -> Self {
        Self {
            debounce: plan.debounce.unwrap_or_default(),
            due: None,
            at_the_latest: None,
            is_asked: false,
            steps: plan.steps,
            script: plan.script.clone(),
            limits: plan.script_limits,
            database: plan.database.clone(),
            journal: plan.journal.folder.clone(),
            newest,
            controls,
            files: None,
            is_refused: false,
            is_back: false,
            running: None,
            under_way: None,
            unanswered: 0,
            again: Arc::default(),
        }
    }

    /// Begins with the first load. `is_back`: an earlier generation runs at first, which was good.
    pub(super) fn start(&mut self, is_back: bool) {
        match self.steps.at_start() && !is_back {
            true => self.vet(),
            false => self.load(Control::Load),
        }
    }

    /// Notes another change: the look at it waits until the files are quiet, but not for ever.
    pub(super) fn changed(&mut self) {
        self.put_off(self.debounce);
    }

    /// Notes that somebody asks to look now.
    pub(super) fn asked(&mut self) {
        self.is_asked = true;
        self.put_off(Duration::ZERO);
    }

    fn put_off(&mut self, debounce: Duration) {
        let now = Instant::now();
        let latest = *self
            .at_the_latest
            .get_or_insert(now + debounce * LONGEST_DEBOUNCE);
        self.due = Some((now + debounce).min(latest));
    }

    /// Waits until there is something to do for a save. Cancelling this loses nothing.
    pub(super) async fn next(&mut self) -> Next {
        let due = self.due;
        let quiet = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => pending().await,
            }
        };
        let again = self.again.notified();
        let vetted = async {
            match &mut self.under_way {
                Some(under_way) => under_way.ends().await,
                None => pending().await,
            }
        };
        tokio::select! {
            vetted = vetted => Next::Vetted(vetted.ok()),
            () = quiet => Next::Look,
            () = again => Next::Look,
        }
    }

    /// Looks whether the script has changed, and sets out with what is there now.
    pub(super) fn look(&mut self) {
        (self.due, self.at_the_latest) = (None, None);
        // What has made a test fail may be nothing that anybody watches.
        let is_asked = std::mem::take(&mut self.is_asked) && self.is_refused;
        if let Some(under_way) = &mut self.under_way {
            under_way.again = true;
            // A newer save makes it void. Until its load ends, nobody knows what it has read.
            if under_way.shared.has_changed() != Some(false) {
                under_way.shared.stop();
            }
            return;
        }
        let is_plain = self.running.is_none() || !self.has_steps();
        match &self.files {
            // The worker looks itself.
            _ if is_plain => self.load(Control::Load),
            Some(files) if !files.changed() && !is_asked => {}
            // Only data has changed: what was rolled back to reads it anew.
            Some(files) if self.is_back && !files.code_changed() => self.load(Control::Load),
            _ => self.vet(),
        }
    }

    /// Whether a save has to pass anything.
    fn has_steps(&self) -> bool {
        // A journal that is empty has nothing to run over.
        self.steps.test || (self.steps.shadow > 0 && self.newest.end() > Position::START)
    }

    fn load(&mut self, control: Control) {
        if self.controls.send(control).is_ok() {
            self.unanswered += 1;
        }
    }

    /// Notes that the worker has reported on a load.
    pub(super) fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// Whether a save is being vetted.
    pub(super) fn is_vetting(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether nothing that was to be loaded waits any more.
    pub(super) fn is_settled(&self) -> bool {
        self.due.is_none() && self.under_way.is_none() && self.unanswered == 0
    }

    fn vet(&mut self) {
        // From here on it is about the files on disk, also if they are refused.
        self.is_back = false;
        let shared = Arc::<Shared>::default();
        let vetting = Vetting {
            script: self.script.clone(),
            limits: self.limits,
            steps: self.steps,
            database: self.database.clone(),
            journal: self.journal.clone(),
            newest: self.newest.clone(),
            running: self.running.clone(),
            shared: Arc::clone(&shared),
        };
        // It may end without anything else ending.
        match spawn("vetting", &CancellationToken::new(), move || vetting.run()) {
            Ok(result) => {
                self.under_way = Some(UnderWay {
                    shared,
                    result,
                    again: false,
                    is_void: false,
                    since: Instant::now(),
                    worth_a_word: WORTH_A_WORD,
                });
            }
            Err(error) => {
                warn!(%error, "the script is loaded without its tests and without a shadow run: the system refuses a thread");
                self.load(Control::Load);
            }
        }
    }

    /// Takes the result of the vetting under way to the worker. Without a result, its thread has died.
    pub(super) fn vetted(&mut self, vetted: Option<Vetted>) {
        let Some(under_way) = self.under_way.take() else {
            return;
        };
        if under_way.is_void {
            if under_way.again {
                self.look();
            }
            return;
        }
        let is_old = under_way.again && under_way.shared.has_changed() != Some(false);
        if is_old || under_way.shared.is_stopped() {
            debug!("the script was saved again before it was swapped in");
            self.vet();
            return;
        }
        match vetted {
            Some(Vetted::Good(code, files)) => {
                self.files = Some(files);
                self.load(Control::LoadCode(code));
            }
            Some(Vetted::Refused(refused)) => self.load(Control::Refuse(refused)),
            Some(Vetted::Unsure) => self.load(Control::Load),
            // The signal that ends the process has ended it.
            Some(Vetted::Stopped) => {}
            None => {
                warn!(
                    "the script is loaded without its tests and without a shadow run: their thread has died"
                );
                self.load(Control::Load);
            }
        }
    }

    /// Makes what is under way void: somebody wants something else than what is on disk.
    fn forget(&mut self) {
        if let Some(under_way) = &mut self.under_way {
            under_way.shared.stop();
            under_way.is_void = true;
            under_way.again = false;
        }
    }

    /// Has the worker go back to an earlier generation, or end that. Gives the answer for who has asked.
    pub(super) fn roll_back(
        &mut self,
        undo: bool,
    ) -> impl Future<Output = Result<Went, String>> + Send + use<> {
        self.forget();
        let (done, answer) = oneshot::channel();
        self.load(Control::Rollback(AskRollback { undo, done }));
        let again = Arc::clone(&self.again);
        async move {
            let answer = match answer.await {
                Ok(Ok(done)) => Ok(went(done)),
                Ok(Err(unchanged)) => Err(unchanged.to_string()),
                Err(_) => Err("the run is ending".to_owned()),
            };
            if answer.is_err() {
                again.notify_one();
            }
            answer
        }
    }

    /// Notes which generation runs now.
    pub(super) fn loaded(&mut self, loaded: &Loaded) {
        self.answered();
        self.files = Some(loaded.files.clone());
        self.is_refused = false;
        self.is_back = loaded.back_to.is_some();
        self.running = Some((loaded.code.clone(), Arc::clone(&loaded.declared)));
    }

    /// Notes that what is on disk is not loaded.
    pub(super) fn refused(&mut self, files: &Files) {
        self.answered();
        self.files = Some(files.clone());
        self.is_refused = true;
    }
}

/// What the worker has done, for who has asked.
fn went(done: Result<RolledBack, Undone>) -> Went {
    let named = |generation, hash, at| {
        Some(Named {
            generation,
            hash,
            at,
        })
    };
    match done {
        Ok(back) => Went {
            running: true,
            generation: Some(back.number),
            from: named(back.from, back.from_hash, None),
            to: named(back.to, back.to_hash, Some(back.at)),
        },
        Err(undone) => Went {
            running: true,
            generation: Some(undone.number),
            from: named(undone.from, undone.from_hash, None),
            to: None,
        },
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        self.forget();
    }
}
