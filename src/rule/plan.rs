//! The difference between the rules that the script declares and the rules that the service has. Pure.

use std::collections::{HashMap, HashSet};

/// A rule that the script declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The rule's text. It identifies the rule and is case-sensitive [reference 3.2].
    pub value: String,
    /// The service marks the rule's Tweets with it.
    pub tag: Option<String>,
}

/// A rule that the service has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The service gives it. A rule that is deleted and added again gets another id.
    pub id: i64,
    /// The rule's text.
    pub value: String,
    /// The service marks the rule's Tweets with it.
    pub tag: Option<String>,
}

/// A rule that ouzel has added, or was about to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The rule's text.
    pub value: String,
    /// The tag that it was added with.
    pub tag: Option<String>,
    /// Missing if the answer to the request that adds the rule never came. The rule is then an intent.
    pub id: Option<i64>,
}

/// A declared rule that somebody else has added with another tag. ouzel leaves it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The rule as the script declares it.
    pub declared: Declared,
    /// The rule as the service has it.
    pub remote: Remote,
}

/// The changes that make the service's rules equal to the declared ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Our rules that are now declared with another tag. The service cannot edit a tag [reference 3.10].
    pub delete_first: Vec<Remote>,
    /// Declared rules that the service does not have, or that are in `delete_first`.
    pub add: Vec<Declared>,
    /// Our rules that are no longer declared.
    pub delete_last: Vec<Remote>,
    /// Declared rules that the service has with another tag, and that are not ours.
    pub conflicts: Vec<Conflict>,
    /// How many declared rules the service has already, whoever added them.
    pub unchanged: usize,
    /// Rules that stay and are ours by an intent. Their ids should be remembered now.
    pub adopt: Vec<Remote>,
    /// Remembered values to forget, because the service has no such rule or has one that is not ours.
    pub forget: Vec<String>,
    /// Rules that are neither declared nor ours. ouzel leaves them alone.
    pub others: Vec<Remote>,
}

impl Plan {
    /// Whether the service's rules stay as they are.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.delete_first.is_empty() && self.add.is_empty() && self.delete_last.is_empty()
    }

    /// Makes the plan that turns `remote` into `declared`. It deletes no rule that is not in `owned`.
    ///
    /// A remote rule is ours if its id is remembered, or if its value is remembered without an id. In the
    /// second case ouzel most likely added it before a crash or a lost answer.
    /// If a value is declared twice, the first declaration counts.
    #[must_use]
    pub fn new(declared: &[Declared], remote: &[Remote], owned: &[Owned]) -> Self {
        let ids: HashSet<i64> = owned.iter().filter_map(|owned| owned.id).collect();
        let intents: HashSet<&str> = owned
            .iter()
            .filter(|owned| owned.id.is_none())
            .map(|owned| owned.value.as_str())
            .collect();
        let is_ours =
            |rule: &Remote| ids.contains(&rule.id) || intents.contains(rule.value.as_str());
        let by_value: HashMap<&str, &Remote> = remote
            .iter()
            .map(|rule| (rule.value.as_str(), rule))
            .collect();

        let mut plan = Self::default();
        let mut wanted = HashSet::new();
        for rule in declared {
            if !wanted.insert(rule.value.as_str()) {
                continue;
            }
            match by_value.get(rule.value.as_str()).copied() {
                None => plan.add.push(rule.clone()),
                Some(there) if same_tag(&there.tag, &rule.tag) => {
                    plan.unchanged += 1;
                    if is_ours(there) && !ids.contains(&there.id) {
                        plan.adopt.push(there.clone());
                    }
                }
                Some(there) if is_ours(there) => {
                    plan.delete_first.push(there.clone());
                    plan.add.push(rule.clone());
                }
                Some(there) => plan.conflicts.push(Conflict {
                    declared: rule.clone(),
                    remote: there.clone(),
                }),
            }
        }
        for rule in remote {
            if !wanted.contains(rule.value.as_str()) {
                let list = if is_ours(rule) {
                    &mut plan.delete_last
                } else {
                    &mut plan.others
                };
                list.push(rule.clone());
            }
        }

        let added: HashSet<&str> = plan.add.iter().map(|rule| rule.value.as_str()).collect();
        plan.forget = owned
            .iter()
            .filter(|owned| !added.contains(owned.value.as_str()))
            .filter(
                |owned| match (by_value.get(owned.value.as_str()), owned.id) {
                    (None, _) => true,
                    (Some(there), Some(id)) => there.id != id,
                    (Some(_), None) => false,
                },
            )
            .map(|owned| owned.value.clone())
            .collect();
        plan
    }
}

/// Compares tags. An empty tag equals no tag: for a rule sent without a tag, the service answers `null`.
fn same_tag(left: &Option<String>, right: &Option<String>) -> bool {
    left.as_deref().unwrap_or_default() == right.as_deref().unwrap_or_default()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a failing test panics, and a table reads `check(input, expect![…])`"
)]
mod tests {
    use std::fmt::Write;

    use expect_test::{Expect, expect};

    use super::*;

