//! A service in memory that can fail before, while or after it has acted, and a record of owned rules.

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
        rules::{
            bodies::{Deleted, NotDeleted, RemoteRule},
            ownership::{OwnershipError, Retagging},
        },
    },
    rule::plan::Policy,
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
    /// Half of the request is carried out, and the answer is 503.
    Half,
    /// Another request is being carried out.
    Collides,
}

/// A service that writes down what happens to it.
#[derive(Default)]
pub(super) struct World {
    pub(super) remote: Mutex<Vec<RemoteRule>>,
    next_id: Mutex<i64>,
    /// What happens to the coming requests. After the last entry nothing special happens.
    pub(super) faults: Mutex<Vec<Option<Fault>>>,
    /// Ids that the service fails to delete.
    pub(super) stubborn: Vec<i64>,
    /// The most rules that there may be; zero for any number.
    pub(super) limit: usize,
    /// Values without their parentheses that must match all the time.
    pub(super) held: Mutex<Vec<String>>,
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

    /// Acts on so many rules as the fault of this request lets through.
    fn around<T>(&self, rules: usize, act: impl FnOnce(usize) -> T) -> Result<T, Error> {
        let service = Service::Rules;
        let lost = || Error::Connect {
            service,
            cause: "fault".to_owned(),
        };
        let status = |status| Error::Status {
            service,
            status,
            message: None,
        };
        let fault = self.faults.lock().unwrap().pop().flatten();
        let answer = match fault {
            None => Ok(act(rules)),
            Some(Fault::Before) => Err(lost()),
            Some(Fault::RateLimit) => Err(status(StatusCode::TOO_MANY_REQUESTS)),
            Some(Fault::Collides) => Err(Error::Collided { message: None }),
            Some(Fault::Half) => {
                act(rules / 2);
                Err(status(StatusCode::SERVICE_UNAVAILABLE))
            }
            Some(Fault::After) => {
                act(rules);
                Err(lost())
            }
        };
        let remote = self.remote.lock().unwrap();
        for held in self.held.lock().unwrap().iter() {
            let matches = |rule: &RemoteRule| rule.value.trim_matches(['(', ')']) == held;
            assert!(
                remote.iter().any(matches),
                "nothing matches the Tweets of `{held}`"
            );
        }
        answer
    }

    pub(super) fn remote(&self) -> Vec<Remote> {
        let remote = self.remote.lock().unwrap();
        remote.iter().cloned().map(Remote::from).collect()
    }

    pub(super) fn plan(&self, declared: &[Declared], owned: &[Owned]) -> Plan {
        Plan::new(declared, &self.remote(), owned, Policy::default())
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
        let has_room = {
            let remote = self.remote.lock().unwrap();
            let is_new = |rule: &&NewRule| !remote.iter().any(|there| there.value == rule.value);
            let new = rules.iter().filter(is_new).count();
            self.limit == 0 || new == 0 || remote.len() + new <= self.limit
        };
        if !has_room {
            return Err(Error::Status {
                service: Service::Rules,
                status: StatusCode::UNPROCESSABLE_ENTITY,
                message: Some("Request exceeds account’s Rule Limit.".to_owned()),
            });
        }
        self.around(rules.len(), |count| {
            let mut remote = self.remote.lock().unwrap();
            let mut added = Vec::new();
            for NewRule { value, tag } in rules[..count].iter().cloned() {
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
        self.around(ids.len(), |count| {
            let mut answer = Deleted::default();
            let mut remote = self.remote.lock().unwrap();
            for &id in &ids[..count] {
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
            temporary: false,
        });
        Self {
            owned: owned.collect(),
            log: Arc::clone(&world.log),
        }
    }

    fn note(&self, what: &str, rules: impl Iterator<Item = String>) {
        let line = format!("{what} {}", rules.collect::<Vec<_>>().join(" "));
        self.log.lock().unwrap().push(line);
    }
}

impl Ownership for Book {
    fn owned(&self) -> Vec<Owned> {
        self.owned.clone()
    }

    async fn remember(&mut self, rules: &[Owned]) -> Result<(), OwnershipError> {
        self.note(
            "remember",
            rules.iter().map(|rule| {
                let id = rule.id.map_or_else(|| "?".to_owned(), |id| id.to_string());
                let mark = if rule.temporary { "~" } else { "" };
                format!("{}#{id}{mark}", text(&rule.value, rule.tag.as_deref()))
            }),
        );
        for rule in rules {
            self.owned.retain(|other| other.value != rule.value);
            self.owned.push(rule.clone());
        }
        Ok(())
    }

    async fn overdue(&mut self, _rules: &[Owned]) -> Result<(), OwnershipError> {
        Ok(())
    }

    async fn forget(&mut self, values: &[String]) -> Result<(), OwnershipError> {
        self.note("forget", values.iter().cloned());
        self.owned.retain(|owned| !values.contains(&owned.value));
        Ok(())
    }

    async fn retag(&mut self, rules: &[Retagging]) -> Result<(), OwnershipError> {
        self.note(
            "retag",
            rules.iter().map(|rule| {
                let wrapped = rule.wrapped.as_deref().unwrap_or("-");
                format!(
                    "{}#{} by {wrapped}",
                    text(&rule.value, rule.tag.as_deref()),
                    rule.old
                )
            }),
        );
        Ok(())
    }

    async fn settled(&mut self, _but: &HashSet<&str>) -> Result<(), OwnershipError> {
        Ok(())
    }
}
