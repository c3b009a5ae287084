//! Reconciles against a service in memory that can fail before or after it has acted.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use expect_test::{Expect, expect};
use hyper::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::{
    powertrack::{
        RejectedRule, Service,
        rules::{Deleted, NotDeleted, RemoteRule},
    },
    rule::plan::Owned,
};

/// Nothing in these tests waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The request never arrives.
    Before,
    /// The request is carried out, and its answer lost.
    After,
    /// 429: refused for now.
    RateLimit,
}

/// A service and a ledger that write down what happens to them, in one log.
#[derive(Default)]
struct World {
    remote: Mutex<Vec<RemoteRule>>,
    next_id: Mutex<i64>,
    /// What happens to the requests to come; nothing special when it runs out.
    faults: Mutex<Vec<Option<Fault>>>,
    /// Ids that the service fails to delete.
    stubborn: Vec<i64>,
    log: Arc<Mutex<Vec<String>>>,
}

fn text(value: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| value.to_owned(), |tag| format!("{value}/{tag}"))
}

impl World {
    fn new(remote: &[(i64, &str, &str)]) -> Self {
        let world = Self::default();
        *world.next_id.lock().unwrap() = 100;
        let rules = remote.iter().map(|&(id, value, tag)| RemoteRule {
            id,
            value: value.to_owned(),
            tag: Some(tag.to_owned()),
        });
        world.remote.lock().unwrap().extend(rules);
        world
    }

    fn note(&self, what: &str, rules: impl Iterator<Item = String>) {
        let line = format!("{what} {}", rules.collect::<Vec<_>>().join(" "));
        self.log.lock().unwrap().push(line);
    }

    fn around<T>(&self, act: impl FnOnce() -> T) -> Result<T, Error> {
        let service = Service::Rules;
        let cause = "fault".to_owned();
        match self.faults.lock().unwrap().pop().flatten() {
            None => Ok(act()),
            Some(Fault::Before) => Err(Error::Connect { service, cause }),
            Some(Fault::RateLimit) => Err(Error::Status {
                service,
                status: StatusCode::TOO_MANY_REQUESTS,
                message: None,
            }),
            Some(Fault::After) => {
                act();
                Err(Error::Connect { service, cause })
            }
        }
    }

    fn plan(&self, declared: &[Declared], owned: &[Owned]) -> Plan {
        let remote = self.remote.lock().unwrap();
        let remote: Vec<_> = remote
            .iter()
            .map(|rule| Remote {
                id: rule.id,
                value: rule.value.clone(),
                tag: rule.tag.clone(),
            })
            .collect();
        Plan::new(declared, &remote, owned)
    }

    /// The rules without their ids, sorted.
    fn rules(&self) -> Vec<String> {
        let remote = self.remote.lock().unwrap();
        let mut rules: Vec<_> = remote
            .iter()
            .map(|rule| text(&rule.value, rule.tag.as_deref()))
            .collect();
        rules.sort();
        rules
    }
}

impl Rules for World {
    async fn list(&self) -> Result<Vec<RemoteRule>, Error> {
        Ok(self.remote.lock().unwrap().clone())
    }

    async fn add(&self, rules: &[NewRule]) -> Result<Vec<Added>, Error> {
        self.note(
            "POST add",
            rules
                .iter()
                .map(|rule| text(&rule.value, rule.tag.as_deref())),
        );
        let bad: Vec<_> = rules
            .iter()
            .filter(|rule| rule.value.starts_with('-'))
            .collect();
        if !bad.is_empty() {
            let reject = |rule: &&NewRule| RejectedRule {
                value: rule.value.clone(),
                message: "no".into(),
            };
            return Err(Error::Rejected {
                rules: bad.iter().map(reject).collect(),
            });
        }
        self.around(|| {
            let mut remote = self.remote.lock().unwrap();
            let mut added = Vec::new();
            for NewRule { value, tag } in rules.iter().cloned() {
                let existing = remote
                    .iter()
                    .find(|rule| rule.value == value)
                    .map(|rule| rule.id);
                let id = existing.unwrap_or_else(|| {
                    let mut next = self.next_id.lock().unwrap();
                    *next += 1;
                    *next
                });
                if existing.is_none() {
                    remote.push(RemoteRule {
                        id,
                        value: value.clone(),
                        tag: tag.clone(),
                    });
                }
                let message = existing.map(|_| "A rule with this value already exists".to_owned());
                added.push(Added {
                    value,
                    tag,
                    id: Some(id),
                    created: existing.is_none(),
                    message,
                });
            }
            added
        })
    }

    async fn delete_ids(&self, ids: &[i64]) -> Result<Deleted, Error> {
        self.note("POST delete", ids.iter().map(i64::to_string));
        self.around(|| {
            let mut answer = Deleted::default();
            let mut remote = self.remote.lock().unwrap();
            for &id in ids {
                let message = if self.stubborn.contains(&id) {
                    "Try later"
                } else if remote.iter().any(|rule| rule.id == id) {
                    remote.retain(|rule| rule.id != id);
                    answer.deleted += 1;
                    continue;
                } else {
                    "Rule does not exist"
                };
                answer.not_deleted += 1;
                answer.failures.push(NotDeleted {
                    id: Some(id),
                    message: message.to_owned(),
                });
            }
            answer
        })
    }
}

