//! Tweets that come while the tag of a rule changes. The service then has the same rule two or three times: with the old
//! tag, in parentheses with the new tag, and with the new tag. For handlers these are one rule. Pure: no IO, no clock.

use std::collections::{HashMap, HashSet};

use super::{MatchedRule, Tweet};

/// How long after the last change Tweets may still come that carry its ids: backfill brings five minutes again, and the
/// service takes its time. It counts by when Tweets were received, so those that wait in the journal are not too late.
const COMES_LATE_MS: i64 = 60 * 60 * 1000;

/// A rule whose tag changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retagged {
    /// The rule's value: it tells one rule from another.
    pub value: String,
    /// The new tag.
    pub tag: Option<String>,
    /// The id with the old tag.
    pub old: i64,
    /// The id in parentheses, once it is known.
    pub wrapped: Option<i64>,
    /// The id with the new tag, once it is known.
    pub plain: Option<i64>,
    /// The highest id of all rules before the change.
    pub newest: i64,
    /// When the change ended, in milliseconds since 1970.
    pub ended_ms: Option<i64>,
}

/// The rules whose tags change or have changed lately.
#[derive(Debug, Default)]
pub(crate) struct Retags {
    rows: Vec<Retagged>,
    rules: Vec<Rule>,
    by_id: HashMap<i64, usize>,
    /// Rules whose change goes on, by their new tags.
    open: HashMap<String, Vec<usize>>,
    /// The time after which no Tweet carries the ids; `None` while a change goes on.
    until_ms: Option<i64>,
}

#[derive(Debug)]
struct Rule {
    tag: Option<String>,
    plain: Option<i64>,
    newest: i64,
}

impl Retags {
    /// Whether there are none: then there is nothing to do for any Tweet.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes changes as they are now. They replace what was known of them.
    pub(crate) fn put(&mut self, rows: impl IntoIterator<Item = Retagged>) {
        let rows: Vec<Retagged> = rows.into_iter().collect();
        let new: HashSet<(i64, &str)> = rows.iter().map(|row| (row.old, &*row.value)).collect();
        self.rows
            .retain(|row| !new.contains(&(row.old, &*row.value)));
        self.rows.extend(rows);
        self.index();
    }

    /// Forgets everything once nothing that was received by this time can carry the ids.
    pub(crate) fn expire(&mut self, received_ms: i64) {
        if self.until_ms.is_some_and(|until| received_ms > until) {
            *self = Self::default();
        }
    }

    fn index(&mut self) {
        let (mut rules, mut by_value) = (Vec::<Rule>::new(), HashMap::<&str, usize>::new());
        self.by_id.clear();
        self.open.clear();
        for row in &self.rows {
            let mut rule = Rule {
                tag: row.tag.clone(),
                plain: row.plain,
                newest: row.newest,
            };
            let at = *by_value.entry(&row.value).or_insert(rules.len());
            match rules.get_mut(at) {
                Some(older) => {
                    rule.plain = rule.plain.or(older.plain);
                    rule.newest = rule.newest.max(older.newest);
                    *older = rule;
                }
                None => rules.push(rule),
            }
            let ids = [Some(row.old), row.wrapped, row.plain];
            self.by_id
                .extend(ids.into_iter().flatten().map(|id| (id, at)));
        }
        for row in self.rows.iter().filter(|row| row.ended_ms.is_none()) {
            let Some(at) = by_value.get(&*row.value).copied() else {
                continue;
            };
            // A rule that an earlier change has given another tag has the tag of its last change.
            let tag = rules.get(at).and_then(|rule| rule.tag.clone());
            let open = self.open.entry(tag.unwrap_or_default()).or_default();
            if !open.contains(&at) {
                open.push(at);
            }
        }
        self.rules = rules;
        let ends = self.rows.iter().map(|row| row.ended_ms);
        let last = ends
            .collect::<Option<Vec<_>>>()
            .map(|ends| ends.into_iter().max());
        self.until_ms = last
            .flatten()
            .map(|last| last.saturating_add(COMES_LATE_MS));
    }

    /// The rules of a Tweet as handlers see them: of the rules of one change only the declared one, once. `None` if that
    /// is what the Tweet says already.
    pub(crate) fn presented<'a>(&'a self, tweet: &'a Tweet) -> Option<Vec<MatchedRule<'a>>> {
        let matched: Vec<MatchedRule<'_>> = tweet.matching_rules().collect();
        let mut of: Vec<Option<usize>> = matched
            .iter()
            .map(|rule| self.by_id.get(&rule.id?).copied())
            .collect();
        if !self.open.is_empty() {
            for at in 0..matched.len() {
                if of[at].is_none() {
                    of[at] = self.guess(matched[at], &of);
                }
            }
        }
        if of.iter().all(Option::is_none) {
            return None;
        }
        let mut shown: Vec<MatchedRule<'_>> = Vec::with_capacity(matched.len());
        for (at, (rule, of_rule)) in matched.iter().zip(&of).enumerate() {
            let Some(number) = *of_rule else {
                shown.push(*rule);
                continue;
            };
            if of[..at].contains(of_rule) {
                continue;
            }
            let change = &self.rules[number];
            shown.push(MatchedRule {
                tag: change.tag.as_deref(),
                id: change.plain.or(rule.id),
            });
        }
        (shown != matched).then_some(shown)
    }

