//! Keeps the remote rules equal to the declared ones, in the background, for as long as the script runs.

use std::{collections::BTreeMap, sync::Arc};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::sleep,
};
use tracing::{error, warn};

use crate::{
    powertrack::{
        self, Recovery,
        reconnect::Ladders,
        rules::{
            Rules,
            reconcile::{Ownership, OwnershipError, Summary, reconcile},
        },
    },
    rule::{
        doubts,
        plan::{Declared as PlannedRule, Owned, Plan, Remote},
    },
    script::Declared,
    store::OwnedRule,
    worker::{
        behind::Controls,
        inbox::{Control, OwnRules},
    },
};

/// How an attempt to reconcile ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The remote rules are as declared.
    Done,
    /// The attempt failed and is repeated without being asked.
    Retrying,
    /// The attempt failed for good. The remote rules stay as they are until the script declares other rules.
    Failed(powertrack::Error),
}

/// Reconciles whenever `declared` changes, and reports how each attempt ended.
pub(crate) async fn run(
    rules: impl Rules,
    mut ownership: WorkerOwnership,
    mut declared: watch::Receiver<Arc<Declared>>,
    outcomes: mpsc::Sender<Outcome>,
) {
    let mut ladders = Ladders::random();
    loop {
        let wanted = Arc::clone(&declared.borrow_and_update());
        let outcome = match attempt(&rules, &mut ownership, &wanted).await {
            Ok(_) => {
                ladders.reset();
                Outcome::Done
            }
            Err(error) => match error.recovery() {
                Recovery::Retry(delay) => {
                    let delay = ladders.next(delay).delay;
                    warn!(%error, ?delay, "rules not reconciled");
                    if outcomes.send(Outcome::Retrying).await.is_err() {
                        return;
                    }
                    tokio::select! {
                        () = sleep(delay) => {}
                        changed = declared.changed() => if changed.is_err() { return },
                    }
                    continue;
                }
                Recovery::GiveUp => {
                    name_rejected(&error, &wanted);
                    Outcome::Failed(error)
                }
            },
        };
        if outcomes.send(outcome).await.is_err() || declared.changed().await.is_err() {
            return;
        }
    }
}

async fn attempt(
    rules: &impl Rules,
    ownership: &mut WorkerOwnership,
    wanted: &Declared,
) -> Result<Summary, powertrack::Error> {
    let remote: Vec<Remote> = rules.list().await?.into_iter().map(Remote::from).collect();
    let planned: Vec<_> = wanted
        .rules
        .iter()
        .map(|rule| PlannedRule {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
        })
        .collect();
    let plan = Plan::new(&planned, &remote, &ownership.owned());
    reconcile(rules, &plan, ownership).await
}

/// Warns of each rule that is sent although the service may refuse it. The warning says where the script declares it,
/// and why it may be refused.
pub(crate) fn warn_of_doubtful(declared: &Declared) {
    for rule in &declared.rules {
        for doubt in doubts(&rule.value, rule.tag.as_deref(), rule.unchecked) {
            let (value, place) = (&rule.value, format!("{}:{}", rule.file, rule.line));
            let reason = doubt.message;
            warn!(value, place, reason, "a rule is sent that may be refused");
        }
    }
}

/// Logs each rule that the service rejected, with the place where the script declares it.
fn name_rejected(error: &powertrack::Error, declared: &Declared) {
    let powertrack::Error::Rejected { rules } = error else {
        return;
    };
    for rejected in rules {
        let place = declared
            .rules
            .iter()
            .find(|rule| rule.value == rejected.value)
            .map_or_else(String::new, |rule| format!("{}:{}", rule.file, rule.line));
        let (value, reason) = (&rejected.value, rejected.message.trim());
        error!(value, place, reason, "the service rejects a rule");
    }
}

/// The record of ouzel's own rules. The worker keeps it in the database; this holds a copy.
#[derive(Debug)]
pub(crate) struct WorkerOwnership {
    endpoint: String,
    controls: Controls,
    rules: BTreeMap<String, OwnedRule>,
}

impl WorkerOwnership {
    /// The record for this endpoint. `owned` are the rules that it holds at first.
    #[must_use]
    pub(crate) fn new(endpoint: String, controls: Controls, owned: Vec<OwnedRule>) -> Self {
        let rules = owned
            .into_iter()
            .map(|rule| (rule.value.clone(), rule))
            .collect();
        Self {
            endpoint,
            controls,
            rules,
        }
    }

    fn owned(&self) -> Vec<Owned> {
        self.rules
            .values()
            .map(|rule| Owned {
                value: rule.value.clone(),
                tag: rule.tag.clone(),
                id: rule.id,
            })
            .collect()
    }

    async fn write(
        &mut self,
        own: Vec<OwnedRule>,
        disown: Vec<String>,
    ) -> Result<(), OwnershipError> {
        let (done, written) = oneshot::channel();
        self.controls.send(Control::Own(OwnRules {
            endpoint: self.endpoint.clone(),
            own: own.clone(),
            disown: disown.clone(),
            done,
        }))?;
        written.await?;
        for value in &disown {
            self.rules.remove(value);
        }
        self.rules
            .extend(own.into_iter().map(|rule| (rule.value.clone(), rule)));
        Ok(())
    }
}

impl Ownership for WorkerOwnership {
    async fn intend(&mut self, rules: &[PlannedRule]) -> Result<(), OwnershipError> {
        let own = rules.iter().map(|rule| OwnedRule {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
            id: None,
        });
        self.write(own.collect(), Vec::new()).await
    }

    async fn own(&mut self, rules: &[Remote]) -> Result<(), OwnershipError> {
        let own = rules.iter().map(|rule| OwnedRule {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
            id: Some(rule.id),
        });
        self.write(own.collect(), Vec::new()).await
    }

    async fn forget(&mut self, values: &[String]) -> Result<(), OwnershipError> {
        self.write(Vec::new(), values.to_vec()).await
    }
}
