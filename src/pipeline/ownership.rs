//! The record of ouzel's own rules: a copy in memory, kept in the database by the worker of a run, or by a command
//! itself.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::{
    powertrack::rules::ownership::{Ownership, OwnershipError, Retagging},
    rule::plan::Owned,
    store::{self, OwnedRule, RetagRow, RuleChange, Store},
    worker::{
        behind::Controls,
        inbox::{Control, OwnRules},
    },
};

/// Who writes the record into the database.
pub(crate) trait Keep: Send {
    /// Writes a change. When it returns, the change is committed.
    fn keep(
        &mut self,
        endpoint: &str,
        change: &RuleChange,
    ) -> impl Future<Output = Result<(), OwnershipError>> + Send;
}

impl Keep for Controls {
    async fn keep(&mut self, endpoint: &str, change: &RuleChange) -> Result<(), OwnershipError> {
        let (done, written) = oneshot::channel();
        self.send(Control::Own(OwnRules {
            endpoint: endpoint.to_owned(),
            change: change.clone(),
            done,
        }))?;
        Ok(written.await?)
    }
}

impl Keep for Store {
    async fn keep(&mut self, endpoint: &str, change: &RuleChange) -> Result<(), OwnershipError> {
        Ok(self.change_rules(endpoint, change)?)
    }
}

/// The record for one rules endpoint.
#[derive(Debug)]
pub(crate) struct Record<K> {
    endpoint: String,
    keep: K,
    rules: BTreeMap<String, OwnedRule>,
    /// The changes of tags that go on, by the rule.
    retags: HashMap<String, RetagRow>,
    /// Which rule a rule in parentheses stands in for.
    wrapped: HashMap<String, String>,
}

impl Record<Store> {
    /// The record as the database has it, for a command.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(crate) fn read(endpoint: String, store: Store) -> Result<Self, store::Error> {
        let owned = store.owned_rules(&endpoint)?;
        let retags = store.retags(&endpoint)?;
        Ok(Self::new(endpoint, store, owned, retags))
    }
}

impl<K: Keep> Record<K> {
    /// The record for this endpoint. `owned` and `retags` are what it holds at first.
    #[must_use]
    pub(crate) fn new(
        endpoint: String,
        keep: K,
        owned: Vec<OwnedRule>,
        retags: Vec<RetagRow>,
    ) -> Self {
        let rules = owned
            .into_iter()
            .map(|rule| (rule.value.clone(), rule))
            .collect();
        let mut record = Self {
            endpoint,
            keep,
            rules,
            retags: HashMap::new(),
            wrapped: HashMap::new(),
        };
        let open = retags.into_iter().filter(|row| row.ended_ms.is_none());
        open.for_each(|row| record.note_retag(row));
        record
    }

    fn note_retag(&mut self, row: RetagRow) {
        if let Some(wrapped) = &row.wrapped {
            self.wrapped.insert(wrapped.clone(), row.value.clone());
        }
        self.retags.insert(row.value.clone(), row);
    }

    /// Writes a change, and then takes it into the copy.
    async fn write(&mut self, change: RuleChange) -> Result<(), OwnershipError> {
        self.keep.keep(&self.endpoint, &change).await?;
        for value in &change.disown {
            self.rules.remove(value);
        }
        for rule in change.own {
            self.rules.insert(rule.value.clone(), rule);
        }
        for row in change.retags {
            match row.ended_ms {
                None => self.note_retag(row),
                Some(_) => {
                    self.retags.remove(&row.value);
                }
            }
        }
        if self.retags.is_empty() {
            self.wrapped.clear();
        }
        Ok(())
    }

    /// A change of a tag that this rule belongs to, with the rule's id.
    fn retag_of(&self, rule: &Owned) -> Option<RetagRow> {
        let id = rule.id?;
        if rule.temporary {
            let row = self.retags.get(self.wrapped.get(&rule.value)?)?;
            return Some(RetagRow {
                wrapped_id: Some(id),
                ..row.clone()
            });
        }
        let row = self.retags.get(&rule.value)?;
        (row.old != id).then(|| RetagRow {
            plain_id: Some(id),
            ..row.clone()
        })
    }
}