    /// The change that an unknown rule is most likely of. A Tweet can be faster than the answer that says which id the
    /// new rule has.
    fn guess(&self, rule: MatchedRule<'_>, of: &[Option<usize>]) -> Option<usize> {
        let candidates = self.open.get(rule.tag.unwrap_or_default())?;
        let id = rule.id?;
        let mut likely = candidates
            .iter()
            .copied()
            .filter(|at| id > self.rules[*at].newest);
        // The rules of one change match the same Tweets.
        if let Some(same) = likely.clone().find(|at| of.contains(&Some(*at))) {
            return Some(same);
        }
        let first = likely.next()?;
        likely.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn row(value: &str, tag: &str, ids: [i64; 3], ended_ms: Option<i64>) -> Retagged {
        let known = |id: i64| (id > 0).then_some(id);
        Retagged {
            value: value.to_owned(),
            tag: Some(tag.to_owned()),
            old: ids[0],
            wrapped: known(ids[1]),
            plain: known(ids[2]),
            newest: 10,
            ended_ms,
        }
    }

    /// The rules of a Tweet, written as `tag#id`, before and after.
    #[track_caller]
    fn check(rows: &[Retagged], before: &str, after: &str) {
        let mut retags = Retags::default();
        retags.put(rows.to_vec());
        let rules: Vec<_> = before
            .split_whitespace()
            .map(|rule| {
                let (tag, id) = rule.split_once('#').unwrap();
                format!(r#"{{"tag":"{tag}","id":{id},"id_str":"{id}"}}"#)
            })
            .collect();
        let line = format!(r#"{{"id_str":"1","matching_rules":[{}]}}"#, rules.join(","));
        let tweet = Tweet::parse(Bytes::from(line)).unwrap();
        let shown = retags.presented(&tweet).map(|rules| tweet_rules(&rules));
        assert_eq!(shown.as_deref().unwrap_or(before), after);
        assert_eq!(shown.is_none(), before == after);
    }

    fn tweet_rules(rules: &[MatchedRule<'_>]) -> String {
        let rules = rules
            .iter()
            .map(|rule| format!("{}#{}", rule.tag.unwrap_or("-"), rule.id.unwrap()));
        rules.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rules_of_one_change_are_one_rule() {
        let begun = [row("a", "new", [1, 0, 0], None)];
        check(&begun, "old#1", "new#1");
        check(&begun, "x#5 y#6", "x#5 y#6");
        let covered = [row("a", "new", [1, 11, 0], None)];
        check(&covered, "x#5 old#1 new#11 y#6", "x#5 new#1 y#6");
        check(&covered, "new#11", "new#11");
        let back = [row("a", "new", [1, 11, 12], None)];
        check(&back, "new#11 new#12", "new#12");
        let ended = [row("a", "new", [1, 11, 12], Some(5))];
        check(&ended, "new#11 new#12", "new#12");
        check(&ended, "new#12", "new#12");
        check(&ended, "new#13", "new#13");
        check(&[], "old#1 new#11", "old#1 new#11");
    }

    #[test]
    fn a_tweet_may_be_faster_than_the_answer() {
        let begun = [row("a", "new", [1, 0, 0], None)];
        check(&begun, "old#1 new#11", "new#1");
        check(&begun, "new#11", "new#11");
        // An older rule of that tag, and another tag.
        check(&begun, "new#9 new#11", "new#9 new#11");
        check(&begun, "old#1 new#9 other#12", "new#1 new#9 other#12");
        let covered = [row("a", "new", [1, 11, 0], None)];
        check(&covered, "new#11 new#12", "new#11");
        // Two changes to one tag.
        let two = [
            row("a", "new", [1, 0, 0], None),
            row("b", "new", [2, 0, 0], None),
        ];
        check(&two, "old#2 new#12", "new#2");
        check(&two, "new#12", "new#12");
    }

    #[test]
    fn the_last_change_of_a_rule_counts() {
        let twice = [
            row("a", "b", [1, 11, 12], Some(5)),
            row("a", "c", [12, 21, 22], Some(6)),
        ];
        check(&twice, "x#1", "c#22");
        check(&twice, "b#11 b#12", "c#22");
        check(&twice, "c#22", "c#22");
    }

    #[test]
    fn changes_are_forgotten_when_no_tweet_can_carry_them() {
        let mut retags = Retags::default();
        retags.put([row("a", "new", [1, 11, 12], None)]);
        retags.expire(i64::MAX);
        assert!(!retags.is_empty());
        retags.put([row("a", "new", [1, 11, 12], Some(5))]);
        retags.expire(5 + COMES_LATE_MS);
        assert!(!retags.is_empty());
        retags.expire(6 + COMES_LATE_MS);
        assert!(retags.is_empty());
    }
}
