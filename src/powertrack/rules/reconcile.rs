//! Carries out a rule plan. The record of owned rules is true at every moment.

use std::{collections::HashMap, error::Error as StdError, future::Future};

use hyper::StatusCode;
use tracing::{debug, info, warn};

use crate::powertrack::{
    error::{Error, Recovery},
    rules::{
        MOST_RULES, Rules, batches,
        bodies::{Added, NewRule},
    },
};
use crate::rule::plan::{Declared, Plan, Remote};

/// Why the owned rules could not be written down.
pub(crate) type OwnershipError = Box<dyn StdError + Send + Sync>;

/// Remembers which rules are ours, by value, beyond the end of this process. When a call returns, what it wrote is
/// safe.
pub(crate) trait Ownership: Send {
    /// These rules are about to be added, so a rule that appears with such a value is ours. This replaces what was
    /// remembered about the value, its id included.
    fn intend(
        &mut self,
        rules: &[Declared],
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;

    /// These rules are ours and have these ids.
    fn own(&mut self, rules: &[Remote]) -> impl Future<Output = Result<(), OwnershipError>> + Send;

    /// Rules with these values are not ours any more.
    fn forget(
        &mut self,
        values: &[String],
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;
}

/// What a reconcile has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Rules added, including those with a changed tag.
    pub added: usize,
    /// Rules deleted, including those with a changed tag.
    pub deleted: usize,
    /// Declared rules that were there already.
    pub unchanged: usize,
    /// How many of those are newly known to be ours.
    pub adopted: usize,
    /// Declared rules that somebody else holds with another tag, or has added in the meantime.
    pub conflicts: usize,
}

/// Carries out `plan`: deletes the rules whose tag changes, adds rules, then deletes the rules that are not declared
/// any more. In this order a value is missing as shortly as possible [reference 3.10].
///
/// Nothing is tried twice in here. After an error that [`Error::recovery`] calls temporary, list
/// the rules again and make a new plan: the record of owned rules knows what may have happened.
///
/// # Errors
/// If a request fails or the owned rules cannot be written down. Where the service rejects the additions, the
/// rules deleted for their tags are put back as they were, and nothing else is deleted.
pub(crate) async fn reconcile(
    rules: &impl Rules,
    plan: &Plan,
    ownership: &mut impl Ownership,
) -> Result<Summary, Error> {
    let mut summary = Summary {
        unchanged: plan.unchanged,
        adopted: plan.adopt.len(),
        conflicts: plan.conflicts.len(),
        ..Summary::default()
    };
    for conflict in &plan.conflicts {
        let (value, wanted) = (&conflict.declared.value, &conflict.declared.tag);
        warn!(value, ?wanted, tag = ?conflict.remote.tag, "somebody else added this rule, so its tag stays");
    }
    if !plan.forget.is_empty() {
        ownership
            .forget(&plan.forget)
            .await
            .map_err(Error::Ownership)?;
    }
    if !plan.adopt.is_empty() {
        ownership.own(&plan.adopt).await.map_err(Error::Ownership)?;
    }

    let mut work = Work { rules, ownership };
    let (deleted, _) = work.delete(&plan.delete_first).await?;
    summary.deleted += deleted;
    let mut retagged: HashMap<&str, &Remote> = plan
        .delete_first
        .iter()
        .map(|rule| (rule.value.as_str(), rule))
        .collect();
    let new: Vec<NewRule> = plan.add.iter().map(new_rule).collect();
    for range in batches(&new) {
        let declared = &plan.add[range.clone()];
        match work.add(declared, &new[range], &retagged).await {
            Ok((added, conflicts)) => {
                summary.added += added;
                summary.conflicts += conflicts;
                for rule in declared {
                    retagged.remove(rule.value.as_str());
                }
            }
            Err(error) => {
                if is_rejection(&error) {
                    work.put_back(&retagged).await;
                }
                return Err(error);
            }
        }
    }
    let (deleted, gone) = work.delete(&plan.delete_last).await?;
    summary.deleted += deleted;
    if !gone.is_empty() {
        work.ownership
            .forget(&gone)
            .await
            .map_err(Error::Ownership)?;
    }

    let Summary {
        added,
        deleted,
        unchanged,
        adopted,
        conflicts,
    } = summary;
    if plan.is_noop() {
        debug!(unchanged, adopted, conflicts, "rules are as declared");
    } else {
        info!(
            added,
            deleted, unchanged, adopted, conflicts, "rules reconciled"
        );
    }
    Ok(summary)
}

struct Work<'a, R, L> {
    rules: &'a R,
    ownership: &'a mut L,
}

