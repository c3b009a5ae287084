//! Compares rules with each other. Finds equal rules, and rules whose Tweets another rule matches already.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::super::lexer::utf16_len;
use super::super::normal::Normal;
use super::super::tree::{Expr, Kind};
use super::super::{Pattern, Rule};
use super::{Topic, Warning};

/// A rule is compared with about this many other rules at most. A clause that more rules share says little.
const COMPARED: usize = 500;

/// All comparisons of rules take at most this many steps together. Tens of thousands of rules that people write take a
/// tenth of it; more would take seconds.
const STEPS: u32 = 10_000_000;

/// The warnings about rules beside each other: duplicates, rules of the same meaning, and rules whose Tweets another rule
/// matches already.
///
/// Each warning comes with its rule's place in the list.
#[must_use]
pub fn lint_all(rules: &[&Rule]) -> Vec<(usize, Warning)> {
    let normals: Vec<Normal> = rules.iter().map(|rule| rule.normal()).collect();
    let mut warnings = Vec::new();
    let mut values = HashSet::new();
    let mut meanings: HashMap<&Normal, usize> = HashMap::new();
    let mut twins = HashSet::new();
    for (index, rule) in rules.iter().enumerate() {
        if values.contains(rule.value()) {
            let message = "this very rule stands further up".to_owned();
            warnings.push((index, warning(rule, Topic::Duplicate, message)));
            twins.insert(index);
        } else if let Some(other) = meanings.get(&normals[index]) {
            let other = shown(rules[*other]);
            let message = format!("this rule means the same as `{other}` further up");
            warnings.push((index, warning(rule, Topic::SameMeaning, message)));
            twins.insert(index);
        } else {
            values.insert(rule.value());
            meanings.insert(&normals[index], index);
        }
    }
    let left = Cell::new(STEPS);
    for (index, other) in shadows(rules, &normals, &twins, &left) {
        let (rule, other) = (rules[index], shown(rules[other]));
        let message = format!("every Tweet of this rule is also one of `{other}`");
        warnings.push((index, warning(rule, Topic::Shadowed, message)));
    }
    warnings.sort_by_key(|(index, _)| *index);
    warnings
}

/// The rules whose Tweets another one has already, each with that one, as far as the steps go that are left. Twins do not
/// count.
fn shadows(
    rules: &[&Rule],
    normals: &[Normal],
    twins: &HashSet<usize>,
    left: &Cell<u32>,
) -> Vec<(usize, usize)> {
    let keys = Keys::of(rules);
    let mut found = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        if left.get() == 0 {
            break;
        }
        if twins.contains(&index) {
            continue;
        }
        let shadow = keys.candidates(rule).into_iter().find(|other| {
            *other != index
                && !twins.contains(other)
                && normals[index].implies_within(&normals[*other], left)
        });
        found.extend(shadow.map(|other| (index, other)));
    }
    found
}

fn warning(rule: &Rule, topic: Topic, message: String) -> Warning {
    Warning {
        topic,
        position: 1,
        length: utf16_len(rule.value()),
        message,
        suggestion: None,
    }
}

/// A rule as messages show it.
fn shown(rule: &Rule) -> String {
    let mut text: String = rule.value().chars().take(80).collect();
    if text.len() < rule.value().len() {
        text.push('…');
    }
    text
}

/// Finds the rules that may match all Tweets of a given rule. Such a rule has a branch whose clauses all occur in the
/// given rule. So it is enough to find rules by the rarest clause of each of their branches.
struct Keys {
    rules: HashMap<String, Vec<usize>>,
}