impl<K: Keep> Ownership for Record<K> {
    fn owned(&self) -> Vec<Owned> {
        let rules = self.rules.values();
        rules
            .map(|rule| Owned {
                value: rule.value.clone(),
                tag: rule.tag.clone(),
                id: rule.id,
                temporary: rule.temporary,
            })
            .collect()
    }

    async fn remember(&mut self, rules: &[Owned]) -> Result<(), OwnershipError> {
        let retags = match self.retags.is_empty() {
            true => Vec::new(),
            false => rules
                .iter()
                .filter_map(|rule| self.retag_of(rule))
                .collect(),
        };
        let own = rules.iter().map(|rule| OwnedRule {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
            id: rule.id,
            temporary: rule.temporary,
        });
        self.write(RuleChange {
            own: own.collect(),
            retags,
            ..RuleChange::default()
        })
        .await
    }

    async fn forget(&mut self, values: &[String]) -> Result<(), OwnershipError> {
        self.write(RuleChange {
            disown: values.to_vec(),
            ..RuleChange::default()
        })
        .await
    }

    async fn retag(&mut self, rules: &[Retagging]) -> Result<(), OwnershipError> {
        let rows = rules.iter().map(|rule| RetagRow {
            value: rule.value.clone(),
            tag: rule.tag.clone(),
            old: rule.old,
            wrapped: rule.wrapped.clone(),
            wrapped_id: rule.wrapped_id,
            plain_id: None,
            newest: rule.newest,
            ended_ms: None,
        });
        self.write(RuleChange {
            retags: rows.collect(),
            ..RuleChange::default()
        })
        .await
    }

    async fn settled(&mut self) -> Result<(), OwnershipError> {
        if self.retags.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now().as_millisecond();
        let ended = self.retags.values().map(|row| RetagRow {
            ended_ms: Some(now),
            ..row.clone()
        });
        let retags = ended.collect();
        self.write(RuleChange {
            retags,
            ..RuleChange::default()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(value: &str, id: Option<i64>, temporary: bool) -> Owned {
        Owned {
            value: value.to_owned(),
            tag: Some("new".to_owned()),
            id,
            temporary,
        }
    }

    /// The changes of tags as the database has them: the three ids, and whether they have ended.
    fn rows(store: &Store) -> Vec<(i64, Option<i64>, Option<i64>, bool)> {
        let rows = store.retags("e").unwrap().into_iter();
        rows.map(|row| {
            (
                row.old,
                row.wrapped_id,
                row.plain_id,
                row.ended_ms.is_some(),
            )
        })
        .collect()
    }

    #[tokio::test]
    async fn a_change_of_a_tag_gets_its_ids_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ouzel.db");
        let open = || Record::read("e".to_owned(), Store::open(&path).unwrap()).unwrap();
        let mut record = open();
        let retagging = Retagging {
            value: "a".to_owned(),
            tag: Some("new".to_owned()),
            old: 1,
            wrapped: Some("(a)".to_owned()),
            wrapped_id: None,
            newest: 10,
        };
        record
            .remember(&[owned("a", Some(1), false)])
            .await
            .unwrap();
        record.retag(&[retagging]).await.unwrap();
        record.remember(&[owned("(a)", None, true)]).await.unwrap();
        assert_eq!(rows(&record.keep), [(1, None, None, false)]);
        record
            .remember(&[owned("(a)", Some(11), true)])
            .await
            .unwrap();
        assert_eq!(rows(&record.keep), [(1, Some(11), None, false)]);
        drop(record);
        let mut record = open();
        record.remember(&[owned("a", None, false)]).await.unwrap();
        record
            .remember(&[owned("a", Some(12), false)])
            .await
            .unwrap();
        record.forget(&["(a)".to_owned()]).await.unwrap();
        assert_eq!(rows(&record.keep), [(1, Some(11), Some(12), false)]);
        record.settled().await.unwrap();
        assert_eq!(rows(&record.keep), [(1, Some(11), Some(12), true)]);
        // Another change of the same rule begins anew.
        record
            .remember(&[owned("a", Some(13), false)])
            .await
            .unwrap();
        assert_eq!(rows(&record.keep), [(1, Some(11), Some(12), true)]);
        assert_eq!(record.owned(), [owned("a", Some(13), false)]);
    }
}
