//! Keeps the remote rules equal to the declared ones, in the background, for as long as the script runs.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    future::pending,
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};
use tracing::{error, info, warn};

use crate::{
    powertrack::{
        self, Recovery,
        reconnect::Ladders,
        rules::{
            Rules,
            ownership::Ownership,
            persist::list,
            reconcile::{Progress, Report, reconcile},
        },
    },
    rule::{
        doubts,
        plan::{
            Conflict, Declared as PlannedRule, Drift, Plan, Policy, Prune, Remote, Vanishing,
            Verdict,
        },
    },
    script::Declared,
    text::plain,
};

/// So often a plan is gone on with although no request failed: somebody else changes the rules meanwhile.
const MOST_PASSES: usize = 3;

/// The most rules of a kind that are logged one by one.
const TOLD: usize = 10;

/// How rules are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleOptions {
    /// What may be deleted.
    pub policy: Policy,
    /// How often the rules are read back although the script has not changed; `None` for never.
    pub check_every: Option<Duration>,
    /// Whether the plan is only shown.
    pub only_plan: bool,
}

/// How an attempt to reconcile ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The remote rules are as declared, or as near to it as they may be.
    Done,
    /// The remote rules are not as declared, and the next save tries again.
    Kept,
    /// The attempt failed and is repeated without being asked.
    Retrying,
    /// The attempt failed for good. The remote rules stay as they are until the script declares other rules.
    Failed {
        error: powertrack::Error,
        /// How many rules were added, deleted or got another tag before that.
        changed: usize,
    },
}

/// The tags whose rules are off the stream for now.
pub(crate) type Paused = Arc<BTreeSet<String>>;

/// Reconciles whenever `declared` or `paused` changes and now and then in between, and reports how each attempt ended.
pub(crate) async fn run(
    rules: impl Rules,
    ownership: impl Ownership,
    options: RuleOptions,
    mut declared: watch::Receiver<Arc<Declared>>,
    mut paused: watch::Receiver<Paused>,
    outcomes: mpsc::Sender<Outcome>,
) {
    let mut ladders = Ladders::random();
    let mut keeper = Keeper {
        rules,
        ownership,
        options,
        report: Report::default(),
        paused: Paused::default(),
        left: None,
        refused: HashSet::new(),
        vanishing: Vanishing::default(),
        returning: Vanishing::default(),
        foreign: 0,
        conflicts: Vec::new(),
    };
    loop {
        // A change while an attempt was made. One that came while this loop waited counts as seen already.
        if declared.has_changed().unwrap_or(false) {
            keeper.refused.clear();
        }
        let wanted = Arc::clone(&declared.borrow_and_update());
        keeper.paused = Arc::clone(&paused.borrow_and_update());
        let outcome = match keeper.attempt(&wanted).await {
            Ok(outcome) => {
                ladders.reset();
                outcome
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
                        changed = changed(&mut declared, &mut paused) => match changed {
                            Ok(()) => keeper.refused.clear(),
                            Err(_) => return,
                        },
                    }
                    continue;
                }
                Recovery::GiveUp => {
                    let done = std::mem::take(&mut keeper.report);
                    let changed = done.added + done.retagged + done.deleted;
                    Outcome::Failed { error, changed }
                }
            },
        };
        if outcomes.send(outcome).await.is_err() {
            return;
        }
        tokio::select! {
            changed = changed(&mut declared, &mut paused) => match changed {
                Ok(()) => keeper.refused.clear(),
                Err(_) => return,
            },
            () = sleep_some(options.check_every) => {}
        }
    }
}

/// Waits until other rules are declared, or other ones are paused.
async fn changed(
    declared: &mut watch::Receiver<Arc<Declared>>,
    paused: &mut watch::Receiver<Paused>,
) -> Result<(), watch::error::RecvError> {
    tokio::select! {
        changed = declared.changed() => changed,
        changed = paused.changed() => changed,
    }
}

async fn sleep_some(length: Option<Duration>) {
    match length {
        Some(length) => sleep(length).await,
        None => pending().await,
    }
}

struct Keeper<R, L> {
    rules: R,
    ownership: L,
    options: RuleOptions,
    paused: Paused,
    /// What has been done since the last success.
    report: Report,
    /// The rules as they were left; `None` at first and after an attempt that failed.
    left: Option<Vec<Remote>>,
    /// Rules that the service has rejected. They are not sent again until the script declares other rules.
    refused: HashSet<(String, Option<String>)>,
    vanishing: Vanishing,
    returning: Vanishing,
    /// How many rules of others there were when that was last told.
    foreign: usize,
    /// The declared rules that were last told to be somebody else's.
    conflicts: Vec<Conflict>,
}

