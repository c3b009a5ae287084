//! The model of plans: random sets, edits of somebody else, crashes and lost answers.

use proptest::prelude::*;

use super::{text, with};
use crate::plan::{Cover, Declared, Owned, Plan, Prune, Remote};

/// What the service and the record of owned rules look like.
#[derive(Debug, Clone, Default)]
struct World {
    remote: Vec<Remote>,
    owned: Vec<Owned>,
    next: i64,
}

impl World {
    fn add(&mut self, value: &str, tag: Option<&str>) -> Option<i64> {
        if self.remote.iter().any(|rule| rule.value == value) {
            return None;
        }
        self.next += 1;
        self.remote.push(Remote {
            id: self.next,
            value: value.to_owned(),
            tag: tag.map(str::to_owned),
        });
        Some(self.next)
    }

    fn delete(&mut self, id: i64) {
        self.remote.retain(|rule| rule.id != id);
    }

    fn remember(&mut self, value: &str, tag: Option<&str>, id: Option<i64>, temporary: bool) {
        self.forget(value);
        self.owned.push(Owned {
            value: value.to_owned(),
            tag: tag.map(str::to_owned),
            id,
            temporary,
        });
    }

    fn forget(&mut self, value: &str) {
        self.owned.retain(|rule| rule.value != value);
    }

    fn matches(&self, value: &str) -> bool {
        self.remote
            .iter()
            .any(|rule| rule.value.trim_matches(['(', ')']) == value)
    }

