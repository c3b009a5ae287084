//! Checks that the index finds exactly the rules that match.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use sonic_rs::json;

use super::super::{Analysis, Rule, RuleSet};
use super::payloads::{EXTENDED, REPLY, parsed, retweet};
use super::{
    made::payload,
    made_rules::{CLAUSES, value},
};

/// Finds rules by trying each one, in the order of insertion.
#[derive(Default)]
struct Naive(Vec<(usize, Arc<Rule>)>);

impl Naive {
    fn matching(&self, tweet: &Analysis<'_>) -> Vec<usize> {
        let matching = self.0.iter().filter(|(_, rule)| rule.matches(tweet));
        matching.map(|(key, _)| *key).collect()
    }
}

fn found(set: &RuleSet<usize>, tweet: &Analysis<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    set.matching(tweet, &mut found);
    found
}

proptest! {
    #[test]
    fn a_set_finds_what_trying_each_rule_finds(
        values in vec(value(), 1..40),
        payloads in vec(payload(), 1..6),
        changes in vec((any::<prop::sample::Index>(), any::<bool>()), 0..30),
    ) {
        let rules: Vec<Arc<Rule>> = values
            .iter()
            .filter_map(|value| Rule::parse(value).ok().map(Arc::new))
            .collect();
        prop_assume!(!rules.is_empty());
        let analyses: Vec<Analysis<'_>> = payloads.iter().map(Analysis::native).collect();
        let (mut set, mut naive) = (RuleSet::new(), Naive::default());
        for (key, rule) in rules.iter().enumerate() {
            set.insert(key, Arc::clone(rule));
            naive.0.push((key, Arc::clone(rule)));
        }
        for tweet in &analyses {
            prop_assert_eq!(found(&set, tweet), naive.matching(tweet));
        }
        for (index, is_removal) in changes {
            let key = index.index(rules.len());
            let was_there = naive.0.iter().position(|(other, _)| *other == key);
            if let Some(at) = was_there {
                naive.0.remove(at);
            }
            if is_removal {
                prop_assert_eq!(set.remove(&key).is_some(), was_there.is_some());
            } else {
                // The key may have another rule already.
                let rule = &rules[(key + 1) % rules.len()];
                set.insert(key, Arc::clone(rule));
                naive.0.push((key, Arc::clone(rule)));
            }
        }
        prop_assert_eq!(set.len(), naive.0.len());
        for tweet in &analyses {
            prop_assert_eq!(found(&set, tweet), naive.matching(tweet));
        }
    }
}

#[test]
fn every_clause_is_found_in_whole_payloads() {
    let mut set = RuleSet::new();
    let mut naive = Naive::default();
    let more = [
        "flood",
        "\"stay off low bridges\"",
        "place:fd70c22040963ac7",
        "from:3161234567",
        "url:\"maps.example.org\"",
        "contains:\"til 18:30\"",
        "is:reply -is:retweet",
        "bounding_box:[-105.301758 39.964069 -105.178505 40.09455]",
        "to:galelabs",
        "has:videos",
    ];
    for (key, value) in CLAUSES.iter().chain(&more).enumerate() {
        // A rule of only stop words or only `source:` is invalid.
        let Ok(rule) = Rule::parse(value).map(Arc::new) else {
            continue;
        };
        set.insert(key, Arc::clone(&rule));
        naive.0.push((key, rule));
    }
    assert!(set.len() > 80);
    let mut matches = 0;
    for payload in [EXTENDED, REPLY, &retweet()] {
        let payload = parsed(payload);
        let tweet = Analysis::native(&payload);
        let found = found(&set, &tweet);
        assert_eq!(found, naive.matching(&tweet));
        matches += found.len();
    }
    assert!(matches > 20, "{matches}");
}

#[test]
fn an_empty_set_finds_nothing() {
    let mut set = RuleSet::new();
    let payload = json!({ "text": "snow" });
    let tweet = Analysis::native(&payload);
    assert!(set.is_empty() && found(&set, &tweet).is_empty());
    set.insert(1, Arc::new(Rule::parse("snow").unwrap()));
    assert_eq!(set.len(), 1);
    assert_eq!(found(&set, &tweet), [1]);
    assert!(set.remove(&1).is_some() && set.remove(&1).is_none() && set.is_empty());
}
