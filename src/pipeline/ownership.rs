//! The record of ouzel's own rules: a copy in memory, kept in the database by the worker of a run, or by a command
//! itself.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    future::Future,
};

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::{
    powertrack::rules::ownership::{Ownership, OwnershipError, Retagging},
    rule::plan::Owned,
    store::{self, OverdueRule, OwnedRule, RetagRow, RuleChange, Store},
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
    /// The changes of tags that go on, by the rule. There are several of one rule if changes were broken off. All of them
    /// have the same tag: the one that the rule gets at last.
    retags: HashMap<String, Vec<RetagRow>>,
    /// Which rule a rule in parentheses stands in for.
    wrapped: HashMap<String, String>,
    /// Rules that may come late, by value and tag.
    overdue: BTreeMap<(String, Option<String>), OverdueRule>,
    /// Those of them that are not in the database yet.
    unwritten: Vec<OverdueRule>,
}

impl Record<Store> {
    /// The record as the database has it, for a command.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(crate) fn read(endpoint: String, store: Store) -> Result<Self, store::Error> {
        let owned = store.owned_rules(&endpoint)?;
        let retags = store.retags(&endpoint)?;
        let overdue = store.overdue_rules(&endpoint)?;
        Ok(Self::new(endpoint, store, owned, retags, overdue))
    }
}

impl<K: Keep> Record<K> {
    /// The record for this endpoint. The others are what it holds at first.
    #[must_use]
    pub(crate) fn new(
        endpoint: String,
        keep: K,
        owned: Vec<OwnedRule>,
        retags: Vec<RetagRow>,
        overdue: Vec<OverdueRule>,
    ) -> Self {
        // A process that ended while it waited for the answer.
        let unwritten = owned.iter().filter(|rule| rule.id.is_none());
        let unwritten =
            unwritten.map(|rule| may_be_late(&rule.value, rule.tag.as_ref(), rule.temporary));
        let unwritten: Vec<OverdueRule> = unwritten.collect();
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
            overdue: BTreeMap::new(),
            unwritten: unwritten.clone(),
        };
        record.note_overdue(unwritten);
        record.note_overdue(overdue);
        let open = retags.into_iter().filter(|row| row.ended_ms.is_none());
        open.for_each(|row| record.note_retag(row));
        record
    }

    fn note_retag(&mut self, row: RetagRow) {
        if let Some(wrapped) = &row.wrapped {
            self.wrapped.insert(wrapped.clone(), row.value.clone());
        }
        let rows = self.retags.entry(row.value.clone()).or_default();
        match rows.iter_mut().find(|known| known.old == row.old) {
            Some(known) => *known = row,
            None => rows.push(row),
        }
    }

    fn note_overdue(&mut self, rules: Vec<OverdueRule>) {
        for rule in rules {
            self.overdue
                .insert((rule.value.clone(), rule.tag.clone()), rule);
        }
    }

    /// Writes a change, and then takes it into the copy.
    async fn write(&mut self, mut change: RuleChange) -> Result<(), OwnershipError> {
        change.overdue.extend(self.unwritten.iter().cloned());
        self.keep.keep(&self.endpoint, &change).await?;
        self.unwritten.clear();
        self.note_overdue(change.overdue);
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

    /// What this rule, which is about to be added or was added, changes in the changes of tags that go on.
    fn retags_with(&self, rule: &Owned) -> Vec<RetagRow> {
        let value = match rule.temporary {
            true => self.wrapped.get(&rule.value),
            false => Some(&rule.value),
        };
        let Some(rows) = value.and_then(|value| self.retags.get(value)) else {
            return Vec::new();
        };
        let mut changed = rows.clone();
        if !rule.temporary {
            // A change that was broken off may be gone on with by the addition of the rule, with another tag than it
            // began with.
            with_tag(&mut changed, rule.tag.as_ref());
        }
        if let Some(id) = rule.id {
            add_id(&mut changed, rule, id);
        }
        changed.retain(|row| !rows.contains(row));
        changed
    }
}

/// A rule whose request gets no answer from now on.
fn may_be_late(value: &str, tag: Option<&String>, temporary: bool) -> OverdueRule {
    OverdueRule {
        value: value.to_owned(),
        tag: tag.filter(|tag| !tag.is_empty()).cloned(),
        temporary,
        sent_ms: Timestamp::now().as_millisecond(),
    }
}