#[derive(Default)]
struct Book {
    owned: Vec<Owned>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Book {
    fn new(world: &World, owned: &[(&str, &str, Option<i64>)]) -> Self {
        let owned = owned.iter().map(|&(value, tag, id)| Owned {
            value: value.to_owned(),
            tag: Some(tag.to_owned()),
            id,
        });
        Self {
            owned: owned.collect(),
            log: Arc::clone(&world.log),
        }
    }

    fn put(&mut self, owned: Owned) {
        self.owned.retain(|other| other.value != owned.value);
        self.owned.push(owned);
    }

    fn note(&self, what: &str, rules: impl Iterator<Item = String>) {
        let line = format!("{what} {}", rules.collect::<Vec<_>>().join(" "));
        self.log.lock().unwrap().push(line);
    }
}

impl Ledger for Book {
    async fn intend(&mut self, rules: &[Declared]) -> Result<(), LedgerError> {
        self.note(
            "intend",
            rules
                .iter()
                .map(|rule| text(&rule.value, rule.tag.as_deref())),
        );
        for Declared { value, tag } in rules.iter().cloned() {
            self.put(Owned {
                value,
                tag,
                id: None,
            });
        }
        Ok(())
    }

    async fn own(&mut self, rules: &[Remote]) -> Result<(), LedgerError> {
        self.note(
            "own",
            rules
                .iter()
                .map(|rule| format!("{}#{}", text(&rule.value, rule.tag.as_deref()), rule.id)),
        );
        for Remote { id, value, tag } in rules.iter().cloned() {
            self.put(Owned {
                value,
                tag,
                id: Some(id),
            });
        }
        Ok(())
    }