    /// Carries out a plan step by step as the client does, and stops after so many steps. After each step, `covered`
    /// sees the world.
    fn carry_out(&mut self, plan: &Plan, mut steps: usize, mut covered: impl FnMut(&Self)) {
        let mut go_on = || {
            let goes_on = steps > 0;
            steps = steps.saturating_sub(1);
            goes_on
        };
        for value in &plan.forget {
            self.forget(value);
        }
        for rule in &plan.claim {
            self.remember(&rule.value, rule.tag.as_deref(), Some(rule.id), false);
        }
        for rule in &plan.add {
            let tag = rule.tag.as_deref();
            self.remember(&rule.value, tag, None, false);
            if !go_on() {
                return;
            }
            let id = self.add(&rule.value, tag);
            covered(self);
            // Without this step the answer is lost.
            if !go_on() {
                return;
            }
            self.remember(&rule.value, tag, id, false);
        }
        for retag in &plan.retag {
            let (value, tag) = (&retag.declared.value, retag.declared.tag.as_deref());
            let mut temporary = None;
            if let Cover::Wrapped { value, id } = &retag.cover {
                temporary = *id;
                if id.is_none() {
                    self.remember(value, tag, None, true);
                    if !go_on() {
                        return;
                    }
                    temporary = self.add(value, tag);
                    covered(self);
                    if !go_on() {
                        return;
                    }
                    self.remember(value, tag, temporary, true);
                }
            }
            self.delete(retag.from.id);
            covered(self);
            if !go_on() {
                return;
            }
            self.remember(value, tag, None, false);
            if !go_on() {
                return;
            }
            let id = self.add(value, tag);
            covered(self);
            if !go_on() {
                return;
            }
            self.remember(value, tag, id, false);
            if let (Some(id), Cover::Wrapped { value, .. }) = (temporary, &retag.cover) {
                self.delete(id);
                covered(self);
                if !go_on() {
                    return;
                }
                self.forget(value);
            }
        }
        for rule in plan.delete.iter().chain(&plan.leftover) {
            self.delete(rule.id);
            covered(self);
            if !go_on() {
                return;
            }
            self.forget(&rule.value);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// The script declares these rules, and the plan is broken off after so many steps.
    Declare(Vec<(String, String)>, usize),
    SomebodyAdds(String, String),
    /// Somebody deletes the rule at this place.
    SomebodyDeletes(usize),
}

fn some_steps() -> impl Strategy<Value = Vec<Step>> {
    // With parentheses of their own, to collide with ouzel's.
    let value = prop_oneof![6 => "[a-d]", 1 => "\\([a-d]\\)"];
    let set = prop::collection::btree_map(value.clone(), "[xyz]", 0..5)
        .prop_map(|rules| rules.into_iter().collect::<Vec<_>>());
    let step = prop_oneof![
        4 => (set, 0..12_usize).prop_map(|(rules, steps)| Step::Declare(rules, steps)),
        1 => (value, "[xyz]").prop_map(|(value, tag)| Step::SomebodyAdds(value, tag)),
        1 => (0..8_usize).prop_map(Step::SomebodyDeletes),
    ];
    prop::collection::vec(step, 1..12)
}

fn as_declared(rules: &[(String, String)]) -> Vec<Declared> {
    let rule = |(value, tag): &(String, String)| Declared {
        value: value.clone(),
        tag: Some(tag.clone()),
    };
    rules.iter().map(rule).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever happens, the next plan that is carried out whole leaves what the ownership rules say. A rule that is
    /// declared before and after is never missing on the way there.
    #[test]
    fn after_each_quiet_moment_the_rules_are_what_the_ownership_says(
        steps in some_steps(),
        prune in prop_oneof![Just(Prune::Owned), Just(Prune::All), Just(Prune::None)],
    ) {
        let mut world = World::default();
        let mut theirs: Vec<i64> = Vec::new();
        let mut wanted = Vec::new();
        for step in steps {
            match step {
                Step::Declare(rules, most) => {
                    wanted = as_declared(&rules);
                    let plan = Plan::new(&wanted, &world.remote, &world.owned, with(prune));
                    world.carry_out(&plan, most, |_| ());
                }
                Step::SomebodyAdds(value, tag) => theirs.extend(world.add(&value, Some(&tag))),
                Step::SomebodyDeletes(at) => {
                    if let Some(id) = world.remote.get(at).map(|rule| rule.id) {
                        world.delete(id);
                    }
                }
            }
        }
        let before = world.clone();
        let plan = Plan::new(&wanted, &world.remote, &world.owned, with(prune));
        let held: Vec<_> = wanted.iter().filter(|rule| world.matches(rule.value.trim_matches(['(', ')']))).collect();
        let mut holes = Vec::new();
        world.carry_out(&plan, usize::MAX, |world| {
            holes.extend(held.iter().filter(|rule| !world.matches(rule.value.trim_matches(['(', ')']))).map(|rule| rule.value.clone()));
        });
        prop_assert!(holes.is_empty(), "{holes:?} from {before:?}");

        let again = Plan::new(&wanted, &world.remote, &world.owned, with(prune));
        prop_assert!(again.is_noop(), "{} from {before:?}", text(&again));
        // What is left of a plan that was carried out is nothing.
        prop_assert!(plan.remaining(&world.remote, &world.owned).is_noop());
        for rule in &wanted {
            let there = world.remote.iter().find(|there| there.value == rule.value);
            let there = there.unwrap_or_else(|| panic!("{rule:?} is missing"));
            let is_theirs = before.remote.iter().any(|old| old.id == there.id)
                && !world.owned.iter().any(|owned| owned.id == Some(there.id));
            prop_assert!(there.tag == rule.tag || (is_theirs && prune != Prune::All), "{there:?}");
        }
        for there in &world.remote {
            let is_declared = wanted.iter().any(|rule| rule.value == there.value);
            let is_ours = world.owned.iter().any(|owned| owned.id == Some(there.id));
            prop_assert!(is_declared || match prune {
                Prune::Owned => !is_ours,
                Prune::All => false,
                Prune::None => true,
            }, "{there:?} stays");
        }
        // Rules of others are never deleted, and never ours, except where all are pruned or the answer was lost.
        if prune != Prune::All {
            for id in theirs {
                let was_there = before.remote.iter().find(|rule| rule.id == id);
                let is_intent = |rule: &Remote| before.owned.iter().any(|owned| {
                    owned.id.is_none() && owned.value == rule.value && owned.tag == rule.tag
                });
                if let Some(rule) = was_there.filter(|rule| !is_intent(rule)) {
                    let stays = world.remote.contains(rule) || before.owned.iter().any(|owned| owned.id == Some(id));
                    prop_assert!(stays, "{rule:?} of somebody else is gone");
                }
            }
        }
        // Nothing is remembered that is not there.
        for owned in &world.owned {
            let is_there = world.remote.iter().any(|there| Some(there.id) == owned.id);
            prop_assert!(is_there || (owned.temporary && owned.id.is_none()), "{owned:?}");
        }
    }
}
