//! Carries out a rule plan, once. The record of owned rules is true at every moment.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;
use tracing::warn;

use super::{
    Rules,
    bodies::{Added, NewRule},
    ownership::Ownership,
    recorded::{intent, owned, retagging, values, wrapped},
};
use crate::{
    powertrack::error::{Error, RejectedRule},
    rule::plan::{Cover, Declared, MOST_RULES, Owned, Plan, Remote, Retag, batches},
};

/// When there is no room for all rules in parentheses at once, they are changed in parts, but in no more than so many:
/// each part takes four requests.
const MOST_PARTS: usize = 8;

/// What carrying out plans has done so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Rules that were added.
    pub added: usize,
    /// Rules that got another tag.
    pub retagged: usize,
    /// Rules that were deleted.
    pub deleted: usize,
    /// Rules that somebody else added between the list and the addition.
    pub conflicts: usize,
    /// Rules that the service does not take, and its words.
    pub rejected: Vec<RejectedRule>,
    /// Times in which Tweets of declared rules were not delivered.
    pub gaps: Vec<Gap>,
}

/// A time in which a rule was missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    /// How many rules were missing.
    pub rules: usize,
    /// One of them.
    pub example: String,
    /// For how long: from before the deletion was sent until the addition was answered.
    pub lasted: Duration,
}

/// How far it is.
#[derive(Debug)]
pub(crate) enum Progress<'a> {
    /// So many of so many rules are changed.
    Changed {
        /// How many are.
        done: usize,
        /// How many there are to change.
        total: usize,
    },
    /// A request failed in a way that may pass.
    Waits {
        /// Why.
        error: &'a Error,
        /// How long until the next attempt.
        delay: Duration,
    },
}

/// Who is told how far it is.
pub(crate) type Told<'a> = dyn FnMut(Progress<'_>) + Send + 'a;

/// Carries out `plan`: deletes what is paused, adds rules, changes tags, and deletes rules last, so that nothing that stays declared is missing
/// at any time. If the service rejects a rule, the others are added and nothing is deleted. Adds what it does to
/// `report`.
///
/// Nothing is tried twice in here, except that what is left of an addition is sent again without the rules that the
/// service does not take. After an error that [`Error::recovery`] calls temporary, list the rules again and go on with
/// what the list leaves of the plan: the record of owned rules knows what may have happened. If this future is dropped,
/// the same is true.
///
/// # Errors
/// If a request fails or the record of owned rules cannot be written.
pub(crate) async fn reconcile(
    rules: &impl Rules,
    plan: &Plan,
    ownership: &mut impl Ownership,
    report: &mut Report,
    told: &mut Told<'_>,
) -> Result<(), Error> {
    let intents = ownership.owned().into_iter();
    let intents = intents.filter(|rule| rule.id.is_none());
    let intents: HashSet<_> = intents.map(|rule| (rule.value, rule.tag)).collect();
    let found = plan.leftover.iter();
    let found = found.filter(|rule| intents.contains(&(rule.value.clone(), rule.tag.clone())));
    let found: Vec<Owned> = found.map(|rule| owned(rule, true)).collect();
    let (paused, delete) = plan.deletions();
    let mut work = Work {
        rules,
        ownership,
        report,
        told,
        intents,
        newest: plan.newest,
        delete: &delete,
        leftover: &plan.leftover,
        there: plan.remote,
        to_add: plan.add.len(),
        done: 0,
        total: plan.changes(),
    };
    work.forget(&plan.forget).await?;
    work.report.added += plan.claim.len();
    let claimed: Vec<Owned> = plan.claim.iter().map(|rule| owned(rule, false)).collect();
    work.remember(&claimed).await?;
    // Tweets come with the ids of what a broken off change of tags has left.
    work.remember(&found).await?;
    // The script may have taken such a change back.
    let retags = plan.retag.iter().map(|retag| &retag.declared);
    let changing = plan.add.iter().chain(retags);
    let changing = changing.map(|rule| rule.value.as_str()).collect();
    let settled = work.ownership.settled(&changing);
    settled.await.map_err(Error::Ownership)?;
    work.tell(0);
    // What is paused costs more with each second, and nothing has to be there before it goes.
    let before = work.report.deleted;
    work.delete_undeclared(&paused).await?;
    work.there = work.there.saturating_sub(work.report.deleted - before);
    let has_cover = |retag: &&Retag| retag.cover != Cover::Nothing;
    let (covered, bare): (Vec<&Retag>, Vec<&Retag>) = plan.retag.iter().partition(has_cover);
    // A change that was broken off has left its cover. It needs no more room, and gives some to all that follows.
    let is_begun = |retag: &&Retag| matches!(retag.cover, Cover::Wrapped { id: Some(_), .. });
    let (begun, new): (Vec<&Retag>, Vec<&Retag>) = covered.into_iter().partition(is_begun);
    for range in batches(begun.iter().map(|retag| &retag.declared)) {
        work.retag(&begun[range]).await?;
    }
    for range in batches(&plan.add) {
        work.add_new(&plan.add[range]).await?;
    }
    for range in batches(new.iter().map(|retag| &retag.declared)) {
        work.retag(&new[range]).await?;
    }
    for range in batches(bare.iter().map(|retag| &retag.declared)) {
        work.retag_with_gap(&bare[range]).await?;
    }
    let (delete, leftover) = (work.delete, work.leftover);
    if work.report.rejected.is_empty() {
        work.delete_undeclared(delete).await?;
        work.delete_undeclared(leftover).await?;
    } else if !delete.is_empty() {
        // One of them is most likely the last version of a rejected one.
        let rules = delete.len();
        warn!(
            rules,
            "rules that are not declared any more stay until no rule is rejected"
        );
    }
    let none = HashSet::new();
    let settled = ownership.settled(&none);
    settled.await.map_err(Error::Ownership)
}

