//! The difference between the rules that the script declares and the rules that the service has, and what has to be
//! done about it. Pure: no IO, no clock.

mod cost;
mod drift;
mod fingerprint;
mod guard;
mod rules;
#[cfg(test)]
mod tests;
mod wrap;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use self::wrap::{MOST, wrapped};
pub use self::{
    cost::{A_MINUTE, Cost, MOST_BYTES, MOST_RULES, batches},
    drift::{Drift, Vanishing},
    fingerprint::fingerprint,
    guard::{ALWAYS, Verdict},
    rules::{Conflict, Cover, Declared, Owned, Policy, Prune, Remote, Retag, same_tag},
};

/// The changes that make the service's rules equal to the declared ones. They are made in the order of the fields: what
/// is missing is added before anything is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Declared rules that the service does not have.
    pub add: Vec<Declared>,
    /// Declared rules that get another tag.
    pub retag: Vec<Retag>,
    /// Rules that are not declared any more.
    pub delete: Vec<Remote>,
    /// Rules in parentheses that a change of tags has left behind when it was broken off. They are deleted too.
    pub leftover: Vec<Remote>,
    /// How many declared rules the service has already, whoever added them.
    pub unchanged: usize,
    /// Those of them that are not ours. `ouzel rules adopt` makes them ours.
    pub adoptable: Vec<Remote>,
    /// Declared rules that the service has with another tag, and that are not ours. They stay as they are.
    pub conflicts: Vec<Conflict>,
    /// Rules that are neither declared nor ours. They stay.
    pub foreign: Vec<Remote>,
    /// Rules that are ours and not declared, and stay because nothing is pruned.
    pub kept: Vec<Remote>,
    /// Rules that stay and are ours by an intent. Their ids should be remembered now.
    pub claim: Vec<Remote>,
    /// Declared rules that are paused: the service is not to have them for now. Those that it has and that are ours are in
    /// `delete` too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paused: Vec<Declared>,
    /// Remembered values to forget, because the service has no such rule or has one that is not ours.
    pub forget: Vec<String>,
    /// How many rules the service has.
    pub remote: usize,
    /// The highest id of the service's rules: newer rules have higher ones.
    pub newest: i64,
    /// The [`fingerprint()`] of the service's rules.
    pub fingerprint: String,
    /// Whether the plan loses so much that it has to be forced.
    pub guard: Verdict,
}

impl Plan {
    /// Makes the plan that turns `remote` into `declared`, as far as `policy` allows.
    ///
    /// A remote rule is ours if its id is remembered, or if its value and tag are remembered without an id. In the
    /// second case ouzel most likely added it before a crash or a lost answer.
    /// If a value is declared twice, the first declaration counts.
    #[must_use]
    pub fn new(declared: &[Declared], remote: &[Remote], owned: &[Owned], policy: Policy) -> Self {
        Self::pausing(declared, &BTreeSet::new(), remote, owned, policy)
    }

    /// The same, and declared rules with one of these tags are paused. Those that are ours are deleted whatever is pruned,
    /// and the guard does not count them: somebody has asked for it.
    #[must_use]
    pub fn pausing(
        declared: &[Declared],
        tags: &BTreeSet<String>,
        remote: &[Remote],
        owned: &[Owned],
        policy: Policy,
    ) -> Self {
        let mut seen = HashSet::with_capacity(declared.len());
        let each = declared.iter().filter(|rule| seen.insert(&*rule.value));
        let is_paused = |rule: &&Declared| rule.tag.as_ref().is_some_and(|tag| tags.contains(tag));
        let (paused, live): (Vec<&Declared>, Vec<&Declared>) = each.partition(is_paused);
        let wanted = live.iter().map(|rule| rule.value.as_str()).collect();
        let mut making = Making::new(wanted, remote, owned);
        for rule in live {
            making.want(rule, policy.prune == Prune::All);
        }
        making.plan.paused = paused.iter().copied().cloned().collect();
        let paused: HashSet<&str> = paused.iter().map(|rule| &*rule.value).collect();
        for rule in remote {
            if making.wanted.contains(rule.value.as_str()) {
                continue;
            }
            let plan = &mut making.plan;
            let list = match (making.view.ours(rule), policy.prune) {
                (Some(ours), _) if ours.temporary => &mut plan.leftover,
                (Some(_), _) if paused.contains(&*rule.value) => &mut plan.delete,
                (Some(_), Prune::Owned) | (_, Prune::All) => &mut plan.delete,
                (Some(ours), Prune::None) => {
                    if ours.id.is_none() {
                        plan.claim.push(rule.clone());
                    }
                    &mut plan.kept
                }
                (None, Prune::Owned | Prune::None) => &mut plan.foreign,
            };
            list.push(rule.clone());
        }
        let mut plan = making.finish(remote, owned);
        let (_, lost) = plan.deletions();
        let there = remote.len();
        plan.guard = guard::judge(&lost, &plan.add, there, declared.is_empty(), policy);
        plan
    }