impl Keys {
    fn of(rules: &[&Rule]) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for rule in rules {
            let mut keys = HashSet::new();
            leaves(rule.expr(), true, &mut |key| {
                keys.insert(key);
            });
            for key in keys {
                *counts.entry(key).or_default() += 1;
            }
        }
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            let branches = match rule.expr() {
                Expr::Any(branches) => branches.as_slice(),
                other => std::slice::from_ref(other),
            };
            let mut own = HashSet::new();
            for branch in branches {
                own.extend(rarest(branch, &counts));
            }
            for key in own {
                found.entry(key).or_default().push(index);
            }
        }
        Self { rules: found }
    }

    fn candidates(&self, rule: &Rule) -> Vec<usize> {
        let mut found = Vec::new();
        leaves(rule.expr(), true, &mut |key| {
            if let Some(rules) = self.rules.get(&key)
                && found.len() < COMPARED
            {
                found.extend(rules.iter().take(COMPARED));
            }
        });
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The clause of a branch that the fewest rules have. For a branch of groups only, all clauses of the first group.
fn rarest(branch: &Expr, counts: &HashMap<String, usize>) -> Vec<String> {
    let mut direct = Vec::new();
    let parts = match branch {
        Expr::All(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    for part in parts {
        if let Expr::Clause(clause) = part {
            direct.push(key(&clause.kind, true));
        }
    }
    let rare = direct
        .into_iter()
        .min_by_key(|key| counts.get(key).copied().unwrap_or_default());
    if let Some(key) = rare {
        return vec![key];
    }
    let mut all = Vec::new();
    if let Some(first) = parts.first() {
        leaves(first, true, &mut |key| all.push(key));
    }
    all
}

fn leaves(expr: &Expr, positive: bool, each: &mut impl FnMut(String)) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            for part in parts {
                leaves(part, positive, each);
            }
        }
        Expr::Not { inner, .. } => leaves(inner, !positive, each),
        Expr::Clause(clause) => each(key(&clause.kind, positive)),
    }
}

/// A key for a clause. Clauses share a key if one can include the other by its numbers.
fn key(kind: &Kind, positive: bool) -> String {
    let pattern = |pattern: &Pattern| format!("text {}", pattern.text());
    let text = match kind {
        Kind::Keyword(word) | Kind::Phrase(word) => pattern(word),
        Kind::Count(counter, _) => format!("{counter:?}"),
        Kind::Sample(_) => "sample".to_owned(),
        Kind::Inside(subject, _) => format!("inside {subject:?}"),
        kind => format!("{kind:?}"),
    };
    if positive { text } else { format!("-{text}") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    /// How many steps it takes to compare so many rules.
    fn steps(count: u32, value: impl Fn(u32) -> String) -> u32 {
        let rules: Vec<Rule> = (0..count)
            .map(|number| Rule::parse(&value(number)).unwrap())
            .collect();
        let rules: Vec<&Rule> = rules.iter().collect();
        let normals: Vec<Normal> = rules.iter().map(|rule| rule.normal()).collect();
        let left = Cell::new(u32::MAX);
        shadows(&rules, &normals, &HashSet::new(), &left);
        u32::MAX - left.get()
    }

    #[test]
    fn the_steps_grow_with_the_number_of_rules_and_not_with_its_square() {
        let sets: [fn(u32) -> String; 3] = [
            |number| format!("(\"brand {number}\" OR #brand{number}) lang:en -is:retweet"),
            |number| format!("word{number} coffee"),
            |number| format!("from:user{number}"),
        ];
        for value in sets {
            let (few, many) = (steps(500, value), steps(2_000, value));
            assert!(many <= 5 * few.max(500), "{}: {few} {many}", value(1));
        }
    }

    #[test]
    fn rules_are_compared_no_longer_than_the_steps_go() {
        let rules: Vec<Rule> = (0..300)
            .map(|number| Rule::parse(&format!("coffee OR tea{number}")).unwrap())
            .collect();
        let rules: Vec<&Rule> = rules.iter().collect();
        let normals: Vec<Normal> = rules.iter().map(|rule| rule.normal()).collect();
        let left = Cell::new(1_000);
        shadows(&rules, &normals, &HashSet::new(), &left);
        assert_eq!(left.get(), 0);
    }
}