    async fn forget(&mut self, values: &[String]) -> Result<(), LedgerError> {
        self.note("forget", values.iter().cloned());
        self.owned.retain(|owned| !values.contains(&owned.value));
        Ok(())
    }
}

fn declared(rules: &[(&str, &str)]) -> Vec<Declared> {
    let rules = rules.iter().map(|&(value, tag)| Declared {
        value: value.to_owned(),
        tag: Some(tag.to_owned()),
    });
    rules.collect()
}

/// Plans and reconciles, and shows what happened in which order.
fn check(world: &World, book: &mut Book, wanted: &[(&str, &str)], expected: Expect) {
    let plan = world.plan(&declared(wanted), &book.owned);
    let outcome = match now(reconcile(world, &plan, book)) {
        Ok(summary) => format!("{summary:?}"),
        Err(error) => format!("error: {error}"),
    };
    let mut log = std::mem::take(&mut *world.log.lock().unwrap());
    log.push(outcome);
    expected.assert_eq(&log.join("\n"));
}

#[test]
fn a_change_goes_in_three_steps() {
    let world = World::new(&[
        (1, "keep", "k"),
        (2, "retag", "1"),
        (3, "old", "o"),
        (4, "other", "z"),
    ]);
    let owned = [
        ("keep", "k", Some(1)),
        ("retag", "1", Some(2)),
        ("old", "o", Some(3)),
    ];
    let mut book = Book::new(&world, &owned);
    let wanted = [
        ("keep", "k"),
        ("retag", "2"),
        ("new", "n"),
        ("other", "mine"),
    ];
    check(
        &world,
        &mut book,
        &wanted,
        expect![[r#"
        POST delete 2
        intend retag/2 new/n
        POST add retag/2 new/n
        own retag/2#101 new/n#102
        POST delete 3
        forget old
        Summary { added: 2, deleted: 2, unchanged: 1, adopted: 0, conflicts: 1 }"#]],
    );
    assert_eq!(world.rules(), ["keep/k", "new/n", "other/z", "retag/2"]);
    check(
        &world,
        &mut book,
        &wanted,
        expect!["Summary { added: 0, deleted: 0, unchanged: 3, adopted: 0, conflicts: 1 }"],
    );
}

#[test]
fn a_lost_answer_does_not_lose_the_rule() {
    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    *world.faults.lock().unwrap() = vec![Some(Fault::After)];
    check(
        &world,
        &mut book,
        &[("a", "1")],
        expect![[r#"
        intend a/1
        POST add a/1
        error: the rules endpoint could not be reached: fault"#]],
    );
    check(
        &world,
        &mut book,
        &[("a", "1")],
        expect![[r#"
        own a/1#101
        Summary { added: 0, deleted: 0, unchanged: 1, adopted: 1, conflicts: 0 }"#]],
    );
    check(
        &world,
        &mut book,
        &[],
        expect![[r#"
        POST delete 101
        forget a
        Summary { added: 0, deleted: 1, unchanged: 0, adopted: 0, conflicts: 0 }"#]],
    );
    assert!(world.rules().is_empty());
}

#[test]
fn a_rejected_rule_leaves_everything_as_it_was() {
    let world = World::new(&[(1, "retag", "1"), (2, "old", "o")]);
    let mut book = Book::new(&world, &[("retag", "1", Some(1)), ("old", "o", Some(2))]);
    check(
        &world,
        &mut book,
        &[("retag", "2"), ("-bad", "b")],
        expect![[r#"
            POST delete 1
            intend retag/2 -bad/b
            POST add retag/2 -bad/b
            forget retag -bad
            intend retag/1
            POST add retag/1
            own retag/1#101
            error: the rules endpoint rejected a rule
              `-bad`
                = no"#]],
    );
    assert_eq!(world.rules(), ["old/o", "retag/1"]);
    check(
        &world,
        &mut book,
        &[("retag", "1")],
        expect![[r#"
        POST delete 2
        forget old
        Summary { added: 0, deleted: 1, unchanged: 1, adopted: 0, conflicts: 0 }"#]],
    );
}

#[test]
fn a_rule_that_appears_in_between_is_not_ours() {
    let world = World::new(&[]);
    let mut book = Book::new(&world, &[]);
    let plan = world.plan(&declared(&[("a", "1")]), &book.owned);
    let theirs = RemoteRule {
        id: 9,
        value: "a".into(),
        tag: None,
    };
    world.remote.lock().unwrap().push(theirs);
    let summary = now(reconcile(&world, &plan, &mut book)).unwrap();
    assert_eq!((summary.added, summary.conflicts), (0, 1));
    world.log.lock().unwrap().clear();
    check(
        &world,
        &mut book,
        &[],
        expect!["Summary { added: 0, deleted: 0, unchanged: 0, adopted: 0, conflicts: 0 }"],
    );
    assert_eq!(world.rules(), ["a"]);
}

#[test]
fn a_rule_that_cannot_be_deleted_stays_ours() {
    let mut world = World::new(&[(1, "old", "o"), (2, "retag", "1"), (3, "fine", "f")]);
    world.stubborn = vec![1, 2];
    let owned = [
        ("old", "o", Some(1)),
        ("retag", "1", Some(2)),
        ("fine", "f", Some(3)),
    ];
    let mut book = Book::new(&world, &owned);
    check(
        &world,
        &mut book,
        &[("retag", "2")],
        expect![[r#"
        POST delete 2
        intend retag/2
        POST add retag/2
        own retag/1#2
        POST delete 1 3
        forget fine
        Summary { added: 0, deleted: 1, unchanged: 0, adopted: 0, conflicts: 0 }"#]],
    );
    world.stubborn.clear();
    check(
        &world,
        &mut book,
        &[("retag", "2")],
        expect![[r#"
        POST delete 2
        intend retag/2
        POST add retag/2
        own retag/2#101
        POST delete 1
        forget old
        Summary { added: 1, deleted: 2, unchanged: 0, adopted: 0, conflicts: 0 }"#]],
    );
    assert_eq!(world.rules(), ["retag/2"]);
}

/// A set of declared rules out of a few values and tags.
fn some_rules() -> impl Strategy<Value = Vec<(String, String)>> {
    let tags = prop::collection::btree_map("[a-d]", "[xyz]", 0..4);
    tags.prop_map(|rules| rules.into_iter().collect())
}

fn some_faults() -> impl Strategy<Value = Vec<Option<Fault>>> {
    let fault = prop_oneof![
        2 => Just(None),
        1 => Just(Some(Fault::Before)),
        1 => Just(Some(Fault::After)),
        1 => Just(Some(Fault::RateLimit)),
    ];
    prop::collection::vec(fault, 0..4)
}

proptest! {
    #[test]
    fn whatever_fails_the_rules_come_out_right_and_others_are_left_alone(
        steps in prop::collection::vec((some_rules(), some_faults()), 1..8),
    ) {
        // Somebody else holds `d` all along.
        let world = World::new(&[(1, "d", "theirs"), (2, "e", "theirs")]);
        let mut book = Book::new(&world, &[]);
        let mut wanted = Vec::new();
        for (rules, faults) in steps {
            let rules: Vec<_> = rules.iter().map(|(value, tag)| (value.as_str(), tag.as_str())).collect();
            wanted = declared(&rules);
            *world.faults.lock().unwrap() = faults;
            let plan = world.plan(&wanted, &book.owned);
            let _ = now(reconcile(&world, &plan, &mut book));
        }
        world.faults.lock().unwrap().clear();
        let plan = world.plan(&wanted, &book.owned);
        now(reconcile(&world, &plan, &mut book)).unwrap();

        let ours = wanted.iter().filter(|rule| rule.value != "d");
        let mut expected: Vec<_> = ours.map(|rule| text(&rule.value, rule.tag.as_deref())).collect();
        expected.extend(["d/theirs".to_owned(), "e/theirs".to_owned()]);
        expected.sort();
        prop_assert_eq!(world.rules(), expected);
        let owns_theirs = book.owned.iter().any(|owned| owned.value == "d" || owned.value == "e");
        prop_assert!(!owns_theirs);
    }
}