/// Changes that belong to one rule get the tag that the rule gets at last.
fn with_tag(rows: &mut [RetagRow], tag: Option<&String>) {
    for row in rows {
        row.tag = tag.cloned();
    }
}

/// Adds the id of a rule to the changes that it belongs to. No id that Tweets may carry gets lost: where one is in its
/// place, it gets a row of its own.
fn add_id(rows: &mut Vec<RetagRow>, rule: &Owned, id: i64) {
    let has_id =
        |row: &RetagRow| row.old == id || row.wrapped_id == Some(id) || row.plain_id == Some(id);
    if rows.iter().any(has_id) {
        return;
    }
    let place = rows.iter_mut().rev().find_map(|row| {
        let place = match rule.temporary {
            true if row.wrapped.as_ref() == Some(&rule.value) => &mut row.wrapped_id,
            true => return None,
            false => &mut row.plain_id,
        };
        place.is_none().then_some(place)
    });
    match place {
        Some(place) => *place = Some(id),
        None => {
            let last = rows.last().map(|last| only_id(last, id));
            rows.extend(last);
        }
    }
}

/// A row that says only that the rule of this change had this id too.
fn only_id(change: &RetagRow, id: i64) -> RetagRow {
    RetagRow {
        old: id,
        wrapped: None,
        wrapped_id: None,
        plain_id: None,
        ..change.clone()
    }
}

impl<K: Keep> Ownership for Record<K> {
    fn owned(&self) -> Vec<Owned> {
        let now = Timestamp::now().as_millisecond();
        let overdue = self.overdue.values().filter(|rule| rule.may_come(now));
        let overdue = overdue.cloned().map(OwnedRule::from);
        let rules = overdue.chain(self.rules.values().cloned());
        rules
            .map(|rule| Owned {
                value: rule.value,
                tag: rule.tag,
                id: rule.id,
                temporary: rule.temporary,
            })
            .collect()
    }

    async fn overdue(&mut self, rules: &[Owned]) -> Result<(), OwnershipError> {
        let now = Timestamp::now().as_millisecond();
        self.overdue.retain(|_, rule| rule.may_come(now));
        let rules = rules.iter();
        let overdue = rules.map(|rule| may_be_late(&rule.value, rule.tag.as_ref(), rule.temporary));
        self.write(RuleChange {
            overdue: overdue.collect(),
            ..RuleChange::default()
        })
        .await
    }

