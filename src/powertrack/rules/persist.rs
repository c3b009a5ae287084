//! Carries out a rule plan until it is done, and reads the rules back.

use std::{collections::HashSet, time::Duration};

use tokio::time::{Instant, sleep};
use tracing::warn;

use super::{
    Rules,
    ownership::Ownership,
    reconcile::{Progress, Report, Told, reconcile},
};
use crate::{
    powertrack::{
        error::{Error, Recovery},
        reconnect::Ladders,
    },
    rule::plan::{Declared, Owned, Plan, Remote},
};

/// So often a plan is gone on with although no request failed: somebody else changes the rules meanwhile.
const MOST_PASSES: usize = 3;

/// A plan that was carried out.
#[derive(Debug)]
pub(crate) struct Done {
    /// What was done.
    pub report: Report,
    /// The rules as they were read back.
    pub remote: Vec<Remote>,
    /// What could not be done of the plan, without the rules that the service rejects.
    pub left: Plan,
}

/// Carries out `plan`, waits where a request fails in a way that may pass, and goes on with what is left by the list of
/// rules. Dropping this future leaves everything so that the next plan can go on.
///
/// # Errors
/// If a request fails for good, if requests fail for longer than `patience`, or if the record of owned rules cannot be
/// written.
pub(crate) async fn persist(
    rules: &impl Rules,
    plan: &Plan,
    ownership: &mut impl Ownership,
    patience: Duration,
    told: &mut Told<'_>,
) -> Result<Done, Error> {
    let mut ladders = Ladders::random();
    let mut report = Report::default();
    let mut failing_since = None;
    let mut passes = 0;
    let (whole, mut plan) = (plan, plan.clone());
    let (mut has_failed, mut has_ever_failed) = (false, false);
    let mut most = 0;
    loop {
        // What an attempt before has done is not shown as undone again.
        let mut told_whole = |progress: Progress<'_>| {
            told(match progress {
                Progress::Changed { done, total } => {
                    let total_of_all = total.max(whole.changes());
                    most = most.max(total_of_all - total + done);
                    Progress::Changed {
                        done: most,
                        total: total_of_all,
                    }
                }
                waits => waits,
            });
        };
        let told_whole = &mut told_whole;
        match pass(
            rules,
            &mut plan,
            has_failed,
            ownership,
            &mut report,
            told_whole,
        )
        .await
        {
            Ok((remote, left)) => {
                passes += 1;
                if left.is_noop() || passes == MOST_PASSES || !report.rejected.is_empty() {
                    if has_ever_failed {
                        recount(&mut report, whole, &remote, &ownership.owned());
                    }
                    return Ok(Done {
                        report,
                        remote,
                        left,
                    });
                }
                (failing_since, has_failed) = (None, false);
                plan = left;
            }
            Err(error) => {
                let Recovery::Retry(delay) = error.recovery() else {
                    return Err(error);
                };
                let delay = ladders.next(delay).delay;
                let since = *failing_since.get_or_insert_with(Instant::now);
                if since.elapsed() + delay > patience {
                    return Err(error);
                }
                told(Progress::Waits {
                    error: &error,
                    delay,
                });
                sleep(delay).await;
                (has_failed, has_ever_failed) = (true, true);
            }
        }
    }
}

/// Counts what was done by the rules that were read back: what a request has done whose answer was lost, nobody has
/// counted, and the plans after it were other ones.
fn recount(report: &mut Report, plan: &Plan, remote: &[Remote], owned: &[Owned]) {
    let ours: HashSet<i64> = owned.iter().filter_map(|rule| rule.id).collect();
    let before: HashSet<i64> = plan.retag.iter().map(|retag| retag.from.id).collect();
    let there: HashSet<i64> = remote.iter().map(|rule| rule.id).collect();
    let new = remote
        .iter()
        .filter(|rule| ours.contains(&rule.id) && !before.contains(&rule.id));
    let new: HashSet<(&str, &str)> = new
        .map(|rule| (&*rule.value, rule.tag.as_deref().unwrap_or_default()))
        .collect();
    let is_new =
        |rule: &&Declared| new.contains(&(&*rule.value, rule.tag.as_deref().unwrap_or_default()));
    report.added = plan.add.iter().filter(is_new).count() + plan.claim.len();
    let retags = plan.retag.iter().map(|retag| &retag.declared);
    report.retagged = retags.filter(is_new).count();
    let delete = plan.delete.iter().chain(&plan.leftover);
    report.deleted = delete.filter(|rule| !there.contains(&rule.id)).count();
}

/// Carries out a plan and reads the rules back. If a request has failed before, nobody knows what it has done, so the
/// rules are read first too.
async fn pass(
    rules: &impl Rules,
    plan: &mut Plan,
    has_failed: bool,
    ownership: &mut impl Ownership,
    report: &mut Report,
    told: &mut Told<'_>,
) -> Result<(Vec<Remote>, Plan), Error> {
    if has_failed {
        let remote = list(rules).await?;
        *plan = without_rejected(plan.remaining(&remote, &ownership.owned()), report);
    }
    reconcile(rules, plan, ownership, report, told).await?;
    let remote = list(rules).await?;
    let left = plan.remaining(&remote, &ownership.owned());
    let left = without_rejected(left, report);
    Ok((remote, left))
}

/// Asks until there is an answer, or for as long as `patience` lasts where requests fail in ways that may pass. It is for
/// requests that change nothing.
///
/// # Errors
/// If a request fails for good, or if requests fail for longer than `patience`.
pub(crate) async fn again<T, F>(patience: Duration, ask: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let (mut ladders, since) = (Ladders::random(), Instant::now());
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Recovery::Retry(delay) = error.recovery() else {
            return Err(error);
        };
        let delay = ladders.next(delay).delay;
        if since.elapsed() + delay > patience {
            return Err(error);
        }
        warn!(%error, ?delay, "a request failed; it is sent again after a while");
        sleep(delay).await;
    }
}

/// The rules that the service has.
///
/// # Errors
/// If the request fails.
pub(crate) async fn list(rules: &impl Rules) -> Result<Vec<Remote>, Error> {
    let listed = rules.list().await?;
    Ok(listed.into_iter().map(Remote::from).collect())
}

/// What is left to do without the rules that the service has rejected.
fn without_rejected(mut plan: Plan, report: &Report) -> Plan {
    let rejected: HashSet<&str> = report
        .rejected
        .iter()
        .map(|rule| rule.value.as_str())
        .collect();
    if !rejected.is_empty() {
        plan.add
            .retain(|rule| !rejected.contains(rule.value.as_str()));
        plan.retag
            .retain(|retag| !rejected.contains(retag.declared.value.as_str()));
    }
    plan
}