struct Work<'a, 't, R, L> {
    rules: &'a R,
    ownership: &'a mut L,
    report: &'a mut Report,
    told: &'a mut Told<'t>,
    /// What earlier requests may have added, if their answers were lost.
    intents: HashSet<(String, Option<String>)>,
    newest: i64,
    /// What is still to be deleted.
    delete: &'a [Remote],
    leftover: &'a [Remote],
    /// How many rules the service has.
    there: usize,
    /// How many declared rules are still to be added.
    to_add: usize,
    done: usize,
    total: usize,
}

/// What became of the rules of one addition: the ids of those that are ours now.
type Created = HashMap<String, Option<i64>>;

/// Rules that nothing matches the Tweets of for a while.
#[derive(Default)]
struct Uncovered<'r> {
    rules: Vec<&'r Declared>,
    since: Option<Instant>,
}

/// What became of rules whose tags change.
struct Swapped {
    /// The values of those that were deleted.
    gone: HashSet<String>,
    /// Those that are back.
    created: Created,
}

impl<R: Rules, L: Ownership> Work<'_, '_, R, L> {
    /// Adds declared rules. If the contract allows no more, what is to be deleted goes first, but only once it is known
    /// that all of them fit then: rules that are deleted for others that do not fit either would be missing for nothing.
    async fn add_new(&mut self, rules: &[Declared]) -> Result<(), Error> {
        let (mut rest, mut part) = (rules, rules.len());
        let (mut deleted, mut uncovered) = (0, Uncovered::default());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(part);
            match self.add(now, false).await {
                Ok(created) => {
                    self.report.added += created.len();
                    self.there += created.len();
                    self.to_add = self.to_add.saturating_sub(now.len());
                    self.tell(now.len());
                    (rest, part) = (later, later.len());
                }
                Err(error) if error.is_rule_limit() => {
                    let spare = self.delete.len() + self.leftover.len();
                    let short = self.to_add.saturating_sub(spare);
                    if short == 0 {
                        deleted += self.make_room(rest, &mut uncovered).await?;
                        part = rest.len();
                    } else if short < part {
                        // If so many more fit beside all that is there, all fit when the others are deleted.
                        part = short;
                    } else if deleted > 0 && part > 1 {
                        // Somebody else has taken the room. What fits is better than nothing.
                        part = part.div_ceil(2).min(part - 1);
                    } else {
                        self.note_gap(&uncovered);
                        return Err(Error::NoRoom {
                            there: self.there,
                            allowed: self.there + part - 1,
                            wanted: self.there + short,
                            deleted,
                        });
                    }
                }
                Err(error) => return Err(error),
            }
        }
        self.note_gap(&uncovered);
        Ok(())
    }

    /// Deletes what is not declared, or what a broken off change of tags has left, so that rules fit. Says how many that
    /// were.
    async fn make_room<'r>(
        &mut self,
        rules: &'r [Declared],
        uncovered: &mut Uncovered<'r>,
    ) -> Result<usize, Error> {
        let mut delete = std::mem::take(&mut self.delete);
        if delete.is_empty() {
            // What is left takes the room of the rule that it stands in for.
            delete = std::mem::take(&mut self.leftover);
            let covered = |rule: &&Declared| {
                let mut covers = delete.iter();
                covers.any(|cover| rule.is_wrapped_in(&cover.value))
            };
            let (rules, since) = (rules.iter().filter(covered).collect(), Instant::now());
            *uncovered = Uncovered {
                rules,
                since: Some(since),
            };
        } else {
            warn!(
                rules = delete.len(),
                "there is no room for more rules, so those that are not declared are deleted first"
            );
        }
        let before = self.report.deleted;
        self.delete_undeclared(delete).await?;
        let deleted = self.report.deleted - before;
        self.there = self.there.saturating_sub(deleted);
        Ok(deleted)
    }

    /// Gives rules other tags, with rules in parentheses in between.
    async fn retag(&mut self, retags: &[&Retag]) -> Result<(), Error> {
        let (mut rest, mut part) = (retags, retags.len());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(part.min(rest.len()));
            let covers = match self.cover(now).await {
                Ok(covers) => covers,
                Err(error) if error.is_rule_limit() => {
                    if !self.delete.is_empty() {
                        let delete = std::mem::take(&mut self.delete);
                        self.delete_undeclared(delete).await?;
                    } else if part > 1 && part > retags.len().div_ceil(MOST_PARTS) {
                        part = part.div_ceil(2);
                    } else {
                        return self.retag_with_gap(rest).await;
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            let is_covered = |retag: &&&Retag| covers.contains_key(wrapped(retag));
            let (covered, bare): (Vec<&Retag>, Vec<&Retag>) = now.iter().partition(is_covered);
            let changed = self.swap(&covered).await?;
            // Where the rule is not back with its new tag, what covers it stays for the next plan.
            let covers: Vec<Remote> = covered
                .iter()
                .filter(|retag| changed.created.contains_key(&retag.declared.value))
                .filter_map(|retag| {
                    let value = wrapped(retag);
                    Some(Remote {
                        id: (*covers.get(value)?)?,
                        value: value.to_owned(),
                        tag: retag.declared.tag.clone(),
                    })
                })
                .collect();
            let gone = self.delete(&covers).await?;
            self.there = self.there.saturating_sub(gone.len());
            self.forget_covers(&covers, gone).await?;
            // Where the service would not have the rule in parentheses.
            self.retag_with_gap(&bare).await?;
            rest = later;
        }
        Ok(())
    }

    /// Forgets rules in parentheses that are gone. If a request for one was lost, that may still arrive, and what it adds
    /// then must be known to be ours.
    async fn forget_covers(&mut self, covers: &[Remote], gone: Vec<String>) -> Result<(), Error> {
        let gone: HashSet<String> = gone.into_iter().collect();
        let gone = covers.iter().filter(|cover| gone.contains(&cover.value));
        let was_lost = |cover: &&Remote| {
            self.intents
                .contains(&(cover.value.clone(), cover.tag.clone()))
        };
        let (lost, over): (Vec<&Remote>, Vec<&Remote>) = gone.partition(was_lost);
        let lost: Vec<Owned> = lost
            .into_iter()
            .map(|cover| Owned {
                id: None,
                ..owned(cover, true)
            })
            .collect();
        let over: Vec<String> = over.into_iter().map(|cover| cover.value.clone()).collect();
        self.remember(&lost).await?;
        self.forget(&over).await
    }

    /// Adds the rules in parentheses. Gives the ids of those that are there now.
    async fn cover(&mut self, retags: &[&Retag]) -> Result<Created, Error> {
        self.announce(retags).await?;
        let (mut there, mut add) = (Created::new(), Vec::new());
        for retag in retags {
            match &retag.cover {
                Cover::Wrapped {
                    value,
                    id: Some(id),
                } => {
                    there.insert(value.clone(), Some(*id));
                }
                Cover::Wrapped { value, id: None } => add.push(Declared {
                    value: value.clone(),
                    tag: retag.declared.tag.clone(),
                }),
                Cover::Nothing => {}
            }
        }
        for range in batches(&add) {
            let added = self.add(&add[range], true).await?;
            self.there += added.len();
            there.extend(added);
        }
        Ok(there)
    }

    /// Gives rules other tags although nothing matches their Tweets in between.
    async fn retag_with_gap(&mut self, retags: &[&Retag]) -> Result<(), Error> {
        if retags.is_empty() {
            return Ok(());
        }
        self.announce(retags).await?;
        let since = Instant::now();
        let changed = self.swap(retags).await?;
        let rules = retags.iter().map(|retag| &retag.declared);
        let was_missing = |rule: &&Declared| changed.gone.contains(&rule.value);
        self.note_gap(&Uncovered {
            rules: rules.filter(was_missing).collect(),
            since: Some(since),
        });
        Ok(())
    }

    async fn announce(&mut self, retags: &[&Retag]) -> Result<(), Error> {
        let retags: Vec<_> = retags
            .iter()
            .map(|retag| retagging(retag, self.newest))
            .collect();
        let announced = self.ownership.retag(&retags);
        announced.await.map_err(Error::Ownership)
    }

    /// Deletes rules with their old tags and adds them with their new ones.
    async fn swap(&mut self, retags: &[&Retag]) -> Result<Swapped, Error> {
        let old: Vec<Remote> = retags.iter().map(|retag| retag.from.clone()).collect();
        let gone: HashSet<String> = self.delete(&old).await?.into_iter().collect();
        let is_gone = |retag: &&&Retag| gone.contains(&retag.from.value);
        let (changed, stay): (Vec<&Retag>, Vec<&Retag>) = retags.iter().partition(is_gone);
        for retag in stay {
            let (value, tag) = (&retag.from.value, retag.from.tag.as_deref());
            let tag = tag.unwrap_or_default();
            warn!(value, tag, "a rule could not be deleted, so its tag stays");
        }
        let new: Vec<Declared> = changed.iter().map(|one| one.declared.clone()).collect();
        let mut created = Created::new();
        for range in batches(&new) {
            created.extend(self.add(&new[range], false).await?);
        }
        self.report.retagged += created.len();
        // A new tag that the service does not take must not silence the rule.
        let refused = changed.iter().filter(|retag| {
            let rejected = &mut self.report.rejected.iter();
            rejected.any(|rule| rule.value == retag.declared.value)
        });
        let old: Vec<Declared> = refused
            .map(|retag| Declared {
                value: retag.from.value.clone(),
                tag: retag.from.tag.clone(),
            })
            .collect();
        for range in batches(&old) {
            self.add(&old[range], false).await?;
        }
        self.tell(retags.len());
        Ok(Swapped { gone, created })
    }

    /// Adds rules in one request, and once more without those that the service does not take. Gives those that are ours
    /// now.
    async fn add(&mut self, rules: &[Declared], temporary: bool) -> Result<Created, Error> {
        let mut rules = rules.to_vec();
        let mut is_first = true;
        loop {
            // This comes before the request: if the answer is lost, the rules are there and still ours.
            let intents: Vec<Owned> = rules.iter().map(|rule| intent(rule, temporary)).collect();
            self.remember(&intents).await?;
            let new: Vec<NewRule> = rules.iter().map(NewRule::from).collect();
            let rejected = match self.rules.add(&new).await {
                Ok(answers) => return self.added(answers, temporary).await,
                Err(Error::Rejected { rules }) => rules,
                Err(error) => {
                    if error.is_refusal() {
                        self.forget(&values(&rules)).await?;
                    } else {
                        let written = self.ownership.overdue(&intents);
                        written.await.map_err(Error::Ownership)?;
                    }
                    return Err(error);
                }
            };
            let (bad, good): (Vec<Declared>, Vec<Declared>) = rules
                .into_iter()
                .partition(|rule| rejected.iter().any(|bad| bad.value == rule.value));
            self.forget(&values(&bad)).await?;
            // A rule in parentheses only stands in for another one, and is not the script's.
            if !temporary {
                self.report.rejected.extend(rejected);
            }
            if bad.is_empty() || good.is_empty() || !is_first {
                if !good.is_empty() {
                    warn!(
                        rules = good.len(),
                        "rules are not added, because the service refused the request twice"
                    );
                }
                self.forget(&values(&good)).await?;
                return Ok(Created::new());
            }
            rules = good;
            is_first = false;
        }
    }

    async fn added(&mut self, answers: Vec<Added>, temporary: bool) -> Result<Created, Error> {
        let (mut created, mut own, mut taken) = (Created::new(), Vec::new(), Vec::new());
        let sent: HashSet<&str> = self.intents.iter().map(|(value, _)| &**value).collect();
        for answer in answers {
            let Added { value, tag, id, .. } = answer;
            let is_late = self.intents.contains(&(value.clone(), tag.clone()));
            if answer.created || is_late {
                // Without an id the intent stays, and the next list has the id.
                if let Some(id) = id {
                    let rule = Remote {
                        id,
                        value: value.clone(),
                        tag,
                    };
                    own.push(owned(&rule, temporary));
                }
                created.insert(value, id);
            } else {
                // If it came late with another tag, it is ours, and the next plan changes that.
                if !temporary && !sent.contains(value.as_str()) {
                    let message = answer.message.unwrap_or_default();
                    warn!(value, message, "somebody else added this rule just now");
                    self.report.conflicts += 1;
                }
                taken.push(value);
            }
        }
        self.remember(&own).await?;
        self.forget(&taken).await?;
        Ok(created)
    }

    /// Deletes rules that nobody needs any more.
    async fn delete_undeclared(&mut self, rules: &[Remote]) -> Result<(), Error> {
        for batch in rules.chunks(MOST_RULES) {
            let gone = self.delete(batch).await?;
            self.report.deleted += gone.len();
            self.forget(&gone).await?;
            self.tell(batch.len());
        }
        Ok(())
    }

    /// Deletes rules. Gives the values of those that are certainly gone.
    async fn delete(&mut self, rules: &[Remote]) -> Result<Vec<String>, Error> {
        let mut gone = Vec::new();
        for batch in rules.chunks(MOST_RULES) {
            let ids: Vec<i64> = batch.iter().map(|rule| rule.id).collect();
            let answer = self.rules.delete_ids(&ids).await?;
            let mut stays: Vec<_> = answer.failures.iter().collect();
            stays.retain(|failure| !failure.was_gone());
            for failure in &stays {
                let (id, message) = (failure.id, &failure.message);
                warn!(id, message, "a rule could not be deleted");
            }
            // A failure that names no rule may mean any of the rules [reference 3.7: not published].
            if stays.iter().all(|failure| failure.id.is_some()) {
                let stays: HashSet<i64> = stays.iter().filter_map(|failure| failure.id).collect();
                let lost = batch.iter().filter(|rule| !stays.contains(&rule.id));
                gone.extend(lost.map(|rule| rule.value.clone()));
            }
        }
        Ok(gone)
    }

    async fn remember(&mut self, rules: &[Owned]) -> Result<(), Error> {
        if rules.is_empty() {
            return Ok(());
        }
        let written = self.ownership.remember(rules);
        written.await.map_err(Error::Ownership)
    }

    async fn forget(&mut self, values: &[String]) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
        let written = self.ownership.forget(values);
        written.await.map_err(Error::Ownership)
    }

    fn note_gap(&mut self, missing: &Uncovered<'_>) {
        let (Some(example), Some(since)) = (missing.rules.first(), missing.since) else {
            return;
        };
        let gap = Gap {
            rules: missing.rules.len(),
            example: example.value.clone(),
            lasted: since.elapsed(),
        };
        let (rules, example, lasted) = (gap.rules, &gap.example, gap.lasted);
        warn!(
            rules,
            example,
            ?lasted,
            "rules were missing while their tags changed, because there was no room for both"
        );
        self.report.gaps.push(gap);
    }

    fn tell(&mut self, more: usize) {
        self.done = self.total.min(self.done + more);
        (self.told)(Progress::Changed {
            done: self.done,
            total: self.total,
        });
    }
}

#[cfg(test)]
#[path = "reconcile_fakes.rs"]
mod fakes;
#[cfg(test)]
#[path = "reconcile_tests.rs"]
mod tests;