impl<R: Rules, L: Ownership> Work<'_, R, L> {
    /// Deletes rules. Returns how many were deleted, and the values of those that are certainly gone.
    async fn delete(&self, rules: &[Remote]) -> Result<(usize, Vec<String>), Error> {
        let (mut deleted, mut gone) = (0, Vec::new());
        for batch in rules.chunks(MOST_RULES) {
            let ids: Vec<i64> = batch.iter().map(|rule| rule.id).collect();
            let answer = self.rules.delete_ids(&ids).await?;
            deleted += answer.deleted;
            let mut stays: Vec<_> = answer.failures.iter().collect();
            stays.retain(|failure| !failure.was_gone());
            for failure in &stays {
                let (id, message) = (failure.id, &failure.message);
                warn!(id, message, "a rule could not be deleted");
            }
            // A failure that names no rule may mean any of the rules [reference 3.7: not published].
            if stays.iter().all(|failure| failure.id.is_some()) {
                let stays: Vec<_> = stays.iter().filter_map(|failure| failure.id).collect();
                let lost = batch.iter().filter(|rule| !stays.contains(&rule.id));
                gone.extend(lost.map(|rule| rule.value.clone()));
            }
        }
        Ok((deleted, gone))
    }

    /// Adds rules in one request. Returns how many are new, and how many turned out not to be ours.
    async fn add(
        &mut self,
        declared: &[Declared],
        new: &[NewRule],
        retagged: &HashMap<&str, &Remote>,
    ) -> Result<(usize, usize), Error> {
        // This comes before the request: if the answer is lost, the rules are there and still ours.
        self.ownership
            .intend(declared)
            .await
            .map_err(Error::Ownership)?;
        let answers = match self.rules.add(new).await {
            Ok(answers) => answers,
            Err(error) => {
                if is_rejection(&error) {
                    let values: Vec<_> = declared.iter().map(|rule| rule.value.clone()).collect();
                    self.ownership
                        .forget(&values)
                        .await
                        .map_err(Error::Ownership)?;
                }
                return Err(error);
            }
        };
        let (mut added, mut conflicts) = (0, Vec::new());
        let mut own = Vec::new();
        for answer in answers {
            let Added { value, tag, id, .. } = answer;
            if answer.created {
                added += 1;
                // Without an id the intent stays, and the next plan finds the id.
                own.extend(id.map(|id| Remote { id, value, tag }));
            } else if let Some(&old) = retagged.get(value.as_str()) {
                warn!(value, tag = ?old.tag, "a rule could not be deleted, so its tag stays");
                own.push(old.clone());
            } else {
                let message = answer.message.unwrap_or_default();
                warn!(value, message, "somebody else added this rule just now");
                conflicts.push(value);
            }
        }
        if !own.is_empty() {
            self.ownership.own(&own).await.map_err(Error::Ownership)?;
        }
        if !conflicts.is_empty() {
            self.ownership
                .forget(&conflicts)
                .await
                .map_err(Error::Ownership)?;
        }
        Ok((added, conflicts.len()))
    }

    /// Adds the rules again that were deleted for their tags: a broken rule must not silence working ones.
    async fn put_back(&mut self, rules: &HashMap<&str, &Remote>) {
        let declared = |rule: &&Remote| Declared {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
        };
        let old: Vec<Declared> = rules.values().map(declared).collect();
        let new: Vec<NewRule> = old.iter().map(new_rule).collect();
        for range in batches(&new) {
            let count = range.len();
            match self.add(&old[range.clone()], &new[range], rules).await {
                Ok(_) => info!(rules = count, "put back the rules deleted for their tags"),
                // The caller hears about the rejection. The next plan adds these rules again.
                Err(error) => warn!(%error, rules = count, "could not put back deleted rules"),
            }
        }
    }
}

fn new_rule(rule: &Declared) -> NewRule {
    NewRule {
        value: rule.value.clone(),
        tag: rule.tag.clone(),
    }
}

/// Whether the service has said that it added nothing. After any other failure nobody knows.
fn is_rejection(error: &Error) -> bool {
    match error {
        Error::Rejected { .. } => true,
        Error::Status { status, .. } => {
            error.recovery() == Recovery::GiveUp
                && status.is_client_error()
                && *status != StatusCode::REQUEST_TIMEOUT
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "reconcile_fakes.rs"]
mod fakes;
#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