    async fn remember(&mut self, rules: &[Owned]) -> Result<(), OwnershipError> {
        let retags = match self.retags.is_empty() {
            true => Vec::new(),
            false => rules
                .iter()
                .flat_map(|rule| self.retags_with(rule))
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
        if !values.iter().any(|value| self.rules.contains_key(value)) {
            return Ok(());
        }
        self.write(RuleChange {
            disown: values.to_vec(),
            ..RuleChange::default()
        })
        .await
    }

    async fn retag(&mut self, rules: &[Retagging]) -> Result<(), OwnershipError> {
        let mut retags = Vec::new();
        for rule in rules {
            let mut before = self.retags.get(&rule.value).cloned().unwrap_or_default();
            with_tag(&mut before, rule.tag.as_ref());
            let row = RetagRow {
                value: rule.value.clone(),
                tag: rule.tag.clone(),
                old: rule.old,
                wrapped: rule.wrapped.clone(),
                wrapped_id: rule.wrapped_id,
                plain_id: None,
                newest: rule.newest,
                ended_ms: None,
            };
            // A change that was broken off and begins again. Tweets carry the ids that it has made.
            if let Some(at) = before.iter().position(|known| known.old == row.old) {
                let known = before.remove(at);
                let ids = [known.wrapped_id, known.plain_id].into_iter().flatten();
                let ids = ids.filter(|id| Some(*id) != row.wrapped_id);
                before.extend(ids.map(|id| only_id(&known, id)));
            }
            retags.extend(before);
            retags.push(row);
        }
        self.write(RuleChange {
            retags,
            ..RuleChange::default()
        })
        .await
    }

    async fn settled(&mut self, but: &HashSet<&str>) -> Result<(), OwnershipError> {
        let now = Timestamp::now().as_millisecond();
        let mut retags = Vec::new();
        for (value, rows) in &self.retags {
            if but.contains(value.as_str()) {
                continue;
            }
            let mut rows = rows.clone();
            // A change that was broken off and is not wanted any more leaves the rule with the tag that it had.
            if let Some(rule) = self.rules.get(value) {
                with_tag(&mut rows, rule.tag.as_ref());
            }
            retags.extend(rows.into_iter().map(|row| RetagRow {
                ended_ms: Some(now),
                ..row
            }));
        }
        if retags.is_empty() {
            return Ok(());
        }
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
        record.settled(&HashSet::new()).await.unwrap();
        assert_eq!(rows(&record.keep), [(1, Some(11), Some(12), true)]);
        // Another change of the same rule begins anew.
        record
            .remember(&[owned("a", Some(13), false)])
            .await
            .unwrap();
        assert_eq!(rows(&record.keep), [(1, Some(11), Some(12), true)]);
        assert_eq!(record.owned(), [owned("a", Some(13), false)]);
    }

    fn tagged(value: &str, tag: &str, id: Option<i64>, temporary: bool) -> Owned {
        Owned {
            tag: Some(tag.to_owned()),
            ..owned(value, id, temporary)
        }
    }

    /// A change of `a` with the id 1 to this tag.
    fn change(tag: &str, wrapped: &str) -> Retagging {
        Retagging {
            value: "a".to_owned(),
            tag: Some(tag.to_owned()),
            old: 1,
            wrapped: Some(wrapped.to_owned()),
            wrapped_id: None,
            newest: 10,
        }
    }

    /// All changes of tags: the tag, and all ids.
    fn changes(record: &Record<Store>) -> String {
        let rows = record.keep.retags("e").unwrap();
        let row = |row: &RetagRow| {
            let ids = [Some(row.old), row.wrapped_id, row.plain_id];
            let ids = ids.into_iter().flatten().map(|id| id.to_string());
            let ids = ids.collect::<Vec<_>>().join(" ");
            let end = if row.ended_ms.is_some() { " ended" } else { "" };
            format!("{} {ids}{end}", row.tag.as_deref().unwrap_or("-"))
        };
        rows.iter().map(row).collect::<Vec<_>>().join(", ")
    }

    async fn begun(folder: &tempfile::TempDir) -> Record<Store> {
        let store = Store::open(&folder.path().join("ouzel.db")).unwrap();
        let mut record = Record::read("e".to_owned(), store).unwrap();
        let old = tagged("a", "old", Some(1), false);
        record.remember(&[old]).await.unwrap();
        record.retag(&[change("b", "(a)")]).await.unwrap();
        let cover = tagged("(a)", "b", Some(11), true);
        record.remember(&[cover]).await.unwrap();
        record
    }

    #[tokio::test]
    async fn a_change_that_was_broken_off_gets_the_tag_with_which_it_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = begun(&folder).await;
        // The rule is gone, and is added again with another tag.
        let rule = |id| tagged("a", "d", id, false);
        record.remember(&[rule(None)]).await.unwrap();
        assert_eq!(changes(&record), "d 1 11");
        record.remember(&[rule(Some(12))]).await.unwrap();
        assert_eq!(changes(&record), "d 1 11 12");
    }

    #[tokio::test]
    async fn a_change_that_begins_again_keeps_the_ids_that_it_has_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = begun(&folder).await;
        record.retag(&[change("d", "((a))")]).await.unwrap();
        assert_eq!(changes(&record), "d 1, d 11");
        let cover = tagged("((a))", "d", Some(12), true);
        record.remember(&[cover]).await.unwrap();
        assert_eq!(changes(&record), "d 1 12, d 11");
        // The first one in parentheses comes once more.
        let late = tagged("(a)", "b", Some(13), true);
        record.remember(&[late]).await.unwrap();
        assert_eq!(changes(&record), "d 1 12, d 11, d 13");
        record.settled(&HashSet::from(["a"])).await.unwrap();
        assert_eq!(changes(&record), "d 1 12, d 11, d 13");
        record
            .remember(&[tagged("a", "d", Some(14), false)])
            .await
            .unwrap();
        record.settled(&HashSet::new()).await.unwrap();
        assert_eq!(
            changes(&record),
            "d 1 12, d 11, d 13 14 ended"
                .replace("12,", "12 ended,")
                .replace("11,", "11 ended,")
        );
    }

    #[tokio::test]
    async fn a_change_that_is_taken_back_leaves_the_tag_that_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = begun(&folder).await;
        record.settled(&HashSet::new()).await.unwrap();
        assert_eq!(changes(&record), "old 1 11 ended");
    }
}
