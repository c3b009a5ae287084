//! Made-up Tweets are about what is asked for, and are still Tweets.

mod file;
// The tables and made-up rules that the rule language itself is tested with.
#[path = "../../../rule/tests/made_rules.rs"]
mod made_rules;
#[path = "../../../rule/tests/reference.rs"]
mod reference;
mod rules;
mod shape;

use std::sync::{Arc, OnceLock};

use fastrand::Rng;
use sonic_rs::Value;

use super::Subjects;
use crate::generator::tests::tweets;
use ouzel_rule::{Analysis, Rule};

fn subjects(values: &[&str]) -> Subjects {
    let parse = |value: &&str| {
        let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
        Arc::new(rule)
    };
    Subjects::of_rules(values.iter().map(parse))
}

/// Making the accounts takes longer than making all of these Tweets.
fn made() -> &'static [String] {
    static MADE: OnceLock<Vec<String>> = OnceLock::new();
    MADE.get_or_init(|| tweets(11, 1000))
}

/// This many made-up Tweets, each before and after it was to be about one of the subjects, and
/// whether it then was.
fn edited(subjects: &Subjects, count: usize) -> Vec<(String, String, bool)> {
    let edit = |(number, before): (usize, &String)| {
        let mut out = b"before".to_vec();
        out.extend_from_slice(before.as_bytes());
        let mut rng = Rng::with_seed(number as u64);
        let applied = subjects.apply(&mut out, "before".len(), &mut rng);
        let after = String::from_utf8(out).unwrap();
        let after = after.strip_prefix("before").unwrap().to_owned();
        assert!(applied || *before == after);
        (before.clone(), after, applied)
    };
    made()[..count].iter().enumerate().map(edit).collect()
}

fn parsed(json: &str) -> Value {
    sonic_rs::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn is_match(rule: &Rule, json: &str) -> bool {
    rule.matches(&Analysis::native(&parsed(json)))
}