impl<R: Rules, L: Ownership> Keeper<R, L> {
    async fn attempt(&mut self, wanted: &Declared) -> Result<Outcome, powertrack::Error> {
        let mut remote = list(&self.rules).await?;
        self.tell_drift(&remote);
        for pass in 1..=MOST_PASSES {
            let plan = self.plan(wanted, &remote);
            if pass == 1 {
                self.tell_foreign(&plan);
            }
            if self.options.only_plan {
                tell_plan(&plan);
                self.left = Some(remote);
                return Ok(Outcome::Done);
            }
            if let Some(reason) = plan.guard.reason() {
                error!(
                    reason,
                    hint = "look at `ouzel rules plan`; if it is meant so, stop this run and call `ouzel rules apply --force`",
                    "the rules stay as they were: the script loses too many of them"
                );
                let pausing = plan.only_pausing();
                if !pausing.is_noop() {
                    let (report, mut told) = (&mut self.report, |_: Progress<'_>| ());
                    let owned = &mut self.ownership;
                    reconcile(&self.rules, &pausing, owned, report, &mut told).await?;
                    remote = list(&self.rules).await?;
                    self.tell_done(&pausing);
                }
                self.left = Some(remote);
                return Ok(Outcome::Kept);
            }
            let is_last = plan.is_noop() || pass == MOST_PASSES;
            let (report, mut told) = (&mut self.report, |_: Progress<'_>| ());
            reconcile(&self.rules, &plan, &mut self.ownership, report, &mut told).await?;
            if !plan.is_noop() {
                // Nobody knows what others have done meanwhile, and an answer is only an answer.
                remote = list(&self.rules).await?;
            }
            if !self.report.rejected.is_empty() {
                return self.rejected(wanted, remote);
            }
            if is_last {
                self.tell_done(&plan);
                let rest = self.plan(wanted, &remote).changes();
                self.left = Some(remote);
                if rest > 0 {
                    warn!(
                        rules = rest,
                        "the rules are not as declared, because somebody else changes them at the same time"
                    );
                    return Ok(Outcome::Kept);
                }
                break;
            }
        }
        match self.refused.is_empty() {
            true => Ok(Outcome::Done),
            false => Ok(Outcome::Kept),
        }
    }

    fn plan(&self, wanted: &Declared, remote: &[Remote]) -> Plan {
        let mut planned: Vec<PlannedRule> = wanted
            .rules
            .iter()
            .map(|rule| PlannedRule {
                value: rule.value.clone(),
                tag: rule.tag.clone(),
            })
            .collect();
        if !self.refused.is_empty() {
            planned.retain(|rule| {
                !self
                    .refused
                    .contains(&(rule.value.clone(), rule.tag.clone()))
            });
        }
        let owned = self.ownership.owned();
        let policy = self.options.policy;
        let mut plan = Plan::pausing(&planned, &self.paused, remote, &owned, policy);
        if !self.refused.is_empty() {
            // One of them is most likely the last version of a rejected one.
            (plan.delete, _) = plan.deletions();
            plan.leftover.clear();
            plan.guard = Verdict::Fine;
        }
        plan
    }

    /// Names the rules that the service has rejected. If it has none of the declared ones, there is nothing to run for.
    fn rejected(
        &mut self,
        wanted: &Declared,
        remote: Vec<Remote>,
    ) -> Result<Outcome, powertrack::Error> {
        let rules = std::mem::take(&mut self.report.rejected);
        name_rejected(&rules, wanted);
        for rule in &wanted.rules {
            if rules.iter().any(|rejected| rejected.value == rule.value) {
                self.refused.insert((rule.value.clone(), rule.tag.clone()));
            }
        }
        let plan = self.plan(wanted, &remote);
        self.tell_done(&plan);
        self.left = Some(remote);
        if plan.unchanged == 0 && plan.conflicts.is_empty() && plan.paused.is_empty() {
            return Err(powertrack::Error::Rejected { rules });
        }
        Ok(Outcome::Kept)
    }

    fn tell_drift(&mut self, remote: &[Remote]) {
        // If this attempt fails, nobody can tell its changes from those of others.
        let Some(left) = self.left.take() else {
            return;
        };
        let drift = Drift::between(&left, remote, &self.ownership.owned());
        if drift.is_none() {
            return;
        }
        tell(
            "somebody else has added rules to the stream",
            &drift.appeared,
        );
        tell(
            "somebody else has deleted rules of this ouzel",
            &drift.vanished,
        );
        tell("rules of somebody else are gone", &drift.gone);
        let again = self.vanishing.note(&drift.vanished);
        // Otherwise others may do with their own rules what they like.
        let back = match self.options.policy.prune {
            Prune::All => self.returning.note(&drift.appeared),
            Prune::Owned | Prune::None => None,
        };
        if let Some(rule) = again.or(back) {
            let value = plain::line(&rule.value).into_owned();
            error!(
                value,
                hint = "is another ouzel running on this stream? each stream should have one",
                "somebody else changes the rules of this stream again and again"
            );
        }
    }

    fn tell_foreign(&mut self, plan: &Plan) {
        let rules = plan.foreign.len();
        if rules > 0 && rules != self.foreign {
            info!(
                rules,
                "the stream has rules that are not this script's; their Tweets come too"
            );
        }
        self.foreign = rules;
        if self.conflicts != plan.conflicts {
            for Conflict { declared, remote } in plan.conflicts.iter().take(TOLD) {
                let tag = |tag: &Option<String>| tag.clone().unwrap_or_default();
                let (value, wanted, tag) = (&declared.value, tag(&declared.tag), tag(&remote.tag));
                warn!(
                    value,
                    wanted, tag, "somebody else added this rule, so its tag stays"
                );
            }
            if let Some(more @ 1..) = plan.conflicts.len().checked_sub(TOLD) {
                warn!(more, "somebody else added this rule, so its tag stays");
            }
            self.conflicts.clone_from(&plan.conflicts);
        }
    }

    fn tell_done(&mut self, plan: &Plan) {
        let Report {
            added,
            retagged,
            deleted,
            ..
        } = std::mem::take(&mut self.report);
        if added + retagged + deleted > 0 {
            let unchanged = plan.unchanged.saturating_sub(added + retagged);
            let conflicts = plan.conflicts.len();
            info!(
                added,
                retagged, deleted, unchanged, conflicts, "rules reconciled"
            );
        }
    }
}

/// Logs rules, each by itself if there are few.
fn tell(message: &'static str, rules: &[Remote]) {
    for rule in rules.iter().take(TOLD) {
        let (value, tag) = (plain::line(&rule.value), rule.tag.as_deref());
        warn!(%value, tag = tag.unwrap_or_default(), id = rule.id, "{message}");
    }
    if let Some(more @ 1..) = rules.len().checked_sub(TOLD) {
        warn!(more, "{message}");
    }
}

/// Logs what a plan would do.
fn tell_plan(plan: &Plan) {
    let show =
        |message: &'static str, count: usize, rules: &mut dyn Iterator<Item = (&str, &str)>| {
            for (value, tag) in rules.take(TOLD) {
                info!(value = %plain::line(value), tag = %plain::line(tag), "{message}");
            }
            if let Some(more @ 1..) = count.checked_sub(TOLD) {
                info!(more, "{message}");
            }
        };
    fn tag(tag: &Option<String>) -> &str {
        tag.as_deref().unwrap_or_default()
    }
    show(
        "would add a rule",
        plan.add.len(),
        &mut plan.add.iter().map(|rule| (&*rule.value, tag(&rule.tag))),
    );
    show(
        "would change the tag of a rule",
        plan.retag.len(),
        &mut plan
            .retag
            .iter()
            .map(|retag| (&*retag.declared.value, tag(&retag.declared.tag))),
    );
    let delete = plan.delete.iter().chain(&plan.leftover);
    show(
        "would delete a rule",
        plan.delete.len() + plan.leftover.len(),
        &mut delete.map(|rule| (&*rule.value, tag(&rule.tag))),
    );
    let (add, retag) = (plan.add.len(), plan.retag.len());
    let delete = plan.delete.len() + plan.leftover.len();
    let (unchanged, foreign) = (plan.unchanged, plan.foreign.len());
    let refused = plan.guard.reason().unwrap_or_default();
    info!(
        add,
        retag,
        delete,
        unchanged,
        foreign,
        refused,
        "the plan for the rules, of which nothing is carried out"
    );
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
fn name_rejected(rejected: &[powertrack::RejectedRule], declared: &Declared) {
    let places: HashMap<&str, String> = declared
        .rules
        .iter()
        .map(|rule| (&*rule.value, format!("{}:{}", rule.file, rule.line)))
        .collect();
    for rule in rejected {
        let place = places.get(&*rule.value).map_or("", String::as_str);
        let (value, reason) = (&rule.value, rule.message.trim());
        error!(value, place, reason, "the service rejects a rule");
    }
}
