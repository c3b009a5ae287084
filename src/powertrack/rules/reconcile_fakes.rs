//! A service in memory that can fail before or after it has acted, and a ownership.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use hyper::StatusCode;

use super::*;
use crate::{
    powertrack::{
        error::{RejectedRule, Service},
        rules::bodies::{Deleted, NotDeleted, RemoteRule},
    },
    rule::plan::Owned,
};

/// Nothing in these tests waits.
pub(super) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    /// The request never arrives.
    Before,
    /// The request is carried out, but its answer is lost.
    After,
    /// 429: refused for now.
    RateLimit,
}

/// A service and a ownership that write down what happens to them, in one log.
#[derive(Default)]
pub(super) struct World {
    pub(super) remote: Mutex<Vec<RemoteRule>>,
    next_id: Mutex<i64>,
    /// What happens to the coming requests. After the last entry nothing special happens.
    pub(super) faults: Mutex<Vec<Option<Fault>>>,
    /// Ids that the service fails to delete.
    pub(super) stubborn: Vec<i64>,
    pub(super) log: Arc<Mutex<Vec<String>>>,
}

pub(super) fn text(value: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| value.to_owned(), |tag| format!("{value}/{tag}"))
}

impl World {
    pub(super) fn new(remote: &[(i64, &str, &str)]) -> Self {
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

    pub(super) fn plan(&self, declared: &[Declared], owned: &[Owned]) -> Plan {
        let remote = self.remote.lock().unwrap();
        let remote: Vec<_> = remote.iter().cloned().map(Remote::from).collect();
        Plan::new(declared, &remote, owned)
    }

    /// The rules without their ids, sorted.
    pub(super) fn rules(&self) -> Vec<String> {
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
pub(super) struct Book {
    pub(super) owned: Vec<Owned>,
    pub(super) log: Arc<Mutex<Vec<String>>>,
}

impl Book {
    pub(super) fn new(world: &World, owned: &[(&str, &str, Option<i64>)]) -> Self {
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

impl Ownership for Book {
    async fn intend(&mut self, rules: &[Declared]) -> Result<(), OwnershipError> {
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

    async fn own(&mut self, rules: &[Remote]) -> Result<(), OwnershipError> {
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

    async fn forget(&mut self, values: &[String]) -> Result<(), OwnershipError> {
        self.note("forget", values.iter().cloned());
        self.owned.retain(|owned| !values.contains(&owned.value));
        Ok(())
    }
}
