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
use crate::generator::Generator;
use ouzel_rule::{Analysis, Rule};

fn subjects(values: &[&str]) -> Subjects {
    let parse = |value: &&str| {
        let rule = Rule::parse(value).unwrap_or_else(|invalid| panic!("{value}: {invalid}"));
        Arc::new(rule)
    };
    Subjects::of_rules(values.iter().map(parse))
}

/// Making the accounts takes longer than making a thousand Tweets.
fn generator() -> &'static Generator {
    static MADE: OnceLock<Generator> = OnceLock::new();
    MADE.get_or_init(|| Generator::new(11))
}

/// The Tweet at a position as it is and as one about a subject; the same twice if it could not be.
fn edited_at(subjects: &Subjects, position: i64, seed: u64) -> (String, String, bool) {
    let mut before = Vec::new();
    generator().write_at(position, &mut before);
    let before = String::from_utf8(before).unwrap();
    let mut out = b"before".to_vec();
    let applied = subjects.write(generator(), position, &mut Rng::with_seed(seed), &mut out);
    let after = String::from_utf8(out.split_off(6)).unwrap();
    assert!(out == b"before" && applied != after.is_empty());
    let after = if applied { after } else { before.clone() };
    (before, after, applied)
}

/// This many of them.
fn edited(subjects: &Subjects, count: u64) -> Vec<(String, String, bool)> {
    let edit = |number: u64| edited_at(subjects, number.cast_signed(), number);
    (0..count).map(edit).collect()
}

fn parsed(json: &str) -> Value {
    sonic_rs::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn is_match(rule: &Rule, json: &str) -> bool {
    rule.matches(&Analysis::native(&parsed(json)))
}
