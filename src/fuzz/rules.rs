//! Any text as a rule, and Tweets for it.

use std::sync::Arc;

use sonic_rs::{Value, json};

use crate::{
    rule::{Analysis, Diagnosis, Invalid, Rule, RuleSet, doubts, lint_all},
    text::json,
};

/// Parses, explains, lints and matches. The bytes are a rule, then another rule, then a payload, with a zero byte between
/// each; the last two may be missing.
///
/// # Panics
/// Where a suggestion is no valid rule, a place lies outside the rule, or the normal form, the set and the rule itself
/// disagree.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.splitn(3, '\0');
    let (value, other) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or("a"),
    );
    let payload = parts.next().unwrap_or_default();
    let rules: Vec<Rule> = [value, other].into_iter().filter_map(understood).collect();
    let _ = lint_all(&rules.iter().collect::<Vec<_>>());
    let texts = json!({
        "text": value, "lang": "en", "place": {"country_code": "US", "full_name": other},
        "user": {"id_str": "7", "screen_name": "ann", "description": other, "followers_count": 5},
        "entities": {"hashtags": [{"text": "snow"}], "urls": [{"expanded_url": value}]},
    });
    compare(&rules, &texts);
    if let Ok(payload) = json::read_any(payload.as_bytes()) {
        compare(&rules, &payload);
    }
}

/// What parses, with everything that can be said of it.
fn understood(value: &str) -> Option<Rule> {
    let _ = doubts(value, None, true);
    let strict = Rule::parse(value).inspect_err(|invalid| explained(value, invalid));
    let rule = match Rule::accept(value) {
        Ok(rule) => rule,
        Err(invalid) => {
            assert!(strict.is_err(), "the client refuses what the service takes");
            explained(value, &invalid);
            return None;
        }
    };
    assert_eq!(rule.value(), value);
    assert_eq!(Rule::accept(rule.value()).as_ref(), Ok(&rule));
    if let Ok(strict) = &strict {
        assert_eq!(strict.expr(), rule.expr());
    }
    for warning in rule.lint() {
        within(value, warning.position, warning.length);
        if let Some(suggestion) = warning.suggestion {
            assert!(
                Rule::parse(&suggestion).is_ok(),
                "{value:?}: {suggestion:?}"
            );
        }
    }
    // What makes no difference, makes none. Not all of these are allowed, or short enough.
    let normal = rule.normal();
    assert!(normal.implies(&normal));
    for same in [
        format!("({value})"),
        format!("({value}) ({value})"),
        format!("({value}) OR ({value})"),
        format!("--({value})"),
    ] {
        if let Ok(same) = Rule::accept(&same) {
            assert_eq!(same.normal(), normal, "{:?}", same.value());
        }
    }
    Some(rule)
}

fn explained(value: &str, invalid: &Invalid) {
    assert!(!invalid.to_string().is_empty());
    let diagnosis: Diagnosis = invalid.diagnose(value);
    for problem in &diagnosis.problems {
        within(value, problem.position, problem.length);
    }
    let _ = diagnosis.lines(value);
    if let Some(corrected) = diagnosis.corrected {
        assert!(Rule::parse(&corrected).is_ok(), "{value:?}: {corrected:?}");
    }
}

/// Places count UTF-16 units from 1; the end of the rule is a place too.
fn within(value: &str, position: usize, length: usize) {
    let units = value.encode_utf16().count();
    assert!(
        position >= 1 && position - 1 + length <= units,
        "{value:?}: {position}, {length}"
    );
}

/// The rules one by one, their set, and what they say of each other agree on a Tweet.
fn compare(rules: &[Rule], payload: &Value) {
    for tweet in [Analysis::native(payload), Analysis::activity(payload)] {
        let matches: Vec<bool> = rules.iter().map(|rule| rule.matches(&tweet)).collect();
        let is_english = Rule::parse("lang:en").is_ok_and(|rule| rule.matches(&tweet));
        let mut set = RuleSet::new();
        for (number, rule) in rules.iter().enumerate() {
            set.insert(number, Arc::new(rule.clone()));
            // Not everything may be negated, and nothing alone.
            if is_english && let Ok(negated) = Rule::accept(&format!("lang:en -({})", rule.value()))
            {
                assert_ne!(
                    negated.matches(&tweet),
                    matches[number],
                    "{:?}",
                    rule.value()
                );
            }
        }
        let mut found = Vec::new();
        set.matching(&tweet, &mut found);
        for (number, one) in rules.iter().enumerate() {
            assert_eq!(
                found.contains(&number),
                matches[number],
                "{:?}",
                one.value()
            );
            for (other_number, other) in rules.iter().enumerate() {
                if matches[number] && one.normal().implies(&other.normal()) {
                    assert!(
                        matches[other_number],
                        "{:?} {:?}",
                        one.value(),
                        other.value()
                    );
                }
            }
        }
    }
}