    /// The rules to delete: those that are paused, which go first, and those that are not declared.
    #[must_use]
    pub fn deletions(&self) -> (Vec<Remote>, Vec<Remote>) {
        let paused = self.paused_values();
        let delete = self.delete.iter().cloned();
        delete.partition(|rule| paused.contains(rule.value.as_str()))
    }

    /// Nothing of this plan, except that what is paused is deleted.
    #[must_use]
    pub fn only_pausing(&self) -> Self {
        let (paused, _) = self.deletions();
        Self {
            add: Vec::new(),
            retag: Vec::new(),
            delete: paused,
            leftover: Vec::new(),
            claim: Vec::new(),
            forget: Vec::new(),
            guard: Verdict::Fine,
            ..self.clone()
        }
    }

    fn paused_values(&self) -> HashSet<&str> {
        self.paused.iter().map(|rule| &*rule.value).collect()
    }

    /// What is left of this plan when the service has these rules now. What has been done in the meantime, by whomever,
    /// is not done again.
    #[must_use]
    pub fn remaining(&self, remote: &[Remote], owned: &[Owned]) -> Self {
        let retags = self.retag.iter().map(|retag| &retag.declared);
        let aims: Vec<&Declared> = self.add.iter().chain(retags).collect();
        let wanted = aims.iter().map(|rule| rule.value.as_str()).collect();
        let replaced: HashSet<i64> = self.retag.iter().map(|retag| retag.from.id).collect();
        let mut making = Making::new(wanted, remote, owned);
        for rule in aims {
            let there = making.view.by_value.get(rule.value.as_str());
            let is_replaced = there.is_some_and(|there| replaced.contains(&there.id));
            making.want(rule, is_replaced);
        }
        let gone: HashSet<i64> = self.delete.iter().map(|rule| rule.id).collect();
        for rule in remote {
            if gone.contains(&rule.id) {
                making.plan.delete.push(rule.clone());
            } else if making.view.is_temporary(rule) && !making.wanted.contains(rule.value.as_str())
            {
                making.plan.leftover.push(rule.clone());
            }
        }
        let mut plan = making.finish(remote, owned);
        plan.paused.clone_from(&self.paused);
        // Who is declared beside this is not known here.
        plan.forget.clear();
        plan.guard = self.guard;
        plan
    }

    /// Whether the service's rules stay as they are.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.changes() == 0
    }

    /// How many rules are changed: added, deleted, or given another tag.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.add.len() + self.retag.len() + self.delete.len() + self.leftover.len()
    }

    /// What the plan costs.
    #[must_use]
    pub fn cost(&self) -> Cost {
        Cost::of(self)
    }
}

/// The remote rules, and which of them are ours.
struct View<'a> {
    by_value: HashMap<&'a str, &'a Remote>,
    by_id: HashMap<i64, &'a Owned>,
    /// By value and tag: of one value, several may be on the way.
    intents: HashMap<(&'a str, &'a str), &'a Owned>,
}

impl<'a> View<'a> {
    fn new(remote: &'a [Remote], owned: &'a [Owned]) -> Self {
        let mut view = Self {
            by_value: HashMap::with_capacity(remote.len()),
            by_id: HashMap::with_capacity(owned.len()),
            intents: HashMap::new(),
        };
        for rule in remote {
            view.by_value.insert(&rule.value, rule);
        }
        for rule in owned {
            match rule.id {
                Some(id) => view.by_id.insert(id, rule),
                None => view.intents.insert((&rule.value, tag(&rule.tag)), rule),
            };
        }
        view
    }

    /// What is remembered about a rule that is ours; `None` if it is not.
    fn ours(&self, rule: &Remote) -> Option<&'a Owned> {
        let by_id = self.by_id.get(&rule.id);
        let intent = || self.intents.get(&(rule.value.as_str(), tag(&rule.tag)));
        by_id.or_else(intent).copied()
    }

    fn is_temporary(&self, rule: &Remote) -> bool {
        self.ours(rule).is_some_and(|owned| owned.temporary)
    }
}