    /// Reads rules written as `value/tag#id`, separated by blanks.
    fn rules(text: &str) -> Vec<(String, Option<String>, Option<i64>)> {
        text.split_whitespace()
            .map(|rule| {
                let (rule, id) = rule
                    .split_once('#')
                    .map_or((rule, None), |(rule, id)| (rule, Some(id.parse().unwrap())));
                let (value, tag) = rule
                    .split_once('/')
                    .map_or((rule, None), |(value, tag)| (value, Some(tag.to_owned())));
                (value.to_owned(), tag, id)
            })
            .collect()
    }

    fn show(rule: &Remote) -> String {
        let tag = rule
            .tag
            .as_ref()
            .map(|tag| format!("/{tag}"))
            .unwrap_or_default();
        format!("{}{tag}#{}", rule.value, rule.id)
    }

    fn check(declared: &str, remote: &str, owned: &str, expected: Expect) {
        let declared: Vec<_> = rules(declared)
            .into_iter()
            .map(|(value, tag, _)| Declared { value, tag })
            .collect();
        let remote: Vec<_> = rules(remote)
            .into_iter()
            .map(|(value, tag, id)| Remote {
                id: id.unwrap(),
                value,
                tag,
            })
            .collect();
        let owned: Vec<_> = rules(owned)
            .into_iter()
            .map(|(value, tag, id)| Owned { value, tag, id })
            .collect();
        let plan = Plan::new(&declared, &remote, &owned);

        let mut text = String::new();
        let mut part = |name: &str, rules: Vec<String>| {
            if !rules.is_empty() {
                write!(text, "{name} {}; ", rules.join(" ")).unwrap();
            }
        };
        let all = |rules: &[Remote]| rules.iter().map(show).collect::<Vec<_>>();
        part("delete first", all(&plan.delete_first));
        let add = plan.add.iter().map(|rule| match &rule.tag {
            Some(tag) => format!("{}/{tag}", rule.value),
            None => rule.value.clone(),
        });
        part("add", add.collect());
        part("delete last", all(&plan.delete_last));
        let conflicts: Vec<_> = plan.conflicts.iter().map(|c| c.remote.clone()).collect();
        part("conflict", all(&conflicts));
        part("adopt", all(&plan.adopt));
        part("forget", plan.forget.clone());
        part("others", all(&plan.others));
        if plan.unchanged > 0 {
            part("unchanged", vec![plan.unchanged.to_string()]);
        }
        assert_eq!(
            plan.is_noop(),
            !text.contains("add") && !text.contains("delete")
        );
        expected.assert_eq(text.trim_end_matches("; "));
    }

    #[test]
    fn what_is_missing_is_added() {
        check("", "", "", expect![[""]]);
        check("a/1 b", "", "", expect!["add a/1 b"]);
        check("a/1 a/2", "", "", expect!["add a/1"]);
    }

    #[test]
    fn what_is_there_stays_whoever_added_it() {
        check("a/1 b", "a/1#1 b#2", "", expect!["unchanged 2"]);
        check("a/1 b", "a/1#1 b#2", "a/1#1 b#2", expect!["unchanged 2"]);
        check("a", "a/#1", "", expect!["unchanged 1"]);
    }

    #[test]
    fn values_are_case_sensitive() {
        check(
            "Snow",
            "snow#1",
            "snow#1",
            expect!["add Snow; delete last snow#1"],
        );
    }

    #[test]
    fn only_our_own_rules_are_deleted() {
        check(
            "",
            "a/1#1 b#2",
            "a/1#1",
            expect!["delete last a/1#1; others b#2"],
        );
        check("", "a#1 b#2", "", expect!["others a#1 b#2"]);
    }

    #[test]
    fn a_changed_tag_deletes_and_adds() {
        check(
            "a/2",
            "a/1#1",
            "a/1#1",
            expect!["delete first a/1#1; add a/2"],
        );
        check("a", "a/1#1", "a/1#1", expect!["delete first a/1#1; add a"]);
    }

    #[test]
    fn a_changed_tag_of_somebody_elses_rule_is_a_conflict() {
        check("a/2", "a/1#1", "", expect!["conflict a/1#1"]);
        check("a/2", "a/1#7", "a/1#1", expect!["conflict a/1#7; forget a"]);
    }

    #[test]
    fn an_intent_makes_a_rule_ours() {
        check("a/1", "a/1#5", "a/1", expect!["adopt a/1#5; unchanged 1"]);
        check(
            "a/2",
            "a/1#5",
            "a/1",
            expect!["delete first a/1#5; add a/2"],
        );
        check("", "a/1#5", "a/1", expect!["delete last a/1#5"]);
        check("a/1", "", "a/1", expect!["add a/1"]);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        check("", "", "a#1 b", expect!["forget a b"]);
        check("a", "", "a#1", expect!["add a"]);
        check("a", "a#2", "a#1", expect!["forget a; unchanged 1"]);
        check("", "a#2", "a#1", expect!["forget a; others a#2"]);
    }

    #[test]
    fn everything_at_once() {
        check(
            "keep/k retag/2 new/n theirs/x intent/i",
            "keep/k#1 retag/1#2 theirs/y#3 intent/i#4 old/o#5 other/z#6",
            "keep/k#1 retag/1#2 intent/i old/o#5 gone/g#9",
            expect![
                "delete first retag/1#2; add retag/2 new/n; delete last old/o#5; conflict theirs/y#3; adopt intent/i#4; forget gone; others other/z#6; unchanged 2"
            ],
        );
    }
}