/// A rule without a tag is the same as one with an empty one.
fn tag(tag: &Option<String>) -> &str {
    tag.as_deref().unwrap_or_default()
}

/// A plan in the making.
struct Making<'a> {
    wanted: HashSet<&'a str>,
    view: View<'a>,
    /// Rules in parentheses that this plan uses already.
    wrapped: HashSet<String>,
    plan: Plan,
}

impl<'a> Making<'a> {
    fn new(wanted: HashSet<&'a str>, remote: &'a [Remote], owned: &'a [Owned]) -> Self {
        Self {
            wanted,
            view: View::new(remote, owned),
            wrapped: HashSet::new(),
            plan: Plan {
                add: Vec::new(),
                retag: Vec::new(),
                delete: Vec::new(),
                leftover: Vec::new(),
                unchanged: 0,
                adoptable: Vec::new(),
                conflicts: Vec::new(),
                foreign: Vec::new(),
                kept: Vec::new(),
                claim: Vec::new(),
                paused: Vec::new(),
                forget: Vec::new(),
                remote: 0,
                newest: 0,
                fingerprint: String::new(),
                guard: Verdict::Fine,
            },
        }
    }

    /// Plans what a declared rule needs. The tag of a rule that is not ours is changed only if `may_retag`.
    fn want(&mut self, rule: &Declared, may_retag: bool) {
        let Some(there) = self.view.by_value.get(rule.value.as_str()).copied() else {
            self.plan.add.push(rule.clone());
            return;
        };
        let ours = self.view.ours(there);
        if same_tag(there.tag.as_deref(), rule.tag.as_deref()) {
            self.plan.unchanged += 1;
            match ours {
                None => self.plan.adoptable.push(there.clone()),
                Some(owned) if owned.id.is_none() || owned.temporary => {
                    self.plan.claim.push(there.clone());
                }
                Some(_) => {}
            }
        } else if ours.is_some() || may_retag {
            let cover = self.cover(rule);
            self.plan.retag.push(Retag {
                declared: rule.clone(),
                from: there.clone(),
                cover,
            });
        } else {
            self.plan.conflicts.push(Conflict {
                declared: rule.clone(),
                remote: there.clone(),
            });
        }
    }

    /// What matches the Tweets of a rule while its tag changes.
    fn cover(&mut self, rule: &Declared) -> Cover {
        for pairs in 1..=MOST {
            let Some(value) = wrapped(&rule.value, pairs) else {
                break;
            };
            if self.wanted.contains(value.as_str()) || self.wrapped.contains(&value) {
                continue;
            }
            let id = match self.view.by_value.get(value.as_str()) {
                None => None,
                Some(there)
                    if self.view.is_temporary(there)
                        && same_tag(there.tag.as_deref(), rule.tag.as_deref()) =>
                {
                    Some(there.id)
                }
                Some(_) => continue,
            };
            self.wrapped.insert(value.clone());
            return Cover::Wrapped { value, id };
        }
        Cover::Nothing
    }

    fn finish(self, remote: &[Remote], owned: &[Owned]) -> Plan {
        let Self {
            view,
            wrapped,
            mut plan,
            ..
        } = self;
        // What covers a retag goes when that is done.
        plan.leftover
            .retain(|rule| !wrapped.contains(rule.value.as_str()));
        let added: HashSet<&str> = plan.add.iter().map(|rule| rule.value.as_str()).collect();
        let is_over = |owned: &&Owned| match view.by_value.get(owned.value.as_str()) {
            // A lost request may arrive late, and what it adds for a while must not stay.
            None => {
                let may_come = owned.temporary && owned.id.is_none();
                !may_come && !added.contains(owned.value.as_str())
            }
            Some(there) => view.ours(there).is_none(),
        };
        // Of one value, several may be remembered, and they are forgotten together.
        let (over, stays): (Vec<&Owned>, Vec<&Owned>) = owned.iter().partition(is_over);
        let stays: HashSet<&str> = stays.iter().map(|owned| owned.value.as_str()).collect();
        let over: BTreeSet<&str> = over.iter().map(|owned| owned.value.as_str()).collect();
        let over = over.into_iter().filter(|value| !stays.contains(value));
        plan.forget = over.map(str::to_owned).collect();
        plan.remote = remote.len();
        plan.newest = remote.iter().map(|rule| rule.id).max().unwrap_or(0);
        plan.fingerprint = fingerprint(remote);
        plan
    }
}
